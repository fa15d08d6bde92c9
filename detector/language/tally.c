// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * tally.c - reads rules that count: the messages to count, and what the counts must be
 */
#include <stdio.h>
#include <string.h>

#include "base/number.h"
#include "detector/language/gauge.h"
#include "detector/language/message.h"
#include "detector/language/statistic.h"
#include "detector/language/tally.h"

static int when_tally(struct sigparse *p, yaml_node_t *n, struct when *w)
{
	const char *t = sig_text(n);

	w->tally = -1;
	if (t && !strcmp(t, "packets"))
		return 0;
	for (int i = 0; t && i < p->rule->messages_n; i++)
		if (!strcmp(p->rule->messages[i].name, t)) {
			w->tally = (int8_t)i;
			return 0;
		}
	return sig_error(p, n, "%s, expected packets or a name under \"tally\"", sig_show(n));
}

/* The keys that a condition is of one of, by enum when_kind. */
static const char *const kinds[] = {
	"count",    "share",	"mean-size",  "ratio",	       "bytes",	   "duration",	 "rate",
	"bit-rate", "mean-gap", "least-size", "greatest-size", "gap-mode", "chi-square", "belief"};

/* One range of numbers. */
static int when_range(struct sigparse *p, yaml_node_t *v, struct when *w)
{
	struct numset set;

	if (sig_numset(p, v, &set) < 0)
		return -1;
	if (set.n != 1)
		return sig_error(p, v, "%s, expected one range", sig_show(v));
	w->lo = set.r[0].lo;
	w->hi = set.r[0].hi;
	return 0;
}

/* From one time to another, in units of @unit ns. */
static int when_times(struct sigparse *p, yaml_node_t *v, uint64_t unit, struct when *w)
{
	uint64_t least, most;

	if (sig_times(p, v, kinds[w->kind], &least, &most) < 0)
		return -1;
	if (least / unit > UINT32_MAX)
		return sig_error(p, v, "\"least\" is more than can be counted");
	w->lo = (uint32_t)(least / unit);
	w->hi = most / unit > UINT32_MAX ? UINT32_MAX : (uint32_t)(most / unit);
	return 0;
}

/* "30 packets" or a time. */
static int read_last(struct sigparse *p, yaml_node_t *n, struct gauge *g)
{
	const char *t = sig_text(n);
	size_t digits = t ? strspn(t, "0123456789") : 0;
	char number[8];
	uint64_t v;

	if (!digits || strcmp(t + digits, " packets") != 0) {
		if (sig_duration(p, n, &g->part) < 0)
			return -1;
		g->part = g->part / GAUGE_PARTS;
		return g->part ? 0 : sig_error(p, n, "%s, expected 1 us or more", sig_show(n));
	}
	snprintf(number, sizeof(number), "%.*s", (int)digits, t);
	if (digits >= sizeof(number) || !number_is_whole(number, &v) || v < 2 ||
	    v > GAUGE_PACKETS_MAX)
		return sig_error(p, n, "%s, expected from 2 to %d packets", sig_show(n),
				 GAUGE_PACKETS_MAX);
	g->packets = (uint16_t)v;
	return 0;
}

/* Gives the condition a gauge: one that the rule has, or another. */
static void take_gauge(struct rule *r, struct when *w, const struct gauge *g)
{
	unsigned i = 0;

	while (i < r->gauges_n &&
	       (r->gauges[i].from != g->from || r->gauges[i].packets != g->packets ||
		r->gauges[i].empty != g->empty || r->gauges[i].part != g->part || g->off ||
		r->gauges[i].off))
		i++;
	if (i == r->gauges_n) {
		r->gauges[i] = *g;
		r->gauges[i].at = r->gauge_bytes;
		r->gauge_bytes += gauge_size(g);
		r->gauges_n++;
	}
	w->gauge = (int8_t)i;
}

/* Which packets of the flow a figure is of; the flow itself counts all that have payload. */
static int when_gauge(struct sigparse *p, yaml_node_t *n, struct when *w)
{
	yaml_node_t *last = yaml_get(&p->doc, n, "last"), *from = yaml_get(&p->doc, n, "from");
	yaml_node_t *empty = yaml_get(&p->doc, n, "empty");
	yaml_node_t *any = last ? last : from ? from : empty;
	enum from side = FROM_EITHER;
	struct gauge g = {0};

	if (any && (w->kind == WHEN_SHARE || w->kind == WHEN_RATIO || w->kind == WHEN_GAP_MODE ||
		    (w->kind == WHEN_COUNT && w->tally >= 0)))
		return sig_error(p, any,
				 "\"last\", \"from\" or \"empty\" beside %s, expected them beside "
				 "figures of the packets",
				 w->kind == WHEN_COUNT ? "a count by name" : kinds[w->kind]);
	if ((last && read_last(p, last, &g) < 0) || sig_key_from(p, n, &side) < 0 ||
	    sig_key_bool(p, n, "empty", &g.empty) < 0)
		return -1;
	g.from = (uint8_t)side;
	if (w->kind == WHEN_DURATION && g.part)
		return sig_error(p, last, "the duration of a span of time, expected packets");
	if (w->kind == WHEN_COUNT && g.packets)
		return sig_error(p, last, "a count of so many packets, expected a time");
	if (g.packets || g.part || g.empty || g.from != FROM_EITHER || w->kind == WHEN_LEAST ||
	    w->kind == WHEN_GREATEST)
		take_gauge(p->rule, w, &g);
	return 0;
}

/* The gap that is the commonest: how often, and what share of all. */
static int when_gap_mode(struct sigparse *p, yaml_node_t *v, struct when *w)
{
	static const char *const keys[] = {"gap", "tolerance", "least", "share", "from", NULL};
	yaml_node_t *gap, *off, *least, *share;
	enum from side = FROM_EITHER;
	struct gauge g = {0};
	long n = 1;

	if (sig_only(p, v, keys, kinds[w->kind]) < 0)
		return -1;
	gap = yaml_get(&p->doc, v, "gap");
	off = yaml_get(&p->doc, v, "tolerance");
	least = yaml_get(&p->doc, v, "least");
	share = yaml_get(&p->doc, v, "share");
	if (!gap || !off)
		return sig_error(p, v, "expected \"gap\" and \"tolerance\", such as 20 s and 1 s");
	if (sig_duration(p, gap, &g.gap) < 0 || sig_duration(p, off, &g.off) < 0 ||
	    sig_key_from(p, v, &side) < 0 || (least && sig_int(p, least, 1, 1000000, &n) < 0) ||
	    (share && sig_permille(p, share, &w->hi) < 0))
		return -1;
	w->lo = (uint32_t)n;
	g.from = (uint8_t)side;
	if (g.off > g.gap || gauge_gap_bin(&g, g.gap) > GAP_BINS - 2)
		return sig_error(p, off, "%s, expected from 1/%d of the gap to all of it",
				 sig_show(off), 2 * GAP_BINS - 8);
	take_gauge(p->rule, w, &g);
	return 0;
}

static int when_value(struct sigparse *p, yaml_node_t *n, yaml_node_t *v, struct when *w)
{
	yaml_node_t *other;

	switch (w->kind) {
	case WHEN_SHARE:
		w->hi = 1000;
		other = yaml_get(&p->doc, n, "least");
		if (!other)
			return sig_error(p, n, "no \"least\" here, expected a share such as 90 %%");
		return when_tally(p, v, w) < 0 ? -1 : sig_permille(p, other, &w->lo);
	case WHEN_COUNT:
		other = yaml_get(&p->doc, n, "is");
		if (!other)
			return sig_error(p, n, "no \"is\" here, expected a range such as 100..");
		return when_tally(p, v, w) < 0 ? -1 : when_range(p, other, w);
	case WHEN_DURATION:
		return when_times(p, v, 1000000, w);
	case WHEN_GAP:
		return when_times(p, v, 1000, w);
	case WHEN_GAP_MODE:
		return when_gap_mode(p, v, w);
	case WHEN_CHI_SQUARE:
		return sig_chi_square(p, n, v, w);
	case WHEN_BELIEF:
		return sig_belief(p, n, v, w);
	default:
		return when_range(p, v, w);
	}
}

/* No key of another kind of condition: it would be passed over in silence. */
static int when_own_keys(struct sigparse *p, yaml_node_t *n, const struct when *w)
{
	const char *keys[] = {kinds[w->kind], "last", "from", "empty", NULL, NULL};
	char what[40];

	if (w->kind == WHEN_COUNT || w->kind == WHEN_SHARE)
		keys[4] = w->kind == WHEN_COUNT ? "is" : "least";
	snprintf(what, sizeof(what), "a condition on %s", kinds[w->kind]);
	return sig_only(p, n, keys, what);
}

int sig_when(struct sigparse *p, yaml_node_t *n)
{
	static const char *const more[] = {"is", "least",  "last",    "from",	 "empty", "below",
					   "of", "window", "classes", "nibbles", NULL};
	const char *keys[ARRAY_LEN(kinds) + ARRAY_LEN(more)];
	struct rule *r = p->rule;
	struct when *w = &r->when[r->when_n];
	yaml_node_t *of = NULL;
	unsigned found = 0;

	memcpy(keys, kinds, sizeof(kinds));
	memcpy(keys + ARRAY_LEN(kinds), more, sizeof(more));
	if (r->when_n == ARRAY_LEN(r->when))
		return sig_error(p, n, "more than %zu conditions", ARRAY_LEN(r->when));
	if (sig_only(p, n, keys, "when") < 0)
		return -1;
	w->line = (uint32_t)n->start_mark.line + 1;
	w->gauge = -1;
	for (unsigned k = 0; k < ARRAY_LEN(kinds); k++) {
		yaml_node_t *v = yaml_get(&p->doc, n, kinds[k]);

		if (!v)
			continue;
		of = v;
		w->kind = (enum when_kind)k;
		found++;
	}
	if (found != 1)
		return sig_error(p, n,
				 "expected exactly one of count, share, mean-size, least-size, "
				 "greatest-size, ratio, bytes, duration, rate, bit-rate, mean-gap, "
				 "gap-mode, chi-square and belief");
	if (w->kind < WHEN_CHI_SQUARE && when_own_keys(p, n, w) < 0)
		return -1;
	if (when_value(p, n, of, w) < 0 || (w->kind < WHEN_CHI_SQUARE && when_gauge(p, n, w) < 0))
		return -1;
	r->when_n++;
	return 0;
}

/* Counts named under "resets" begin anew. Such a message begins no rule: it would have nothing to reset. */
static int read_resets(struct sigparse *p, yaml_node_t *v, struct message *m)
{
	const char *t = sig_text(v);

	for (unsigned i = 0; t && i + 1 < p->rule->messages_n; i++)
		if (!strcmp(p->rule->messages[i].name, t))
			m->resets |= (uint8_t)(1U << i);
	return m->resets ? 0
			 : sig_error(p, v, "%s, expected a name above it under \"tally\"",
				     sig_show(v));
}

/* Conditions would ask the first of them only. */
static int named_twice(struct sigparse *p, yaml_node_t *n)
{
	const struct message *last = &p->rule->messages[p->rule->messages_n - 1];

	for (const struct message *m = p->rule->messages; m < last; m++)
		if (!strcmp(m->name, last->name))
			return sig_error(p, n, "count %s is there already, expected another name",
					 m->name);
	return 0;
}

int sig_tally(struct sigparse *p, yaml_node_t *n)
{
	struct rule *r = p->rule;
	yaml_node_t *resets;

	if (r->tallies == TALLIES_MAX)
		return sig_error(p, n, "more than %d tallies", TALLIES_MAX);
	if (r->tallies && r->messages[r->messages_n - 1].resets)
		return sig_error(p, n, "a count behind one with \"resets\", expected that last");
	r->tallies++;
	if (sig_message(p, n, "count", false) < 0 || named_twice(p, n) < 0)
		return -1;
	resets = yaml_get(&p->doc, n, "resets");
	return resets ? read_resets(p, resets, &r->messages[r->messages_n - 1]) : 0;
}
