/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef CLI_LAB_CONTROL_H
#define CLI_LAB_CONTROL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "base/err.h"
#include "cli/lab/names.h"

/* Between the process that holds a lab (holder.c) and the commands that use the lab. */

#define CONTROL_NAME_LEN 32
#define CONTROL_FDS	 6

/* One answer of a holder. @fds without a descriptor are -1. */
struct control_answer {
	enum exit_code code;  /* of the failure; EXIT_DONE = none */
	char msg[1000];	      /* of the failure */
	int fds[CONTROL_FDS]; /* (owned by the receiver) */
};

/* Descriptors of an answer to "enter". */
enum { CONTROL_NET, CONTROL_MNT, CONTROL_PID, CONTROL_USER, CONTROL_RESOLV, CONTROL_HOSTS };
/* Descriptor of the text in an answer to "status", "graph", "dot" and "rules". */
#define CONTROL_TEXT 0

/* A lab's name while it is held. */
struct control_listener {
	int fd; /* listening socket */
	/* private */
	int folder; /* where the name is, */
	char path[NAME_FOLDER_PATH], name[CONTROL_NAME_LEN];
	ino_t inode;
};

/* Takes the name and listens. 0; -1 with @e set, also when the name is taken. */
int control_listen(struct control_listener *l, const char *name, struct err *e);
/* Gives the name up. */
void control_unlisten(struct control_listener *l);
/* Names of this user's labs; an (owned) array of (owned) strings, sorted, *n long. */
char **control_names(size_t *n);
void control_names_free(char **names, size_t n);
/* Whether a lab of this user has that name. */
bool control_is_up(const char *name);
/* Connects to a lab; NULL @name means the only one there is. -1 with @e set. */
int control_connect(const char *name, struct err *e);
/* Process that holds the lab of a connection. */
pid_t control_holder(int fd);
/* Sends the request "VERB ARGUMENT". 0 with @a filled; -1 with @e set, also when the holder
 * refuses. */
int control_ask(int fd, const char *request, struct control_answer *a, struct err *e);
/* The holder's side: sends @a with its descriptors. 0, or -1. */
int control_answer(int fd, const struct control_answer *a);
/* Waits until the lab of that name is gone. 0, or -1 with @e set. */
int control_wait_gone(const char *name, struct err *e);

#endif
