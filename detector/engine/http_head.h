/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef DETECTOR_ENGINE_HTTP_HEAD_H
#define DETECTOR_ENGINE_HTTP_HEAD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "detector/language/signature.h"

/* A part of the message; @n 0 = nothing. */
struct http_part {
	const uint8_t *at;
	size_t n;
};

/**
 * struct http_head - the head of an HTTP request, as far as it is there
 * @host:	Whom it is for, without port: the target's of CONNECT and of an absolute URI, else the Host header's
 * @agent:	User-Agent, where @has_agent
 * @complete:	Its last line was there
 */
struct http_head {
	struct http_part method, uri, host, agent;
	bool has_agent, complete;
};

/* Whether the bytes may begin a request. Only with its whole first line does @h say anything: h->uri.n is 0
 * before. */
bool http_head_read(const uint8_t *b, size_t n, struct http_head *h);
/* Whether the head meets every condition of @t. A part that was not seen meets none. */
bool http_head_fits(const struct http_head *h, const struct http_test *t);

#endif
