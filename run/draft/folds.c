// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * folds.c - which flows are kept apart together
 *
 * Never by packet or flow. With several recorded captures or cells, each is in one fold with all that
 * it holds. Where one capture has several hosts, folds are made of hosts; a flow of another
 * application goes with the host that opened it. Captures without labels are dealt out in turn.
 */
#include <string.h>

#include "base/err.h"
#include "base/rng.h"
#include "run/draft/folds.h"

static bool drafts_before(const struct draft_sources *s, size_t n, uint32_t group)
{
	for (size_t i = 0; i < n; i++)
		if (s->list[i].drafts && s->list[i].group == group)
			return true;
	return false;
}

static uint32_t groups_drafting(const struct draft_sources *s)
{
	uint32_t n = 0;

	for (size_t i = 0; i < s->n; i++)
		n += s->list[i].drafts && !drafts_before(s, i, s->list[i].group);
	return n;
}

static uint32_t least(uint32_t a, uint32_t b)
{
	return a < b ? a : b;
}

static uint32_t of_address(const struct ip *a, uint32_t n)
{
	uint64_t h = a->family;

	for (int i = 0; i < 16; i++)
		h = rng_mix(h ^ a->b[i]);
	return (uint32_t)(h % n);
}

/* The folds of groups go round, so that neighbours in a run's matrix are in several folds. */
uint32_t fold_of_capture(const struct folds *f, const struct draft_sources *s, size_t capture)
{
	const struct draft_capture *c = &s->list[capture];

	if (f->by == FOLD_NOTHING || (f->by == FOLD_HOSTS && c->drafts))
		return DRAFT_ALL - 1;
	return c->group % f->n;
}

static void set_hosts(struct draft_material *m, const struct folds *f,
		      const struct draft_sources *s)
{
	for (uint32_t i = 0; i < m->hosts_n; i++)
		m->hosts[i].fold = f->by == FOLD_HOSTS ? i % f->n : DRAFT_ALL - 1;
	for (size_t i = 0; i < m->n; i++) {
		struct draft_flow *one = &m->flows[i];

		one->fold = fold_of_capture(f, s, one->capture);
		if (f->by == FOLD_HOSTS && s->list[one->capture].drafts)
			one->fold = one->positive ? m->hosts[one->host].fold
						  : of_address(&one->tuple.src.ip, f->n);
		else if (one->positive)
			m->hosts[one->host].fold = one->fold;
	}
}

struct folds folds_set(const struct draft_sources *s, struct draft_material *m)
{
	struct folds f = {FOLD_CAPTURES, least(groups_drafting(s), FOLDS_MOST)};

	if (f.n < 2)
		f = (struct folds){FOLD_HOSTS, least((uint32_t)m->hosts_n, FOLDS_MOST)};
	if (f.n < 2)
		f = (struct folds){FOLD_NOTHING, 0};
	set_hosts(m, &f, s);
	return f;
}

/* Whether the row is of a host of the fold. */
static bool in_fold(const struct draft_material *m, const struct labels *l, const struct label *row,
		    uint32_t fold)
{
	char text[IP_TEXT_LEN];
	const char *name = draft_host_name(l, row, text);

	for (size_t i = 0; i < m->hosts_n; i++) {
		const char *space = strchr(m->hosts[i].name, ' ');

		if (space && !strcmp(space + 1, name))
			return m->hosts[i].fold == fold;
	}
	return false;
}

struct labels *fold_labels(const struct folds *f, uint32_t fold, const struct draft_sources *s,
			   size_t capture, const struct draft_material *m)
{
	const struct labels *from = s->list[capture].scored;
	struct labels *to = from ? labels_new(labels_target(from)) : NULL;

	for (size_t i = 0; from && i < labels_count(from); i++) {
		struct label row = *labels_at(from, i);
		bool out =
			f->by == FOLD_HOSTS &&
			(row.kind == KIND_POSITIVE ? !in_fold(m, from, &row, fold)
						   : of_address(&row.tuple.src.ip, f->n) != fold);

		if (out)
			draft_label_forget(&row);
		labels_add(to, &row);
	}
	return to;
}

const char *folds_text(const struct folds *f, char buf[64])
{
	snprintf(buf, 64, "%u folds of %s", f->n,
		 f->by == FOLD_HOSTS ? "hosts of one capture" : "captures or cells");
	return buf;
}
