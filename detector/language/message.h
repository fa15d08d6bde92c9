/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef DETECTOR_MESSAGE_H
#define DETECTOR_MESSAGE_H

#include "detector/language/value.h"

/* Reads a message and adds it to the rule being read; its name stands under @name_key ("message",
 * "count"). @step: it is a step by itself, whose keys stand beside its own. 0, or -1 with the parser's error
 * set. */
int sig_message(struct sigparse *p, yaml_node_t *map, const char *name_key, bool step);
/* The side under "from", where it is given. */
int sig_key_from(struct sigparse *p, yaml_node_t *map, enum from *out);
/* When all messages are read: finds the byte of @m of which its tests fix the most bits. */
void message_settle(struct message *m);

#endif
