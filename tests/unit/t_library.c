// SPDX-License-Identifier: GPL-2.0-or-later
/* Libraries that are loaded when they are needed (base/library.h): what is there is called, what is missing ends the
 * program with a line that says how to mend it. */
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/capture/pcap.h"
#include "base/err.h"
#include "base/library.h"
#include "tests/unit/unit.h"

/* What @l's function @name ends the program with; its last line in @line. */
static int ends(struct library *l, const char *name, char *line, size_t size)
{
	int fds[2], status;
	ssize_t n;
	pid_t pid;

	ck_assert_int_eq(pipe(fds), 0);
	pid = fork();
	if (!pid) {
		dup2(fds[1], STDERR_FILENO);
		library_function(l, name);
		_exit(0);
	}
	close(fds[1]);
	n = read(fds[0], line, size - 1);
	line[n > 0 ? n : 0] = '\0';
	close(fds[0]);
	ck_assert_int_eq(waitpid(pid, &status, 0), pid);
	return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

START_TEST(what_is_missing_is_named)
{
	struct library none = {.file = "libskypelab-none.so.9", .package = "libnone9"};
	char line[400];

	library_load(&none);
	ck_assert_ptr_null(none.handle);
	ck_assert_int_eq(ends(&none, "f", line, sizeof(line)), EXIT_ENV);
	ck_assert_msg(strstr(line, "libskypelab-none.so.9") &&
			      strstr(line, "apt install libnone9\n"),
		      "%s", line);
	ck_assert_int_eq(ends(&library_pcap, "pcap_no_such_function", line, sizeof(line)),
			 EXIT_ENV);
	ck_assert_msg(strstr(line, "pcap_no_such_function") && strstr(line, "apt install libpcap"),
		      "%s", line);
}
END_TEST

START_TEST(what_is_there_is_called)
{
	for (int i = 0; i < 2; i++)
		ck_assert_ptr_nonnull(strstr(pcap_lib_version(), "libpcap"));
	ck_assert_ptr_nonnull(library_pcap.handle);
}
END_TEST

UNIT(library)
{
	unit_case(tc, what_is_missing_is_named);
	unit_case(tc, what_is_there_is_called);
}
