// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * service.c - what all messages of one service have in common
 *
 * The messages of one port are of one format, so what shows in one class of them holds in the others:
 * a byte that is always zero in requests and moves in answers is a byte of a number in both. The
 * header is what all messages have, up to the first text.
 *
 * The byte order has one vote of each pair of bytes, counted from the front, of which one is always
 * zero and the other is not, and of each four of which three are. Limits: a port with fewer than
 * LEAST messages or LEAST_FLOWS flows is no service; flows of two formats on one port are
 * taken for one; of more than SERVICES of them those with the lowest ports are kept.
 */
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>

#include "analysis/field/service.h"
#include "analysis/field/sums.h"
#include "base/err.h"

#define LEAST	     40
#define LEAST_FLOWS  4
#define VOTES	     3	  /* one number has two at most */
#define MOSTLY	     0.95 /* of the messages of a class are of its service */
#define ZERO	     0.99 /* of the messages have a zero there */
#define SOME	     0.3  /* of the messages have none there */
#define NOW_AND_THEN 0.02
#define FIRST	     24	 /* messages on which most wrong ideas die */
#define LENGTH_SIZES 4	 /* changes of size that show a length */
#define GROWS	     0.5 /* of the messages have a bigger number than the one before */
#define TEXT	     0.7 /* of the bytes of a text are letters and the like */
#define TEXT_SIGNS   10	 /* of them are different */

static uint32_t key_of(const struct sample *x)
{
	return (uint32_t)x->proto << 16 | x->port;
}

struct keyed {
	uint32_t key;
	uint64_t flow;
};

static int by_key(const void *a, const void *b)
{
	const struct keyed *x = a, *y = b;

	if (x->key != y->key)
		return x->key < y->key ? -1 : 1;
	return (x->flow > y->flow) - (x->flow < y->flow);
}

/* Adds the service of keys [@k, @k + @n), if it is one. */
static void add_service(struct services *s, const struct keyed *k, uint32_t n)
{
	uint32_t flows = 1;

	for (uint32_t i = 1; i < n; i++)
		flows += k[i].flow != k[i - 1].flow;
	if (n < LEAST || flows < LEAST_FLOWS || s->n == SERVICES)
		return;
	s->s[s->n++] = (struct service){.proto = (uint8_t)(k->key >> 16),
					.port = (uint16_t)k->key,
					.messages = n,
					.usual = 2};
}

static void list_services(struct services *s, const struct sample *x, uint32_t n)
{
	struct keyed *k = xcalloc(n + 1, sizeof(*k));

	for (uint32_t i = 0; i < n; i++)
		k[i] = (struct keyed){key_of(&x[i]), x[i].flow};
	qsort(k, n, sizeof(*k), by_key);
	for (uint32_t i = 0, to; i < n; i = to) {
		for (to = i; to < n && k[to].key == k[i].key; to++)
			;
		add_service(s, k + i, to - i);
	}
	free(k);
}

/* Bytes by offset and value, over all messages of a service. */
struct tally {
	uint32_t n[SAMPLE_BYTES], shortest;
	uint32_t hist[SAMPLE_BYTES][256];
};

static void count_bytes(struct tally *t, const struct service *s, const struct sample *x,
			uint32_t n)
{
	memset(t, 0, sizeof(*t));
	t->shortest = SAMPLE_BYTES;
	for (uint32_t i = 0; i < n; i++) {
		if (x[i].proto != s->proto || x[i].port != s->port)
			continue;
		t->shortest = x[i].kept < t->shortest ? x[i].kept : t->shortest;
		for (uint32_t o = 0; o < x[i].kept; o++) {
			t->n[o]++;
			t->hist[o][x[i].bytes[o]]++;
		}
	}
}

static bool looks_text(const struct tally *t, uint32_t o)
{
	uint32_t n = 0, signs = 0;

	for (int v = 0x20; v < 0x7f; v++) {
		n += t->hist[o][v];
		signs += t->hist[o][v] > 0;
	}
	return signs >= TEXT_SIGNS && n >= TEXT * t->n[o];
}

static double zeros(const struct tally *t, uint32_t o)
{
	return t->hist[o][0] / (double)t->n[o];
}

/* Whether two characters of a text are at @o, of 8 or of 16 bits. */
static bool begins_text(const struct tally *t, uint32_t o)
{
	if (o + 1 >= t->shortest || !looks_text(t, o))
		return false;
	return looks_text(t, o + 1) ||
	       (o + 2 < t->shortest && zeros(t, o + 1) >= ZERO && looks_text(t, o + 2));
}

static void find_header(struct service *s, const struct tally *t)
{
	while (s->header < t->shortest && !begins_text(t, s->header))
		s->header++;
	for (uint32_t o = 0; o < s->header; o++)
		s->zero[o] = zeros(t, o) >= ZERO;
}

static bool never(const struct service *s, uint32_t from, uint32_t to)
{
	for (uint32_t o = from; o < to; o++)
		if (!s->zero[o])
			return false;
	return true;
}

static bool moves(const struct tally *t, uint32_t o)
{
	return zeros(t, o) < 1 - SOME;
}

/* What @w bytes at @o say: whether they are a number with its high bytes zero. */
static void vote(const struct service *s, const struct tally *t, uint32_t o, uint32_t w,
		 uint32_t votes[3])
{
	votes[ORDER_BIG] += never(s, o, o + w - 1) && moves(t, o + w - 1);
	votes[ORDER_LITTLE] += never(s, o + 1, o + w) && moves(t, o);
}

/* The widths of numbers that can be of one width only: two bytes after others, four with zeros before. */
static uint32_t usual_width(const struct service *s)
{
	uint32_t two = 0, four = 0;

	for (uint32_t o = 1; o < s->header; o += 2) {
		if (s->zero[o] || !s->zero[o - 1])
			continue;
		if (o % 4 == 3 && s->zero[o - 2] && s->zero[o - 3])
			four++;
		else
			two++;
	}
	return four > two ? 4 : 2;
}

static void find_order(struct service *s, const struct tally *t)
{
	uint32_t votes[3] = {0};

	for (uint32_t o = 0; o + 2 <= s->header; o += 2)
		vote(s, t, o, 2, votes);
	for (uint32_t o = 0; o + 4 <= s->header; o += 4)
		vote(s, t, o, 4, votes);
	if (votes[ORDER_BIG] >= VOTES && votes[ORDER_BIG] >= 2 * votes[ORDER_LITTLE])
		s->order = ORDER_BIG;
	else if (votes[ORDER_LITTLE] >= VOTES && votes[ORDER_LITTLE] >= 2 * votes[ORDER_BIG])
		s->order = ORDER_LITTLE;
	if (s->order == ORDER_BIG)
		s->usual = usual_width(s);
}

/* Whether bytes @a and @b of the service's messages are zero together, and are so now and then. */
static bool together(const struct service *s, const struct sample *x, uint32_t n, uint32_t a,
		     uint32_t b)
{
	uint32_t both = 0, one = 0, none = 0;

	for (uint32_t i = 0; i < n; i++) {
		if (x[i].proto != s->proto || x[i].port != s->port)
			continue;
		both += x[i].bytes[a] && x[i].bytes[b];
		none += !x[i].bytes[a] && !x[i].bytes[b];
		one += !x[i].bytes[a] != !x[i].bytes[b];
	}
	return both >= NOW_AND_THEN * s->messages && none >= NOW_AND_THEN * s->messages &&
	       one * 10 <= both && one * 10 <= none;
}

/* Numbers of four bytes of which the first and the last are zero together. */
static void find_fours(struct service *s, const struct sample *x, uint32_t n)
{
	for (uint32_t o = 0; o + 4 <= s->header; o += 4)
		s->four[o] = !s->zero[o] && !s->zero[o + 3] && together(s, x, n, o, o + 3);
}

/* Whether the number of four bytes at @o grows from message to message of a direction of a flow. */
static bool grows(const struct service *s, const struct sample *x, uint32_t n, uint32_t o)
{
	uint32_t up = 0, down = 0;

	for (uint32_t i = 0; i < n; i++) {
		const struct earlier *e = &x[i].earlier[EARLIER_SAME];
		uint64_t now, then;

		if (x[i].proto != s->proto || x[i].port != s->port || !e->number || o + 4 > e->kept)
			continue;
		now = number_at(x[i].bytes + o, 4, true);
		then = number_at(e->bytes + o, 4, true);
		up += now > then;
		down += now < then;
	}
	return up >= s->messages * GROWS && down * 20 <= up;
}

/* Numbers of eight bytes, little-endian, of which the high half is always zero. */
static void find_eights(struct service *s, const struct sample *x, uint32_t n)
{
	for (uint32_t o = 0; o + 8 <= s->header && s->order == ORDER_LITTLE; o += 4)
		s->eight[o] = !s->zero[o] && never(s, o + 3, o + 8) && grows(s, x, n, o);
}

/* Whether @w bytes at @o are the message's size less @less in nearly all messages, of several sizes. */
static bool length_at(const struct service *s, const struct sample *x, uint32_t n, uint32_t o,
		      uint32_t w, bool little)
{
	uint32_t all = 0, held = 0, sizes = 0, last = 0;
	uint64_t less = 0;

	for (uint32_t i = 0; i < n; i++) {
		uint64_t d;

		if (x[i].proto != s->proto || x[i].port != s->port)
			continue;
		d = x[i].size - number_at(x[i].bytes + o, w, little);
		less = all ? less : d;
		held += d == less;
		sizes += x[i].size != last;
		last = x[i].size;
		if (++all == FIRST && held * 2 < all)
			return false;
	}
	return less <= s->header && sizes >= LENGTH_SIZES && held >= MOSTLY * all;
}

static void find_length(struct service *s, const struct sample *x, uint32_t n)
{
	for (uint32_t w = 4; w >= 2 && !s->length_width; w -= 2)
		for (uint32_t o = 0; o + w <= s->header && !s->length_width; o += w)
			if (length_at(s, x, n, o, w, false) || length_at(s, x, n, o, w, true)) {
				s->length = o;
				s->length_width = w;
			}
}

/* Whether nearly all messages of a class are of @s. */
static bool is_of(const struct service *s, const struct sample *x, const uint32_t *member,
		  uint32_t n)
{
	uint32_t others = 0;

	for (uint32_t i = 0; i < n && others <= (1 - MOSTLY) * n; i++)
		others += x[member[i]].proto != s->proto || x[member[i]].port != s->port;
	return others <= (1 - MOSTLY) * n;
}

/* The service of a class; -1 = none. */
static int32_t service_of(const struct services *s, const struct sample *x, const uint32_t *member,
			  uint32_t n)
{
	for (uint32_t k = 0; k < s->n; k++)
		if (is_of(&s->s[k], x, member, n))
			return (int32_t)k;
	return -1;
}

struct services *services_find(const struct sample *x, uint32_t n, const struct class_set *set)
{
	struct services *s = xcalloc(1, sizeof(*s));
	struct tally *t = xcalloc(1, sizeof(*t));

	list_services(s, x, n);
	for (uint32_t i = 0; i < s->n; i++) {
		count_bytes(t, &s->s[i], x, n);
		find_header(&s->s[i], t);
		find_order(&s->s[i], t);
		find_fours(&s->s[i], x, n);
		find_eights(&s->s[i], x, n);
		find_length(&s->s[i], x, n);
	}
	for (uint32_t c = 0; c < set->n; c++)
		s->of_class[c] = service_of(s, x, set->member + set->begin[c],
					    set->begin[c + 1] - set->begin[c]);
	free(t);
	return s;
}

void services_free(struct services *s)
{
	free(s);
}
