// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * shown.c - the filter's lines in the picture of clients
 *
 * A picture knows a client as its sensor does, and one of several sensors by its innermost address; a line
 * says both, and both are marked. A super node that an earlier start left blocked is nobody's.
 */
#include <stdio.h>
#include <string.h>

#include "operator/filter/line.h"
#include "operator/filter/shown.h"

static struct client_block block_of(const struct filter_block *b)
{
	struct client_block out = {.until_ns = b->until_ns, .dry_run = b->dry_run};

	_Static_assert(sizeof(out.what) >= FILTER_WHO_LEN, "room for what is blocked");
	filter_line_who(b, out.what);
	snprintf(out.why, sizeof(out.why), "%s %s", b->signature, b->rule);
	if (!b->signature[0])
		snprintf(out.why, sizeof(out.why), "from an earlier start");
	return out;
}

static void mark(struct picture *p, const struct ip *who, const struct filter_block *b)
{
	struct client_block block = block_of(b);

	switch (b->outcome) {
	case FILTER_BLOCKED:
	case FILTER_PROLONGED:
	case FILTER_ADOPTED:
	case FILTER_LISTED:
		picture_block(p, who, &block);
		break;
	case FILTER_EXPIRED:
	case FILTER_UNBLOCKED:
		picture_unblock(p, who, block.what);
		break;
	default:
		break;
	}
}

void filter_shown(struct picture *p, const struct filter_block *b)
{
	if (b->client.family)
		mark(p, &b->client, b);
	if (b->inside.family && !ip_eq(&b->inside, &b->client))
		mark(p, &b->inside, b);
}
