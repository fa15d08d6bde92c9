// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * enforce.c - one block into the kernel, or out of it
 *
 * Model. A flow is a bit in its connection's mark; a super node or a client is an element of a set. In a
 * dry run nothing is sent, and all else is the same. What the kernel refuses is a line, never an
 * error: the others go on.
 */
#include <stdio.h>

#include "operator/filter/enforce.h"
#include "operator/filter/say.h"

/* "skypelab-2006 probe frame 12": what a listing of the rules shows, and what the next start reads. */
static void comment(char *out, size_t room, const struct filter_block *b)
{
	snprintf(out, room, "%.40s %.40s frame %llu", b->signature, b->rule,
		 (unsigned long long)(b->n_frames ? b->frames[b->n_frames - 1] : 0));
	for (; *out; out++)
		if (*out < ' ' || *out > '~' || *out == '"' || *out == '\\')
			*out = '?';
}

struct own_element enforce_element(const struct filter *f, const struct filter_block *b)
{
	struct own_element el = {.what = b->what, .who = b->who, .proto = b->proto};

	el.timeout_ms = 1000ULL * f->policy->timeout_s[b->what];
	comment(el.comment, sizeof(el.comment), b);
	return el;
}

/* 0, or -1 and the line is written. */
static int put_flow(struct filter *f, const struct seen *v, const struct filter_block *b)
{
	struct err e;
	int rc;

	if (!v->tracked)
		return filter_refuse(f, b, REFUSED_UNTRACKED, NULL) - 1;
	rc = f->wish.dry_run ? 1
			     : tracked_mark(f->tracked, &v->flow.orig, f->policy->mark, true, &e);
	if (rc <= 0)
		return filter_refuse(f, b, rc ? REFUSED_KERNEL : REFUSED_UNTRACKED,
				     rc ? e.msg : NULL) -
		       1;
	if (v->flow.offloaded)
		filter_refuse(f, b, REFUSED_OFFLOADED, NULL);
	return 0;
}

static int put_element(struct filter *f, const struct filter_block *b,
		       const struct ledger_entry *before)
{
	struct own_element el = enforce_element(f, b);
	enum own_added added = OWN_ADDED;
	struct err e;

	if (before) {
		el.packets = before->block.packets;
		el.bytes = before->block.bytes;
	}
	if (f->table)
		added = own_table_add(f->table, &el, before != NULL, &e);
	if (added == OWN_ADDED)
		return 0;
	return filter_refuse(f, b, added == OWN_FULL ? REFUSED_FULL : REFUSED_KERNEL,
			     added == OWN_FULL ? "the kernel's set" : e.msg) -
	       1;
}

int enforce_put(struct filter *f, const struct seen *v, const struct filter_block *b,
		const struct ledger_entry *before)
{
	return b->what == FILTER_FLOW ? put_flow(f, v, b) : put_element(f, b, before);
}

/* Writes down when it came into force, and until when. */
void enforce_done(struct filter *f, struct ledger_entry *en, const struct sighting *s)
{
	struct filter_block *b = &en->block;
	uint64_t now = clock_ns(CLOCK_REALTIME), time = NS_PER_SEC * f->policy->timeout_s[b->what];

	en->made_ns = clock_ns(CLOCK_MONOTONIC);
	en->ends_ns = time ? en->made_ns + time : 0;
	b->until_ns = time ? now + time : 0;
	if (!b->since_ns)
		b->since_ns = now;
	b->latency_ns = now > s->ts_ns ? now - s->ts_ns : 0;
	filter_latency_add(&f->totals.latency, b->latency_ns);
}

/* Takes it out of the kernel. False: the kernel refused, and it stays. */
bool enforce_take(struct filter *f, const struct ledger_entry *en)
{
	struct own_element el = enforce_element(f, &en->block);
	struct tracked_flow flow;
	struct err e;

	if (f->wish.dry_run)
		return true;
	if (en->block.what != FILTER_FLOW) {
		if (own_table_remove(f->table, &el, &e) == 0)
			return true;
	} else if (tracked_find(f->tracked, &en->block.flow, &flow, &e) >= 0 &&
		   tracked_mark(f->tracked, &flow.orig, f->policy->mark, false, &e) >= 0) {
		return true;
	}
	filter_refuse(f, &en->block, REFUSED_KERNEL, e.msg);
	return false;
}
