// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * integers.c - numbers with high bytes that are zero, and constants that are several fields
 *
 * The bytes of a class are read from the front, in pieces of natural width (2, 4) that are aligned to
 * it, in the byte order of the service:
 *
 *   at an aligned offset               | is read
 *   zeros, then others, big            | the widest number that ends with the first other byte
 *   others, then zeros, little         | the widest number that the zeros fill
 *   others, in a service of four bytes | four bytes
 *   zeros, at most SHORT               | numbers as wide as the one before
 *   more zeros                         | one field
 *   random bytes, text                 | not read; the offset after them is aligned
 *
 * Of a number that moves in this class it is said that it is one of few, or at most something.
 * Where a number only begins, the constants are cut, and where another class of the service shows a
 * field at the same offset of the header. Limits: a service without a byte order has no numbers
 * here; numbers of 1, 3 and 8 bytes are left to those who see them move.
 */
#include <math.h>
#include <string.h>

#include "analysis/field/integers.h"
#include "analysis/field/find_strings.h"
#include "analysis/field/sums.h"

#define SHORT	 8    /* zeros that are numbers */
#define TEXT_RUN 4    /* bytes that are text */
#define FEW	 8    /* values */
#define LEAST	 8    /* messages to say how big a number is */
#define WIDEST	 8    /* bytes of a number */
#define SURE	 1e-9 /* p of what shows a field to other classes */

/* What is at each offset of a class. */
enum what { WHAT_ZERO, WHAT_OTHER, WHAT_RANDOM, WHAT_TEXT };

struct reading {
	const struct look *l;
	const struct service *s;
	enum what what[SAMPLE_BYTES + 8];
	uint8_t width[SAMPLE_BYTES]; /* of the number that begins there */
	uint32_t bytes, base, times; /* @times: how many were found */
	bool *begins;
	struct board *b;
};

static bool printable(const struct column *c)
{
	uint32_t n = 0;

	for (int v = 0x20; v < 0x7f; v++)
		n += c->hist[v];
	return n >= 0.98 * c->n;
}

static bool random_like(const struct column *c)
{
	return !c->constant && c->distinct > 128 * (1 - exp(-(double)c->n / 256));
}

static enum what what_is(const struct look *l, const struct service *s, uint32_t o)
{
	const struct column *c = &l->col[o];

	if (c->hist[0] == c->n && (o >= s->header || s->zero[o]))
		return WHAT_ZERO;
	return WHAT_OTHER;
}

/* Marks runs of at least @least offsets from @from on. */
static void mark_runs(struct reading *r, bool (*is)(const struct column *), uint32_t from,
		      uint32_t least, enum what what)
{
	for (uint32_t o = from, to; o < r->bytes; o = to + 1) {
		for (to = o; to < r->bytes && is(&r->l->col[to]); to++)
			;
		for (uint32_t k = o; to - o >= least && k < to; k++)
			r->what[k] = what;
	}
}

/* Printable characters of 16 bits: each beside a zero. */
static bool wide_character(const struct reading *r, uint32_t o)
{
	return r->what[o] == WHAT_OTHER && printable(&r->l->col[o]) && r->what[o + 1] == WHAT_ZERO;
}

/* Says that there are characters of 16 bits, where they are not always the same. */
static void say_wide(struct reading *r, uint32_t from, uint32_t to)
{
	uint32_t moving = 0;
	struct idea *i;

	for (uint32_t o = from; o < to; o++)
		moving += !r->l->col[o].constant;
	r->b->tried++;
	if (!moving)
		return;
	i = board_add(r->b, STATEMENT_TEXT, from, to - from);
	i->s.to_end = to == r->l->bytes && r->l->longest > r->l->shortest;
	i->s.wide = true;
	i->chance = pow(98 / 65536.0, moving < TEXT_RUN ? moving : TEXT_RUN);
	i->ways = r->l->bytes;
}

static void mark_wide_text(struct reading *r)
{
	for (uint32_t o = r->s->header, to; o + 1 < r->bytes; o = to + 1) {
		for (to = o; to + 1 < r->bytes && wide_character(r, to); to += 2)
			;
		if (to - o < 2 * TEXT_RUN)
			continue;
		for (uint32_t k = o; k < to; k++)
			r->what[k] = WHAT_TEXT;
		say_wide(r, o, to);
	}
}

static void mark_strings(struct reading *r)
{
	for (uint32_t o = r->s->header; o < r->bytes; o++) {
		uint32_t end = strings_end(r->l, o);

		while (o < end && o < r->bytes)
			r->what[o++] = WHAT_TEXT;
	}
}

/* A class of many kinds is read as far as the header goes. Text is looked for behind the header
 * alone: in it, constants may be printable by chance. */
static void look_at(struct reading *r)
{
	uint32_t most =
		r->l->narrow || r->l->shortest == r->l->longest ? r->l->bytes : r->s->header;

	while (r->bytes < most && r->l->col[r->bytes].n == r->l->n) {
		r->what[r->bytes] = what_is(r->l, r->s, r->bytes);
		r->bytes++;
	}
	mark_runs(r, random_like, 0, 3, WHAT_RANDOM);
	mark_runs(r, printable, r->s->header, TEXT_RUN, WHAT_TEXT);
	mark_wide_text(r);
	mark_strings(r);
}

static uint32_t run(const struct reading *r, uint32_t o, enum what w)
{
	uint32_t to = o;

	while (to < r->bytes && r->what[to] == w)
		to++;
	return to - o;
}

static bool aligned(const struct reading *r, uint32_t o, uint32_t w)
{
	return (o - r->base) % w == 0;
}

/* The number that begins with zeros or ends at the first other byte after @zeros of them: its width. */
static uint32_t big_width(struct reading *r, uint32_t o, uint32_t zeros)
{
	uint32_t end = o + zeros + 1;

	if (end > r->bytes || r->what[end - 1] != WHAT_OTHER)
		return 0;
	if (!aligned(r, end, 2) && zeros >= 2 && o >= r->s->header)
		r->base = end;
	if (!aligned(r, end, 2))
		return 0;
	if (zeros >= 3 && aligned(r, end, 4) && r->s->usual == 4)
		return 4;
	return 2;
}

static uint32_t little_width(const struct reading *r, uint32_t o, uint32_t others)
{
	uint32_t zeros = run(r, o + others, WHAT_ZERO);

	if (others <= 3 && others + zeros >= 4 && aligned(r, o, 4))
		return 4;
	return others == 1 && zeros && aligned(r, o, 2) ? 2 : 0;
}

static void begin(struct reading *r, uint32_t o)
{
	r->begins[o] = true;
}

static bool moves(const struct reading *r, uint32_t o, uint32_t w)
{
	for (uint32_t k = o; k < o + w; k++)
		if (!r->l->col[k].constant)
			return true;
	return false;
}

/* Lists the numbers, where they are few. */
static bool list_values(const struct reading *r, struct idea *i)
{
	uint32_t w = i->s.width, n = 0;

	for (uint32_t k = 0; k < r->l->n; k++) {
		const uint8_t *b = r->l->x[k]->bytes + i->s.offset;
		uint32_t v = 0;

		while (v < n && memcmp(i->values + (size_t)v * w, b, w))
			v++;
		if (v == FEW)
			return false;
		if (v == n)
			memcpy(i->values + (size_t)n++ * w, b, w);
		i->s.counts[v]++;
	}
	i->s.values_n = n;
	return n * 3 <= r->l->n;
}

/* The biggest number at @o. */
static uint64_t biggest(const struct reading *r, uint32_t o, uint32_t w, bool little)
{
	uint64_t most = 0;

	for (uint32_t k = 0; k < r->l->n; k++) {
		uint64_t v = number_at(r->l->x[k]->bytes + o, w, little);

		most = v > most ? v : most;
	}
	return most;
}

/* Says of the number at @o how many bits it has at most. */
static void say_number(struct reading *r, uint32_t o, uint32_t w)
{
	bool little = r->s->order == ORDER_LITTLE;
	uint64_t most;
	struct idea *i;

	begin(r, o);
	begin(r, o + w);
	r->width[o] = (uint8_t)w;
	r->b->tried++;
	if (!moves(r, o, w) || r->l->n < LEAST)
		return;
	most = biggest(r, o, w, little);
	i = board_add(r->b, STATEMENT_NUMBER, o, w);
	i->s.little = little;
	for (; most; most >>= 1)
		i->s.most++;
	i->chance = pow(2, i->s.most - 8.0 * w);
	i->ways = 8.0 * w;
	if (list_values(r, i))
		i->s.kind = STATEMENT_VALUES;
	i->number = i->s.kind == STATEMENT_VALUES;
}

/* Zeros between two numbers. */
static void read_zeros(struct reading *r, uint32_t o, uint32_t n, uint32_t width)
{
	begin(r, o);
	begin(r, o + n);
	if (n > SHORT || !width)
		return;
	for (uint32_t k = o; k < o + n; k++)
		if (aligned(r, k, width))
			begin(r, k);
}

static uint32_t read_big(struct reading *r, uint32_t o, uint32_t *width)
{
	uint32_t zeros = run(r, o, WHAT_ZERO), w;

	if (!zeros) {
		*width = aligned(r, o, r->s->usual) ? r->s->usual : 0;
		return *width ? *width : 1;
	}
	w = big_width(r, o, zeros);
	if (!w) {
		read_zeros(r, o, zeros, *width);
		return zeros;
	}
	if (zeros + 1 > w)
		read_zeros(r, o, zeros + 1 - w, w);
	say_number(r, o + zeros + 1 - w, w);
	*width = w;
	return zeros + 1;
}

/* Whether the eight bytes at @o are a number that moves fast in its low half and not in its high end. */
static bool fast_and_slow(const struct reading *r, uint32_t o)
{
	const struct column *c = &r->l->col[o];

	if (o + 8 > r->bytes || !aligned(r, o, 4) || r->what[o + 7] > WHAT_RANDOM)
		return false;
	return c[0].distinct > FEW && c[1].distinct > FEW && c[2].distinct > FEW && c[5].constant &&
	       c[6].constant && c[7].constant;
}

/* Whether the four bytes at @o are the low half of a number of eight: four zeros and more follow. */
static bool half_zero(const struct reading *r, uint32_t o)
{
	uint32_t n = 0;

	while (o + n < r->bytes && (r->what[o + n] == WHAT_OTHER || r->what[o + n] == WHAT_RANDOM))
		n++;
	return n == 4 && aligned(r, o, 4) && run(r, o + 4, WHAT_ZERO) >= 4 &&
	       (o < r->s->header || moves(r, o, 4));
}

/* Zeros of which the last are the low bytes of a number: the bytes before that number. */
static uint32_t zeros_before(const struct reading *r, uint32_t o, uint32_t zeros)
{
	uint32_t next = o + zeros;
	uint32_t low = (next - r->base) % 4;

	if (next + 4 > r->bytes || r->what[next] != WHAT_OTHER || !low || low > zeros ||
	    run(r, next, WHAT_OTHER) > 4 - low)
		return zeros;
	return zeros - low;
}

static uint32_t read_little(struct reading *r, uint32_t o, uint32_t *width)
{
	uint32_t zeros = run(r, o, WHAT_ZERO), before = zeros_before(r, o, zeros), w;

	if (before)
		read_zeros(r, o, before, *width);
	if (before == zeros && zeros)
		return zeros;
	w = zeros ? 4 : little_width(r, o, run(r, o, WHAT_OTHER));
	if (!w)
		return 1;
	say_number(r, o + before, w);
	*width = w;
	return before + w;
}

/* Whether a time of eight bytes was found at @o. */
static bool is_time(const struct reading *r, uint32_t o)
{
	if (!r->times)
		return false;
	for (uint32_t i = 0; i < r->b->n; i++) {
		const struct statement *s = &r->b->ideas[i].s;

		if (s->kind == STATEMENT_TIME && s->offset == o && s->width == 8 &&
		    o + 8 <= r->bytes)
			return true;
	}
	return false;
}

/* Numbers of which something else than zeros shows where they are: how wide. */
static uint32_t read_shown(struct reading *r, uint32_t o)
{
	uint32_t w = 0;

	if (is_time(r, o))
		w = 8;
	else if (r->s->length_width && o == r->s->length && o + r->s->length_width <= r->bytes)
		w = r->s->length_width;
	else if (r->s->order == ORDER_LITTLE && o + 8 <= r->bytes &&
		 ((o < r->s->header && r->s->eight[o]) || fast_and_slow(r, o) || half_zero(r, o)))
		w = 8;
	else if (o + 4 <= r->s->header && r->s->four[o])
		w = 4;
	if (w)
		say_number(r, o, w);
	return w;
}

static uint32_t read_next(struct reading *r, uint32_t o, uint32_t *width)
{
	uint32_t w = read_shown(r, o);

	if (w) {
		*width = w == 4 ? 4 : *width;
		return w;
	}
	if (r->what[o] == WHAT_RANDOM || r->what[o] == WHAT_TEXT) {
		r->base = r->what[o] == WHAT_TEXT ? o + 1 : r->base;
		*width = 0;
		return 1;
	}
	return r->s->order == ORDER_BIG ? read_big(r, o, width) : read_little(r, o, width);
}

/* The number that offset @o is inside of, not at its beginning: its offset, or @o. */
static uint32_t number_around(const struct reading *r, uint32_t o)
{
	for (uint32_t k = 1; k < WIDEST && k <= o; k++)
		if (r->width[o - k] > k)
			return o - k;
	return o;
}

static bool constant(const struct look *l, uint32_t from, uint32_t to)
{
	for (uint32_t o = from; o < to; o++)
		if (!l->col[o].constant)
			return false;
	return true;
}

/* What repeats a part of a number, or counts it, is said of all of it where the rest never moves;
 * false = it has nothing of what moves. Little-endian. */
static bool snap(const struct reading *r, struct statement *s)
{
	uint32_t begin = number_around(r, s->offset), end = s->offset + s->width;
	uint32_t last = number_around(r, end), to = last == end ? end : last + r->width[last];

	if (begin != s->offset) {
		uint32_t next = begin + r->width[begin];

		if (end <= next)
			return false;
		s->of_offset += next - s->offset;
		s->offset = next;
	}
	if (to <= r->bytes && constant(r->l, end, to))
		end = to;
	s->width = end - s->offset;
	return true;
}

/* Snaps the first @n ideas. The first *@taken are from other classes; the number of those that go is
 * taken off it. */
static void snap_all(const struct reading *r, uint32_t n, uint32_t *taken)
{
	struct board *b = r->b;
	uint32_t kept = 0, was = *taken;

	for (uint32_t i = 0; i < b->n; i++) {
		struct statement *s = &b->ideas[i].s;
		bool refers = s->kind == STATEMENT_ECHO || s->kind == STATEMENT_COUNTER;

		if (i < n && refers && !s->from_end && !snap(r, s)) {
			*taken -= i < was;
			continue;
		}
		if (kept != i)
			b->ideas[kept] = b->ideas[i];
		kept++;
	}
	b->n = kept;
}

void find_integers(struct board *b, const struct look *l, const struct service *s, uint32_t *taken,
		   bool *begins)
{
	struct reading r = {.l = l, .s = s, .b = b, .begins = begins};
	uint32_t width = 0, n = b->n;

	if (s->order == ORDER_UNKNOWN)
		return;
	for (uint32_t i = 0; i < b->n; i++)
		r.times += b->ideas[i].s.kind == STATEMENT_TIME;
	look_at(&r);
	for (uint32_t o = 0; o < r.bytes;)
		o += read_next(&r, o, &width);
	if (s->order == ORDER_LITTLE)
		snap_all(&r, n, taken);
}

/* Whether a statement shows where a field begins, in other classes of the service too. */
static bool shows(const struct statement *t)
{
	if (t->second || t->from_end || t->p > SURE || t->offset % 2 || t->width % 2)
		return false;
	switch (t->kind) {
	case STATEMENT_TIME:
	case STATEMENT_ADDRESS:
	case STATEMENT_PORT:
	case STATEMENT_LENGTH:
		return true;
	case STATEMENT_ECHO:
		return t->width == 2 || t->width == 4 || t->width == 8;
	default:
		return false;
	}
}

void learn_begins(const struct board *found, struct services *s)
{
	for (uint32_t i = 0; i < found->n; i++) {
		const struct statement *t = &found->ideas[i].s;
		int32_t k = s->of_class[t->class];

		if (k < 0 || !shows(t) || t->offset + t->width > s->s[k].header)
			continue;
		s->s[k].begins[t->offset] = s->s[k].begins[t->offset + t->width] = true;
	}
}

/* Cuts @whole at @at, and adds what comes before. */
static struct idea first_part(struct idea *whole, uint32_t at)
{
	uint32_t width = at - whole->s.offset;
	struct idea part = *whole;

	part.s.width = width;
	whole->s.width -= width;
	whole->s.offset = at;
	whole->s.of_offset += width;
	memmove(whole->values, whole->values + width, BOARD_VALUES - width);
	return part;
}

static void cut(struct board *out, struct idea whole, const struct service *s, const bool *begins)
{
	uint32_t end = whole.s.offset + whole.s.width;

	for (uint32_t o = whole.s.offset + 1; o < end && o <= SAMPLE_BYTES; o++)
		if (begins[o] || (o <= s->header && s->begins[o]))
			*board_add(out, whole.s.kind, 0, 0) = first_part(&whole, o);
	*board_add(out, whole.s.kind, 0, 0) = whole;
}

/* Constants, and copies of several fields. */
static bool may_cut(const struct statement *t)
{
	return !t->from_end && !t->second &&
	       (t->kind == STATEMENT_CONSTANT ||
		(t->kind == STATEMENT_ECHO && t->width > WIDEST && !t->step));
}

void cut_constants(struct board *found, const struct services *s, const bool *begins)
{
	struct board out = {.tried = found->tried};

	for (uint32_t i = 0; i < found->n; i++) {
		const struct idea *x = &found->ideas[i];
		int32_t k = s->of_class[x->s.class];

		if (k < 0 || !may_cut(&x->s))
			*board_add(&out, x->s.kind, 0, 0) = *x;
		else
			cut(&out, *x, &s->s[k], begins + (size_t)x->s.class * (SAMPLE_BYTES + 1));
	}
	board_free(found);
	*found = out;
}
