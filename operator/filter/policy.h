/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef OPERATOR_FILTER_POLICY_H
#define OPERATOR_FILTER_POLICY_H

#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"
#include "operator/filter/ranges.h"
#include "operator/sighting.h"

/* What is blocked: a place in arrays, and as bits 1 << FILTER_... in @block. */
enum filter_what { FILTER_FLOW, FILTER_SUPER_NODE, FILTER_CLIENT, FILTER_WHATS };
enum filter_action { FILTER_DROP, FILTER_REJECT };
enum filter_chain { FILTER_FORWARD, FILTER_INPUT, FILTER_OUTPUT, FILTER_CHAINS };

/**
 * struct filter_policy - a file of skypelab-filter(5), checked
 * @path:	The file, NULL = no file, all as its absent keys say (owned)
 * @block:	What a sighting blocks, bits of enum filter_what
 * @action:	What becomes of a blocked packet
 * @timeout_s:	Seconds until a block ends by itself; that of a flow is not used: its block ends
 *		with the flow
 * @size:	The most blocks of each kind at a time
 * @rate:	The most new blocks in a second, 0 = no limit
 * @mark:	The bit of conntrack's mark that says "blocked"
 * @chains:	Where packets are looked at, bits of enum filter_chain
 * @allow:	Who is never blocked
 * @signatures:	Names of those that count, @n_signatures; 0 = all (owned)
 * @kinds:	Which events count, bits 1 << EVENT_...
 */
struct filter_policy {
	char *path;
	unsigned block;
	enum filter_action action;
	uint32_t timeout_s[FILTER_WHATS];
	uint32_t size[FILTER_WHATS];
	uint32_t rate;
	uint32_t mark;
	unsigned chains;
	struct ranges allow;
	char **signatures;
	unsigned n_signatures;
	unsigned kinds;
};

/* NULL = what a file without a key says. NULL with @e set. */
struct filter_policy *filter_policy_load(const char *path, struct err *e);
void filter_policy_free(struct filter_policy *p); /* NULL is allowed */
/* Whether a sighting of this kind and signature blocks at all. */
bool filter_policy_counts(const struct filter_policy *p, const struct sighting *s);

const char *filter_what_text(enum filter_what what); /* "flow", "super-node", "client" */
bool filter_what_parse(const char *text, enum filter_what *out); /* false = none of these */

#endif
