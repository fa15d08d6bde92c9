/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef CLI_DETECT_TABLE_H
#define CLI_DETECT_TABLE_H

#include "base/err.h"
#include "detector/detector.h"

/* Events as a table for people, on standard output: a terminal or a pipe. */
struct table_out;

enum table_form {
	TABLE_EVENTS,	 /* a line an event, as it happens */
	TABLE_EXPLAINED, /* and under it its messages, the bytes that matched and the rule's lines */
	TABLE_ONCE,	 /* at the end, each thing once */
};

/* @set: what is looked for */
struct table_out *table_new(const struct signature_set *set, enum table_form form);
/* @input: name of the capture or interface, or NULL when there is only one */
void table_event(struct table_out *t, const struct detection_event *ev, const char *input);
/* Prints the last line, a summary of @frames frames, and frees @t. 0, or -1 with @e set when the
 * table could not be written. NULL is allowed. */
int table_end(struct table_out *t, uint64_t frames, struct err *e);
void table_free(struct table_out *t);

#endif
