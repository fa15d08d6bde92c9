/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef CLI_LABCTL_H
#define CLI_LABCTL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "base/err.h"
#include "lab/lab.h"

/* Between `skypelab lab up`, which holds a lab, and the commands that use it (labhold.c). */

#define LABCTL_NAME_LEN 32
#define LABCTL_FDS	6

/* One answer of a holder. @fds are -1 where there is none. */
struct labctl_answer {
	int code;	     /* enum exit_code */
	char msg[1000];	     /* when code is not 0 */
	int fds[LABCTL_FDS]; /* (owned by the receiver) */
};

/* Descriptors of an answer to "enter". */
enum { LABCTL_NET, LABCTL_MNT, LABCTL_PID, LABCTL_USER, LABCTL_RESOLV, LABCTL_HOSTS };
/* Descriptor of the text in an answer to "status", "graph", "dot" and "rules". */
#define LABCTL_TEXT 0

bool labctl_name_ok(const char *name);
/* A listening socket under the lab's name; -1 with @e set, also when the name is taken. */
int labctl_listen(const char *name, struct err *e);
/* Names of this user's labs; an (owned) array of (owned) strings, sorted, *n long. */
char **labctl_names(size_t *n);
void labctl_names_free(char **names, size_t n);
/* Connects to a lab; NULL @name means the only one there is. -1 with @e set. */
int labctl_connect(const char *name, struct err *e);
/* Process that holds the lab of a connection. */
pid_t labctl_holder(int fd);
/* Asks "VERB ARGUMENT". 0 with @a filled, or -1 with @e set (also when the holder says no). */
int labctl_ask(int fd, const char *request, struct labctl_answer *a, struct err *e);
/* The holder's side: sends @a with its descriptors. 0, or -1. */
int labctl_answer(int fd, const struct labctl_answer *a);
/* Waits until the lab of that name is gone. 0, or -1 with @e set. */
int labctl_wait_gone(const char *name, struct err *e);

/* How to hold a lab. */
struct labhold {
	const char *name;
	const struct lab_spec *spec;
	const char *capture; /* folder for the taps' files, or NULL */
	bool foreground;
};
/* Builds and holds it until told. In the background: returns when it is up. Exit code. */
int labhold_up(const struct labhold *h);

/* labverify: `skypelab lab verify`, see lab/verify/verify.h. argv[0] is "verify". */
int lab_verb_verify(int argc, char **argv);

#endif
