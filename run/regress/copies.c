// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * copies.c - two revisions of a signature on copies of a capture
 *
 * A copy (run/vary/vary.c) differs from its recording in what the protocol leaves free. Each
 * revision's verdicts on a copy are compared with its own on the recording. One that changes in the
 * newer revision, in a copy in which the baseline keeps its own, is the newer revision's fault,
 * whatever else the baseline loses. One that both change in the same copy is told apart: neither
 * keeps it.
 */
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "results/history/compare.h"
#include "run/regress/copies.h"

static struct overfit *overfit_of(struct copies *c, const char *capture, const char *subject,
				  bool found)
{
	struct overfit *o;

	for (size_t i = 0; i < c->list_n; i++)
		if (!strcmp(c->list[i].subject, subject) && !strcmp(c->list[i].capture, capture))
			return &c->list[i];
	if (!(c->list_n & (c->list_n - 1)))
		c->list = xrealloc(c->list, (c->list_n ? 2 * c->list_n : 1) * sizeof(*c->list));
	o = &c->list[c->list_n++];
	*o = (struct overfit){
		.capture = xstrdup(capture), .subject = xstrdup(subject), .was_found = found};
	return o;
}

static bool was_found(const struct change *k)
{
	return k->kind == CHANGE_LOST || k->kind == CHANGE_GONE_FP;
}

static bool has_change(const struct comparison *c, const struct change *like)
{
	for (size_t i = 0; c && i < c->n; i++)
		if (was_found(&c->changes[i]) == was_found(like) &&
		    !strcmp(c->changes[i].subject, like->subject))
			return true;
	return false;
}

static void note_changes(struct copies *c, const char *capture, const struct comparison *base,
			 const struct comparison *now)
{
	for (size_t i = 0; i < now->n; i++) {
		const struct change *k = &now->changes[i];
		struct overfit *o;

		if (!*k->subject)
			continue;
		o = overfit_of(c, capture, k->subject, was_found(k));
		if (has_change(base, k))
			o->both++;
		else
			o->own++;
	}
}

/* One side's verdicts on the recording and on a copy. */
struct two_verdicts {
	struct baseline *recording, *copy;
	struct comparison *difference;
};

static struct baseline *verdicts(const struct regress_side *side, const char *name,
				 const struct detections *v, const struct labels *labels,
				 const struct flow_index *x, const struct score_setting *s)
{
	struct score_table *t = score_table_new();
	struct baseline *b;

	side_score(side, name, t, v, labels, x, s);
	b = baseline_of(t, NULL, NULL);
	score_table_free(t);
	return b;
}

static void forget_copy(struct two_verdicts two[2])
{
	for (int k = 0; k < 2; k++) {
		comparison_free(two[k].difference);
		baseline_free(two[k].copy);
		two[k].difference = NULL;
		two[k].copy = NULL;
	}
}

/* Both sides on the copy that @vary wrote. */
static int detect_copy(struct regress_side *const sides[2], const char *name,
		       const struct vary *vary, const char *file, const struct labels *labels,
		       const struct flow_index *x, const struct score_setting *s,
		       struct two_verdicts two[2], struct err *e)
{
	int rc = 0;

	for (int k = 0; k < 2 && rc == 0; k++) {
		struct detections *v = detections_new();

		if (sides[k]->set)
			rc = side_detect(sides[k], name, file, vary, v, NULL, e);
		if (sides[k]->set && rc == 0) {
			two[k].copy = verdicts(sides[k], name, v, labels, x, s);
			two[k].difference = baseline_compare(two[k].recording, two[k].copy, 0);
		}
		detections_free(v);
	}
	return rc;
}

int copies_try(struct copies *c, struct regress_side *const sides[2], const char *name,
	       const char *path, const struct labels *labels, const struct flow_index *x,
	       const struct score_setting *s, struct detections *const v[2], struct err *e)
{
	struct two_verdicts two[2] = {0};
	uint64_t rewritten = c->rewritten;
	int rc = 0;

	for (int k = 0; k < 2; k++)
		two[k].recording = verdicts(sides[k], name, v[k], labels, x, s);
	for (unsigned i = 0; i < c->n && rc == 0; i++) {
		struct vary *vary = vary_new(labels, c->seed, i);
		int fd = memfd_create("copy", MFD_CLOEXEC);
		char *file = xasprintf("/proc/self/fd/%d", fd);

		rc = fd < 0 ? err_sys(e, "memfd") : vary_capture(vary, path, fd, e);
		if (rc == 0)
			rc = detect_copy(sides, name, vary, file, labels, x, s, two, e);
		if (rc == 0)
			note_changes(c, s->cell, two[0].difference, two[1].difference);
		c->rewritten += vary_rewritten(vary);
		forget_copy(two);
		if (fd >= 0)
			close(fd);
		free(file);
		vary_free(vary);
	}
	c->captures++;
	if (rc == 0 && c->rewritten == rewritten && ++c->unvaried)
		log_warn(
			"%s: nothing in it could be varied: no message of Skype over IPv4 that its "
			"labels name",
			path);
	for (int k = 0; k < 2; k++)
		baseline_free(two[k].recording);
	return rc;
}

size_t copies_overfit(const struct copies *c)
{
	size_t n = 0;

	for (size_t i = 0; i < c->list_n; i++)
		n += c->list[i].own != 0;
	return n;
}

size_t copies_neither(const struct copies *c)
{
	size_t n = 0;

	for (size_t i = 0; i < c->list_n; i++)
		n += c->list[i].both && !c->list[i].own;
	return n;
}

void copies_free(struct copies *c)
{
	for (size_t i = 0; i < c->list_n; i++) {
		free(c->list[i].capture);
		free(c->list[i].subject);
	}
	free(c->list);
}
