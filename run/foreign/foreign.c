// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * foreign.c - a detector that somebody else wrote, over one capture
 *
 * Model: the definition's command runs contained (contained.c), its outputs come to a folder outside,
 * and the adapter reads them there. Whatever goes wrong with the program or in its outputs is its
 * failure, named in one line; whoever runs many detectors goes on with the next. Only what would be
 * wrong for every program is an error.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/datadir.h"
#include "base/outfile.h"
#include "base/path.h"
#include "base/text.h"
#include "run/foreign/arguments.h"
#include "run/foreign/foreign.h"

#define VERSION_SECONDS 20
#define VERSION_BYTES	(1UL << 20)
#define MIB		((uint64_t)1 << 20)

static struct contained_limits limits_of(const struct adapter *a)
{
	return (struct contained_limits){.wall_seconds = a->limits.seconds,
					 .memory_bytes = a->limits.memory * MIB,
					 .output_bytes = a->limits.output * MIB,
					 .files = a->limits.files,
					 .processes = a->limits.processes};
}

/* A folder of its own for outputs that nobody keeps (owned); NULL with @e set. */
static char *temporary(struct err *e)
{
	char name[] = "/tmp/skypelab-detector.XXXXXX";

	if (!mkdtemp(name)) {
		err_sys(e, "%s", name);
		return NULL;
	}
	return xstrdup(name);
}

/* Puts the version into @version, when it printed one in the folder @dir: some print it as an
 * error. */
static void find_version(const char *dir, const char *error, char version[16])
{
	char *path = path_in(dir, ADAPTER_STDOUT_FILE);
	char *text = read_file_within(path, VERSION_BYTES, NULL, NULL);

	if (text)
		adapter_version(text, version);
	if (!strcmp(version, "-"))
		adapter_version(error, version);
	free(text);
	free(path);
}

static int ask_version(const struct adapter *a, const char *dir, char version[16], struct err *e)
{
	const struct arguments_of nothing = {0};
	struct contained_result ran;
	struct arguments args;
	struct contained_job job = {
		.printed = ADAPTER_STDOUT_FILE, .out = dir, .limits = limits_of(a)};
	int rc;

	arguments_make(&args, &a->version, a->path, &nothing);
	job.argv = args.argv;
	job.reads = args.reads;
	job.n_reads = args.n_reads;
	if (job.limits.wall_seconds > VERSION_SECONDS)
		job.limits.wall_seconds = VERSION_SECONDS;
	rc = contained_run(&job, &ran, e);
	if (rc == 0 && ran.end == CONTAINED_EXITED)
		find_version(dir, ran.last_line, version);
	arguments_free(&args);
	return rc;
}

int foreign_version(const struct adapter *a, char version[16], struct err *e)
{
	char *dir;
	int rc;

	strcpy(version, "-");
	if (!a->version.n)
		return 0;
	dir = temporary(e);
	if (!dir)
		return -1;
	rc = ask_version(a, dir, version, e);
	remove_tree(dir);
	free(dir);
	return rc;
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

/* It ended: what does it say? */
static void judge(const struct adapter *a, const struct foreign_job *job,
		  const struct contained_job *contained, struct detections *list,
		  struct foreign_result *out)
{
	const struct contained_result *ran = &out->ran;
	const char *name = job->signature ? job->signature : a->name;
	struct err wrong = {0};
	char how[240];

	contained_describe(contained, ran, how, sizeof(how));
	if (ran->end == CONTAINED_MISSING)
		snprintf(how, sizeof(how), "%s cannot be run%s%s%s", a->command.items[0],
			 a->install ? " (" : "", a->install ? a->install : "",
			 a->install ? ")" : "");
	if (ran->end != CONTAINED_EXITED || !status_is_success(a, ran->status))
		failed(out, how, ran->last_line);
	else if (adapter_read(a, contained->out, name, out->version, list, &out->counts, &wrong) <
		 0)
		failed(out, without_folder(wrong.msg, contained->out), "");
}

/* What the job hides, the folder of the capture and that of recorded captures with their labels. The
 * array is (owned), and *folder. */
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
	*folder = xstrdup(job->capture);
	slash = strrchr(*folder, '/');
	if (slash && slash != *folder)
		*slash = '\0';
	all[n] = slash ? *folder : ".";
	all[n + 1] = corpora_dir();
	return all;
}

static int detect_into(const struct adapter *a, const struct foreign_job *job, const char *dir,
		       struct detections *list, struct foreign_result *out, struct err *e)
{
	const struct arguments_of given = {job->capture, job->rules};
	char *folder;
	const char **hidden = hidden_of(job, &folder);
	struct contained_job contained = {.hidden = hidden,
					  .printed = ADAPTER_STDOUT_FILE,
					  .out = dir,
					  .limits = limits_of(a)};
	struct arguments args;
	int rc;

	arguments_make(&args, &a->command, a->path, &given);
	contained.argv = args.argv;
	contained.reads = args.reads;
	contained.n_reads = args.n_reads;
	rc = contained_run(&contained, &out->ran, e);
	if (rc == 0)
		judge(a, job, &contained, list, out);
	arguments_free(&args);
	free(hidden);
	free(folder);
	return rc;
}

int foreign_detect(const struct adapter *a, const struct foreign_job *job, struct detections *list,
		   struct foreign_result *out, struct err *e)
{
	char *dir;
	int rc = 0;

	memset(out, 0, sizeof(*out));
	if (job->version)
		snprintf(out->version, sizeof(out->version), "%s", job->version);
	else
		rc = foreign_version(a, out->version, e);
	if (rc < 0)
		return -1;
	dir = job->keep ? xstrdup(job->keep) : temporary(e);
	if (!dir)
		return -1;
	rc = detect_into(a, job, dir, list, out, e);
	if (!job->keep)
		remove_tree(dir);
	free(dir);
	return rc;
}
