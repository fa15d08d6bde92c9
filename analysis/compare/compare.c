// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * compare.c - two maps of fields side by side
 *
 * Model. Classes of the same name (class_text()) are a pair. Of what is left over, two classes of the
 * same protocol, direction and place are a pair when at least two statements and half of those
 * of the smaller one have the same key, the most alike first: a version that changed the size of a
 * message keeps what its bytes mean. Within a pair a statement is
 *
 *	same		the other class has one of the same key, be it second or said in a larger class
 *	changed		else, where one is left over there that shares a byte with it: of the same kind
 *			first, then the one with the nearest beginning
 *	went, appeared	else
 *	untested	instead of these two, where the other class has few messages or is not there
 *
 * Limits. A statement that a larger class says is compared there, and not once more in each class
 * within. Bytes that only differ from the end and from the front are not brought together. Random bytes
 * are no statement here: what became random went.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "analysis/compare/compare.h"
#include "base/err.h"

#define ALIKE_LEAST 2

/* The statements of one class, with their keys. */
struct side {
	const struct message_class *class;
	const struct statement *of;
	uint32_t n;
	char (*keys)[STATEMENT_TEXT_MAX]; /* (owned) */
	bool *used;			  /* (owned) a line has it */
};

static void side_open(struct side *s, const struct field_map *m, const struct message_class *c)
{
	memset(s, 0, sizeof(*s));
	s->class = c;
	if (c)
		s->of = field_map_of(m, c->id, &s->n);
	s->keys = xcalloc(s->n + 1, sizeof(*s->keys));
	s->used = xcalloc(s->n + 1, sizeof(*s->used));
	for (uint32_t i = 0; i < s->n; i++)
		statement_key(&s->of[i], s->keys[i]);
}

static void side_close(struct side *s)
{
	free(s->keys);
	free(s->used);
}

bool compare_asks(const struct statement *s)
{
	return !s->second && s->said_in < 0 && s->kind != STATEMENT_RANDOM;
}

/* Index of the statement with that key, the asked ones first; -1 = none. */
static int64_t side_key(const struct side *s, const char *key)
{
	int64_t found = -1;

	for (uint32_t i = 0; i < s->n; i++) {
		if (s->used[i] || strcmp(s->keys[i], key))
			continue;
		if (compare_asks(&s->of[i]))
			return i;
		if (found < 0)
			found = i;
	}
	return found;
}

/* --- pairs of classes --------------------------------------------------------------------- */

/* Statements of @a and @b with the same key; *@least is how many the smaller one has. */
static uint32_t alike(const struct side *a, const struct side *b, uint32_t *least)
{
	uint32_t same = 0, asked[2] = {0};

	for (uint32_t i = 0; i < a->n; i++) {
		if (!compare_asks(&a->of[i]))
			continue;
		asked[0]++;
		same += side_key(b, a->keys[i]) >= 0;
	}
	for (uint32_t i = 0; i < b->n; i++)
		asked[1] += compare_asks(&b->of[i]);
	*least = asked[0] < asked[1] ? asked[0] : asked[1];
	return same;
}

static void pair_add(struct compare *c, const struct message_class *before,
		     const struct message_class *after, bool renamed)
{
	c->pairs[c->pairs_n++] = (struct class_pair){before, after, renamed};
}

static void pair_by_name(struct compare *c, bool *used[2])
{
	char a[CLASS_TEXT_MAX], b[CLASS_TEXT_MAX];

	for (uint32_t i = 0; i < c->before->classes_n; i++) {
		class_text(&c->before->classes[i], a);
		for (uint32_t k = 0; k < c->after->classes_n; k++) {
			if (used[1][k] || strcmp(a, class_text(&c->after->classes[k], b)))
				continue;
			pair_add(c, &c->before->classes[i], &c->after->classes[k], false);
			used[0][i] = used[1][k] = true;
			break;
		}
	}
}

/* Fills @s with a side for each class that is not @used; the others stay empty. */
static void sides_of_rest(struct side *s, const struct field_map *m, const bool *used)
{
	for (uint32_t i = 0; i < m->classes_n; i++)
		side_open(&s[i], m, used[i] ? NULL : &m->classes[i]);
}

static bool may_be_one(const struct message_class *a, const struct message_class *b)
{
	return a && b && a->proto == b->proto && a->reply == b->reply && a->place == b->place;
}

/* Two classes that may be one; how much alike they are, from 0. */
struct candidate {
	double alike;
	uint32_t before, after;
};

static int most_alike_first(const void *a, const void *b)
{
	const struct candidate *x = a, *y = b;

	if (x->alike != y->alike)
		return x->alike > y->alike ? -1 : 1;
	if (x->before != y->before)
		return x->before < y->before ? -1 : 1;
	return x->after < y->after ? -1 : x->after > y->after;
}

/* Fills @out with the candidates; returns how many. */
static size_t candidates(const struct compare *c, struct side *sides[2], struct candidate *out)
{
	size_t n = 0;

	for (uint32_t i = 0; i < c->before->classes_n; i++) {
		for (uint32_t k = 0; k < c->after->classes_n; k++) {
			uint32_t least, same;

			if (!may_be_one(sides[0][i].class, sides[1][k].class))
				continue;
			same = alike(&sides[0][i], &sides[1][k], &least);
			if (same >= ALIKE_LEAST && 2 * same >= least)
				out[n++] = (struct candidate){same + 1.0 / (least + 1), i, k};
		}
	}
	return n;
}

static void pair_by_statements(struct compare *c, bool *used[2])
{
	struct side *sides[2] = {xcalloc(c->before->classes_n + 1, sizeof(struct side)),
				 xcalloc(c->after->classes_n + 1, sizeof(struct side))};
	struct candidate *found;
	size_t n;

	sides_of_rest(sides[0], c->before, used[0]);
	sides_of_rest(sides[1], c->after, used[1]);
	found = xcalloc((size_t)c->before->classes_n * c->after->classes_n + 1, sizeof(*found));
	n = candidates(c, sides, found);
	qsort(found, n, sizeof(*found), most_alike_first);
	for (size_t i = 0; i < n; i++) {
		if (used[0][found[i].before] || used[1][found[i].after])
			continue;
		pair_add(c, &c->before->classes[found[i].before],
			 &c->after->classes[found[i].after], true);
		used[0][found[i].before] = used[1][found[i].after] = true;
	}
	for (uint32_t i = 0; i < c->before->classes_n; i++)
		side_close(&sides[0][i]);
	for (uint32_t i = 0; i < c->after->classes_n; i++)
		side_close(&sides[1][i]);
	free(sides[0]);
	free(sides[1]);
	free(found);
}

static const struct message_class *either(const struct class_pair *p)
{
	return p->before ? p->before : p->after;
}

static double larger_share(const struct class_pair *p)
{
	double a = p->before ? p->before->share : 0, b = p->after ? p->after->share : 0;

	return a > b ? a : b;
}

/* The order of talk: place (any last), question before answer, biggest, then by name. */
static int by_talk(const void *a, const void *b)
{
	const struct class_pair *p[2] = {a, b};
	uint32_t place[2], reply[2];
	double share[2];

	for (int i = 0; i < 2; i++) {
		place[i] = (uint32_t)either(p[i])->place; /* -1 is the largest */
		reply[i] = either(p[i])->reply;
		share[i] = larger_share(p[i]);
	}
	if (place[0] != place[1])
		return place[0] < place[1] ? -1 : 1;
	if (reply[0] != reply[1])
		return reply[0] < reply[1] ? -1 : 1;
	if (share[0] != share[1])
		return share[0] > share[1] ? -1 : 1;
	return either(p[0])->id < either(p[1])->id ? -1 : either(p[0])->id > either(p[1])->id;
}

static void pair_classes(struct compare *c)
{
	bool *used[2] = {xcalloc(c->before->classes_n + 1, sizeof(bool)),
			 xcalloc(c->after->classes_n + 1, sizeof(bool))};

	c->pairs = xcalloc(c->before->classes_n + c->after->classes_n + 1, sizeof(*c->pairs));
	pair_by_name(c, used);
	pair_by_statements(c, used);
	for (uint32_t i = 0; i < c->before->classes_n; i++) {
		if (!used[0][i])
			pair_add(c, &c->before->classes[i], NULL, false);
	}
	for (uint32_t i = 0; i < c->after->classes_n; i++) {
		if (!used[1][i])
			pair_add(c, NULL, &c->after->classes[i], false);
	}
	free(used[0]);
	free(used[1]);
	qsort(c->pairs, c->pairs_n, sizeof(*c->pairs), by_talk);
}

/* --- lines -------------------------------------------------------------------------------- */

static void line_add(struct compare *c, enum change change, uint32_t pair,
		     const struct statement *before, const struct statement *after)
{
	c->lines[c->lines_n++] = (struct compare_line){change, pair, before, after};
	c->changes[change]++;
}

/* Same bytes, at least one of them. */
static bool overlap(const struct statement *a, const struct statement *b)
{
	uint64_t end[2] = {a->to_end ? UINT64_MAX : (uint64_t)a->offset + a->width,
			   b->to_end ? UINT64_MAX : (uint64_t)b->offset + b->width};

	if (a->from_end != b->from_end)
		return false;
	if (a->from_end) /* offsets count back from the end */
		return a->offset + b->width > b->offset && b->offset + a->width > a->offset;
	return a->offset < end[1] && b->offset < end[0];
}

/* What @b says of the bytes of @s and no line has; -1 = nothing. */
static int64_t said_instead(const struct side *b, const struct statement *s)
{
	int64_t best = -1;
	uint32_t best_far = 0;

	for (uint32_t i = 0; i < b->n; i++) {
		const struct statement *o = &b->of[i];
		uint32_t far =
			o->offset > s->offset ? o->offset - s->offset : s->offset - o->offset;

		far += o->kind == s->kind ? 0 : 1U << 20;
		if (b->used[i] || !compare_asks(o) || !overlap(o, s) ||
		    (best >= 0 && far >= best_far))
			continue;
		best = i;
		best_far = far;
	}
	return best;
}

static bool few(const struct message_class *c)
{
	return !c || c->sampled < COMPARE_FEW;
}

/* Lines of statements whose key both have. From the side of @a, so that each is asked once. */
static void lines_same(struct compare *c, uint32_t pair, struct side *a, struct side *b, bool swap)
{
	for (uint32_t i = 0; i < a->n; i++) {
		int64_t k;

		if (a->used[i] || !compare_asks(&a->of[i]))
			continue;
		k = side_key(b, a->keys[i]);
		if (k < 0)
			continue;
		a->used[i] = b->used[k] = true;
		if (swap)
			line_add(c, CHANGE_SAME, pair, &b->of[k], &a->of[i]);
		else
			line_add(c, CHANGE_SAME, pair, &a->of[i], &b->of[k]);
	}
}

static void lines_before(struct compare *c, uint32_t pair, struct side *a, struct side *b)
{
	for (uint32_t i = 0; i < a->n; i++) {
		int64_t k;

		if (a->used[i] || !compare_asks(&a->of[i]))
			continue;
		a->used[i] = true;
		k = said_instead(b, &a->of[i]);
		if (k < 0) {
			line_add(c, few(b->class) ? CHANGE_UNTESTED : CHANGE_WENT, pair, &a->of[i],
				 NULL);
			continue;
		}
		b->used[k] = true;
		line_add(c, CHANGE_CHANGED, pair, &a->of[i], &b->of[k]);
	}
}

static void lines_after(struct compare *c, uint32_t pair, struct side *a, struct side *b)
{
	for (uint32_t i = 0; i < b->n; i++) {
		if (b->used[i] || !compare_asks(&b->of[i]))
			continue;
		line_add(c, few(a->class) ? CHANGE_UNTESTED : CHANGE_APPEARED, pair, NULL,
			 &b->of[i]);
	}
}

static const struct statement *one_of(const struct compare_line *l)
{
	return l->before ? l->before : l->after;
}

static int by_place(const void *a, const void *b)
{
	const struct compare_line *x = a, *y = b;
	const struct statement *s = one_of(x), *t = one_of(y);

	if (x->pair != y->pair)
		return x->pair < y->pair ? -1 : 1;
	if (s->from_end != t->from_end)
		return t->from_end ? -1 : 1;
	if (s->offset != t->offset)
		return (s->offset < t->offset) != s->from_end ? -1 : 1;
	if (s->kind != t->kind)
		return s->kind < t->kind ? -1 : 1;
	return (int)x->change - (int)y->change;
}

static bool differs(const struct compare_line *l)
{
	return l->change == CHANGE_CHANGED || l->change == CHANGE_WENT ||
	       l->change == CHANGE_APPEARED;
}

struct compare *compare_maps(const struct field_map *before, const struct field_map *after)
{
	struct compare *c = xcalloc(1, sizeof(*c));

	c->before = before;
	c->after = after;
	pair_classes(c);
	c->lines = xcalloc(before->statements_n + after->statements_n + 1, sizeof(*c->lines));
	for (uint32_t p = 0; p < c->pairs_n; p++) {
		struct side a, b;

		side_open(&a, before, c->pairs[p].before);
		side_open(&b, after, c->pairs[p].after);
		lines_same(c, p, &a, &b, false);
		lines_same(c, p, &b, &a, true);
		lines_before(c, p, &a, &b);
		lines_after(c, p, &a, &b);
		side_close(&a);
		side_close(&b);
	}
	qsort(c->lines, c->lines_n, sizeof(*c->lines), by_place);
	while (c->first < c->lines_n && !differs(&c->lines[c->first]))
		c->first++;
	return c;
}

void compare_free(struct compare *c)
{
	if (!c)
		return;
	free(c->pairs);
	free(c->lines);
	free(c);
}

/* --- text --------------------------------------------------------------------------------- */

const char *change_name(enum change c)
{
	static const char *const names[CHANGE_KINDS] = {
		[CHANGE_SAME] = "same",		[CHANGE_CHANGED] = "changed",
		[CHANGE_WENT] = "went",		[CHANGE_APPEARED] = "appeared",
		[CHANGE_UNTESTED] = "untested",
	};

	return names[c];
}

/* "masked ..., 40 of 40"; @place is the other's place, which is not said twice. */
static int side_text(char *out, size_t room, const struct statement *s, const char *place)
{
	char text[STATEMENT_TEXT_MAX], own[64];

	if (!s)
		return snprintf(out, room, "nothing");
	statement_place(s, own);
	return snprintf(out, room, "%s%s%s (%u of %u)", strcmp(own, place) ? own : "",
			strcmp(own, place) ? ": " : "", statement_text(s, text), s->held, s->tried);
}

const char *compare_line_text(const struct compare_line *l, char buf[COMPARE_TEXT_MAX])
{
	char place[64];
	int n;

	statement_place(one_of(l), place);
	n = snprintf(buf, COMPARE_TEXT_MAX, "%s: ", place);
	n += side_text(buf + n, COMPARE_TEXT_MAX - (size_t)n, l->before, place);
	n += snprintf(buf + n, COMPARE_TEXT_MAX - (size_t)n, " -> ");
	side_text(buf + n, COMPARE_TEXT_MAX - (size_t)n, l->after, place);
	return buf;
}

static int class_side_text(char *out, size_t room, const struct message_class *c)
{
	char text[CLASS_TEXT_MAX];

	if (!c)
		return snprintf(out, room, "none");
	return snprintf(out, room, "%s (%llu message%s)", class_text(c, text),
			(unsigned long long)c->messages, c->messages == 1 ? "" : "s");
}

const char *class_pair_text(const struct class_pair *p, char buf[COMPARE_TEXT_MAX])
{
	int n = class_side_text(buf, COMPARE_TEXT_MAX, p->before);

	n += snprintf(buf + n, COMPARE_TEXT_MAX - (size_t)n, " -> ");
	class_side_text(buf + n, COMPARE_TEXT_MAX - (size_t)n, p->after);
	return buf;
}
