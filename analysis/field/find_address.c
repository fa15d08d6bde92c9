// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * find_address.c - addresses and ports
 *
 * Of the header: the bytes equal the sender's or the receiver's address or port.
 *
 * In no header: four bytes that are a global unicast address, and go with the receiver: whoever
 * sends, the same receiver gets the same bytes, and another receiver gets others. (Or with the
 * sender.) A client behind a NAT is told its public address so; one without a NAT its own. Where
 * only one receiver is there, four constant bytes look the same; they are taken for its address
 * when the receiver's own is private, several others send them, the bytes beside them move, and its
 * own messages do not have them at this place, as they would have a constant of the protocol.
 */
#include <string.h>

#include "analysis/field/find_address.h"
#include "analysis/field/holds.h"

#define REACH	     128
#define MOST_HOLD    0.9
#define LEAST	     3
#define COUNTERPARTS 3 /* that say the same of a host */
#define BESIDE	     3 /* places side by side that go with a host */

static void header_address(struct board *b, const struct look *l, struct statement s)
{
	uint32_t n, held = statement_held(&s, l, LEAST, &n);
	struct idea *i;

	b->tried++;
	if (!held)
		return;
	held = statement_held(&s, l, LOOK_PROBE, &n);
	if (n < LEAST || held * 4 < n * 3)
		return;
	held = statement_held(&s, l, LOOK_MAX, &n);
	if (held < MOST_HOLD * n)
		return;
	i = board_add(b, STATEMENT_ADDRESS, s.offset, s.width);
	i->s.whose = s.whose;
	i->s.little = s.little;
	i->chance = 1 / 65536.0; /* addresses of one net share their first bytes */
	i->ways = 1;
}

static void header_addresses(struct board *b, const struct look *l)
{
	for (uint32_t o = 0; o + 4 <= l->bytes && o < REACH; o++)
		for (int whose = WHOSE_SENDER; whose <= WHOSE_RECEIVER; whose++) {
			struct statement s = {.kind = STATEMENT_ADDRESS,
					      .offset = o,
					      .width = 4,
					      .whose = (enum statement_whose)whose};

			header_address(b, l, s);
			s.little = true;
			header_address(b, l, s);
			s.little = false;
			s.width = 16;
			if (o + 16 <= l->bytes)
				header_address(b, l, s);
		}
}

static uint16_t port_of(const struct sample *x, enum statement_whose whose)
{
	return whose == WHOSE_SENDER ? x->from.port : x->to.port;
}

/* How often the partner has the same port. */
static double same_port(const struct look *l, enum statement_whose whose)
{
	uint32_t n = 0;

	for (uint32_t k = 0; k < l->n; k++)
		n += port_of(l->x[k], whose) == port_of(l->x[l->partner[k]], whose);
	return n / (double)l->n;
}

static void header_ports(struct board *b, const struct look *l)
{
	for (int whose = WHOSE_SENDER; whose <= WHOSE_RECEIVER; whose++) {
		double same = same_port(l, (enum statement_whose)whose);

		if (same > 0.9)
			continue;
		for (uint32_t o = 0; o + 2 <= l->bytes && o < REACH; o++) {
			struct statement s = {.kind = STATEMENT_PORT,
					      .offset = o,
					      .width = 2,
					      .whose = (enum statement_whose)whose};
			uint32_t n, held = statement_held(&s, l, LOOK_MAX, &n);

			b->tried++;
			if (n < LEAST || held < MOST_HOLD * n)
				continue;
			board_add(b, STATEMENT_PORT, o, 2)->s.whose = s.whose;
			b->ideas[b->n - 1].chance = same > 1e-4 ? same : 1e-4;
		}
	}
}

/* What one host is told at an offset. */
struct told {
	uint32_t host, first_other, others, n, same;
	uint8_t value[4];
};

#define TOLD_MAX 256

struct tellings {
	struct told t[TOLD_MAX];
	uint32_t n;
};

static struct told *told_to(struct tellings *t, uint32_t host)
{
	for (uint32_t i = 0; i < t->n; i++)
		if (t->t[i].host == host)
			return &t->t[i];
	if (t->n == TOLD_MAX)
		return NULL;
	t->t[t->n] = (struct told){.host = host};
	return &t->t[t->n++];
}

static void telling(struct told *t, const uint8_t *value, uint32_t other)
{
	if (!t->n++) {
		memcpy(t->value, value, 4);
		t->first_other = other;
	}
	t->same += !memcmp(t->value, value, 4);
	if (other != t->first_other && t->others < COUNTERPARTS)
		t->others++;
}

/* The address of the side that it does not go with. */
static bool of_the_other(const struct sample *x, bool receiver, const uint8_t *b)
{
	const struct ip *a = receiver ? &x->from.ip : &x->to.ip;

	return a->family == 4 && !memcmp(a->b, b, 4);
}

/* False when an offset has what is no public address, or that of the other side. */
static bool collect(const struct look *l, uint32_t o, bool receiver, struct tellings *t)
{
	uint32_t n = 0, wrong = 0;

	t->n = 0;
	for (uint32_t k = 0; k < l->n; k++) {
		const struct sample *x = l->x[k];
		struct told *of;

		if (!look_has(l, k, o, 4))
			continue;
		n++;
		wrong += !ip4_public(x->bytes + o) || of_the_other(x, receiver, x->bytes + o);
		if (wrong * 10 > n + 20)
			return false;
		of = told_to(t, receiver ? x->to_host : x->from_host);
		if (of)
			telling(of, x->bytes + o, receiver ? x->from_host : x->to_host);
	}
	return n >= LEAST && wrong * 10 <= n;
}

struct verdict {
	uint32_t hosts, messages, values;
	const struct told *one; /* of the tellings */
	uint8_t value[4];
};

static struct verdict judge(const struct tellings *t)
{
	struct verdict v = {0};

	for (uint32_t i = 0; i < t->n; i++) {
		const struct told *x = &t->t[i];
		bool known = false;

		if (x->same < MOST_HOLD * x->n)
			return (struct verdict){0};
		if (x->others + 1 < COUNTERPARTS)
			continue;
		for (uint32_t j = 0; j < i; j++)
			known = known || !memcmp(t->t[j].value, x->value, 4);
		v.hosts++;
		v.messages += x->n;
		v.values += !known;
		v.one = x;
	}
	return v;
}

static bool moves(const struct look *l, uint32_t o)
{
	return o >= l->bytes || l->col[o].top_n * 10 < l->col[o].n * 7;
}

/* The receiver's own messages of these flows do not have the value there. */
static bool not_its_own(const struct look *l, uint32_t o, const uint8_t *value)
{
	for (uint32_t k = 0; k < l->n; k++) {
		const struct earlier *e = &l->x[k]->earlier[EARLIER_OTHER];

		if (e->number && e->kept >= o + 4 && !memcmp(e->bytes + o, value, 4))
			return false;
	}
	return true;
}

static bool one_host_is_private(const struct look *l, uint32_t host, bool receiver)
{
	for (uint32_t k = 0; k < l->n; k++)
		if ((receiver ? l->x[k]->to_host : l->x[k]->from_host) == host)
			return ip_is_private(receiver ? &l->x[k]->to.ip : &l->x[k]->from.ip);
	return false;
}

static bool of_one_host(const struct look *l, uint32_t o, bool receiver, const struct verdict *v)
{
	return receiver && o && moves(l, o - 1) && moves(l, o + 4) &&
	       one_host_is_private(l, v->one->host, receiver) && not_its_own(l, o, v->one->value);
}

static bool looks_like_text(const struct look *l, uint32_t o)
{
	for (uint32_t i = o; i < o + 4; i++)
		for (int v = 0; v < 256; v++)
			if (!printable((uint8_t)v) && l->col[i].hist[v])
				return false;
	return true;
}

/* Whether the bytes at @o go on a run of constants that began before, and only the last one moves:
 * that of a number. */
static bool goes_on(const struct look *l, uint32_t o)
{
	uint32_t moving = 0;

	for (uint32_t i = o; i < o + 4; i++)
		moving += !l->col[i].constant;
	return moving < 2 && o && l->col[o - 1].constant && l->col[o].constant;
}

/* Whether the bytes at @o go with a host; *@v says with how many. Those that the class is chosen by
 * do with any. */
static bool goes_with_host(const struct look *l, uint32_t o, bool receiver, struct verdict *v)
{
	struct tellings t;

	if (o < l->prefix || o + 4 > l->bytes || looks_like_text(l, o) ||
	    !collect(l, o, receiver, &t))
		return false;
	*v = judge(&t);
	if (!v->hosts || v->messages * 2 < l->n ||
	    (v->hosts > 1 && (v->values < 2 || goes_on(l, o))) ||
	    (v->hosts == 1 && !of_one_host(l, o, receiver, v)))
		return false;
	memcpy(v->value, v->one->value, 4);
	return true;
}

/* An address and a port beside it go with a host in a few places; a longer text does in many. */
static void other_addresses(struct board *b, const struct look *l, bool receiver)
{
	uint32_t run = 0, first = 0;
	struct verdict v = {0}, at_first = {0};

	for (uint32_t o = 0; o < REACH + 4; o++) {
		bool on = o < REACH && goes_with_host(l, o, receiver, &v);
		struct idea *i;

		b->tried++;
		if (on && !run++) {
			first = o;
			at_first = v;
		}
		if (on)
			continue;
		if (run && run <= BESIDE) {
			i = board_add(b, STATEMENT_ADDRESS, first, 4);
			i->s.whose = receiver ? WHOSE_RECEIVER_OTHER : WHOSE_SENDER_OTHER;
			i->chance = 1 / 256.0;
			i->s.values_n = 1;
			memcpy(i->values, at_first.value, 4);
		}
		run = 0;
	}
}

void find_addresses(struct board *b, const struct look *l)
{
	header_addresses(b, l);
	header_ports(b, l);
	other_addresses(b, l, true);
	other_addresses(b, l, false);
}
