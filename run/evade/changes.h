/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef RUN_EVADE_CHANGES_H
#define RUN_EVADE_CHANGES_H

#include <stdbool.h>

#include "base/err.h"

enum change_who {
	CHANGE_CLIENT, /* the client alone: nodes and servers as they are understand it */
	CHANGE_BOTH,   /* those have to be changed too */
};

/**
 * struct change - one thing that a client could do otherwise
 * @text:	In words
 * @set:	What it sets in a version file, "section.key=value" each
 * @touches:	Names of the messages (messages.tsv) whose sizes or number it changes
 * @waits:	Names of the messages that come later by it
 * @parts:	In so many packets each message of @touches goes; 0 = one
 */
struct change {
	char *text;
	char **set, **touches, **waits;
	unsigned set_n, touches_n, waits_n, parts;
	enum change_who who;
};

/* A file of changes; its format is in skypelab-evade(1). */
struct changes {
	char *name, *description;
	struct change *list;
	unsigned n;
};

#define CHANGES_MAX 256

/* Loads scenarios/changes/NAME.yaml, or a path. NULL with @e set. Free with changes_free(). */
struct changes *changes_load(const char *name, struct err *e);
void changes_free(struct changes *c);
/* Do both set one key? They can then not be made together. */
bool changes_exclude(const struct change *a, const struct change *b);

#endif
