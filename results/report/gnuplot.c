// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * gnuplot.c - runs gnuplot
 *
 * By fork and exec in the plots' folder, without a shell: one process for each processor, and each
 * draws its share of the scripts. A script that fails ends its process: gnuplot's first complaint that names a
 * line becomes the error.
 *
 * A picture gets its name when it is whole, as other output files do: gnuplot draws into open files
 * without a name. For that it runs a copy of each script in which the outputs are descriptors.
 *
 * Limits: without /proc gnuplot opens its outputs itself, and when it is killed half a picture may
 * be left.
 */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/outfile.h"
#include "base/path.h"
#include "base/reap.h"
#include "results/report/gnuplot.h"

static const char *const ends[] = {"svg", "png"};
#define ENDS ARRAY_LEN(ends)

#define PROCESSES_MAX 16

/* A script that is run, and the pictures it draws. */
struct drawing {
	char *script; /* what gnuplot is told to run (owned) */
	int fd;	      /* the changed copy of the script, or -1 */
	struct outfile pictures[ENDS];
};

/* @script with its output NAME.END sent to the descriptor @fd; frees @script. NULL when it has no such
 * output: the file of the descriptor would take the picture's place, empty. */
static char *send_to(char *script, const char *name, const char *end, int fd)
{
	char *line = xasprintf("set output \"%s.%s\"", name, end), *at = strstr(script, line);
	char *out = at ? xasprintf("%.*sset output \"/proc/self/fd/%d\"%s", (int)(at - script),
				   script, fd, at + strlen(line))
		       : NULL;

	free(line);
	free(script);
	return out;
}

/* The script as it stands in @dir, drawing into @d's open files. 0, or -1 with @e set. */
static int redirect(struct drawing *d, const char *dir, const char *name, struct err *e)
{
	char *path = path_inf(dir, "%s.gp", name), *script = read_file(path, NULL, e);
	size_t len;

	free(path);
	for (size_t k = 0; script && k < ENDS; k++) {
		path = path_inf(dir, "%s.%s", name, ends[k]);
		if (outfile_open(&d->pictures[k], path, e) < 0) {
			free(script);
			script = NULL;
		} else {
			script = send_to(script, name, ends[k], fileno(d->pictures[k].f));
			if (!script)
				err_set(e, "%s/%s.gp draws no %s.%s", dir, name, name, ends[k]);
		}
		free(path);
	}
	if (!script)
		return -1;
	len = strlen(script);
	d->fd = memfd_create(name, MFD_CLOEXEC);
	if (d->fd < 0 || write(d->fd, script, len) != (ssize_t)len) {
		free(script);
		return err_sys(e, "%s: cannot copy a script", name);
	}
	free(script);
	d->script = xasprintf("/proc/self/fd/%d", d->fd);
	return 0;
}

/* 0, or -1 with @e set. */
static int prepare(struct drawing *d, const char *dir, const char *name, struct err *e)
{
	d->fd = -1;
	if (access("/proc/self/fd", X_OK) == 0)
		return redirect(d, dir, name, e);
	d->script = xasprintf("./%s.gp", name); /* never an option */
	return 0;
}

/* Gives the pictures their names when all is @well; drops them otherwise. 0, or -1 with @e set. */
static int finish(struct drawing *d, bool well, struct err *e)
{
	int rc = 0;

	for (size_t k = 0; k < ENDS; k++) {
		struct outfile *o = &d->pictures[k];

		if (o->f && well && rc == 0)
			rc = outfile_commit(o, e);
		else
			outfile_abort(o);
	}
	if (d->fd >= 0)
		close(d->fd);
	free(d->script);
	return rc;
}

static void inherit(const struct drawing *d, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		for (size_t k = 0; d[i].fd >= 0 && k < ENDS; k++)
			fcntl(fileno(d[i].pictures[k].f), F_SETFD, 0);
		if (d[i].fd >= 0)
			fcntl(d[i].fd, F_SETFD, 0);
	}
}

static void child(const char *dir, char *const *argv, int out)
{
	if (chdir(dir) < 0 || dup2(out, STDERR_FILENO) < 0 || dup2(out, STDOUT_FILENO) < 0)
		_exit(126);
	/* One locale and no user's start-up file: the same plot everywhere. */
	setenv("LC_ALL", "C.UTF-8", 1);
	setenv("GNUTERM", "dumb", 1);
	execvp(argv[0], argv);
	_exit(127);
}

/* Reads gnuplot's messages to the end and keeps the first line that names a script's line; without
 * one, the first line. */
static void first_complaint(int fd, char *out, size_t cap)
{
	char buf[4096], *save = NULL;
	size_t n = 0;
	ssize_t got;

	while ((got = read(fd, buf + n, sizeof(buf) - 1 - n)) > 0) {
		n += (size_t)got;
		if (n >= sizeof(buf) - 1)
			n = sizeof(buf) / 2; /* keep draining, keep the beginning */
	}
	buf[n] = '\0';
	for (char *line = strtok_r(buf, "\n", &save); line; line = strtok_r(NULL, "\n", &save)) {
		if (!*out || strstr(line, "line "))
			snprintf(out, cap, "%s", line);
		if (strstr(line, "line "))
			return;
	}
}

/* A complaint about a copy names the script. */
static void name_script(char *complaint, size_t size, const char *copy, const char *name)
{
	char *quoted = xasprintf("\"%s\"", copy), *at = strstr(complaint, quoted), *said;

	if (at) {
		said = xasprintf("%.*s\"./%s.gp\"%s", (int)(at - complaint), complaint, name,
				 at + strlen(quoted));
		snprintf(complaint, size, "%s", said);
		free(said);
	}
	free(quoted);
}

/* One gnuplot, which draws every @step-th script from @first on. */
struct process {
	pid_t pid; /* -1 = it did not start */
	int out;
	size_t first, step;
};

static void start(struct process *p, const char *dir, const struct drawing *d, size_t n)
{
	char **argv = xcalloc(n + 3, sizeof(char *));
	size_t k = 2;
	int pipes[2];

	argv[0] = xstrdup("gnuplot");
	argv[1] = xstrdup("-d"); /* no start-up file */
	for (size_t i = p->first; i < n; i += p->step)
		argv[k++] = xstrdup(d[i].script);
	p->pid = -1;
	p->out = -1;
	if (pipe2(pipes, O_CLOEXEC) == 0) {
		p->pid = fork();
		if (p->pid == 0) {
			inherit(d, n);
			child(dir, argv, pipes[1]);
		}
		p->out = pipes[0];
		close(pipes[1]);
	}
	for (size_t i = 0; i < k; i++)
		free(argv[i]);
	free(argv);
}

/* Waits for its end. 0, or -1 with @e set. */
static int end(const struct process *p, const char *dir, const struct drawing *d,
	       const char *const *names, size_t n, struct err *e)
{
	char complaint[256] = "";
	int status = 0;

	if (p->out >= 0) {
		first_complaint(p->out, complaint, sizeof(complaint));
		close(p->out);
	}
	if (p->pid < 0)
		return err_set(e, "cannot start gnuplot: no process or descriptor is left");
	reap(p->pid, &status);
	for (size_t i = p->first; i < n; i += p->step)
		if (d[i].fd >= 0)
			name_script(complaint, sizeof(complaint), d[i].script, names[i]);
	if (WIFEXITED(status) && WEXITSTATUS(status) == 127)
		return err_env(e, "gnuplot is not installed: the plots' data and scripts are in %s",
			       dir);
	if (status || strstr(complaint, "line "))
		return err_set(e, "%s: gnuplot: %s", dir, *complaint ? complaint : "failed");
	return 0;
}

/* Draws all scripts. 0, or -1 with @e set to the first error. */
static int draw(const char *dir, const struct drawing *d, const char *const *names, size_t n,
		struct err *e)
{
	struct process p[PROCESSES_MAX];
	long cpus = sysconf(_SC_NPROCESSORS_ONLN);
	size_t processes = cpus < 1 ? 1 : cpus > PROCESSES_MAX ? PROCESSES_MAX : (size_t)cpus;
	int rc = 0;

	processes = processes < n ? processes : n;
	for (size_t i = 0; i < processes; i++) {
		p[i].first = i;
		p[i].step = processes;
		start(&p[i], dir, d, n);
	}
	for (size_t i = 0; i < processes; i++) {
		struct err late;

		if (end(&p[i], dir, d, names, n, &late) < 0 && rc == 0) {
			rc = -1;
			*e = late;
		}
	}
	return rc;
}

int gnuplot_run(const char *dir, const char *const *names, size_t n, struct err *e)
{
	struct drawing *d = xcalloc(n, sizeof(*d));
	int rc = 0;

	for (size_t i = 0; i < n; i++)
		if (rc == 0)
			rc = prepare(&d[i], dir, names[i], e);
		else
			d[i].fd = -1;
	if (rc == 0)
		rc = draw(dir, d, names, n, e);
	for (size_t i = 0; i < n; i++) {
		struct err late;
		bool well = rc == 0;

		if (finish(&d[i], well, &late) < 0 && well) {
			rc = -1;
			*e = late;
		}
	}
	free(d);
	return rc;
}
