/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef OPERATOR_METRICS_HTTP_H
#define OPERATOR_METRICS_HTTP_H

#include "base/loop.h"

/* Answers GET /metrics with a text, HTTP/1.1, one request a connection. Everything in one thread, that of
 * the loop, and never waiting: what does not fit into a connection's buffers at once ends it. */
struct http_server;

/* Listens on @where, ADDRESS:PORT. NULL with @e set. */
struct http_server *http_open(const char *where, struct err *e);
int http_begin(struct http_server *s, struct loop *loop, struct err *e);
/* The text from now on; it belongs to the server. */
void http_text(struct http_server *s, char *text);
/* A second has passed: connections that are too slow are closed. */
void http_second(struct http_server *s);
void http_close(struct http_server *s);

#endif
