// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The property of every bundled signature: it matches exactly when its definition says so.
 *
 * For each message of each rule an example is made from the compiled definition alone. Then it is
 * changed, one bit of every byte, one byte shorter, one byte longer, and the engine's matcher must
 * answer as does a second, plain reading of the definition (says(), below, which shares no code
 * with the engine). For whole rules the messages are sent through the engine as they are, with each
 * message changed, from the wrong side, and in the wrong order; the rule must complete exactly when
 * a plain search over the steps (fits()) says that the messages still hold it.
 */
#include "base/rng.h"
#include "detector/engine/known.h"
#include "detector/language/action.h"
#include "tests/unit/feed.h"

#define MSG_MAX 2048
/* Whole rules are tried with a bit turned in each of so many bytes. Under sanitizers, where an engine
 * takes thirty times as long to make, some will do: it is the plain build that looks at all. */
#define BYTE_STEP (UNIT_SANITIZED ? 7 : 1)
#define CLIENT	  "10.0.0.1:5000"
#define OWN	  "203.0.113.9"

struct msg {
	bool from_client;
	uint32_t len;
	unsigned nth, nth_of_flow;
	uint8_t b[MSG_MAX];
};

/* What a rule has read so far, for tests that look back: by message index. */
struct past {
	const struct msg *of[MESSAGES_MAX];
};

static struct ip client_ip, server_ip, own_ip;

/* ---- the definition, read plainly ---- */

static bool spot(int32_t at, uint32_t n, const struct msg *m, uint32_t *o)
{
	long p = at < 0 ? (long)m->len + at : at;

	*o = (uint32_t)p;
	return p >= 0 && p + (long)n <= (long)m->len;
}

static uint64_t value_at(const uint8_t *b, unsigned n)
{
	uint64_t v = 0;

	for (unsigned i = 0; i < n; i++)
		v = v * 256 + b[i];
	return v;
}

static bool fits_pattern(const struct test *t, const uint8_t *b)
{
	for (unsigned a = 0; a < t->alternatives; a++) {
		bool all = true;

		for (unsigned i = 0; i < t->length; i++)
			all &= (b[i] & t->masks[a * t->length + i]) == t->values[a * t->length + i];
		if (all)
			return true;
	}
	return false;
}

static const struct msg *looked_back(const struct rule *r, int ref, const struct past *past)
{
	for (int i = 0; i < r->messages_n; i++)
		if (past->of[i] && !strcmp(r->messages[i].name, r->messages[ref].name))
			return past->of[i];
	return NULL;
}

/* 1 holds, 0 does not, -1 cannot be said: fails either way. */
static int plain(const struct rule *r, const struct test *t, const struct msg *m,
		 const struct past *past)
{
	const struct msg *back = m;
	uint32_t o, q = 0;
	bool hit = true;

	if (t->kind == TEST_CONTAINS || t->kind == TEST_AGAIN) {
		if (t->kind == TEST_AGAIN && !spot(t->at, t->length, m, &o))
			return -1;
		for (long p = t->from; p <= t->to && p + t->length <= (long)m->len; p++)
			if (t->kind == TEST_AGAIN ? !memcmp(m->b + t->at, m->b + p, t->length)
						  : fits_pattern(t, m->b + p))
				return 1;
		return 0;
	}
	if (t->kind == TEST_SEQUENCE) {
		uint32_t end = m->len;

		if (!spot(t->at, 0, m, &o) || (t->to != INT32_MAX && !spot(t->to, 0, m, &end)) ||
		    end < o || end - o < t->least)
			return -1;
		for (; o + 1 < end; o++)
			hit &= m->b[o + 1] == (t->mul * m->b[o] + t->add) % 256;
		return hit;
	}
	if (t->kind == TEST_NIBBLES) {
		uint32_t n = t->length;

		while (t->shorter && n &&
		       ((uint32_t)t->at + n > m->len || (uint32_t)t->there + n > m->len))
			n--;
		if (!n || (uint32_t)t->at + n > m->len || (uint32_t)t->there + n > m->len)
			return -1;
		for (uint32_t i = 0; i < n; i++) {
			uint8_t a = m->b[t->at + (int)i], b = m->b[t->there + (int)i];

			hit &= t->high ? a / 16 == b / 16 : a % 16 == b % 16;
		}
		return hit;
	}
	if (!spot(t->at, t->length, m, &o))
		return -1;
	if (t->kind == TEST_EQUAL || t->kind == TEST_CHANGE) {
		if (t->ref >= 0)
			back = looked_back(r, t->ref, past);
		if (!back || !spot(t->there, t->length, back, &q))
			return -1;
	}
	switch (t->kind) {
	case TEST_BYTES:
		return fits_pattern(t, m->b + o);
	case TEST_EQUAL:
		return !memcmp(m->b + o, back->b + q, t->length);
	case TEST_CHANGE: {
		uint64_t all = 1ULL << (8 * t->length);

		return numset_has(&t->numbers, (uint32_t)((all + value_at(m->b + o, t->length) -
							   value_at(back->b + q, t->length)) %
							  all));
	}
	case TEST_NUMBER:
		return numset_has(&t->numbers, (uint32_t)value_at(m->b + o, t->length));
	case TEST_LENGTH:
		return value_at(m->b + o, t->length) <= m->len &&
		       numset_has(&t->numbers, m->len - (uint32_t)value_at(m->b + o, t->length));
	default: { /* TEST_ADDRESS */
		const struct ip *sender = m->from_client ? &client_ip : &server_ip;
		const struct ip *receiver = m->from_client ? &server_ip : &client_ip;
		struct ip ip = {.family = 4};

		memcpy(ip.b, m->b + o, 4);
		switch (t->address) {
		case ADDR_SENDER:
			return ip_eq(&ip, sender);
		case ADDR_RECEIVER:
			return ip_eq(&ip, receiver);
		case ADDR_CLIENT:
			return ip_eq(&ip, &client_ip);
		case ADDR_SERVER:
			return ip_eq(&ip, &server_ip);
		case ADDR_PRIVATE:
			return ip_is_private(&ip);
		case ADDR_OWN:
			return ip_eq(&ip, &own_ip);
		default:
			return !ip_is_private(&ip) && ip.b[0] && ip.b[0] < 224;
		}
	}
	}
}

static bool says(const struct rule *r, const struct message *m, const struct msg *v,
		 const struct past *past)
{
	if (m->from != FROM_EITHER && (m->from == FROM_CLIENT) != v->from_client)
		return false;
	if (m->size_ref >= 0) {
		const struct msg *back = looked_back(r, m->size_ref, past);

		if (!back || (long)v->len != (long)back->len + m->size_plus)
			return false;
	} else if (!numset_has(&m->size, v->len)) {
		return false;
	}
	if (!numset_has(&m->nth, v->nth) || !numset_has(&m->nth_of_flow, v->nth_of_flow) ||
	    (m->unanswered && v->nth != v->nth_of_flow) ||
	    (m->ip_length.n && (r->tcp || !numset_has(&m->ip_length, v->len + 28))))
		return false;
	for (unsigned i = 0; i < m->tests_n; i++)
		if (plain(r, &m->tests[i], v, past) != !m->tests[i].negate)
			return false;
	return true;
}

/* Whether messages @i and later can complete the rule from step @s, of which @reps are read. */
static bool fits(const struct rule *r, const struct msg *const *v, unsigned n, unsigned i,
		 unsigned s, unsigned reps, struct past past)
{
	unsigned k;
	bool gives_up = false;

	for (k = s; k < r->steps_n &&
		    (r->steps[k].optional || (k == s && reps >= r->steps[k].repeat_min && reps));
	     k++)
		;
	if (k >= r->steps_n)
		return true; /* what is left is optional */
	if (i >= n)
		return false;
	for (k = s; k < r->steps_n; k++) {
		const struct step *step = &r->steps[k];

		for (unsigned m = step->first; m < step->first + step->n; m++) {
			const struct message *msg = &r->messages[m];
			struct past with = past;
			unsigned did = (k == s ? reps : 0) + 1;

			if (msg->from == FROM_EITHER ||
			    (msg->from == FROM_CLIENT) == v[i]->from_client)
				gives_up |= msg->next;
			if (!says(r, msg, v[i], &past))
				continue;
			with.of[m] = v[i];
			/* the engine takes the first step that fits; so is the language defined */
			return did >= step->repeat_max ? fits(r, v, n, i + 1, k + 1, 0, with)
						       : fits(r, v, n, i + 1, k, did, with);
		}
		if (!step->optional && !(k == s && reps >= step->repeat_min && reps))
			break;
	}
	return !gives_up && fits(r, v, n, i + 1, s, reps, past);
}

static bool any_fit(const struct rule *r, struct msg *v, unsigned n)
{
	const struct msg *all[STEPS_MAX + 10];
	struct past past = {{0}};
	unsigned nth[2] = {0, 0};

	for (unsigned i = 0; i < n; i++) {
		all[i] = &v[i];
		v[i].nth = ++nth[v[i].from_client];
		v[i].nth_of_flow = i + 1;
	}
	for (unsigned i = 0; i < n; i++) {
		const struct step *s = &r->steps[0];

		for (unsigned m = s->first; m < s->first + s->n; m++) {
			struct past with = past;

			if (!says(r, &r->messages[m], &v[i], &past))
				continue;
			with.of[m] = &v[i];
			if (s->repeat_max > 1 ? fits(r, all, n, i + 1, 0, 1, with)
					      : fits(r, all, n, i + 1, 1, 0, with))
				return true;
		}
	}
	return false;
}

/* ---- an example out of the definition ---- */

static uint32_t reach(const struct test *t)
{
	uint32_t end = t->at < 0 ? (uint32_t)-t->at : (uint32_t)t->at + t->length;

	if (t->kind == TEST_CONTAINS)
		return (uint32_t)t->from + t->length + 64;
	if (t->kind == TEST_AGAIN)
		return (uint32_t)t->from + t->length;
	if (t->kind == TEST_SEQUENCE)
		return t->at < 0 ? end : (uint32_t)t->at + t->least + 4;
	if (t->kind == TEST_NIBBLES && t->there > t->at)
		return (uint32_t)t->there + t->length;
	return end;
}

static void put(uint8_t *b, unsigned n, uint64_t v)
{
	while (n--) {
		b[n] = (uint8_t)v;
		v >>= 8;
	}
}

static void apply(const struct rule *r, const struct test *t, struct msg *v,
		  const struct past *past, uint32_t *free_at)
{
	const struct msg *back = t->ref >= 0 ? looked_back(r, t->ref, past) : v;
	uint32_t o, q = 0, lo = t->numbers.n ? t->numbers.r[0].lo : 0;
	struct ip ip;

	if (t->negate)
		return;
	if (t->kind == TEST_CONTAINS) {
		o = *free_at > (uint32_t)t->from ? *free_at : (uint32_t)t->from;
		if (o > (uint32_t)t->to)
			o = (uint32_t)t->from;
		if (o + t->length > v->len)
			return;
		/* what the mask leaves free stays random, or two messages have it in common */
		for (unsigned i = 0; i < t->length; i++)
			v->b[o + i] = (uint8_t)((v->b[o + i] & ~t->masks[i]) | t->values[i]);
		*free_at = o + t->length;
		return;
	}
	if (t->kind == TEST_SEQUENCE) {
		if (spot(t->at, 1, v, &o))
			for (; o + 1 < v->len; o++)
				v->b[o + 1] = (uint8_t)(t->mul * v->b[o] + t->add);
		return;
	}
	if (!spot(t->at, t->kind == TEST_NIBBLES ? 1 : t->length, v, &o))
		return;
	if (t->kind == TEST_NIBBLES) {
		uint8_t mask = t->high ? 0xf0 : 0x0f;

		for (uint32_t i = 0; i < t->length && (uint32_t)t->there + i < v->len; i++)
			v->b[t->there + (int)i] =
				(uint8_t)((v->b[t->there + (int)i] & ~mask) | (v->b[o + i] & mask));
		return;
	}
	if (t->kind == TEST_AGAIN && (uint32_t)t->from + t->length <= v->len)
		memcpy(v->b + t->from, v->b + o, t->length);
	if ((t->kind == TEST_EQUAL || t->kind == TEST_CHANGE) &&
	    (!back || !spot(t->there, t->length, back, &q)))
		return;
	if (t->kind == TEST_BYTES)
		for (unsigned i = 0; i < t->length; i++)
			v->b[o + i] = (uint8_t)((v->b[o + i] & ~t->masks[i]) | t->values[i]);
	else if (t->kind == TEST_EQUAL)
		memmove(v->b + o, back->b + q, t->length);
	else if (t->kind == TEST_CHANGE)
		put(v->b + o, t->length, value_at(back->b + q, t->length) + lo);
	else if (t->kind == TEST_NUMBER)
		put(v->b + o, t->length, lo);
	else if (t->kind == TEST_LENGTH)
		put(v->b + o, t->length, v->len - lo);
	else if (t->kind == TEST_ADDRESS) {
		bool sender = t->address == ADDR_SENDER;
		bool client =
			t->address == ADDR_CLIENT ||
			(sender ? v->from_client : t->address == ADDR_RECEIVER && !v->from_client);

		ip = t->address == ADDR_PUBLIC	  ? ip4(0x56808f73)
		     : t->address == ADDR_PRIVATE ? ip4(0x0a010203)
		     : t->address == ADDR_OWN	  ? own_ip
		     : client			  ? client_ip
						  : server_ip;
		memcpy(v->b + o, ip.b, 4);
	}
}

static uint32_t pick_size(const struct rule *r, const struct message *m, const struct past *past)
{
	uint32_t need = 1;

	if (m->size_ref >= 0) {
		const struct msg *back = looked_back(r, m->size_ref, past);

		return back ? (uint32_t)((long)back->len + m->size_plus) : 1;
	}
	for (unsigned i = 0; i < m->tests_n; i++)
		if (reach(&m->tests[i]) > need)
			need = reach(&m->tests[i]);
	if (!m->size.n)
		return need;
	for (unsigned pass = 0; pass < 2; pass++, need = 1)
		for (unsigned i = 0; i < m->size.n; i++)
			if (m->size.r[i].hi >= need)
				return m->size.r[i].lo > need ? m->size.r[i].lo : need;
	return need;
}

/* An example of message @m; false when none was found in many tries. */
static bool example(const struct rule *r, const struct message *m, const struct past *past,
		    struct rng *rng, struct msg *v)
{
	for (int tries = 0; tries < 300; tries++) {
		uint32_t free_at = 0;

		v->from_client = m->from == FROM_EITHER ? tries & 1 : m->from == FROM_CLIENT;
		v->len = pick_size(r, m, past);
		if (v->len > MSG_MAX - 1)
			return false;
		rng_fill(rng, v->b, sizeof(v->b));
		for (unsigned i = 0; i < m->tests_n; i++)
			if (m->tests[i].kind == TEST_BYTES && m->tests[i].at >= 0 &&
			    (uint32_t)m->tests[i].at + m->tests[i].length > free_at)
				free_at = (uint32_t)m->tests[i].at + m->tests[i].length;
		for (unsigned i = 0; i < m->tests_n; i++)
			apply(r, &m->tests[i], v, past, &free_at);
		if (says(r, m, v, past))
			return true;
	}
	return false;
}

/* ---- single messages against the matcher ---- */

static struct match *inst_of(const struct rule *r, const struct past *past)
{
	static struct match_room now;
	struct match *in;

	in = match_in_room(&now);
	for (unsigned m = 0; m < r->messages_n; m++) {
		const struct message *msg = &r->messages[m];
		const struct msg *v = past->of[m];
		bool all = true;
		uint32_t o;

		if (!v)
			continue;
		for (unsigned k = 0; k < msg->saves_n; k++) {
			if (!spot(msg->saves[k].at, msg->saves[k].length, v, &o)) {
				all = false;
				break;
			}
			memcpy(in->save + msg->saves[k].save, v->b + o, msg->saves[k].length);
		}
		in->saved |= (uint32_t)all << m;
		if (in->ev_n < EVIDENCE_MAX)
			in->ev[in->ev_n++] =
				(struct match_evidence){.size = v->len, .message = (uint8_t)m};
	}
	return in;
}

static bool engine_says(const struct rule *r, const struct message *m, const struct msg *v,
			const struct past *past)
{
	struct match *in = inst_of(r, past);
	uint16_t pos[2];
	struct view view = {.data = v->b,
			    .len = v->len,
			    .avail = v->len,
			    .from_client = v->from_client,
			    .ip_len = r->tcp ? 0 : v->len + 28,
			    .nth = v->nth,
			    .nth_of_flow = v->nth_of_flow,
			    .gap = m->gap_off ? (m->gap_min + 999999999) / 1000000000 * 1000000000
					      : m->gap_min,
			    .sender = v->from_client ? &client_ip : &server_ip,
			    .receiver = v->from_client ? &server_ip : &client_ip};

	return match_from(m, v->from_client) && match_message(r, m, &view, in, pos) == MATCH_YES;
}

static unsigned long checked, stopped;

static void agree(const struct rule *r, const struct message *m, const struct msg *v,
		  const struct past *past, const char *what, unsigned at)
{
	bool want = says(r, m, v, past);

	checked++;
	stopped += !want;
	ck_assert_msg(engine_says(r, m, v, past) == want,
		      "rule %s, message %s, %s %u: the definition says %s", r->name, m->name, what,
		      at, want ? "yes" : "no");
}

static void mutate_message(const struct rule *r, const struct message *m, struct msg *v,
			   const struct past *past)
{
	agree(r, m, v, past, "example", 0);
	for (unsigned i = 0; i < v->len && i < 256; i++)
		for (unsigned bit = 0; bit < 8; bit++) {
			v->b[i] ^= (uint8_t)(1 << bit);
			agree(r, m, v, past, "byte", i);
			v->b[i] ^= (uint8_t)(1 << bit);
		}
	v->len--;
	agree(r, m, v, past, "shorter by", 1);
	v->len += 2;
	agree(r, m, v, past, "longer by", 1);
	v->len--;
	v->from_client = !v->from_client;
	agree(r, m, v, past, "the other direction", 0);
	v->from_client = !v->from_client;
	v->nth++;
	agree(r, m, v, past, "a later place in its direction", v->nth);
	v->nth--;
	v->nth_of_flow++;
	agree(r, m, v, past, "a later place in the flow", v->nth_of_flow);
	v->nth_of_flow--;
}

/* ---- whole rules through the engine ---- */

static bool plain_flow(const struct rule *r)
{
	for (unsigned i = 0; i < r->messages_n; i++)
		if (r->messages[i].gap_max || r->messages[i].growth.n)
			return false;
	return !r->tallies && r->steps_n && r->client != CLIENT_RECEIVER;
}

static uint16_t a_port(const struct numset *s, const struct numset *any, uint16_t dflt)
{
	if (s->n)
		return (uint16_t)(s->r[0].lo ? s->r[0].lo : s->r[0].hi);
	if (any->n)
		return (uint16_t)(any->r[0].lo ? any->r[0].lo : any->r[0].hi);
	return numset_has(s, dflt) ? dflt : 1;
}

/* Puts what the rule must know into memory. */
static void teach(struct feed *f, const struct rule *r, const struct endpoint *c,
		  const struct endpoint *s, const struct match *in)
{
	struct flow flow = {.port = {c->port, s->port}};

	memcpy(&flow.ip[0], c->ip.b, 4);
	memcpy(&flow.ip[1], s->ip.b, 4);
	for (unsigned i = 0; i < r->known_n; i++) {
		struct memory_key key;

		if (!r->known[i].negate && known_key(f->d, &r->known[i].key, &flow, 0, in, &key))
			memory_put(&f->d->memory, r->known[i].set, &key, engine_time(1),
				   1ULL << 60);
	}
}

static bool runs(struct signature_set *set, const struct rule *r, const struct msg *v, unsigned n,
		 const struct past *past)
{
	struct feed *f = malloc(sizeof(*f));
	char c[ENDPOINT_TEXT_LEN], s[ENDPOINT_TEXT_LEN];
	struct endpoint ce = {client_ip, a_port(&r->client_port, &r->any_port, 5000)};
	struct endpoint se = {server_ip, a_port(&r->server_port, &r->any_port, 33000)};
	struct match *in = inst_of(r, past);
	bool swap = r->client == CLIENT_RESPONDER, hit;

	feed_begin(f, set, NULL);
	teach(f, r, &ce, &se, in);
	endpoint_text(&ce, c);
	endpoint_text(&se, s);
	if (r->joined) /* the first packet says who opened it */
		feed_packet(f, IPPROTO_TCP, swap ? s : c, swap ? c : s, TH_ACK, 0, NULL, 0);
	else if (!r->udp)
		swap ? feed_open(f, s, c) : feed_open(f, c, s);
	for (unsigned i = 0; i < n; i++) {
		if (r->udp)
			feed_udp(f, v[i].from_client ? c : s, v[i].from_client ? s : c, v[i].b,
				 v[i].len);
		else
			feed_say(f, swap ? s : c, swap ? c : s, v[i].from_client == swap, v[i].b,
				 v[i].len);
	}
	detector_finish(f->d);
	hit = f->n > 0;
	detector_free(f->d);
	free(f);
	return hit;
}

/* UDP flows belong to who speaks first; rules that go by that cannot be turned round. */
static bool tellable(const struct rule *r, const struct msg *v, unsigned n)
{
	for (unsigned i = 1; i < n && !r->udp; i++)
		if (v[i].from_client == v[i - 1].from_client)
			return false; /* one turn: what a message is depends on segments */
	return !r->udp || r->client == CLIENT_SENDER || r->client == CLIENT_EITHER ||
	       v[0].from_client == (r->client == CLIENT_INITIATOR);
}

static void compare(struct signature_set *set, const struct rule *r, struct msg *v, unsigned n,
		    const struct past *past, const char *what, unsigned k)
{
	bool want, got;

	if (!tellable(r, v, n))
		return;
	want = any_fit(r, v, n);
	got = runs(set, r, v, n, past);
	checked++;
	stopped += !want;
	ck_assert_msg(got == want, "rule %s, %s %u: the definition says %s", r->name, what, k,
		      want ? "yes" : "no");
}

/* A wrong message of the same side comes first: what must be the next one no longer is. */
static void intrude(struct signature_set *set, const struct rule *r, const struct msg *v,
		    unsigned n, unsigned k, const struct past *past)
{
	static struct msg w[STEPS_MAX + 10];
	unsigned i = 0;

	for (unsigned from = 0; from < n; from++) {
		if (from == k) {
			w[i] = v[k];
			w[i++].len = v[k].len > 1 ? v[k].len - 1 : 2;
			if (!r->udp) { /* an answer, or the two would be one turn */
				w[i] = v[k];
				w[i].from_client = !v[k].from_client;
				w[i++].len = 1;
			}
		}
		w[i++] = v[from];
	}
	compare(set, r, w, i, past, "a wrong one before message", k);
}

static void mutate_rule(struct signature_set *set, const struct rule *r, struct msg *v, unsigned n,
			const struct past *past)
{
	for (unsigned k = 0; k < n; k++) {
		struct msg keep = v[k];

		if (n < STEPS_MAX + 6)
			intrude(set, r, v, n, k, past);
		v[k].len++;
		compare(set, r, v, n, past, "a byte more in message", k);
		v[k].len -= 2;
		if (v[k].len)
			compare(set, r, v, n, past, "a byte less in message", k);
		v[k].len++;
		for (unsigned i = 0; i < v[k].len && i < 96; i += BYTE_STEP) {
			v[k].b[i] ^= (uint8_t)(1 << (i % 8));
			compare(set, r, v, n, past, "a bit turned in message", k);
			v[k].b[i] ^= (uint8_t)(1 << (i % 8));
		}
		if (r->udp && r->client == CLIENT_SENDER && k) {
			v[k].from_client = !v[k].from_client;
			compare(set, r, v, n, past, "the wrong side says message", k);
		}
		v[k] = keep;
		if (r->udp && k) {
			v[k] = v[k - 1];
			v[k - 1] = keep;
			compare(set, r, v, n, past, "out of order: message", k);
			v[k - 1] = v[k];
			v[k] = keep;
		}
	}
}

/* The rule alone, reporting when it completes and doing nothing else. */
static struct signature_set *alone(const struct signature_set *all, struct rule *r)
{
	struct signature_set *one = calloc(1, sizeof(*one));

	*one = *all;
	one->dispatch = NULL;
	one->rules_n = 1;
	one->rules[0] = r;
	r->index = 0;
	actions_init(&r->then);
	r->then.event = EVENT_EVIDENCE;
	r->end_event = -1;
	for (unsigned s = 0; s < r->steps_n; s++)
		r->steps[s].has_then = false;
	signature_set_compile(one);
	return one;
}

static unsigned whole_rules, no_example;

static void check_rule(const struct signature_set *all, struct rule *r, struct rng *rng)
{
	struct signature_set *one = alone(all, r);
	static struct msg v[MESSAGES_MAX], line[STEPS_MAX + 8];
	struct past past = {{0}};
	unsigned n = 0, nth[2] = {0, 0};
	bool ok = true;

	for (unsigned m = 0; m < r->messages_n; m++)
		for (unsigned k = 0; k < r->messages[m].tests_n; k++)
			if (r->messages[m].tests[k].kind >= TEST_HTTP) { /* t_http.c, t_dns.c */
				dispatch_free(one->dispatch);
				free(one);
				return;
			}
	for (unsigned m = 0; m < r->messages_n; m++) {
		const struct step *s = r->steps;
		bool first;

		v[m].nth = r->messages[m].nth.n ? r->messages[m].nth.r[0].lo : 1;
		v[m].nth_of_flow =
			r->messages[m].nth_of_flow.n ? r->messages[m].nth_of_flow.r[0].lo : 1;
		if (r->messages[m].unanswered)
			v[m].nth = v[m].nth_of_flow;
		if (!example(r, &r->messages[m], &past, rng, &v[m])) {
			no_example++;
			printf("no example: %s, rule %s, message %s\n",
			       all->signatures[r->signature].info.name, r->name,
			       r->messages[m].name);
			ok = false;
			continue;
		}
		mutate_message(r, &r->messages[m], &v[m], &past);
		past.of[m] = &v[m];
		while (!r->tallies && m >= (unsigned)(s->first + s->n))
			s++;
		first = !r->tallies && s->first == m;
		for (unsigned i = 0; first && i < s->repeat_min && n < ARRAY_LEN(line); i++) {
			line[n] = v[m];
			line[n].nth = ++nth[v[m].from_client];
			line[n].nth_of_flow = n + 1;
			n++;
		}
	}
	if (ok && plain_flow(r) && tellable(r, line, n) && any_fit(r, line, n)) {
		compare(one, r, line, n, &past, "as it should be", 0);
		mutate_rule(one, r, line, n, &past);
		whole_rules++;
	}
	dispatch_free(one->dispatch);
	free(one);
}

START_TEST(signatures_match_exactly_when_their_definitions_say_so)
{
	const char *all = "all";
	struct err e = {0};
	struct signature_set *set = signatures_load(&all, 1, &e);
	struct rng rng;

	ck_assert_msg(set != NULL, "%s", e.msg);
	client_ip = at(CLIENT).ip;
	own_ip = at(OWN ":1").ip;
	ck_assert_int_eq(signatures_own_addresses(set, (const char *const[]){OWN}, 1, &e), 0);
	server_ip = at("192.0.2.7:1").ip;
	rng_init(&rng, 2006, "property");
	for (size_t i = 0; i < set->rules_n; i++)
		check_rule(set, set->rules[i], &rng);
	ck_assert_uint_eq(no_example, 0);
	ck_assert_uint_ge(whole_rules, set->rules_n / 4);
	ck_assert_uint_gt(stopped, checked / 20);
	printf("property: %zu rules, %u whole, %lu changed messages, %lu stopped matching\n",
	       set->rules_n, whole_rules, checked, stopped);
	signatures_free(set);
}
END_TEST

UNIT(property)
{
	unit_case(tc, signatures_match_exactly_when_their_definitions_say_so);
}
