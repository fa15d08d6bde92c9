// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * plot_file.c - data file, script and the run of gnuplot
 *
 * gnuplot is run by fork and exec in the plots' folder, once for all scripts, without a shell. A
 * script is complete: anybody can run it again, or change it, beside its data.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/outfile.h"
#include "base/path.h"
#include "results/report/plot_file.h"

const char *const plot_colours[PLOT_COLOURS] = {"#0072b2", "#d55e00", "#009e73", "#cc79a7",
						"#000000", "#e69f00", "#56b4e9"};
const int plot_points[PLOT_SHAPES] = {7, 5, 9, 13, 2, 11, 4, 8};

void plot_begin(struct plot_file *p)
{
	memset(p, 0, sizeof(*p));
	p->data = open_memstream(&p->data_text, &p->data_len);
	p->script = open_memstream(&p->script_text, &p->script_len);
	if (!p->data || !p->script) {
		log_error("out of memory");
		exit(EXIT_ENV);
	}
}

void plot_drop(struct plot_file *p)
{
	fclose(p->data);
	fclose(p->script);
	free(p->data_text);
	free(p->script_text);
	memset(p, 0, sizeof(*p));
}

void plot_quote(FILE *f, const char *s)
{
	fputc('"', f);
	for (; *s; s++) {
		if (*s == '"' || (*s == '\\' && s[1] != 'n'))
			fputc('\\', f);
		if ((unsigned char)*s >= ' ')
			fputc(*s, f);
	}
	fputc('"', f);
}

static int write_text(const char *dir, const char *name, const char *end, const char *text,
		      struct err *e)
{
	char *path = path_inf(dir, "%s.%s", name, end);
	struct outfile o;
	int rc = outfile_open(&o, path, e);

	free(path);
	if (rc < 0)
		return -1;
	fputs(text, o.f);
	return outfile_commit(&o, e);
}

int plot_end(struct plot_file *p, const char *dir, const char *name, int width, int height,
	     struct err *e)
{
	char *text;
	int rc;

	fflush(p->data);
	fflush(p->script);
	text = xasprintf(
		"# Made by skypelab. `gnuplot %s.gp` in this folder makes %s.svg and %s.png "
		"again.\n"
		"reset session\n"
		"FILE = \"%s.tsv\"\n"
		"set encoding utf8\n"
		"set datafile separator tab\n"
		"set datafile missing \"-\"\n"
		"set border 3 lw 1 lc rgb \"#444444\"\n"
		"set tics nomirror\n"
		"set grid lc rgb \"#dddddd\" lw 1\n"
		"set key outside right top noenhanced\n"
		"set title noenhanced\n"
		"set terminal svg size %d,%d noenhanced font \"sans-serif,13\" "
		"background rgb \"white\"\n"
		"set output \"%s.svg\"\n"
		"%s"
		"set terminal pngcairo size %d,%d noenhanced font \"sans-serif,22\" linewidth 1.6 "
		"pointscale 1.7 background rgb \"white\"\n"
		"set output \"%s.png\"\n"
		"replot\n"
		"unset output\n",
		name, name, name, name, width, height, name, p->script_text, 2 * width, 2 * height,
		name);
	rc = write_text(dir, name, "tsv", p->data_text, e);
	if (!rc)
		rc = write_text(dir, name, "gp", text, e);
	free(text);
	plot_drop(p);
	return rc;
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

/* Reads what gnuplot says; its first line that says more than a position is kept. */
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

int plot_execute(const char *dir, const char *const *names, size_t n, struct err *e)
{
	char **argv = xcalloc(n + 3, sizeof(char *)), said[256] = "";
	int pipes[2], status = 0;
	pid_t pid;

	argv[0] = xstrdup("gnuplot");
	argv[1] = xstrdup("-d"); /* no start-up file */
	for (size_t i = 0; i < n; i++)
		argv[i + 2] = xasprintf("%s.gp", names[i]);
	if (pipe2(pipes, O_CLOEXEC) < 0) {
		err_sys(e, "gnuplot");
		pid = -1;
	} else {
		pid = fork();
		if (pid == 0)
			child(dir, argv, pipes[1]);
		close(pipes[1]);
		first_complaint(pipes[0], said, sizeof(said));
		close(pipes[0]);
		while (pid > 0 && waitpid(pid, &status, 0) < 0 && errno == EINTR)
			;
	}
	for (size_t i = 0; i < n + 2; i++)
		free(argv[i]);
	free(argv);
	if (pid < 0)
		return err_sys(e, "gnuplot");
	if (WIFEXITED(status) && WEXITSTATUS(status) == 127)
		return err_env(e, "gnuplot is not installed: the plots' data and scripts are in %s",
			       dir);
	if (status || strstr(said, "line "))
		return err_set(e, "%s: gnuplot: %s", dir, *said ? said : "failed");
	return 0;
}
