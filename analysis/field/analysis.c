// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * analysis.c - messages in, a map of their fields out
 *
 * Classes are searched from the biggest to the smallest, so that one that holds another comes first.
 * What holds in the bigger one is tried in the smaller one, and taken over where it holds: a class of
 * eight messages cannot show by itself what a hundred have shown. Of random bytes it takes over those
 * that look so in it too. At the end all are corrected together for the number of statements tried, and
 * what is not significant is left out.
 */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "analysis/field/analysis.h"
#include "analysis/field/board.h"
#include "analysis/field/chance.h"
#include "analysis/field/classes.h"
#include "analysis/field/cuts.h"
#include "analysis/field/find_address.h"
#include "analysis/field/find_checksum.h"
#include "analysis/field/find_echo.h"
#include "analysis/field/find_number.h"
#include "analysis/field/find_options.h"
#include "analysis/field/find_records.h"
#include "analysis/field/find_stream.h"
#include "analysis/field/find_values.h"
#include "analysis/field/holds.h"
#include "analysis/field/siblings.h"
#include "analysis/field/integers.h"
#include "analysis/field/find_strings.h"
#include "analysis/sample/sampler.h"
#include "base/err.h"

#define REFER_P	    1e-9 /* of an echo that shows a field in what it repeats */
#define Q_MOST	    0.01
#define CHOSEN	    1e-12 /* that the bits which the class is chosen by are as they are */
#define TAKE_TRIES  64	  /* messages of a part in which a statement is tried */
#define TAKE_SHARE  0.95  /* of them in which it holds */
#define OVER_SHARE  0.9	  /* of the messages of a big class in which what is said of values holds */
#define TAKE_COPIES 4	  /* of them that are copies, where it is about these */

struct field_analysis {
	struct sampler *sampler; /* (owned) */
};

struct field_analysis *field_analysis_new(const struct field_limits *limits)
{
	struct field_analysis *a = xcalloc(1, sizeof(*a));
	uint32_t samples = limits && limits->samples ? limits->samples : FIELD_SAMPLES;

	a->sampler = sampler_new(samples < 64 ? 64 : samples);
	return a;
}

void field_analysis_message(void *arg, const struct message *m)
{
	struct field_analysis *a = arg;

	sampler_message(a->sampler, m);
}

void field_analysis_fetch(void *arg, const struct message_flow *f, const void *mine, bool reply)
{
	const struct field_analysis *a = arg;

	sampler_fetch(a->sampler, f, mine, reply);
}

void field_analysis_end(void *arg, struct message_flow *f)
{
	struct field_analysis *a = arg;

	sampler_end(a->sampler, f);
}

void field_analysis_free(struct field_analysis *a)
{
	if (!a)
		return;
	sampler_free(a->sampler);
	free(a);
}

/* A search under way. @place[i]: where class i stands in the order of search. */
struct search {
	const struct sample *x;
	struct class_set *set;
	struct look *look;
	struct board found; /* of all classes, in the order of search */
	uint32_t from[CLASSES_MAX + 1], order[CLASSES_MAX];
	const struct sample **ordered; /* (owned) all, as look_order() has them */
	uint32_t *place;	       /* (owned) by message: where it is there */
	uint64_t *chosen; /* (owned) a bit for each of these; none is set between searches */
	uint64_t *in;	  /* (owned) by class, a bit for each of the sample's messages */
	uint32_t words;
	struct referrals referrals;
	uint32_t copied[CLASSES_MAX]; /* by class: messages that are copies of the one before */
	struct services *services;    /* (owned) */
	bool *begins; /* (owned) by class, SAMPLE_BYTES + 1 each: where numbers begin */
	uint64_t tried;
};

static uint32_t asked(const struct message_class *c)
{
	return (c->place >= 0) + (c->size_min == c->size_max) + (c->port != 0) + c->selects +
	       c->p2p + c->no_p2p + (c->prefix_n > 0) + (c->others_n > 0);
}

/* Few conditions first, then many messages: a class that holds another has fewer conditions. */
static void set_order(struct search *s)
{
	const struct message_class *c = s->set->c;

	for (uint32_t i = 0; i < s->set->n; i++)
		s->order[i] = i;
	for (uint32_t i = 1; i < s->set->n; i++)
		for (uint32_t j = i; j; j--) {
			uint32_t a = s->order[j - 1], b = s->order[j];

			if (asked(&c[a]) < asked(&c[b]) ||
			    (asked(&c[a]) == asked(&c[b]) && c[a].sampled >= c[b].sampled))
				break;
			s->order[j - 1] = b;
			s->order[j] = a;
		}
}

static bool same_values(const struct idea *a, const struct idea *b)
{
	uint32_t n = a->s.values_n * a->s.width;

	if (a->s.values_n != b->s.values_n)
		return false;
	if (a->s.kind == STATEMENT_CONSTANT)
		return !memcmp(a->values, b->values, n < BOARD_VALUES ? n : BOARD_VALUES);
	return true;
}

/* The same statement, whatever it was counted on. */
static bool same(const struct idea *a, const struct idea *b)
{
	const struct statement *x = &a->s, *y = &b->s;

	if (x->kind != y->kind)
		return false;
	if (x->kind == STATEMENT_GENERATOR)
		return x->a == y->a && x->c == y->c;
	return x->offset == y->offset && x->width == y->width && x->from_end == y->from_end &&
	       x->mask == y->mask && x->value == y->value && x->step == y->step &&
	       x->little == y->little && x->of == y->of && x->of_offset == y->of_offset &&
	       x->whose == y->whose && x->algorithm == y->algorithm && x->from == y->from &&
	       x->to == y->to && x->shift == y->shift && x->loose == y->loose &&
	       x->copies == y->copies && x->clock == y->clock && same_values(a, b);
}

/* Whether @i holds in the class that is looked at, by the first messages. */
static bool holds_here(const struct look *l, const struct idea *i)
{
	struct statement s = i->s;
	uint32_t held, tried;

	s.values = i->values;
	held = statement_held(&s, l, TAKE_TRIES, &tried);
	return tried >= (s.copies ? TAKE_COPIES : 2) && (tried * 4 >= l->n || s.copies) &&
	       held >= TAKE_SHARE * tried;
}

static bool known(const struct board *b, const struct idea *i)
{
	for (uint32_t k = 0; k < b->n; k++)
		if (same(&b->ideas[k], i))
			return true;
	return false;
}

/* Whether all messages of @part are messages of @whole, by what they are or as it happens. */
static bool holds_all(const struct search *s, uint32_t whole, uint32_t part)
{
	const uint64_t *w = s->in + (size_t)whole * s->words;
	const uint64_t *p = s->in + (size_t)part * s->words;

	for (uint32_t i = 0; i < s->words; i++)
		if (p[i] & ~w[i])
			return false;
	return true;
}

static void set_members(struct search *s, uint32_t n)
{
	s->words = n / 64 + 1;
	s->in = xcalloc((size_t)s->words * (s->set->n + 1), sizeof(*s->in));
	for (uint32_t c = 0; c < s->set->n; c++)
		for (uint32_t i = s->set->begin[c]; i < s->set->begin[c + 1]; i++) {
			uint32_t m = s->set->member[i];

			s->in[(size_t)c * s->words + m / 64] |= 1ULL << m % 64;
		}
}

static struct idea *take_one(struct board *b, const struct idea *x)
{
	struct idea *y = board_add(b, x->s.kind, 0, 0);

	*y = *x;
	y->taken = true;
	y->s.second = false;
	y->s.said_in = (int32_t)x->s.class;
	return y;
}

/* Random bytes of which a few messages alone cannot show that they are, and do not show the contrary. */
static void take_random(struct board *b, const struct look *l, const struct idea *const *random)
{
	for (uint32_t o = 0; o < l->bytes; o++) {
		struct idea *y;

		if (!random[o] || !random_as_far_as_seen(l, o))
			continue;
		y = take_one(b, random[o]);
		y->s.offset = o;
		y->s.width = 1;
		y->s.to_end = o + 1 == l->bytes && l->longest > o + 1;
	}
}

/* Where random bytes of @x are in messages of @l. */
static void see_random(const struct look *l, const struct idea *x, const struct idea **random)
{
	uint32_t end = x->s.to_end ? l->bytes : x->s.offset + x->s.width;

	for (uint32_t o = x->s.offset; o < end && o < l->bytes; o++)
		random[o] = x;
}

/* Takes over what the classes say that hold class @c. */
static void take(struct search *s, uint32_t done, const struct message_class *c, struct board *b)
{
	const struct idea *random[SAMPLE_BYTES] = {NULL};

	for (uint32_t d = 0; d < done; d++) {
		if (!holds_all(s, s->order[d], c->id))
			continue;
		for (uint32_t i = s->from[d]; i < s->from[d + 1]; i++) {
			const struct idea *x = &s->found.ideas[i];

			if (x->s.said_in >= 0)
				continue;
			if (x->s.kind == STATEMENT_RANDOM)
				see_random(s->look, x, random);
			else if (!known(b, x) && holds_here(s->look, x))
				take_one(b, x);
		}
	}
	take_random(b, s->look, random);
}

static void drop_known(struct board *b, uint32_t taken)
{
	struct board mine = {.ideas = b->ideas, .n = taken};
	uint32_t n = taken;

	for (uint32_t i = taken; i < b->n; i++) {
		if (known(&mine, &b->ideas[i]))
			continue;
		if (n != i)
			b->ideas[n] = b->ideas[i];
		n++;
	}
	b->n = n;
}

static void find(struct board *b, const struct look *l)
{
	find_values(b, l);
	find_echoes(b, l);
	find_numbers(b, l);
	find_addresses(b, l);
	find_checksums(b, l);
	find_streams(b, l);
	find_strings(b, l);
	find_options(b, l);
	find_records(b, l);
}

static int32_t earlier_class(const struct search *s, struct idea *i);

/* Whether what @i repeats is a field of the earlier message. */
static bool shows_field(const struct idea *i)
{
	const struct statement *s = &i->s;

	return s->kind == STATEMENT_ECHO && !s->step && s->width > 1 && s->of < OF_HOST &&
	       !s->second && s->p <= REFER_P;
}

static uint32_t copies_in(const struct look *l)
{
	uint32_t n = 0;

	for (uint32_t k = 0; k < l->n; k++)
		n += is_copy(l->x[k], &l->x[k]->earlier[OF_SAME]);
	return n;
}

static void keep(struct search *s, uint32_t class, const struct board *b)
{
	for (uint32_t i = 0; i < b->n; i++) {
		struct idea *k = board_add(&s->found, b->ideas[i].s.kind, 0, 0);

		*k = b->ideas[i];
		k->s.class = class;
		k->s.of_class = earlier_class(s, k);
		if (shows_field(k))
			refer(&s->referrals, &k->s, s->look->x, s->look->n);
	}
}

static bool narrow(const struct message_class *c)
{
	return c->size_min == c->size_max || c->selects || c->p2p || c->prefix_n || c->port;
}

/* What the class is chosen by holds in it, however few flows it has. */
static void know_type(struct board *b, const struct message_class *c)
{
	for (uint32_t i = 0; i < b->n && c->selects; i++) {
		const struct statement *s = &b->ideas[i].s;

		if (s->kind == STATEMENT_MASKED && s->offset == c->sel_offset &&
		    s->mask == c->sel_mask && s->value == c->sel_value)
			b->ideas[i].chance = CHOSEN;
	}
}

static void order_messages(struct search *s, uint32_t n)
{
	s->ordered = xcalloc(n + 1, sizeof(void *));
	s->place = xcalloc(n + 1, sizeof(*s->place));
	s->chosen = xcalloc(n / 64 + 1, sizeof(*s->chosen));
	for (uint32_t i = 0; i < n; i++)
		s->ordered[i] = &s->x[i];
	look_order(s->ordered, n);
	for (uint32_t i = 0; i < n; i++)
		s->place[s->ordered[i] - s->x] = i;
}

/* Looks at the messages of a class. */
static void look_at(struct search *s, uint32_t class)
{
	const struct message_class *c = &s->set->c[class];
	const struct sample *first[LOOK_MAX];
	uint32_t n = 0;

	for (uint32_t i = s->set->begin[class]; i < s->set->begin[class + 1]; i++) {
		uint32_t place = s->place[s->set->member[i]];

		s->chosen[place / 64] |= 1ULL << place % 64;
	}
	for (uint32_t w = 0; w < s->words; w++) {
		for (; s->chosen[w] && n < LOOK_MAX; s->chosen[w] &= s->chosen[w] - 1)
			first[n++] = s->ordered[64 * w + (uint32_t)__builtin_ctzll(s->chosen[w])];
		s->chosen[w] = 0;
	}
	look_fill(s->look, first, n, narrow(c), c->prefix_n);
}

/* Whether @i holds all over its class as well as in the messages that were looked at, which are the first ones
 * of flows where there are many: of a thousand that are spread over it. */
static bool holds_over(const struct search *s, uint32_t class, const struct idea *i)
{
	const uint32_t *member = s->set->member + s->set->begin[class];
	uint32_t n = s->set->begin[class + 1] - s->set->begin[class], tried = 0, held = 0;
	struct statement t = i->s;

	t.values = i->values;
	for (uint32_t k = 0; k < n; k += n / LOOK_MAX + 1) {
		int r = statement_holds(&t, &s->x[member[k]]);

		tried += r >= 0;
		held += r > 0;
	}
	return chance_not_less(held, tried, OVER_SHARE);
}

/* Drops what is said of the values of bytes and holds in the beginnings of flows alone. */
static void drop_beginnings(const struct search *s, uint32_t class, struct board *b)
{
	uint32_t n = 0;

	if (s->set->begin[class + 1] - s->set->begin[class] <= LOOK_MAX)
		return;
	for (uint32_t i = 0; i < b->n; i++) {
		enum statement_kind k = b->ideas[i].s.kind;

		if ((k == STATEMENT_CONSTANT || k == STATEMENT_VALUES || k == STATEMENT_MASKED) &&
		    !holds_over(s, class, &b->ideas[i]))
			continue;
		if (n != i)
			b->ideas[n] = b->ideas[i];
		n++;
	}
	b->n = n;
}

static void search_class(struct search *s, uint32_t at)
{
	uint32_t class = s->order[at], taken;
	struct board b = {.tried = s->tried};

	look_at(s, class);
	s->copied[class] = copies_in(s->look);
	take(s, at, &s->set->c[class], &b);
	taken = b.n;
	find(&b, s->look);
	know_type(&b, &s->set->c[class]);
	if (s->services->of_class[class] >= 0)
		find_integers(&b, s->look, &s->services->s[s->services->of_class[class]], &taken,
			      s->begins + (size_t) class * (SAMPLE_BYTES + 1));
	drop_known(&b, taken);
	board_count(&b, s->look);
	drop_beginnings(s, class, &b);
	board_decide(&b, s->look);
	s->tried = b.tried;
	s->from[at] = s->found.n;
	keep(s, class, &b);
	s->from[at + 1] = s->found.n;
	board_free(&b);
}

/* The place and the size that all earlier messages of @s have; -1 and 0 where they differ. */
static void earlier_is(const struct look *l, const struct statement *s, int32_t *place,
		       uint32_t *size)
{
	bool first = true;

	*place = -1;
	*size = 0;
	for (uint32_t k = 0; k < l->n; k++) {
		const struct earlier *e = &l->x[k]->earlier[s->of];

		if (statement_holds(s, l->x[k]) != 1)
			continue;
		*place = first || e->place == *place ? e->place : -1;
		*size = first || e->size == *size ? e->size : 0;
		first = false;
	}
}

/* The smallest class that holds all earlier messages which @i refers to. */
static int32_t earlier_class(const struct search *s, struct idea *i)
{
	const struct message_class *c = s->set->c;
	const struct statement t = i->s;
	bool reply = c[t.class].reply;
	int32_t place, best = -1;
	uint32_t size;

	if (t.kind != STATEMENT_ECHO && t.kind != STATEMENT_COUNTER)
		return -1;
	i->s.values = i->values;
	if (t.of == OF_OTHER || t.of == OF_OTHER_BEFORE)
		reply = !reply;
	earlier_is(s->look, &i->s, &place, &size);
	for (uint32_t j = 0; j < s->set->n; j++) {
		bool sized = c[j].size_min == c[j].size_max;

		if (c[j].proto != c[t.class].proto || c[j].reply != reply || c[j].selects ||
		    c[j].prefix_n || c[j].others_n || (c[j].p2p && !c[t.class].p2p) ||
		    (c[j].port && c[j].port != c[t.class].port) ||
		    (c[j].place >= 0 && c[j].place != place) || (sized && c[j].size_min != size))
			continue;
		if (best < 0 || c[j].sampled < c[best].sampled)
			best = (int32_t)j;
	}
	return best;
}

/* Sets q of what was found, and drops what may be chance, with what was taken over from it. */
static void correct(struct search *s)
{
	struct board *f = &s->found;
	double *p = xcalloc(f->n + 1, sizeof(*p));
	uint32_t n = 0, kept = 0;

	for (uint32_t i = 0; i < f->n; i++)
		if (!isnan(f->ideas[i].s.p) && f->ideas[i].s.said_in < 0)
			p[n++] = f->ideas[i].s.p;
	chance_correct(p, n, s->tried);
	n = 0;
	for (uint32_t i = 0; i < f->n; i++) {
		struct statement *t = &f->ideas[i].s;

		if (!isnan(t->p) && t->said_in < 0)
			t->q = p[n++];
		else
			t->q = isnan(t->p) ? NAN : t->p * (double)s->tried / (n + 1.0);
		if (!isnan(t->q) && t->q > Q_MOST)
			continue;
		if (kept != i)
			f->ideas[kept] = f->ideas[i];
		kept++;
	}
	f->n = kept;
	free(p);
}

/* The new number of each class: biggest first. */
static void number_classes(const struct class_set *set, uint32_t *old, uint32_t *new)
{
	for (uint32_t i = 0; i < set->n; i++)
		old[i] = i;
	for (uint32_t i = 1; i < set->n; i++)
		for (uint32_t j = i; j && set->c[old[j - 1]].messages < set->c[old[j]].messages;
		     j--) {
			uint32_t t = old[j];

			old[j] = old[j - 1];
			old[j - 1] = t;
		}
	for (uint32_t i = 0; i < set->n; i++)
		new[old[i]] = i;
}

static int by_place(const void *a, const void *b)
{
	const struct statement *x = a, *y = b;

	if (x->class != y->class)
		return x->class < y->class ? -1 : 1;
	if (x->from_end != y->from_end)
		return x->from_end - y->from_end;
	if (x->offset != y->offset)
		return x->offset < y->offset ? -1 : 1;
	if (x->second != y->second)
		return x->second - y->second;
	if (x->kind != y->kind)
		return x->kind < y->kind ? -1 : 1;
	return (x->of > y->of) - (x->of < y->of);
}

static void put_classes(struct field_map *m, const struct class_set *set, const uint32_t *old,
			const uint32_t *new)
{
	m->classes = xcalloc(set->n + 1, sizeof(*m->classes));
	m->classes_n = set->n;
	for (uint32_t i = 0; i < set->n; i++) {
		m->classes[i] = set->c[old[i]];
		m->classes[i].id = i;
		if (m->classes[i].parent >= 0)
			m->classes[i].parent = (int32_t) new[m->classes[i].parent];
	}
}

static void put_statements(struct field_map *m, const struct board *f, const uint32_t *new)
{
	m->statements = xcalloc(f->n + 1, sizeof(*m->statements));
	m->statements_n = f->n;
	m->values = xcalloc(f->n + 1, BOARD_VALUES);
	for (uint32_t i = 0; i < f->n; i++) {
		struct statement *s = &m->statements[i];

		*s = f->ideas[i].s;
		s->class = new[s->class];
		if (s->of_class >= 0)
			s->of_class = (int32_t) new[s->of_class];
		if (s->said_in >= 0)
			s->said_in = (int32_t) new[s->said_in];
		memcpy(m->values + (size_t)i * BOARD_VALUES, f->ideas[i].values, BOARD_VALUES);
		s->values = m->values + (size_t)i * BOARD_VALUES;
	}
	if (f->n)
		qsort(m->statements, f->n, sizeof(*m->statements), by_place);
}

static struct field_map *make_map(const struct search *s)
{
	struct field_map *m = xcalloc(1, sizeof(*m));
	uint32_t old[CLASSES_MAX], new[CLASSES_MAX];

	number_classes(s->set, old, new);
	put_classes(m, s->set, old, new);
	put_statements(m, &s->found, new);
	m->tried = s->tried;
	m->left_out = s->set->left_out;
	return m;
}

static void put_sockets(struct field_map *m, const struct sampler *s)
{
	const struct endpoint *p2p = sampler_p2p(s, &m->p2p_n);

	m->p2p = xcalloc(m->p2p_n + 1, sizeof(*m->p2p));
	memcpy(m->p2p, p2p, m->p2p_n * sizeof(*p2p));
}

struct field_map *field_analysis_finish(struct field_analysis *a)
{
	struct search s = {0};
	struct field_map *m;
	uint32_t n, hosts;

	s.x = sampler_finish(a->sampler, &n, &hosts);
	s.set = classes_find(a->sampler, s.x, n);
	s.look = look_new();
	order_messages(&s, n);
	set_order(&s);
	set_members(&s, n);
	s.services = services_find(s.x, n, s.set);
	s.begins = xcalloc((size_t)s.set->n + 1, SAMPLE_BYTES + 1);
	for (uint32_t i = 0; i < s.set->n; i++)
		search_class(&s, i);
	correct(&s);
	cut_random(&s.found, &s.referrals, s.set->c);
	cut_siblings(&s.found, s.set->c, s.set->n, s.copied);
	learn_begins(&s.found, s.services);
	cut_constants(&s.found, s.services, s.begins);
	m = make_map(&s);
	m->messages = sampler_seen(a->sampler);
	m->sampled = n;
	put_sockets(m, a->sampler);
	board_free(&s.found);
	look_free(s.look);
	free(s.ordered);
	free(s.place);
	free(s.chosen);
	free(s.in);
	free(s.referrals.r);
	services_free(s.services);
	free(s.begins);
	classes_free(s.set);
	return m;
}
