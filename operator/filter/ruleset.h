/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef OPERATOR_FILTER_RULESET_H
#define OPERATOR_FILTER_RULESET_H

#include <stdbool.h>

#include "base/addr.h"
#include "base/err.h"

/* What else is in the kernel: others' rules, of which some lead past ours, and the machine's own
 * addresses. Nothing here changes anything. */
struct ruleset;

struct ruleset *ruleset_open(int netns, struct err *e);
void ruleset_close(struct ruleset *r); /* NULL is allowed */
/* Readable when somebody changed the rules. */
int ruleset_fd(const struct ruleset *r);
/* Reads what is waiting there. True when somebody else than this process changed something, or that
 * cannot be told. */
bool ruleset_changed(struct ruleset *r);
/* Calls @fn with "inet firewall/ft" for each flowtable that was not there at the last call. 0, or -1
 * with @e set. */
int ruleset_flowtables(struct ruleset *r, void (*fn)(void *arg, const char *name), void *arg,
		       struct err *e);
/* Is @ip an address of this machine, or one of many hosts at once? */
bool ruleset_not_one_other_host(struct ruleset *r, const struct ip *ip);

#endif
