/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef BASE_ERR_H
#define BASE_ERR_H

#include <stdbool.h>

/* Exit codes of the program, the same for every sub-command. */
enum exit_code {
	EXIT_DONE = 0,	/* did what was asked */
	EXIT_NO = 1,	/* did it, and the answer is no: a regression, a miss */
	EXIT_USAGE = 2, /* wrong usage or bad input */
	EXIT_ENV = 3,	/* the environment lacks something: namespaces, a feature of the kernel */
};

/**
 * struct err - why a call failed, as one line for a person
 * @code:	Exit code for the program (EXIT_USAGE, or EXIT_ENV by err_env())
 * @used_up:	With EXIT_ENV: what is there is used up (a disk, memory, open files), by err_sys()
 * @msg:	One line, no newline, no trailing full stop; names file and place where there is one
 */
struct err {
	enum exit_code code;
	bool used_up;
	char msg[1024];
};

/* Each sets @e (which may be NULL) and returns -1, for `return err_set(e, ...)`. err_env() sets
 * EXIT_ENV; err_sys() appends strerror(errno), and sets EXIT_ENV where the machine lacks something. */
int err_set(struct err *e, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
int err_env(struct err *e, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
int err_sys(struct err *e, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
/* Puts "prefix: " before the message already in @e; returns -1. */
int err_push(struct err *e, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

/* Messages to standard error; what is not plain text is shown (base/text.h). Level: 0 errors only, 1 warnings (default), 2 info, 3 debug. */
extern int log_level;
void log_error(const char *fmt, ...) __attribute__((format(printf, 1, 2)));
void log_warn(const char *fmt, ...) __attribute__((format(printf, 1, 2)));
void log_info(const char *fmt, ...) __attribute__((format(printf, 1, 2)));
void log_debug(const char *fmt, ...) __attribute__((format(printf, 1, 2)));

/* Allocation that does not return NULL: out of memory ends the program with one line. */
void *xmalloc(unsigned long n);
void *xcalloc(unsigned long n, unsigned long size);
void *xrealloc(void *p, unsigned long n);
char *xstrdup(const char *s);
char *xasprintf(const char *fmt, ...) __attribute__((format(printf, 1, 2)));

#define ARRAY_LEN(a) (sizeof(a) / sizeof((a)[0]))

#endif
