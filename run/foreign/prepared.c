// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * prepared.c - a detector's command made ready to run, and judged when it has ended
 *
 * Whatever goes wrong with the program or in its outputs is its failure, named in one line.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/datadir.h"
#include "base/text.h"
#include "run/foreign/prepared.h"

#define MIB	     ((uint64_t)1 << 20)
#define LIVE_SECONDS (365 * 86400.0)

static struct contained_limits limits_of(const struct adapter *a)
{
	return (struct contained_limits){.wall_seconds = a->limits.seconds,
					 .memory_bytes = a->limits.memory * MIB,
					 .output_bytes = a->limits.output * MIB,
					 .files = a->limits.files,
					 .processes = a->limits.processes};
}

/* What the job hides, the folder of the capture and that of recorded captures with their labels.
 * The array is (owned), and *folder. */
static const char **hidden_of(const struct foreign_job *job, char **folder)
{
	char *slash;
	size_t n = 0;
	const char **all;

	while (job->hidden && job->hidden[n])
		n++;
	all = xcalloc(n + 3, sizeof(*all));
	for (size_t i = 0; i < n; i++)
		all[i] = job->hidden[i];
	all[n++] = corpora_dir();
	if (!job->capture)
		return all;
	*folder = xstrdup(job->capture);
	slash = strrchr(*folder, '/');
	if (slash && slash != *folder)
		*slash = '\0';
	all[n] = slash ? *folder : ".";
	return all;
}

void prepared_make(struct prepared *p, const struct adapter *a, const struct adapter_list *command,
		   const struct arguments_of *of, const struct foreign_job *job)
{
	memset(p, 0, sizeof(*p));
	arguments_make(&p->args, command, a->path, of);
	p->hidden = hidden_of(job, &p->folder);
	p->job = (struct contained_job){.argv = p->args.argv,
					.reads = p->args.reads,
					.n_reads = p->args.n_reads,
					.hidden = p->hidden,
					.printed = ADAPTER_STDOUT_FILE,
					.out = job->keep,
					.interface = of->interface,
					.limits = limits_of(a)};
	/* Who reads live ends with the traffic, however long that is. */
	if (of->interface)
		p->job.limits.wall_seconds = LIVE_SECONDS;
}

void prepared_free(struct prepared *p)
{
	free(p->folder);
	free(p->hidden);
	arguments_free(&p->args);
}

static bool status_is_success(const struct adapter *a, int status)
{
	for (unsigned i = 0; i < a->status_n; i++)
		if ((int)a->status[i] == status)
			return true;
	return !a->status_n && status == 0;
}

static void failed(struct foreign_result *out, const char *what, const char *last_line)
{
	char *text = xasprintf("%s%s%s", what, *last_line ? ": " : "", last_line);

	text_show(out->why, sizeof(out->why), text);
	out->failed = true;
	free(text);
}

/* A message about a file in the folder of the outputs, without the folder. */
static const char *without_folder(const char *message, const char *dir)
{
	size_t n = strlen(dir);

	return strncmp(message, dir, n) == 0 && message[n] == '/' ? message + n + 1 : message;
}

char *prepared_outputs(const struct prepared *p, const struct contained_result *ran)
{
	return p->job.out ? xstrdup(p->job.out) : xasprintf("/proc/self/fd/%d", ran->outputs);
}

void prepared_judge(const struct prepared *p, const struct adapter *a, const char *signature,
		    struct detections *list, struct foreign_result *out)
{
	const struct contained_result *ran = &out->ran;
	const char *name = signature ? signature : a->name;
	char *folder = prepared_outputs(p, ran);
	struct err wrong = {0};
	char how[240];

	contained_describe(&p->job, ran, how, sizeof(how));
	if (ran->end == CONTAINED_MISSING)
		snprintf(how, sizeof(how), "%s cannot be run%s%s%s", a->command.items[0],
			 a->install ? " (" : "", a->install ? a->install : "",
			 a->install ? ")" : "");
	if (ran->end != CONTAINED_EXITED || !status_is_success(a, ran->status))
		failed(out, how, ran->last_line);
	else if (adapter_read(a, folder, name, out->version, list, &out->counts, &wrong) < 0)
		failed(out, without_folder(wrong.msg, folder), "");
	free(folder);
	contained_result_free(&out->ran);
}
