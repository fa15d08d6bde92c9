// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * copies.c - two revisions of a signature on copies of a capture
 *
 * A copy (run/vary/vary.c) differs from its recording in what the protocol leaves free. Each
 * revision's verdicts on a copy are compared with its own on the recording. One that changes in the
 * newer revision, in a copy in which the baseline keeps its own, is the newer revision's fault,
 * whatever else the baseline loses. One that both change in the same copy is told apart: neither
 * keeps it.
 *
 * Where a client is known by much, a rule that became too narrow is not missed. So the same copies are
 * tried once more with the flows of each node as those of a client of its own (vary_alone()), and
 * compared with such a recording. A verdict that rests on a single exchange may be lost by chance,
 * when cipher text looks like something else; so it has to be lost in a quarter of the copies.
 *
 * Without a baseline nothing says what chance does: a message that is lost, cipher text that looks like something
 * else. Then a verdict counts as lost when it is surely lost in more than a quarter of all copies that could be made,
 * by the lower bound of the share; as lost by chance when it surely is in fewer; and else the copies are too few
 * to say, and it is said how many would do.
 */
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "results/history/compare.h"
#include "run/cell/transfer.h"
#include "run/regress/copies.h"

#define TEXT_MAX 65536U

static struct overfit *overfit_of(struct copies *c, const char *capture, const char *subject,
				  bool found, bool alone)
{
	struct overfit *o;

	for (size_t i = 0; i < c->list_n; i++)
		if (c->list[i].alone == alone && !strcmp(c->list[i].subject, subject) &&
		    !strcmp(c->list[i].capture, capture))
			return &c->list[i];
	if (!(c->list_n & (c->list_n - 1)))
		c->list = xrealloc(c->list, (c->list_n ? 2 * c->list_n : 1) * sizeof(*c->list));
	o = &c->list[c->list_n++];
	*o = (struct overfit){.capture = xstrdup(capture),
			      .subject = xstrdup(subject),
			      .was_found = found,
			      .alone = alone};
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

static void note_changes(struct copies *c, const char *capture, bool alone,
			 const struct comparison *base, const struct comparison *now)
{
	for (size_t i = 0; now && i < now->n; i++) {
		const struct change *k = &now->changes[i];
		struct overfit *o;

		if (!*k->subject)
			continue;
		o = overfit_of(c, capture, k->subject, was_found(k), alone);
		if (has_change(base, k))
			o->both++;
		else
			o->own++;
	}
}

/* What is tried: both sides on a labelled capture. */
struct trial {
	struct copies *c;
	struct regress_side *const *sides;
	const char *name, *path;
	const struct labels *labels;
	const struct flow_index *x;
	const struct score_setting *s;
	struct baseline *recording[2]; /* (owned) their verdicts on it */
};

static struct baseline *verdicts(const struct trial *t, int k, const struct detections *v)
{
	struct score_table *table = score_table_new();
	struct baseline *b;

	side_score(t->sides[k], t->name, table, v, t->labels, t->x, t->s);
	b = baseline_of(table, NULL, NULL);
	score_table_free(table);
	return b;
}

/* Writes what @vary makes of the capture and asks each side. @out: (owned) verdicts, NULL for a side
 * that is only a kept baseline. */
static int ask(const struct trial *t, struct vary *vary, struct baseline *out[2], struct err *e)
{
	int fd = memfd_create("copy", MFD_CLOEXEC);
	char *file = xasprintf("/proc/self/fd/%d", fd);
	int rc = fd < 0 ? err_sys(e, "memfd") : vary_capture(vary, t->path, fd, e);

	for (int k = 0; k < 2 && rc == 0; k++) {
		struct detections *v = detections_new();

		if (t->sides[k]->set)
			rc = side_detect(t->sides[k], t->name, file, vary, v, NULL, e);
		if (t->sides[k]->set && rc == 0)
			out[k] = verdicts(t, k, v);
		detections_free(v);
	}
	if (fd >= 0)
		close(fd);
	free(file);
	return rc;
}

static void compare(const struct trial *t, bool alone, struct baseline *const copy[2])
{
	struct comparison *difference[2] = {NULL, NULL};

	for (int k = 0; k < 2; k++)
		if (copy[k])
			difference[k] = baseline_compare(t->recording[k], copy[k], 0);
	note_changes(t->c, t->s->cell, alone, difference[0], difference[1]);
	comparison_free(difference[0]);
	comparison_free(difference[1]);
}

static void drop_pair(struct baseline *pair[2])
{
	baseline_free(pair[0]);
	baseline_free(pair[1]);
	pair[0] = pair[1] = NULL;
}

static int try_copies(struct trial *t, bool alone, struct err *e)
{
	int rc = 0;

	for (unsigned i = 0; i < t->c->n && rc == 0; i++) {
		struct vary *vary = vary_new(t->labels, t->c->seed, i);
		struct baseline *copy[2] = {NULL, NULL};

		if (alone)
			vary_alone(vary, false);
		rc = ask(t, vary, copy, e);
		if (rc == 0)
			compare(t, alone, copy);
		t->c->rewritten += alone ? 0 : vary_rewritten(vary);
		drop_pair(copy);
		vary_free(vary);
	}
	return rc;
}

/* The recording with a client for each node takes the place of the recording. */
static int try_alone(struct trial *t, struct err *e)
{
	struct vary *vary = vary_new(t->labels, t->c->seed, 0);
	int rc;

	drop_pair(t->recording);
	vary_alone(vary, true);
	rc = ask(t, vary, t->recording, e);
	vary_free(vary);
	return rc ? rc : try_copies(t, true, e);
}

int copies_try(struct copies *c, struct regress_side *const sides[2], const char *name,
	       const char *path, const struct labels *labels, const struct flow_index *x,
	       const struct score_setting *s, struct detections *const v[2], struct err *e)
{
	struct trial t = {c, sides, name, path, labels, x, s, {NULL, NULL}};
	uint64_t rewritten = c->rewritten;
	int rc;

	for (int k = 0; k < 2; k++)
		t.recording[k] = verdicts(&t, k, v[k]);
	rc = try_copies(&t, false, e);
	c->captures++;
	if (rc == 0 && c->rewritten == rewritten) {
		c->unvaried++;
		log_warn("%s: nothing in it could be varied: no message of Skype that its labels "
			 "name",
			 path);
	} else if (rc == 0) {
		rc = try_alone(&t, e);
	}
	drop_pair(t.recording);
	return rc;
}

#define BY_CHANCE 0.25 /* the share of copies up to which chance may change a verdict */

static struct interval share_of(unsigned k, unsigned n)
{
	return (struct interval){.low = 1 - exact_upper95(n - k, n), .high = exact_upper95(k, n)};
}

struct interval overfit_share(const struct copies *c, const struct overfit *o)
{
	return share_of(o->own, c->n);
}

/* Whether @k of @n say on which side of chance the share is. */
static bool is_enough(unsigned k, unsigned n)
{
	struct interval share = share_of(k, n);

	return share.low > BY_CHANCE || share.high < BY_CHANCE;
}

bool overfit_own(const struct copies *c, const struct overfit *o)
{
	if (c->no_base)
		return o->was_found && o->own && overfit_share(c, o).low > BY_CHANCE;
	return o->own && (!o->alone || 4 * o->own >= c->n);
}

bool overfit_open(const struct copies *c, const struct overfit *o)
{
	return c->no_base && o->was_found && o->own && !is_enough(o->own, c->n);
}

size_t copies_open(const struct copies *c)
{
	size_t n = 0;

	for (size_t i = 0; i < c->list_n; i++)
		n += overfit_open(c, &c->list[i]);
	return n;
}

size_t copies_lost(const struct copies *c)
{
	size_t n = 0;

	for (size_t i = 0; i < c->list_n; i++)
		n += c->list[i].was_found && c->list[i].own;
	return n;
}

unsigned copies_to_trust(void)
{
	unsigned n = 1;

	while (!is_enough(0, n))
		n++;
	return n;
}

/* The least number of copies that would do if the share stayed what it is. */
static unsigned enough_for(unsigned k, unsigned n)
{
	double share = (double)k / n;

	for (unsigned m = n + 1; m <= COPIES_MAX; m++)
		if (is_enough((unsigned)lround(share * m), m))
			return m;
	return COPIES_MAX + 1;
}

unsigned copies_enough(const struct copies *c)
{
	unsigned most = 0;

	for (size_t i = 0; i < c->list_n; i++)
		if (overfit_open(c, &c->list[i])) {
			unsigned m = enough_for(c->list[i].own, c->n);

			most = m > most ? m : most;
		}
	return most;
}

size_t copies_overfit(const struct copies *c)
{
	size_t n = 0;

	for (size_t i = 0; i < c->list_n; i++)
		n += overfit_own(c, &c->list[i]);
	return n;
}

size_t copies_neither(const struct copies *c)
{
	size_t n = 0;

	for (size_t i = 0; i < c->list_n; i++)
		n += !c->list[i].alone && c->list[i].both && !c->list[i].own;
	return n;
}

static void put_text(FILE *f, const char *text)
{
	transfer_put_number(f, strlen(text));
	fwrite(text, 1, strlen(text), f);
}

/* (owned); NULL = not whole */
static char *get_text(FILE *f)
{
	uint64_t n;
	char *text;

	if (!transfer_get_number(f, &n) || n > TEXT_MAX)
		return NULL;
	text = xcalloc(1, n + 1);
	if (fread(text, 1, n, f) == n)
		return text;
	free(text);
	return NULL;
}

void copies_send(struct copies *c, FILE *out)
{
	transfer_put_number(out, c->captures);
	transfer_put_number(out, c->unvaried);
	transfer_put_number(out, c->rewritten);
	transfer_put_number(out, c->list_n);
	for (size_t i = 0; i < c->list_n; i++) {
		const struct overfit *o = &c->list[i];

		put_text(out, o->capture);
		put_text(out, o->subject);
		transfer_put_number(out, o->was_found);
		transfer_put_number(out, o->alone);
		transfer_put_number(out, o->own);
		transfer_put_number(out, o->both);
	}
	copies_free(c);
	*c = (struct copies){.n = c->n, .seed = c->seed, .no_base = c->no_base};
}

static bool add_overfit(struct copies *c, FILE *in)
{
	char *capture = get_text(in), *subject = capture ? get_text(in) : NULL;
	uint64_t n[4];
	bool ok = subject != NULL;

	for (size_t i = 0; ok && i < ARRAY_LEN(n); i++)
		ok = transfer_get_number(in, &n[i]);
	if (ok) {
		struct overfit *o = overfit_of(c, capture, subject, n[0], n[1]);

		o->own += (unsigned)n[2];
		o->both += (unsigned)n[3];
	}
	free(capture);
	free(subject);
	return ok;
}

bool copies_add(struct copies *c, FILE *in)
{
	uint64_t captures, unvaried, rewritten, n;
	bool ok = transfer_get_number(in, &captures) && transfer_get_number(in, &unvaried) &&
		  transfer_get_number(in, &rewritten) && transfer_get_number(in, &n);

	for (uint64_t i = 0; ok && i < n; i++)
		ok = add_overfit(c, in);
	if (!ok)
		return false;
	c->captures += captures;
	c->unvaried += unvaried;
	c->rewritten += rewritten;
	return true;
}

void copies_free(struct copies *c)
{
	for (size_t i = 0; i < c->list_n; i++) {
		free(c->list[i].capture);
		free(c->list[i].subject);
	}
	free(c->list);
}
