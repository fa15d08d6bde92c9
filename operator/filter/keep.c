// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * keep.c - the filter's table at the start, when somebody removed it, and at the end
 *
 * Model. The ledger says what is in force; the table is made of it. At the start the ledger is filled
 * from what another start left on purpose (--fail-closed): elements with what is left of their time,
 * and marked flows. Marks that were left without a table would come into force again with the new
 * one, and are cleared.
 *
 * What an orphan holds may be anyone's work: sizes and the allow list are kept to, and a time is never
 * longer than the policy's.
 */
#include <stdio.h>
#include <stdlib.h>

#include "operator/filter/enforce.h"
#include "operator/filter/keep.h"
#include "operator/filter/say.h"

static void collect(const struct filter *f, struct own_element *els, size_t *n)
{
	uint64_t now = clock_ns(CLOCK_MONOTONIC);

	for (unsigned what = FILTER_SUPER_NODE; what < FILTER_WHATS; what++)
		for (struct ledger_entry *en = ledger_first(f->ledger, what); en; en = en->next) {
			if (en->ends_ns <= now)
				continue;
			els[*n] = enforce_element(f, &en->block);
			els[*n].left_ms = (en->ends_ns - now) / MS + 1;
			els[*n].packets = en->block.packets;
			els[(*n)++].bytes = en->block.bytes;
		}
}

/* The table with all that the ledger says. */
int keep_make(struct filter *f, struct err *e)
{
	size_t n =
		ledger_count(f->ledger, FILTER_SUPER_NODE) + ledger_count(f->ledger, FILTER_CLIENT);
	struct own_element *els = xcalloc(n + 1, sizeof(*els));
	int rc;

	n = 0;
	collect(f, els, &n);
	rc = own_table_make(f->table, els, n, e);
	free(els);
	return rc;
}

static void adopt(struct filter *f, const struct filter_block *b, uint64_t left_ns,
		  uint64_t whole_ns)
{
	struct ledger_entry *en;

	if (ledger_full(f->ledger, b->what) || ledger_find(f->ledger, b))
		return;
	en = ledger_add(f->ledger, b);
	en->made_ns = clock_ns(CLOCK_MONOTONIC);
	en->ends_ns = whole_ns ? en->made_ns + left_ns : 0;
	en->block.since_ns = clock_ns(CLOCK_REALTIME) - (whole_ns - left_ns);
	en->block.until_ns = whole_ns ? en->block.since_ns + whole_ns : 0;
	filter_say(f, &en->block, FILTER_ADOPTED);
}

static void adopt_element(void *arg, const struct own_element *el)
{
	struct filter_block b = {.what = el->what, .who = el->who, .proto = el->proto};
	struct filter *f = arg;
	uint64_t most = 1000ULL * f->policy->timeout_s[el->what];
	uint64_t left = el->left_ms < most ? el->left_ms : most;
	unsigned long long frame = 0;

	if (sscanf(el->comment, "%63s %63s frame %llu", b.signature, b.rule, &frame) == 3)
		b.frames[b.n_frames++] = frame;
	if (el->what == FILTER_CLIENT)
		b.inside = el->who.ip;
	b.packets = el->packets;
	b.bytes = el->bytes;
	if (left && !ranges_have(&f->policy->allow, &el->who.ip))
		adopt(f, &b, left * MS, most * MS);
}

static void adopt_flow(void *arg, const struct tracked_flow *flow)
{
	struct filter_block b = {.what = FILTER_FLOW, .proto = flow->orig.proto};

	b.flow = tracked_inside(flow, &flow->orig);
	b.who = b.flow.src;
	b.inside = b.who.ip;
	adopt(arg, &b, 0, 0);
}

struct tuples {
	struct tuple *t;
	size_t n;
};

static void keep_tuple(void *arg, const struct tracked_flow *flow)
{
	struct tuples *all = arg;

	if (!(all->n & (all->n - 1)))
		all->t = xrealloc(all->t, (all->n ? 2 * all->n : 1) * sizeof(*all->t));
	all->t[all->n++] = flow->orig;
}

/* Marks that a start before left behind would come into force again with the table. */
static void clear_marks(struct filter *f)
{
	struct tuples all = {0};

	if (tracked_each_marked(f->tracked, f->policy->mark, keep_tuple, &all, NULL) == 0)
		for (size_t i = 0; i < all.n; i++)
			tracked_mark(f->tracked, &all.t[i], f->policy->mark, false, NULL);
	free(all.t);
}

int keep_begin(struct filter *f, struct err *e)
{
	int orphan;

	f->table = own_table_open(f->policy, f->wish.netns, f->wish.fail_closed, e);
	if (!f->table)
		return -1;
	orphan = own_table_orphan(f->table, adopt_element, f, e);
	if (orphan < 0)
		return -1;
	if (orphan)
		tracked_each_marked(f->tracked, f->policy->mark, adopt_flow, f, NULL);
	else
		clear_marks(f);
	return keep_make(f, e);
}

void keep_end(struct filter *f)
{
	if (!f->wish.fail_closed && ledger_count(f->ledger, FILTER_FLOW))
		clear_marks(f);
	own_table_close(f->table);
}
