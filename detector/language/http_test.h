/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef DETECTOR_LANGUAGE_HTTP_TEST_H
#define DETECTOR_LANGUAGE_HTTP_TEST_H

#include "detector/language/value.h"

/* Reads the mapping under "http" into @t. 0, or -1 with the parser's error set. */
int sig_http(struct sigparse *p, yaml_node_t *n, struct test *t);
void http_test_free(struct http_test *h); /* NULL is allowed */

#define HTTP_METHOD_MAX 20 /* letters of a request's method; a longer word is none */
/* Whether a method may have this byte. */
static inline bool http_is_method(uint8_t c)
{
	return (c >= 'A' && c <= 'Z') || c == '-' || c == '_';
}

#endif
