/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef OPERATOR_EVE_MEMBERS_H
#define OPERATOR_EVE_MEMBERS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <jansson.h>

#include "base/addr.h"
#include "base/err.h"

/* Members of a JSON object @o (NULL and what is no object have none). Those that return an int: 0, or -1
 * with @e set to what is wrong with it. */

/* A text; NULL = there is none. */
const char *eve_text(const json_t *o, const char *key);
/* An integer from 0 to @most; likewise, but it may be missing: then 0. */
int eve_number(const json_t *o, const char *key, uint64_t most, uint64_t *out, struct err *e);
int eve_number_or_none(const json_t *o, const char *key, uint64_t *out, struct err *e);
/* "2006-08-25T19:32:12.123456+0000" */
int eve_time_of(const json_t *o, const char *key, uint64_t *ns, struct err *e);
int eve_endpoint(const json_t *o, const char *ip, const char *port, struct endpoint *out,
		 struct err *e);
/* A text where it is there; @needed: it must be. Cut to @room. */
int eve_word(const json_t *o, const char *key, char *out, size_t room, bool needed, struct err *e);
/* Missing = false. */
int eve_flag(const json_t *o, const char *key, bool *out, struct err *e);
/* src_ip, src_port, dest_ip, dest_port, proto */
int eve_flow(const json_t *o, struct tuple *flow, struct err *e);

#endif
