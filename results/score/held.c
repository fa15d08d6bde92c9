// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * held.c - which flows of the labels a capture holds, and of which label an event speaks
 *
 * A row that has a time stands for packets of that time. A tuple that was used twice, for different
 * things, has a row for each; its packets and events belong to the row whose time is nearest.
 *
 * Limit: of a flow of several thousand packets only the first and the last are asked for their row.
 */
#include "base/moment.h"
#include "results/score/held.h"

bool label_held(const struct labels *l, const struct label *row, const struct flow_index *x)
{
	const struct flow_seen *seen = x ? flow_index_find(x, &row->tuple) : NULL;
	uint64_t ns;

	if (!x)
		return true;
	if (!seen)
		return false;
	if (!labels_tuple_shared(l, &row->tuple))
		return labels_in_time(row, seen->first_ns, seen->last_ns);
	for (size_t i = 0; flow_index_packet_ns(seen, i, &ns); i++)
		if (labels_find_at(l, &row->tuple, ns) == row)
			return true;
	return false;
}

const struct label *label_of_event(const struct labels *l, const struct detection *v,
				   const struct flow_index *x)
{
	const struct label *row = l ? labels_find(l, &v->tuple) : NULL;
	const struct flow_seen *seen;

	if (!row || labels_tuple_shared(l, &v->tuple))
		return row ? labels_find_at(l, &v->tuple, v->ts_ns) : NULL;
	seen = x ? flow_index_find(x, &v->tuple) : NULL;
	return !seen || labels_in_time(row, seen->first_ns, seen->last_ns) ? row : NULL;
}

struct search {
	const struct flow_index *x;
	struct unmet_rows found;
};

/* Whether a packet of the row's tuple lies in its time. */
static bool meets(const struct flow_index *x, const struct label *row)
{
	const struct flow_seen *seen = flow_index_find(x, &row->tuple);
	uint64_t ns;

	for (size_t i = 0; seen && flow_index_packet_ns(seen, i, &ns); i++)
		if ((!row->opened_ns || !moment_before(ns + LABEL_SLACK_NS, row->opened_ns)) &&
		    (!row->closed_ns || !moment_before(row->closed_ns + LABEL_SLACK_NS, ns)))
			return true;
	return false;
}

static void search_row(void *arg, const struct label *row, unsigned line)
{
	struct search *s = arg;

	s->found.rows++;
	if (meets(s->x, row))
		return;
	if (!s->found.unmet++ || line < s->found.first)
		s->found.first = line;
}

struct unmet_rows labels_unmet(const struct labels *l, const struct flow_index *x)
{
	struct search s = {.x = x};

	labels_each(l, search_row, &s);
	return s.found;
}
