// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * dispatch.c - one look at a payload for the first messages of all rules
 *
 * Every message that can start a rule has a bit. There is a row of bits per payload size, per port
 * class, per place in the flow and, for the few byte offsets that first messages test most, per
 * byte value. The AND of a payload's rows is the set of starts worth trying, most often none. The
 * cost per packet is a handful of loads and grows by one word per 64 first messages. What rows
 * cannot express is tested afterwards on the candidates, so rows may allow too much, never too
 * little.
 *
 * TCP: a segment may be the beginning of a message, so a size row holds every start whose message
 * may be that long or longer, and bytes that are not there yet allow everything.
 */
#include <stdlib.h>
#include <string.h>

#include "detector/language/dispatch.h"
#include "detector/language/http_test.h"

static void set_bit(uint64_t *row, size_t bit)
{
	row[bit / 64] |= 1ULL << (bit % 64);
}

/* Values of a byte, by bit. */
struct values {
	uint64_t bits[4];
};

/* Adds to @out the values that are @value under @mask. */
static void add_values(struct values *out, uint8_t value, uint8_t mask)
{
	uint8_t free_bits = (uint8_t)~mask, v = free_bits;

	if (value & free_bits)
		return;				      /* no byte has a bit there under the mask */
	for (;; v = (uint8_t)((v - 1) & free_bits)) { /* each choice of the bits that are free */
		set_bit(out->bits, value | v);
		if (!v)
			return;
	}
}

/* Adds to @out the values that a request's byte at offset @at may have: of its method. False: any. */
static bool add_http(struct values *out, const struct http_test *t, uint32_t at)
{
	for (unsigned i = 0; i < HTTP_TEXTS && t->methods[i]; i++) {
		if (at >= strlen(t->methods[i]))
			return false;
		add_values(out, (uint8_t)t->methods[i][at], 0xff);
	}
	for (unsigned c = 0; c < 256 && !at && !t->methods[0]; c++)
		if (http_is_method((uint8_t)c))
			add_values(out, (uint8_t)c, 0xff);
	return !at || t->methods[0];
}

static void narrow(struct values *to, const struct values *by)
{
	for (unsigned w = 0; w < ARRAY_LEN(to->bits); w++)
		to->bits[w] &= by->bits[w];
}

/* The values that @m allows at offset @at, by its plain byte tests and the method of a request; false = no
 * test says. */
static bool allowed(const struct message *m, uint32_t at, struct values *out)
{
	bool any = false;

	memset(out, 0xff, sizeof(*out));
	for (unsigned i = 0; i < m->tests_n; i++) {
		const struct test *t = &m->tests[i];
		struct values hit = {0};

		if (t->kind == TEST_HTTP && !t->negate && add_http(&hit, t->http, at)) {
			narrow(out, &hit);
			any = true;
		}
		if (t->kind != TEST_BYTES || t->negate || t->at < 0 || at < (uint32_t)t->at ||
		    at >= (uint32_t)t->at + t->length)
			continue;
		for (unsigned a = 0; a < t->alternatives; a++) {
			size_t k = (size_t)a * t->length + (at - (uint32_t)t->at);

			add_values(&hit, t->values[k], t->masks[k]);
		}
		narrow(out, &hit);
		any = true;
	}
	return any;
}

static unsigned count(const struct values *v)
{
	unsigned n = 0;

	for (unsigned w = 0; w < ARRAY_LEN(v->bits); w++)
		n += (unsigned)__builtin_popcountll(v->bits[w]);
	return n;
}

static const struct message *message_of(const struct signature_set *set,
					const struct dispatch_start *s)
{
	return &set->rules[s->rule]->messages[s->message];
}

/* Chooses the offsets whose bytes exclude the most values, summed over all starts. */
static void choose_offsets(struct dispatch_proto *d, const struct signature_set *set)
{
	unsigned score[64] = {0};

	for (size_t i = 0; i < d->n; i++)
		for (uint32_t at = 0; at < 64; at++) {
			struct values v;

			if (allowed(message_of(set, &d->starts[i]), at, &v))
				score[at] += 256 - count(&v);
		}
	for (d->offsets = 0; d->offsets < DISPATCH_OFFSETS; d->offsets++) {
		unsigned best = 0;

		for (unsigned at = 1; at < 64; at++)
			if (score[at] > score[best])
				best = at;
		if (!score[best])
			break;
		d->offset[d->offsets] = (uint16_t)best;
		score[best] = 0;
	}
}

static int by_value(const void *a, const void *b)
{
	uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;

	return x < y ? -1 : x > y;
}

/* Classes ports: a new class begins wherever some rule's set begins or ends. @first gets the first
 * port of each. The number of classes, or 0 when there are more than 256. */
static unsigned port_classes(struct dispatch_proto *d, const struct signature_set *set,
			     uint32_t first[256])
{
	uint32_t *cuts = xmalloc(RULES_MAX * 3 * NUMSET_MAX * 2 * sizeof(*cuts));
	size_t n = 0;
	unsigned classes = 1;

	for (size_t i = 0; i < d->n; i++) {
		const struct rule *r = set->rules[d->starts[i].rule];
		const struct numset *sets[3] = {&r->client_port, &r->server_port, &r->any_port};

		if (i && d->starts[i].rule == d->starts[i - 1].rule)
			continue;
		for (unsigned k = 0; k < 3; k++)
			for (unsigned a = 0; a < sets[k]->n; a++) {
				cuts[n++] = sets[k]->r[a].lo;
				cuts[n++] = sets[k]->r[a].hi == UINT32_MAX ? UINT32_MAX
									   : sets[k]->r[a].hi + 1;
			}
	}
	qsort(cuts, n, sizeof(*cuts), by_value);
	first[0] = 0;
	for (size_t i = 0; i < n && classes <= 256; i++)
		if (cuts[i] > first[classes - 1] && cuts[i] < 65536) {
			if (classes < 256)
				first[classes] = cuts[i];
			classes++;
		}
	free(cuts);
	if (classes > 256)
		return 0; /* the rules themselves will ask for ports */
	for (unsigned c = 0; c < classes; c++)
		memset(d->port_class + first[c], (int)c,
		       (c + 1 < classes ? first[c + 1] : 65536) - first[c]);
	return classes;
}

static void fill_ports(struct dispatch_proto *d, const struct signature_set *set)
{
	uint32_t first[256];
	unsigned classes = port_classes(d, set, first);

	for (unsigned c = 0; c < (classes ? classes : 1); c++)
		for (size_t i = 0; i < d->n; i++) {
			const struct rule *r = set->rules[d->starts[i].rule];
			enum from from = message_of(set, &d->starts[i])->from;
			bool client = !classes || numset_has(&r->client_port, first[c]);
			bool server = !classes || numset_has(&r->server_port, first[c]);

			if (r->client == CLIENT_RECEIVER) /* the first message is the server's */
				from = FROM_SERVER;
			if (from == FROM_EITHER)
				client = server = client || server;
			if (from == FROM_SERVER ? server : client)
				set_bit(dispatch_row(d, ROWS_SRC, c), i);
			if (from == FROM_SERVER ? client : server)
				set_bit(dispatch_row(d, ROWS_DST, c), i);
			if (!classes || numset_has(&r->any_port, first[c]))
				set_bit(dispatch_row(d, ROWS_ANY, c), i);
		}
}

static bool has_from(const struct numset *s, uint32_t v)
{
	return v < DISPATCH_NTH ? numset_has(s, v) : numset_max(s) >= v;
}

/* Whether the rule may start with its message @m going that way: not when the rule says which side
 * is the client and the message would come from the other; nor as a segment when it reads
 * bursts. */
static bool goes(const struct rule *r, const struct message *m, unsigned way, bool tcp)
{
	unsigned dir = way & 1;

	if (tcp && r->psh != ((way & WAY_PSH) != 0))
		return false;
	if (m->from == FROM_EITHER)
		return true;
	if (r->client == CLIENT_INITIATOR)
		return (m->from == FROM_CLIENT) == (dir == 0);
	if (r->client == CLIENT_RESPONDER)
		return (m->from == FROM_CLIENT) == (dir == 1);
	return true;
}

/* Whether the message is searched for something, with nothing needed but its own bytes. */
static bool seeks(const struct message *m)
{
	bool any = false;

	for (unsigned i = 0; i < m->tests_n; i++) {
		const struct test *t = &m->tests[i];

		any |= t->kind == TEST_CONTAINS || t->kind == TEST_AGAIN ||
		       t->kind == TEST_NIBBLES || t->kind == TEST_SEQUENCE ||
		       t->kind == TEST_HTTP || t->kind == TEST_DNS;
		if (t->kind == TEST_ADDRESS || t->ref >= 0)
			return false;
	}
	return any && m->size_ref < 0 && !m->whole;
}

/* Room for the rows. */
static void make_rows(struct dispatch_proto *d)
{
	size_t at = 0;

	d->words = (unsigned)((d->n + 63) / 64);
	for (unsigned t = 0; t < ROWS_TABLES; t++) {
		d->table[t] = (uint32_t)at;
		at += d->words * (t == ROWS_SIZE || t == ROWS_SECOND ? DISPATCH_SIZES + 1
				  : t <= ROWS_NTH_OF_FLOW	     ? DISPATCH_NTH + 1
								     : (size_t)256);
	}
	d->rows = xcalloc(at + 1, sizeof(*d->rows));
}

/* Rows of sizes of start @i, in @table, for its message @m; @parts: it may come in parts. */
static void fill_sizes(struct dispatch_proto *d, unsigned table, const struct message *m, size_t i,
		       bool parts)
{
	const struct numset *s = &m->size;
	bool any = m->size_ref >= 0 || !s->n;

	for (unsigned k = 0; k < (any || parts ? 1U : s->n); k++) {
		uint32_t lo = any || parts ? 1 : s->r[k].lo, hi = any	  ? UINT32_MAX
								  : parts ? numset_max(s)
									  : s->r[k].hi;

		for (uint32_t n = lo ? lo : 1; n <= hi && n < DISPATCH_SIZES; n++)
			set_bit(dispatch_row(d, table, n), i);
	}
	if (any || numset_max(s) >= DISPATCH_SIZES)
		set_bit(dispatch_row(d, table, DISPATCH_SIZES), i);
}

static void fill_bytes(struct dispatch_proto *d, const struct message *m, size_t i)
{
	struct values v;

	for (unsigned o = 0; o < d->offsets; o++) {
		allowed(m, d->offset[o], &v);
		for (unsigned w = 0; w < ARRAY_LEN(v.bits); w++)
			for (uint64_t left = v.bits[w]; left; left &= left - 1)
				set_bit(dispatch_row(d, ROWS_BYTE + o,
						     64 * w + (unsigned)__builtin_ctzll(left)),
					i);
	}
}

/* Whether a rule that has taken its first message @m needs nothing else of it than its first bytes: a
 * second one must follow, nothing is asked or done before. */
static bool may_wait(const struct rule *r, const struct message *m)
{
	const struct step *second = &r->steps[1];

	if (r->steps_n < 2 || r->steps[0].repeat_max > 1 || r->steps[0].has_then ||
	    second->optional || m->version || m->version_after)
		return false;
	for (unsigned i = 0; i < r->known_n; i++)
		if (!r->known[i].hold && !r->known[i].key.length)
			return false;
	for (unsigned i = 0; i < m->saves_n; i++)
		if (m->saves[i].at < 0 || m->saves[i].at + m->saves[i].length > WAITING_BYTES)
			return false;
	for (unsigned i = second->first; m->from == FROM_EITHER && i < second->first + second->n;
	     i++)
		if (r->messages[i].from != FROM_EITHER)
			return false; /* which way that goes is not known here */
	return true;
}

static uint64_t sooner(uint64_t a, uint64_t b)
{
	return !a || (b && b < a) ? b : a;
}

/* What is known beforehand of the second message of start @i. */
static void fill_waiting(struct dispatch_proto *d, const struct signature_set *set, size_t i)
{
	const struct rule *r = set->rules[d->starts[i].rule];
	const struct message *first = message_of(set, &d->starts[i]);
	const struct step *second = &r->steps[1];
	struct dispatch_waiting *wait = &d->waiting;

	if (i >= WAITING_WORDS * 64 || !may_wait(r, first))
		return;
	set_bit(wait->starts, i);
	wait->within[i] = sooner(r->within, second->within);
	for (unsigned k = second->first; k < second->first + second->n; k++) {
		const struct message *m = &r->messages[k];

		for (unsigned same = 0; same < 2; same++) {
			if (m->from != FROM_EITHER && (m->from == first->from) != same)
				continue;
			set_bit(wait->toward[same], i);
			if (m->next)
				set_bit(wait->next[same], i);
		}
		fill_sizes(d, ROWS_SECOND, m, i, false);
	}
}

static void fill(struct dispatch_proto *d, const struct signature_set *set, bool tcp)
{
	make_rows(d);
	choose_offsets(d, set);
	for (size_t i = 0; i < d->n; i++) {
		const struct rule *r = set->rules[d->starts[i].rule];
		const struct message *m = message_of(set, &d->starts[i]);

		if (seeks(m))
			set_bit(d->seeks, i);
		fill_sizes(d, ROWS_SIZE, m, i, tcp && !r->psh);
		if (!tcp)
			fill_waiting(d, set, i);
		for (uint32_t n = 0; n <= DISPATCH_NTH; n++) {
			for (unsigned way = 0; way < 4; way++)
				if (has_from(&m->nth, n) && goes(r, m, way, tcp))
					set_bit(dispatch_row(d, ROWS_NTH + way, n), i);
			if (has_from(&m->nth_of_flow, n))
				set_bit(dispatch_row(d, ROWS_NTH_OF_FLOW, n), i);
		}
		fill_bytes(d, m, i);
	}
	fill_ports(d, set);
}

static void add_start(struct dispatch_proto *d, const struct rule *r, uint16_t rule,
		      unsigned message)
{
	const struct message *m = &r->messages[message];

	if (d->n == DISPATCH_WORDS * 64) {
		d->overflow = true;
		return;
	}
	if (!message)
		d->first_of[rule] = (uint16_t)d->n;
	d->starts[d->n++] = (struct dispatch_start){.rule = rule,
						    .message = (uint8_t)message,
						    .client = (uint8_t)r->client,
						    .from = (uint8_t)m->from,
						    .psh = r->psh,
						    .joined = r->joined,
						    .quick_mask = m->quick_mask,
						    .quick = m->quick,
						    .quick_at = m->quick_at};
}

void dispatch_rule(const struct dispatch_proto *d, uint16_t rule, uint64_t row[])
{
	for (size_t i = d->first_of[rule]; i < d->n && d->starts[i].rule == rule; i++)
		set_bit(row, i);
}

static void add_rule(struct dispatch *d, const struct rule *r, uint16_t i)
{
	unsigned n = rule_begins_by(r);

	if (r->shared_first) { /* the first one starts, and is done, for it */
		d->udp.first_of[i] = d->udp.first_of[r->shared_first->index];
		d->tcp.first_of[i] = d->tcp.first_of[r->shared_first->index];
		return;
	}
	if (r->on_open) {
		d->open[d->open_n++] = i;
		return;
	}
	for (unsigned m = 0; m < n && r->udp; m++)
		add_start(&d->udp, r, i, m);
	for (unsigned m = 0; m < n && r->tcp; m++)
		add_start(&d->tcp, r, i, m);
}

struct dispatch *dispatch_new(const struct signature_set *set)
{
	struct dispatch *d = xcalloc(1, sizeof(*d));

	for (size_t i = 0; i < set->rules_n; i++)
		add_rule(d, set->rules[i], (uint16_t)i);
	fill(&d->udp, set, false);
	fill(&d->tcp, set, true);
	return d;
}

void dispatch_free(struct dispatch *d)
{
	if (!d)
		return;
	free(d->udp.rows);
	free(d->tcp.rows);
	free(d);
}
