// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * tally.c - reads rules that count: the messages to count, and what the counts must be
 */
#include <string.h>

#include "detector/language/message.h"
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
static const char *const kinds[] = {"count",	"share", "mean-size", "ratio",	 "bytes",
				    "duration", "rate",	 "bit-rate",  "mean-gap"};

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
	default:
		return when_range(p, v, w);
	}
}

int sig_when(struct sigparse *p, yaml_node_t *n)
{
	static const char *const keys[] = {"count",    "share",	   "mean-size", "ratio",
					   "bytes",    "duration", "rate",	"bit-rate",
					   "mean-gap", "is",	   "least",	NULL};
	struct rule *r = p->rule;
	struct when *w = &r->when[r->when_n];
	yaml_node_t *of = NULL;
	unsigned found = 0;

	if (r->when_n == ARRAY_LEN(r->when))
		return sig_error(p, n, "more than %zu conditions", ARRAY_LEN(r->when));
	if (sig_only(p, n, keys, "when") < 0)
		return -1;
	w->line = (uint32_t)n->start_mark.line + 1;
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
				 "expected exactly one of count, share, mean-size, ratio, bytes, "
				 "duration, rate, bit-rate and mean-gap");
	if (when_value(p, n, of, w) < 0)
		return -1;
	r->when_n++;
	return 0;
}

int sig_tally(struct sigparse *p, yaml_node_t *n)
{
	if (p->rule->tallies == TALLIES_MAX)
		return sig_error(p, n, "more than %d tallies", TALLIES_MAX);
	p->rule->tallies++;
	return sig_message(p, n, "count");
}
