// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * varied.c - a draft on copies of the captures that differ in all that the protocol leaves free
 *
 * A verdict that changes in a copy rests on bytes, lengths or times of the recording (run/vary).
 */
#include <inttypes.h>
#include <string.h>

#include "base/quote.h"
#include "run/detect/detect_score.h"
#include "run/draft/varied.h"

#define NAMED 5 /* verdicts that are named */

static int try_one(struct copies *out, struct regress_side *now, const struct draft_capture *c,
		   struct err *e)
{
	struct regress_side base = {0};
	struct regress_side *const sides[2] = {&base, now};
	struct score_setting set = {.source = c->source, .traffic_version = "all", .cell = c->cell};
	struct detections *v[2] = {detections_new(), detections_new()};
	struct flow_index *x = flow_index_new();
	const char *name = signatures_info(now->set, 0)->name;
	int rc = side_detect(now, name, c->path, NULL, v[1], x, e);

	rc = rc ? rc : copies_try(out, sides, name, c->path, c->labels, x, &set, v, e);
	flow_index_free(x);
	detections_free(v[0]);
	detections_free(v[1]);
	return rc;
}

int varied_try(const struct signature_set *set, const struct draft_sources *s, unsigned copies,
	       struct copies *out, struct err *e)
{
	struct regress_side now = {
		.set = (struct signature_set *)set, .label = "draft", .revision = "1"};
	size_t labelled = 0, at = 0, every;
	int rc = 0;

	*out = (struct copies){.n = copies, .seed = 1};
	for (size_t i = 0; i < s->n; i++)
		labelled += s->list[i].drafts;
	every = labelled / VARIED_MOST + (labelled % VARIED_MOST != 0 || !labelled);
	for (size_t i = 0; i < s->n && rc == 0; i++)
		if (s->list[i].drafts && at++ % every == 0)
			rc = try_one(out, &now, &s->list[i], e);
	return rc;
}

void varied_put(const struct copies *c, FILE *f)
{
	size_t named = 0;

	fprintf(f,
		"copies in which what Skype leaves free is rewritten: %u of each of %zu captures, "
		"%" PRIu64 " payloads rewritten; %zu verdicts change\n",
		c->n, c->captures, c->rewritten, copies_overfit(c));
	for (size_t i = 0; i < c->list_n; i++) {
		const struct overfit *o = &c->list[i];

		if (!overfit_own(c, o) || named++ >= NAMED)
			continue;
		fprintf(f, "  %s: %s is %s in %u of %u copies%s\n", quote_terminal(o->capture),
			quote_terminal(o->subject), o->was_found ? "lost" : "claimed",
			o->own < c->n ? o->own : c->n, c->n,
			o->alone ? " when each node is alone" : "");
	}
}
