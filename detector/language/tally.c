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

int sig_when(struct sigparse *p, yaml_node_t *n)
{
	static const char *const keys[] = {"count", "share", "mean-size", "ratio",
					   "is",    "least", NULL};
	struct rule *r = p->rule;
	struct when *w = &r->when[r->when_n];
	yaml_node_t *count, *share, *mean, *v;
	struct numset set;

	if (r->when_n == ARRAY_LEN(r->when))
		return sig_error(p, n, "more than %zu conditions", ARRAY_LEN(r->when));
	if (sig_only(p, n, keys, "when") < 0)
		return -1;
	w->line = (uint32_t)n->start_mark.line + 1;
	count = yaml_get(&p->doc, n, "count");
	share = yaml_get(&p->doc, n, "share");
	mean = yaml_get(&p->doc, n, "mean-size");
	v = yaml_get(&p->doc, n, "ratio");
	if (!count + !share + !mean + !v != 3)
		return sig_error(p, n, "expected exactly one of count, share, mean-size and ratio");
	if (share) {
		w->kind = WHEN_SHARE;
		w->hi = 1000;
		v = yaml_get(&p->doc, n, "least");
		if (!v)
			return sig_error(p, n, "no \"least\" here, expected a share such as 90 %%");
		if (when_tally(p, share, w) < 0 || sig_permille(p, v, &w->lo) < 0)
			return -1;
	} else {
		w->kind = count ? WHEN_COUNT : mean ? WHEN_MEAN : WHEN_RATIO;
		if (count && when_tally(p, count, w) < 0)
			return -1;
		v = count ? yaml_get(&p->doc, n, "is") : mean ? mean : v;
		if (!v)
			return sig_error(p, n, "no \"is\" here, expected a range such as 100..");
		if (sig_numset(p, v, &set) < 0)
			return -1;
		if (set.n != 1)
			return sig_error(p, v, "%s, expected one range", sig_show(v));
		w->lo = set.r[0].lo;
		w->hi = set.r[0].hi;
	}
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
