// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * match.c - whether some bytes are a message of a rule
 *
 * There are three answers: no, yes, and "not yet", for a TCP message burst that may still grow into
 * the message. A test whose bytes are not there (the message is too short, cut off by the snap
 * length, or an earlier message was left out) fails, negated or not: nothing is concluded from what
 * was not seen.
 */
#include <netinet/in.h>
#include <string.h>

#include "detector/engine/match.h"
#include "detector/engine/match_text.h"

/* Makes an offset that may count from the end one from the start; false when it lies before
 * that. */
static bool place(int32_t at, const struct view *v, uint32_t *out)
{
	int64_t o = at < 0 ? (int64_t)v->len + at : at;

	if (o < 0)
		return false;
	*out = (uint32_t)o;
	return true;
}

/* Whether [o, o + n) can be read now; MATCH_NO = never, MATCH_MORE = perhaps later. */
static enum match_result readable(const struct view *v, uint32_t o, uint32_t n)
{
	if (o + n <= v->avail)
		return MATCH_YES;
	return o + n > v->len && v->growing ? MATCH_MORE : MATCH_NO;
}

static bool masked(const struct test *t, const uint8_t *b)
{
	const uint8_t *v = t->values, *m = t->masks;

	for (unsigned a = 0; a < t->alternatives; a++, v += t->length, m += t->length) {
		unsigned i = 0;

		while (i < t->length && (b[i] & m[i]) == v[i])
			i++;
		if (i == t->length)
			return true;
	}
	return false;
}

static uint32_t big_endian(const uint8_t *b, unsigned n)
{
	uint32_t v = 0;

	while (n--)
		v = v << 8 | *b++;
	return v;
}

static bool is_address(const struct test *t, const uint8_t b[4], const struct view *v)
{
	const struct ip *want = v->sender;
	struct ip ip = {.family = 4};

	memcpy(ip.b, b, 4);
	switch (t->address) {
	case ADDR_OWN: /* none are known: none is */
		return t->own->n && match_host(t->own, &ip);
	case ADDR_PUBLIC:
		return !ip_is_private(&ip) && b[0] != 0 && b[0] < 224;
	case ADDR_PRIVATE:
		return ip_is_private(&ip);
	case ADDR_SENDER:
		break;
	case ADDR_RECEIVER:
		want = v->receiver;
		break;
	case ADDR_CLIENT:
		want = v->from_client ? v->sender : v->receiver;
		break;
	default:
		want = v->from_client ? v->receiver : v->sender;
	}
	return ip_eq(&ip, want);
}

/* The bytes an EQUAL or CHANGE test compares with, or NULL. */
static const uint8_t *others(const struct rule *r, const struct test *t, const struct view *v,
			     const struct match *in)
{
	uint32_t o;

	if (t->ref >= 0) {
		for (int i = (int)t->ref; in && i < r->messages_n; i++)
			if ((in->saved >> i & 1) &&
			    !strcmp(r->messages[i].name, r->messages[t->ref].name))
				return in->save + t->save;
		return NULL;
	}
	return place(t->there, v, &o) && o + t->length <= v->avail ? v->data + o : NULL;
}

static enum match_result test_compare(const struct rule *r, const struct test *t,
				      const struct view *v, const struct match *in)
{
	const uint8_t *b;
	enum match_result can;
	uint32_t o, all;

	if (!place(t->at, v, &o))
		return MATCH_NO;
	can = readable(v, o, t->length);
	if (can != MATCH_YES)
		return can;
	b = others(r, t, v, in);
	if (!b)
		return t->ref < 0 && v->growing ? MATCH_MORE : MATCH_NO;
	if (t->kind == TEST_EQUAL)
		return match_sense(!memcmp(v->data + o, b, t->length), t);
	all = t->length == 4 ? UINT32_MAX : (1U << (8 * t->length)) - 1;
	return match_sense(
		numset_has(&t->numbers,
			   (big_endian(v->data + o, t->length) - big_endian(b, t->length)) & all),
		t);
}

static enum match_result test_nibbles(const struct test *t, const struct view *v)
{
	uint32_t n = t->length,
		 last = (uint32_t)t->there > (uint32_t)t->at ? (uint32_t)t->there : (uint32_t)t->at;
	uint8_t mask = t->high ? 0xf0 : 0x0f;

	if (t->shorter && !v->growing && last + n > v->len)
		n = v->len > last ? v->len - last : 0;
	if (!n)
		return MATCH_NO;
	if (readable(v, last, n) != MATCH_YES)
		return readable(v, last, n);
	for (uint32_t i = 0; i < n; i++)
		if ((v->data[(uint32_t)t->at + i] ^ v->data[(uint32_t)t->there + i]) & mask)
			return match_sense(false, t);
	return match_sense(true, t);
}

/* The first place in @n bytes where a pattern of one alternative and without masks stands. */
static const uint8_t *search_one(const struct test *t, const uint8_t *b, size_t n)
{
	const uint8_t *at = b + t->anchor, *end = b + n - t->length + t->anchor + 1;

	/* search for the pattern's rarest byte: memchr() looks at 32 bytes at a time */
	while (at < end && (at = memchr(at, t->values[t->anchor], (size_t)(end - at)))) {
		if (!memcmp(at - t->anchor, t->values, t->length))
			return at - t->anchor;
		at++;
	}
	return NULL;
}

static const uint8_t *search_plain(const struct test *t, const uint8_t *b, size_t n)
{
	const uint8_t *first = NULL, *v = t->values;

	if (t->alternatives == 1)
		return search_one(t, b, n);
	for (unsigned a = 0; a < t->alternatives; a++, v += t->length) {
		const uint8_t *hit = memmem(b, n, v, t->length);

		if (!hit)
			continue;
		first = hit;
		n = (size_t)(hit - b) + t->length - 1; /* the others must begin before it */
	}
	return first;
}

/* The same for any pattern, at the first @starts places. */
static const uint8_t *search_masked(const struct test *t, const uint8_t *b, size_t starts)
{
	for (; starts; starts--, b++)
		if (masked(t, b))
			return b;
	return NULL;
}

static enum match_result test_contains(const struct test *t, const struct view *v, uint16_t *pos)
{
	uint32_t from = (uint32_t)t->from, to = (uint32_t)t->to;
	const uint8_t *hit = NULL;

	if ((uint64_t)from + t->length <= v->avail && from <= to) {
		size_t starts = v->avail - t->length - from + (size_t)1;

		if (to - from < starts)
			starts = to - from + (size_t)1;
		hit = t->plain ? search_plain(t, v->data + from, starts + t->length - 1)
			       : search_masked(t, v->data + from, starts);
	}
	if (hit) {
		*pos = (uint16_t)(hit - v->data);
		return match_sense(true, t);
	}
	if (v->growing && v->len < (uint64_t)to + t->length && v->avail == v->len)
		return t->negate ? MATCH_YES : MATCH_MORE;
	return match_sense(false, t);
}

static enum match_result test_again(const struct test *t, const struct view *v, uint16_t *pos)
{
	uint32_t at = (uint32_t)t->at, to = (uint32_t)t->to;

	if (readable(v, at, t->length) != MATCH_YES)
		return readable(v, at, t->length);
	for (uint32_t o = (uint32_t)t->from; o <= to && o + t->length <= v->avail; o++) {
		const uint8_t *next = memchr(v->data + o, v->data[at], v->avail - (size_t)o);

		if (!next || next > v->data + to)
			break;
		o = (uint32_t)(next - v->data);
		if (o + t->length <= v->avail && !memcmp(v->data + at, next, t->length)) {
			*pos = (uint16_t)o;
			return match_sense(true, t);
		}
	}
	if (v->growing && !t->negate)
		return MATCH_MORE;
	return match_sense(false, t);
}

static enum match_result test_sequence(const struct test *t, const struct view *v)
{
	uint32_t o, end = v->len;

	if (!place(t->at, v, &o))
		return MATCH_NO;
	if (t->to != INT32_MAX && !place(t->to, v, &end))
		return MATCH_NO;
	if (end > v->len || end < o || end - o < t->least)
		return v->growing ? MATCH_MORE : MATCH_NO;
	if (end > v->avail)
		return MATCH_NO;
	for (; o + 1 < end; o++)
		if (v->data[o + 1] != (uint8_t)(t->mul * v->data[o] + t->add))
			return match_sense(false, t);
	return match_sense(true, t);
}

static enum match_result test_plain(const struct test *t, const struct view *v)
{
	enum match_result can;
	uint32_t o, n;

	if (!place(t->at, v, &o))
		return v->growing ? MATCH_MORE : MATCH_NO;
	can = readable(v, o, t->length);
	if (can == MATCH_MORE && t->kind == TEST_BYTES && t->alternatives == 1 && !t->negate &&
	    o < v->avail) { /* what is there must be right */
		for (uint32_t i = 0; o + i < v->avail; i++)
			if ((v->data[o + i] & t->masks[i]) != t->values[i])
				return MATCH_NO;
	}
	if (can != MATCH_YES)
		return can;
	if (t->kind == TEST_BYTES)
		return match_sense(masked(t, v->data + o), t);
	if (t->kind == TEST_ADDRESS)
		return match_sense(is_address(t, v->data + o, v), t);
	n = big_endian(v->data + o, t->length);
	if (t->kind == TEST_NUMBER)
		return match_sense(numset_has(&t->numbers, n), t);
	can = match_sense(n <= v->len && numset_has(&t->numbers, v->len - n), t); /* LENGTH */
	return can == MATCH_NO && v->growing ? MATCH_MORE : can;
}

static enum match_result test_one(const struct rule *r, const struct test *t, const struct view *v,
				  const struct match *in, uint16_t *pos)
{
	switch (t->kind) {
	case TEST_EQUAL:
	case TEST_CHANGE:
		return test_compare(r, t, v, in);
	case TEST_NIBBLES:
		return test_nibbles(t, v);
	case TEST_CONTAINS:
		return test_contains(t, v, pos);
	case TEST_AGAIN:
		return test_again(t, v, pos);
	case TEST_SEQUENCE:
		return test_sequence(t, v);
	case TEST_HTTP:
		return match_http(t, v);
	case TEST_DNS:
		return match_dns(t, v);
	case TEST_REGEX:
		return match_regex(t, v, pos);
	default:
		return test_plain(t, v);
	}
}

/* The same, remembered where it may be asked again. */
static inline enum match_result test_once(const struct rule *r, const struct test *t,
					  const struct view *v, const struct match *in,
					  uint16_t *pos)
{
	struct said *said = t->alike ? v->said : NULL;
	enum match_result result;

	if (said && said->asked >> t->alike & 1) {
		*pos = said->pos[t->alike];
		return (enum match_result)said->result[t->alike];
	}
	result = test_one(r, t, v, in, pos);
	if (said) {
		said->asked |= 1ULL << t->alike;
		said->pos[t->alike] = *pos;
		said->result[t->alike] = (uint8_t)result;
	}
	return result;
}

static enum match_result match_size(const struct rule *r, const struct message *m,
				    const struct view *v, const struct match *in)
{
	int64_t want = -1;

	if (m->size_ref < 0) {
		if (numset_has(&m->size, v->len))
			return MATCH_YES;
		return v->growing && v->len < numset_max(&m->size) ? MATCH_MORE : MATCH_NO;
	}
	for (int i = in ? in->ev_n - 1 : -1; i >= 0 && want < 0; i--)
		if (!strcmp(r->messages[in->ev[i].message].name, r->messages[m->size_ref].name))
			want = (int64_t)in->ev[i].size + m->size_plus;
	if (want == v->len)
		return MATCH_YES;
	return v->growing && (int64_t)v->len < want ? MATCH_MORE : MATCH_NO;
}

static bool match_gap(const struct message *m, uint64_t gap)
{
	uint64_t off;

	if (!m->gap_max)
		return true;
	if (gap == UINT64_MAX || gap < m->gap_min || gap > m->gap_max)
		return false;
	off = gap % 1000000000;
	return !m->gap_off || off <= m->gap_off || off >= 1000000000 - m->gap_off;
}

/* Whether a test that fails may still hold later: the message may grow, and the test counts from
 * its end. */
static bool may_become(const struct message *m, const struct test *t, const struct view *v,
		       enum match_result size)
{
	bool grows = v->growing &&
		     (size == MATCH_MORE || (m->size_ref < 0 && v->len < numset_max(&m->size)));

	return grows && (t->at < 0 || t->there < 0 ||
			 (t->kind == TEST_SEQUENCE && (t->to < 0 || t->negate)));
}

/* Whether a search says "yes" or "not yet", wherever it may find something. */
static bool search_waits(const struct test *t, const struct view *v)
{
	uint64_t end = t->kind == TEST_REGEX ? t->length : (uint64_t)(uint32_t)t->to + t->length;

	return (t->kind == TEST_CONTAINS || t->kind == TEST_REGEX) && !t->negate && v->growing &&
	       v->avail == v->len && v->len < end;
}

/* Whether it is the message, but for the byte that is asked first. */
static enum match_result ask_all(const struct rule *r, const struct message *m,
				 const struct view *v, const struct match *in, uint16_t pos[2])
{
	enum match_result size, all;
	unsigned found = 0;

	size = all = match_size(r, m, v, in);
	if (size == MATCH_NO || !match_place(m, v) || !match_gap(m, v->gap) ||
	    (m->ip_length.n && (!v->ip_len || !numset_has(&m->ip_length, v->ip_len))))
		return MATCH_NO;
	pos[0] = pos[1] = 0;
	for (unsigned i = 0; i < m->tests_n; i++) {
		const struct test *t = &m->tests[i];
		bool seeks = test_seeks(t);
		enum match_result one;
		uint16_t at = 0;

		if (all == MATCH_MORE && search_waits(t, v))
			continue; /* it would not change that */
		one = test_once(r, t, v, in, &at);

		if (one == MATCH_NO && !may_become(m, t, v, size))
			return MATCH_NO;
		if (one != MATCH_YES)
			all = MATCH_MORE;
		if (seeks && found < 2)
			pos[found++] = at;
	}
	return all;
}

enum match_result match_message(const struct rule *r, const struct message *m, const struct view *v,
				const struct match *in, uint16_t pos[2])
{
	struct said *said = m->alike ? v->said : NULL;
	enum match_result result;

	if (m->quick_mask && m->quick_at < v->avail &&
	    (v->data[m->quick_at] & m->quick_mask) != m->quick)
		return MATCH_NO;
	if (said && said->messages_asked >> m->alike & 1) {
		result = (enum match_result)said->message[m->alike];
		if (result != MATCH_NO)
			memcpy(pos, said->message_pos[m->alike], sizeof(said->message_pos[0]));
		return result;
	}
	result = ask_all(r, m, v, in, pos);
	if (said) {
		said->messages_asked |= 1ULL << m->alike;
		said->message[m->alike] = (uint8_t)result;
		if (result != MATCH_NO)
			memcpy(said->message_pos[m->alike], pos, sizeof(said->message_pos[0]));
	}
	return result;
}

static bool inside(const struct ip *ip, const struct ip *net, unsigned bits)
{
	unsigned n = bits / 8, rest = bits % 8;

	if (net->family == 0)
		return ip_is_private(ip);
	if (ip->family != net->family || memcmp(ip->b, net->b, n) != 0)
		return false;
	return !rest || !((ip->b[n] ^ net->b[n]) >> (8 - rest));
}

bool match_host(const struct hosts *h, const struct ip *ip)
{
	bool positive = false, hit = false;

	for (unsigned i = 0; i < h->n; i++) {
		bool in = inside(ip, &h->r[i].net, h->r[i].bits);

		if (h->r[i].negate && in)
			return false;
		positive |= !h->r[i].negate;
		hit |= in && !h->r[i].negate;
	}
	return hit || !positive;
}

bool match_ends(const struct flow_table *t, const struct rule *r, const struct flow *f,
		int client_dir)
{
	struct endpoint c, s;

	if (!numset_has(&r->client_port, f->port[client_dir]) ||
	    !numset_has(&r->server_port, f->port[!client_dir]) ||
	    (!numset_has(&r->any_port, f->port[0]) && !numset_has(&r->any_port, f->port[1])) ||
	    (r->handshake && !(f->flags & FLOW_HANDSHAKE)) ||
	    (r->joined && (f->flags & (FLOW_SYN | FLOW_SYNACK))))
		return false;
	if (!r->client_host.n && !r->server_host.n)
		return true;
	flow_endpoint(t, f, client_dir, &c);
	flow_endpoint(t, f, !client_dir, &s);
	return match_host(&r->client_host, &c.ip) && match_host(&r->server_host, &s.ip);
}
