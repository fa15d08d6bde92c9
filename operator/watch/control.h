/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef OPERATOR_WATCH_CONTROL_H
#define OPERATOR_WATCH_CONTROL_H

#include <jansson.h>

#include "operator/watch/sinks.h"

/* A socket at which a running `watch` answers: skypelab-watch(1), "Control socket". */
struct control;

/* Answers a request: a new object, to which {"ok": true} is added; NULL with @e set: the error is the
 * answer. Called in the main thread. */
typedef json_t *control_fn(void *arg, const json_t *request, struct err *e);

/* Binds @path (a socket that nobody listens at is replaced), for its owner alone. Fills @sink, to be
 * added to a watch, with which it listens. NULL with @e set. */
struct control *control_open(const char *path, struct watch_sink *sink, struct err *e);
/* Adds what {"verb": @verb} asks for. @verb must live as long. */
void control_add(struct control *c, const char *verb, control_fn *fn, void *arg);
/* Also takes the socket's name away. */
void control_close(struct control *c);

#endif
