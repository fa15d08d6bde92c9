// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * upkeep.c - blocks that end, by time or by hand; and what others do to the rules
 *
 * Model. The kernel ends elements by itself; the ledger has the same times and says so. A flow's block
 * ends with its connection: some of the flows are looked at each second, and one that lost its mark to
 * a program that overwrites marks gets it back. That is a question to the kernel for each, some tens of
 * microseconds: so it is done one by one, and sightings come between.
 *
 * When somebody changed the rules, flowtables are asked for again, and the table is made anew should it
 * be gone.
 */
#include "operator/filter/enforce.h"
#include "operator/filter/keep.h"
#include "operator/filter/say.h"
#include "operator/filter/upkeep.h"

#define FLOWS_A_SETTLE 512 /* flows looked at after one filter_settle() */

static bool concerns(const struct filter_block *b, const struct ip *ip)
{
	return !ip || ip_eq(&b->who.ip, ip) ||
	       (b->what == FILTER_FLOW && ip_eq(&b->flow.dst.ip, ip));
}

int upkeep_unblock(struct filter *f, const struct ip *ip)
{
	int n = 0;

	for (unsigned what = 0; what < FILTER_WHATS; what++) {
		struct ledger_entry *en = ledger_first(f->ledger, what), *next;

		for (; en; en = next) {
			next = en->next;
			if (!concerns(&en->block, ip) || !enforce_take(f, en))
				continue;
			filter_say(f, &en->block, FILTER_UNBLOCKED);
			ledger_remove(f->ledger, en);
			n++;
		}
	}
	return n;
}

static void expire(struct filter *f, struct ledger_entry *en)
{
	filter_say(f, &en->block, FILTER_EXPIRED);
	ledger_remove(f->ledger, en);
}

static void expire_elements(struct filter *f)
{
	uint64_t now = clock_ns(CLOCK_MONOTONIC);

	for (unsigned what = FILTER_SUPER_NODE; what < FILTER_WHATS; what++) {
		struct ledger_entry *en;

		while ((en = ledger_first(f->ledger, what)) && en->ends_ns <= now)
			expire(f, en);
	}
}

/* The @n that were looked at longest ago: has the connection ended, does it still have its mark? */
void upkeep_flows(struct filter *f, size_t n)
{
	size_t all = ledger_count(f->ledger, FILTER_FLOW);

	for (size_t i = 0; i < n && i < all; i++) {
		struct ledger_entry *en = ledger_first(f->ledger, FILTER_FLOW);
		struct tracked_flow flow;
		int rc = tracked_find(f->tracked, &en->block.flow, &flow, NULL);

		if (!rc) {
			expire(f, en);
			continue;
		}
		ledger_to_end(f->ledger, en);
		if (rc > 0 && !(flow.mark & f->policy->mark) && !f->wish.dry_run)
			tracked_mark(f->tracked, &flow.orig, f->policy->mark, true, NULL);
	}
}

static void flowtable_found(void *arg, const char *name_)
{
	filter_report(arg, "flows that a flowtable forwards pass the filter by: ", name_);
}

int upkeep_flowtables(struct filter *f, struct err *e)
{
	return ruleset_flowtables(f->ruleset, flowtable_found, f, e);
}

static int look_at_rules(struct filter *f, struct err *e)
{
	f->changed = false;
	upkeep_flowtables(f, NULL);
	if (!f->table || own_table_stands(f->table))
		return 0;
	if (keep_make(f, e) < 0)
		return err_push(e, "the filter's table was removed");
	filter_report(f, "the table was removed by somebody else and made again", "");
	return 0;
}

static void count_totals(struct filter *f)
{
	for (unsigned what = 0; what < FILTER_WHATS; what++) {
		f->totals.in_force[what] = ledger_count(f->ledger, what);
		if (f->table)
			own_table_counter(f->table, what, &f->totals.packets[what],
					  &f->totals.bytes[what]);
	}
}

bool upkeep_changed(struct filter *f)
{
	f->changed |= ruleset_changed(f->ruleset);
	return f->changed;
}

int upkeep_settle(struct filter *f, struct err *e)
{
	size_t flows = ledger_count(f->ledger, FILTER_FLOW);
	int rc = 0;

	expire_elements(f);
	f->to_tend = flows < FLOWS_A_SETTLE ? flows : FLOWS_A_SETTLE;
	if (upkeep_changed(f))
		rc = look_at_rules(f, e);
	count_totals(f);
	return rc;
}

bool upkeep_tend(struct filter *f)
{
	if (f->to_tend) {
		f->to_tend--;
		upkeep_flows(f, 1);
	}
	return f->to_tend;
}

static void read_counter(void *arg, const struct own_element *el)
{
	struct filter_block b = {.what = el->what, .who = el->who, .proto = el->proto};
	struct filter *f = arg;
	struct ledger_entry *en = ledger_find(f->ledger, &b);

	if (!en)
		return;
	en->block.packets = el->packets;
	en->block.bytes = el->bytes;
}

void upkeep_blocked(struct filter *f)
{
	expire_elements(f);
	if (f->table)
		own_table_each(f->table, read_counter, f, NULL);
	for (unsigned what = 0; what < FILTER_WHATS; what++)
		for (struct ledger_entry *en = ledger_first(f->ledger, what); en; en = en->next)
			filter_say(f, &en->block, FILTER_LISTED);
}
