// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * measure.c - runs a command and prints what it took: wall seconds, CPU seconds, peak resident KiB
 *
 *	measure [-n RUNS] COMMAND [ARGS]
 *
 * Of several runs the one with the least wall time counts. The command's output goes to
 * /dev/null; its own CPU is pinned by the caller (taskset).
 */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

static double now(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (double)ts.tv_sec + (double)ts.tv_nsec / 1e9;
}

static double seconds(struct timeval tv)
{
	return (double)tv.tv_sec + (double)tv.tv_usec / 1e6;
}

/* Exit status of one run. */
static int run(char **argv, double *wall, struct rusage *ru)
{
	double start = now();
	pid_t pid = fork();
	int status;

	if (!pid) {
		int fd = open("/dev/null", O_RDWR);

		dup2(fd, STDOUT_FILENO);
		dup2(fd, STDERR_FILENO);
		execvp(argv[0], argv);
		_exit(127);
	}
	if (pid < 0 || wait4(pid, &status, 0, ru) < 0)
		return 126;
	*wall = now() - start;
	return WIFEXITED(status) ? WEXITSTATUS(status) : 128;
}

int main(int argc, char **argv)
{
	int runs = 1, first = 1, rc = 0;
	double best = 0, cpu = 0;
	long peak = 0;

	if (argc > 3 && !strcmp(argv[1], "-n")) {
		runs = atoi(argv[2]);
		first = 3;
	}
	if (argc <= first || runs < 1) {
		fprintf(stderr, "usage: measure [-n RUNS] COMMAND [ARGS]\n");
		return 2;
	}
	for (int i = 0; i < runs; i++) {
		struct rusage ru = {0};
		double wall = 0;

		rc = run(argv + first, &wall, &ru);
		if (rc)
			break;
		if (!i || wall < best) {
			best = wall;
			cpu = seconds(ru.ru_utime) + seconds(ru.ru_stime);
		}
		if (ru.ru_maxrss > peak)
			peak = ru.ru_maxrss;
	}
	printf("%.4f\t%.4f\t%ld\n", best, cpu, peak);
	return rc;
}
