// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * standard.c - standard output is checked for every command, in one place
 *
 * Commands print without looking at the result. At the end everything must have been written, or
 * the program fails: a full disk is no success. A reader that has seen enough (`| head`) is none of
 * that: the program then ends without a word, as if it had been read to the end.
 *
 * A descriptor from 0 to 2 that is closed at the start would be given to the next file that is
 * opened, and messages would go into a capture. So each is opened to where writes fail.
 */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/outfile.h"
#include "cli/standard.h"

void standard_begin(void)
{
	for (int fd = STDIN_FILENO; fd <= STDERR_FILENO; fd++)
		if (fcntl(fd, F_GETFD) < 0)
			(void)!open("/dev/null", fd == STDIN_FILENO ? O_WRONLY : O_RDONLY);
	signal(SIGPIPE, SIG_IGN); /* writes fail with EPIPE */
	signal(SIGXFSZ, SIG_IGN); /* and beyond RLIMIT_FSIZE with EFBIG */
}

static bool reader_gone(void)
{
	struct pollfd p = {.fd = STDOUT_FILENO, .events = POLLOUT};

	return poll(&p, 1, 0) == 1 && p.revents & POLLERR;
}

bool standard_reader_gone(const struct err *e)
{
	const char *why = strerror(EPIPE);
	size_t n = strlen(e->msg), k = strlen(why);

	return n >= k && !strcmp(e->msg + n - k, why) && reader_gone();
}

int standard_end(int status)
{
	struct err e = {0};
	bool bad;

	bad = outfile_flush_standard(&e) < 0;
	if (!bad && close(STDOUT_FILENO) < 0) { /* where a file server says that it is full */
		err_sys(&e, "standard output: cannot write");
		bad = true;
	}
	if (!bad || reader_gone())
		return status;
	log_error("%s", e.msg);
	return status == EXIT_DONE || status == EXIT_NO ? (int)e.code : status;
}
