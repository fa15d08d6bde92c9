// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Flow records, and rules about them: how packets become records, against a reading of the same words that
 * keeps every packet and looks at all of them; and what rules then report, the same way.
 */
#include "base/rng.h"
#include "detector/engine/flow.h"
#include "detector/engine/meter.h"
#include "detector/engine/record_ports.h"
#include "detector/language/number_set.h"
#include "tests/unit/feed.h"

#define SECOND 1000000000ULL
#define MANY   3000

/* ---- made-up packets ---- */

static struct endpoint end_of(unsigned host, unsigned port)
{
	return (struct endpoint){.ip = {.family = 4, .b = {10, 0, 0, (uint8_t)(1 + host)}},
				 .port = (uint16_t)port};
}

/* Few hosts and ports, so that flows meet; pauses around both timeouts. */
static void make_packets(struct packet *p, size_t n, uint64_t seed)
{
	static const uint64_t pauses[] = {0,	     1000,	 SECOND / 10,	 SECOND / 2,
					  SECOND,    2 * SECOND, 2 * SECOND - 1, 2 * SECOND + 1,
					  9 * SECOND};
	uint64_t now = 1156534332 * SECOND;
	struct rng rng;

	rng_init(&rng, seed, "records");
	for (size_t i = 0; i < n; i++) {
		unsigned pause = (unsigned)rng_range(&rng, 0, 24);

		now += pauses[pause < ARRAY_LEN(pauses) ? pause : rng_range(&rng, 0, 2)];
		p[i] = (struct packet){
			.ts_ns = now,
			.number = i + 1,
			.proto = rng_range(&rng, 0, 1) ? IPPROTO_TCP : IPPROTO_UDP,
			.src = end_of((unsigned)rng_range(&rng, 0, 2),
				      (unsigned)rng_range(&rng, 1023, 1025)),
			.dst = end_of((unsigned)rng_range(&rng, 0, 2),
				      (unsigned)rng_range(&rng, 1023, 1025)),
			.ip_len = rng_range(&rng, 0, 1) ? 46 : (uint32_t)rng_range(&rng, 40, 50),
		};
		if (i && !rng_range(&rng, 0, 1)) { /* the same two, most often the other way */
			bool back = rng_range(&rng, 0, 3);

			p[i].src = back ? p[i - 1].dst : p[i - 1].src;
			p[i].dst = back ? p[i - 1].src : p[i - 1].dst;
		}
		if (p[i].proto == IPPROTO_TCP)
			p[i].tcp_flags = (uint8_t)(1U << rng_range(&rng, 0, 4));
	}
}

/* ---- records, read once more ---- */

struct list {
	struct flow_record r[MANY];
	size_t n;
};

static bool same_end(const struct endpoint *a, const struct endpoint *b)
{
	return ip_eq(&a->ip, &b->ip) && a->port == b->port;
}

static bool of_tuple(const struct packet *p, const struct packet *as, bool either)
{
	return p->proto == as->proto &&
	       ((same_end(&p->src, &as->src) && same_end(&p->dst, &as->dst)) ||
		(either && same_end(&p->src, &as->dst) && same_end(&p->dst, &as->src)));
}

static struct flow_record *record_of(struct list *l, size_t from, const struct packet *p)
{
	for (size_t i = from; i < l->n; i++)
		if (same_end(&l->r[i].flow.src, &p->src) && same_end(&l->r[i].flow.dst, &p->dst))
			return &l->r[i];
	l->r[l->n++] = (struct flow_record){.flow = {p->proto, p->src, p->dst},
					    .first_ns = p->ts_ns,
					    .number = p->number,
					    .flags_known = true};
	return &l->r[l->n - 1];
}

/* Each packet in turn, where no earlier one is of its flow: the flow's packets, cut where the words say. */
static void read_records(const struct packet *p, size_t n, const struct record_times *t,
			 struct list *out)
{
	out->n = 0;
	for (size_t i = 0; i < n; i++) {
		uint64_t begun = p[i].ts_ns, last = p[i].ts_ns;
		size_t from = out->n;
		bool known = false;

		for (size_t k = 0; k < i && !known; k++)
			known = of_tuple(&p[k], &p[i], t->both);
		for (size_t k = i; k < n && !known; k++) {
			struct flow_record *r;

			if (!of_tuple(&p[k], &p[i], t->both))
				continue;
			if (p[k].ts_ns - last >= t->inactive || p[k].ts_ns - begun >= t->active) {
				from = out->n;
				begun = p[k].ts_ns;
			}
			last = p[k].ts_ns;
			r = record_of(out, from, &p[k]);
			r->last_ns = p[k].ts_ns;
			r->packets++;
			r->bytes += p[k].ip_len;
			r->flags |= p[k].tcp_flags;
		}
	}
}

static int by_beginning(const void *a, const void *b)
{
	const struct flow_record *x = a, *y = b;

	return x->first_ns != y->first_ns ? (x->first_ns < y->first_ns ? -1 : 1)
					  : (x->number > y->number) - (x->number < y->number);
}

static void keep_record(void *arg, const struct flow_record *r)
{
	struct list *l = arg;

	ck_assert_uint_lt(l->n, MANY);
	l->r[l->n++] = *r;
}

static void check_same(const struct list *a, const struct list *b)
{
	ck_assert_uint_eq(a->n, b->n);
	for (size_t i = 0; i < a->n; i++) {
		const struct flow_record *x = &a->r[i], *y = &b->r[i];

		ck_assert_msg(x->number == y->number && x->first_ns == y->first_ns &&
				      x->last_ns == y->last_ns && x->packets == y->packets &&
				      x->bytes == y->bytes && x->flags == y->flags &&
				      same_end(&x->flow.src, &y->flow.src) &&
				      same_end(&x->flow.dst, &y->flow.dst),
			      "record %zu of %zu: frame %llu, %llu packets, %llu bytes; read: "
			      "frame %llu, "
			      "%llu packets, %llu bytes",
			      i, a->n, (unsigned long long)x->number,
			      (unsigned long long)x->packets, (unsigned long long)x->bytes,
			      (unsigned long long)y->number, (unsigned long long)y->packets,
			      (unsigned long long)y->bytes);
	}
}

static const uint64_t hash_key[2] = {3, 5};

static uint32_t hash_of(const struct packet *p)
{
	return flows_hash_ends(hash_key, p->proto, &p->src, &p->dst);
}

static const struct record_times times[] = {{9 * SECOND, 2 * SECOND, false},
					    {9 * SECOND, 2 * SECOND, true},
					    {SECOND, SECOND, false},
					    {1800 * SECOND, 15 * SECOND, true},
					    {1, 1, false}};

START_TEST(records_are_cut_as_the_words_say)
{
	struct packet *p = xcalloc(MANY, sizeof(*p));
	struct list *made = xcalloc(1, sizeof(*made)), *read = xcalloc(1, sizeof(*read));
	struct meter *m = meter_new(&times[_i], 1000, hash_key, keep_record, made);
	struct meter_stats stats;

	make_packets(p, MANY, (uint64_t)_i);
	for (size_t i = 0; i < MANY; i++)
		if ((p[i].src.ip.b[3] + p[i].dst.ip.b[3]) % 3 == 0) /* some pairs speak IPv6 */
			p[i].src.ip.family = p[i].dst.ip.family = 6;
	for (size_t i = 0; i < MANY; i++) {
		meter_packet(m, &p[i], hash_of(&p[i]), p[i].ts_ns);
		ck_assert_uint_le(meter_oldest(m), p[i].ts_ns);
	}
	meter_finish(m);
	ck_assert_uint_eq(meter_oldest(m), UINT64_MAX);
	meter_stats(m, &stats);
	ck_assert(stats.records == made->n && stats.cut == 0);
	read_records(p, MANY, &times[_i], read);
	qsort(made->r, made->n, sizeof(made->r[0]), by_beginning);
	qsort(read->r, read->n, sizeof(read->r[0]), by_beginning);
	ck_assert_uint_gt(made->n, 50);
	check_same(made, read);
	meter_free(m);
	free(made);
	free(read);
	free(p);
}
END_TEST

START_TEST(a_full_meter_ends_the_longest_idle)
{
	const struct record_times t = {100 * SECOND, 50 * SECOND, false};
	struct list *made = xcalloc(1, sizeof(*made));
	struct meter *m = meter_new(&t, 2, hash_key, keep_record, made);
	struct meter_stats stats;

	for (unsigned i = 0; i < 3; i++) {
		struct packet p = {.ts_ns = (i + 1) * SECOND,
				   .number = i + 1,
				   .proto = IPPROTO_UDP,
				   .src = end_of(i, 1),
				   .dst = end_of(9, 1),
				   .ip_len = 40};

		meter_packet(m, &p, hash_of(&p), p.ts_ns);
		if (i == 1) { /* the first is the younger one now */
			p.src = end_of(0, 1);
			meter_packet(m, &p, hash_of(&p), p.ts_ns);
		}
	}
	meter_stats(m, &stats);
	ck_assert(made->n == 1 && made->r[0].number == 2);
	ck_assert(stats.cut == 1 && stats.records == 1);
	meter_time(m, 53 * SECOND - 1);
	ck_assert_uint_eq(made->n, 2);
	meter_time(m, 53 * SECOND);
	ck_assert_uint_eq(made->n, 3);
	meter_free(m);
	free(made);
}
END_TEST

/* ---- rules ---- */

#define RULES                                                                                      \
	"records: {inactive: 2 s, active: 9 s}\n"                                                  \
	"sets: {noted: 1 s, counted: 5 s}\nrules:\n"                                               \
	"  - rule: note\n    proto: udp\n    client: receiver\n"                                   \
	"    flow: {client-port: 1024.., server-host: '!10.0.0.3'}\n"                              \
	"    record: [{packets: 1, bytes: 46}, {packets: 2, bytes: ..95}]\n"                       \
	"    then: {remember: {in: noted, key: [client-ip, server]}}\n"                            \
	"  - rule: connection\n    proto: tcp\n    client: sender\n"                               \
	"    flow: {known: {in: noted, key: [client-ip, server]}}\n"                               \
	"    record: {packets: 2.., flags: [psh, '!rst'], duration: {most: 3 s}}\n"                \
	"    then: {event: session-start}\n"                                                       \
	"  - rule: counted\n    proto: any\n    record: {mean-size: 45..}\n"                       \
	"    then: {event: evidence, count: {in: counted, key: [client-ip, server-ip], least: "    \
	"2},\n"                                                                                    \
	"           forget: {in: noted, key: [client-ip, server]}}\n"

/* What is known, by who: @count of them, until. */
struct fact {
	struct ip client;
	struct endpoint server;
	bool counted;
	unsigned count;
	uint64_t until;
};

struct facts {
	struct fact f[MANY];
	size_t n;
};

static struct fact *fact_of(struct facts *k, const struct endpoint *client,
			    const struct endpoint *server, bool counted)
{
	for (size_t i = 0; i < k->n; i++)
		if (k->f[i].counted == counted && ip_eq(&k->f[i].client, &client->ip) &&
		    ip_eq(&k->f[i].server.ip, &server->ip) &&
		    (counted || k->f[i].server.port == server->port))
			return &k->f[i];
	k->f[k->n] = (struct fact){.client = client->ip, .server = *server, .counted = counted};
	return &k->f[k->n++];
}

/* The three rules in C. Bit by rule that reports. */
static unsigned ask_rules(struct facts *k, const struct flow_record *r)
{
	uint64_t lasted = r->last_ns - r->first_ns;
	unsigned said = 0;
	struct fact *f;

	if (r->flow.proto == IPPROTO_UDP && r->flow.dst.port >= 1024 && r->flow.src.ip.b[3] != 3 &&
	    ((r->packets == 1 && r->bytes == 46) || (r->packets == 2 && r->bytes <= 95)))
		fact_of(k, &r->flow.dst, &r->flow.src, false)->until = r->last_ns + SECOND;
	if (r->flow.proto == IPPROTO_TCP && r->packets >= 2 && (r->flags & TH_PUSH) &&
	    !(r->flags & TH_RST) && lasted <= 3 * SECOND &&
	    fact_of(k, &r->flow.src, &r->flow.dst, false)->until >= r->first_ns)
		said |= 1;
	if (r->bytes / r->packets >= 45) {
		f = fact_of(k, &r->flow.src, &r->flow.dst, true);
		if (f->until < r->last_ns)
			f->count = 0;
		f->until = r->last_ns + 5 * SECOND;
		if (++f->count >= 2) {
			said |= 2;
			fact_of(k, &r->flow.src, &r->flow.dst, false)->until = 0;
		}
	}
	return said;
}

START_TEST(rules_report_what_the_words_say)
{
	const struct record_times t = {9 * SECOND, 2 * SECOND, false};
	struct packet *p = xcalloc(MANY, sizeof(*p));
	struct list *read = xcalloc(1, sizeof(*read));
	struct facts *k = xcalloc(1, sizeof(*k));
	struct feed *f = feed_new(RULES);
	size_t at = 0, sessions = 0;

	make_packets(p, MANY, 100 + (uint64_t)_i);
	for (size_t i = 0; i < MANY; i++)
		detector_packet(f->d, &p[i]);
	detector_finish(f->d);
	read_records(p, MANY, &t, read);
	qsort(read->r, read->n, sizeof(read->r[0]), by_beginning);
	for (size_t i = 0; i < read->n; i++) {
		const struct flow_record *r = &read->r[i];
		unsigned said = ask_rules(k, r);

		for (unsigned rule = 0; rule < 2; rule++) {
			const struct detection_event *ev = &f->events[at];

			if (!(said >> rule & 1))
				continue;
			ck_assert_uint_lt(at, f->n);
			ck_assert_msg(ev->number == r->number &&
					      ev->kind ==
						      (rule ? EVENT_EVIDENCE : EVENT_SESSION_START),
				      "event %zu is %s of frame %llu, expected rule %u of %llu", at,
				      ev->rule, (unsigned long long)ev->number, rule,
				      (unsigned long long)r->number);
			ck_assert(ev->record && ev->flow_first_ns == r->first_ns &&
				  ev->record_last_ns == r->last_ns &&
				  ev->flow_packets == r->packets && ev->flow_bytes == r->bytes &&
				  ev->ts_ns == r->last_ns);
			ck_assert(same_end(&ev->flow.src, &r->flow.src));
			ck_assert(rule || same_end(&ev->super_node, &r->flow.dst));
			sessions += !rule;
			at++;
		}
	}
	ck_assert_uint_eq(at, f->n);
	ck_assert_uint_gt(at, 20);
	ck_assert_uint_gt(sessions, 0);
	feed_free(f);
	free(k);
	free(read);
	free(p);
}
END_TEST

/* Signatures whose records are made in more ways than there are groups of ports (record_ports.h); the last ones ask for
 * some ports alone, and for both directions. */
#define WAYS	 11
#define ALL_WAYS ((1U << WAYS) - 1)

static char *text_of_way(unsigned i)
{
	static const char *const protocols[] = {"udp", "tcp", "any"};
	char *ports = i < 6 ? xstrdup("")
			    : xasprintf("%s: [0, %u], ", i & 1 ? "client-port" : "server-port",
					1023 + i % 3);
	char *text = xasprintf(
		"signature: way-%u\nrevision: 1\ndate: 2006-01-01\ntitle: t\nsource: t\n"
		"versions: []\nrecords: {inactive: %u ms, active: %u ms%s}\n"
		"sets: {noted: 1 s}\nrules:\n"
		"  - {rule: note, proto: %s, client: %s, flow: {%sclient-host: '!10.0.0.9'},\n"
		"     record: {packets: 1}, then: {remember: {in: noted, key: client-ip}}}\n"
		"  - {rule: found, proto: any, flow: {%sknown: {in: noted, key: client-ip}},\n"
		"     record: {packets: 1..}, then: {event: evidence}}\n",
		i, 400 * (2 + i % 4), 2000 + 100 * i, i % 3 ? "" : ", of: flow", protocols[i % 3],
		i & 2 ? "receiver" : "sender", ports, ports);

	free(ports);
	return text;
}

/* Of the ways whose bits are set. */
static struct signature_set *set_of_ways(uint64_t ways)
{
	struct signature_set *set = signature_set_new();
	struct err e = {0};

	for (unsigned i = 0; i < WAYS; i++) {
		char *text = ways >> i & 1 ? text_of_way(i) : NULL;

		ck_assert_msg(!text || !signature_add_text(set, "t.yaml", text, strlen(text), &e),
			      "%s", e.msg);
		free(text);
	}
	signature_set_compile(set);
	return set;
}

static struct feed *feed_of_ways(uint64_t ways)
{
	struct feed *f = malloc(sizeof(*f));

	feed_begin(f, set_of_ways(ways), NULL);
	return f;
}

/* Makes the records of packets ahead, in blocks, some of them long before they are read. */
static void feed_ahead(struct feed *g, const struct packet *p, size_t n, uint64_t seed)
{
	struct prefilter *found = xcalloc(n, sizeof(*found));
	size_t ahead = 0;
	struct rng rng;

	rng_init(&rng, seed, "blocks");
	detector_meter_ahead(g->d, true);
	for (size_t at = 0; at < n;) {
		size_t block = rng_range(&rng, 1, 90), part = rng_range(&rng, 1, 70);

		if (block > n - ahead)
			block = n - ahead;
		detector_prefilter(g->d, p + ahead, block, found + ahead);
		ahead += block;
		if (part > ahead - at)
			part = ahead - at;
		detector_prefiltered(g->d, p + at, found + at, part);
		at += part;
	}
	detector_finish(g->d);
	free(found);
}

static bool is_same(const struct detection_event *a, const struct detection_event *b)
{
	return a->number == b->number && a->kind == b->kind && a->ts_ns == b->ts_ns &&
	       a->record == b->record && !strcmp(a->rule, b->rule) &&
	       !strcmp(a->signature, b->signature);
}

/* Records that a thread makes which reads ahead: the same events in the same order. */
START_TEST(records_made_ahead_say_the_same)
{
	static const char rules[] = RULES
		"  - {rule: data, proto: udp, steps: [{message: m, size: 1..}], then: {event: "
		"flow}}\n";
	bool ways = _i & 1;
	struct packet *p = xcalloc(MANY, sizeof(*p));
	struct feed *f = ways ? feed_of_ways(ALL_WAYS) : feed_new(rules);
	struct feed *g = ways ? feed_of_ways(ALL_WAYS) : feed_new(rules);
	size_t n = ways ? MANY / 6 : MANY, of_records = 0;

	make_packets(p, n, 200 + (uint64_t)_i);
	for (size_t i = 0; i < n; i++) {
		p[i].payload = (const uint8_t *)"abc";
		p[i].len = p[i].caplen = p[i].proto == IPPROTO_UDP ? 3 : 0;
		detector_packet(f->d, &p[i]);
	}
	detector_finish(f->d);
	feed_ahead(g, p, n, (uint64_t)_i);
	ck_assert_uint_eq(f->n, g->n);
	for (size_t i = 0; i < f->n; i++) {
		ck_assert_msg(is_same(&f->events[i], &g->events[i]), "event %zu is %s of %s", i,
			      g->events[i].rule, g->events[i].signature);
		of_records += f->events[i].record;
	}
	ck_assert_uint_gt(of_records, 20);
	ck_assert(ways || of_records < f->n);
	feed_free(f);
	feed_free(g);
	free(p);
}
END_TEST

#define RELOADS 12

/* What a signature says of records does not depend on the signatures beside it, which come and go. */
START_TEST(a_way_of_records_says_the_same_alone)
{
	struct packet *p = xcalloc(MANY, sizeof(*p));
	struct feed *f = feed_of_ways(ALL_WAYS), *alone = feed_of_ways(1U << _i);
	struct signature_set *others[RELOADS];
	char *name = xasprintf("way-%d", _i);
	size_t at = 0, n = MANY / 6;
	struct rng rng;

	rng_init(&rng, (uint64_t)_i, "reloads");
	make_packets(p, n, 300 + (uint64_t)_i);
	for (size_t i = 0; i < n; i++) {
		if (i % (n / RELOADS) == n / RELOADS - 1 && i / (n / RELOADS) < RELOADS) {
			struct signature_set **other = &others[i / (n / RELOADS)];

			*other = set_of_ways(rng_range(&rng, 0, ALL_WAYS) | 1U << _i);
			detector_reload(f->d, *other, NULL);
		}
		if (i % 9 == 0)
			p[i].src.port = 0;
		detector_packet(f->d, &p[i]);
		detector_packet(alone->d, &p[i]);
	}
	detector_finish(f->d);
	detector_finish(alone->d);
	for (size_t i = 0; i < f->n; i++)
		if (!strcmp(f->events[i].signature, name)) {
			ck_assert_uint_lt(at, alone->n);
			ck_assert(is_same(&f->events[i], &alone->events[at]));
			at++;
		}
	ck_assert_uint_eq(at, alone->n);
	ck_assert_uint_gt(at, 5);
	free(name);
	feed_free(f);
	feed_free(alone);
	for (size_t i = 0; i < RELOADS; i++)
		signatures_free(others[i]);
	free(p);
}
END_TEST

/* Each port of each side, asked as the rule's sets say. */
START_TEST(ports_are_what_the_rules_want)
{
	static const char *const sets[] = {
		"",	  "80",	      "0..255", "256..511", "1024..",
		"..1023", "200..700", "65535",	"!443",	    "0 1 511 512 60000.."};
	struct record_ports *t = xcalloc(1, sizeof(*t));
	struct rule *r = xcalloc(2, sizeof(*r));
	struct packet p = {.proto = IPPROTO_UDP};
	struct rng rng;

	rng_init(&rng, (uint64_t)_i, "ports");
	for (unsigned k = 0; k < 2; k++) {
		struct numset *of[2] = {&r[k].client_port, &r[k].server_port};

		for (unsigned side = 0; side < 2; side++) {
			char text[64], *save = NULL;

			snprintf(text, sizeof(text), "%s",
				 sets[rng_range(&rng, 0, ARRAY_LEN(sets) - 1)]);
			for (int out = 0; out < 2; out++) {
				char copy[64];

				memcpy(copy, text, sizeof(copy));
				for (char *w = strtok_r(copy, " ", &save); w;
				     w = strtok_r(NULL, " ", &save))
					ck_assert_int_ge(numset_apply(of[side], w, out), 0);
			}
		}
		r[k].udp = true;
		r[k].client = k ? CLIENT_RECEIVER : CLIENT_SENDER;
		record_ports_add(t, &r[k], 5 * k, false);
	}
	for (unsigned n = 0; n < 20000; n++) {
		unsigned want = 0, edge = 256 * rng_range(&rng, 0, 5);

		p.src.port = (uint16_t)rng_range(&rng, 0, 65535);
		p.dst.port = (uint16_t)(n % 2 ? edge - rng_range(&rng, 0, 1) : rng_u32(&rng));
		if (numset_has(&r[0].client_port, p.src.port) &&
		    numset_has(&r[0].server_port, p.dst.port))
			want |= 1;
		if (numset_has(&r[1].server_port, p.src.port) &&
		    numset_has(&r[1].client_port, p.dst.port))
			want |= 1U << 5;
		ck_assert_uint_eq(record_ports_of(t, &p), want);
	}
	record_ports_clear(t);
	free(t);
	free(r);
}
END_TEST

/* What no rule can take by its ports does not keep others waiting, and is not counted. */
START_TEST(packets_of_other_ports_make_no_records)
{
	struct feed *f = feed_new(
		"records: {inactive: 2 s, active: 900 s}\nrules:\n"
		"  - rule: r\n    proto: udp\n    client: receiver\n    flow: {server-port: 80}\n"
		"    record: {packets: 1}\n    then: {event: flow}\n");
	struct detector_stats s;

	for (unsigned i = 0; i < 8; i++) {
		feed_udp(f, "10.0.0.9:1", "192.0.2.9:80", "x", 1);
		feed_udp(f, "192.0.2.9:443", "10.0.0.9:1", "x", 1);
		if (i == 3)
			feed_udp(f, "192.0.2.9:80", "10.0.0.9:1", "x", 1);
		ck_assert_uint_eq(f->n, i >= 5);
		f->now += SECOND;
	}
	detector_finish(f->d);
	detector_stats(f->d, &s);
	ck_assert(f->n == 1 && s.records == 1);
	feed_free(f);
}
END_TEST

/* An event comes when no record that began before can come any more, and no later. */
START_TEST(an_event_waits_for_earlier_records)
{
	struct feed *f =
		feed_new("records: {inactive: 2 s, active: 9 s}\nrules:\n"
			 "  - {rule: r, proto: udp, record: {packets: 2}, then: {event: flow}}\n");

	feed_udp(f, "10.0.0.9:1", "192.0.2.9:1", "x", 1); /* goes on until 9 s are over */
	feed_udp(f, "10.0.0.1:1", "192.0.2.1:1", "x", 1);
	feed_udp(f, "10.0.0.1:1", "192.0.2.1:1", "x", 1);
	for (unsigned i = 0; i < 17; i++) {
		ck_assert_uint_eq(f->n, 0);
		f->now += SECOND / 2;
		feed_udp(f, "10.0.0.9:1", "192.0.2.9:1", "x", 1);
	}
	f->now += SECOND / 2;
	feed_udp(f, "10.0.0.9:1", "192.0.2.9:1", "x", 1);
	ck_assert_uint_eq(f->n, 1);
	detector_time(f->d, f->now + 3 * SECOND); /* what is left is one packet */
	detector_finish(f->d);
	ck_assert_uint_eq(f->n, 1);
	feed_free(f);
}
END_TEST

/* However many records are complete while one goes on: only those that a rule may take wait for it. */
START_TEST(records_that_no_rule_takes_do_not_wait)
{
	const struct detector_limits l = {.flows = 64};
	struct feed *f = malloc(sizeof(*f));
	char *text = xasprintf(
		FEED_HEAD "records: {inactive: 2 s, active: 200 s}\nrules:\n"
			  "  - {rule: r, proto: udp, record: {packets: 2}, then: {event: flow}}\n");
	struct detector_stats s;
	char c[32];

	feed_begin(f, feed_parse(text), &l);
	free(text);
	for (unsigned i = 0; i < 100; i++) {
		feed_udp(f, "10.0.0.9:1", "192.0.2.9:1", "x", 1); /* goes on */
		snprintf(c, sizeof(c), "10.0.1.%u:1", i);
		feed_udp(f, c, "192.0.2.1:1", "x", 1);
		if (i == 50)
			feed_udp(f, c, "192.0.2.1:1", "x", 1);
		f->now += SECOND;
	}
	detector_stats(f->d, &s);
	ck_assert_uint_gt(s.records, 90);
	ck_assert_uint_eq(s.records_cut, 0);
	ck_assert_uint_eq(f->n, 0);
	detector_finish(f->d);
	ck_assert_uint_eq(f->n, 1);
	feed_free(f);
}
END_TEST

#define WAITING                                                                                    \
	"records: {inactive: 2 s, active: 9 s}\nsets: {known: %s}\nrules:\n"                       \
	"  - {rule: told, proto: tcp, version: \"2.0\", record: {packets: 1},\n"                   \
	"     then: {remember: {in: known, key: client-ip}}}\n"                                    \
	"  - rule: waits\n    proto: udp\n"                                                        \
	"    flow: {known: {in: known, key: client-ip, hold: %s}}\n"                               \
	"    steps: [{message: m, bytes: {0: \"bb\"}}]\n    then: {event: flow}\n"

/* How a match that waits learns that a record was asked. */
enum asked_by { BY_PACKET, BY_TIME, BY_END };
static const struct {
	const char *kept, *waits;
	enum asked_by by;
	unsigned found;
} held[] = {
	{"1 h", "1 h", BY_PACKET, 1}, {"1 h", "1 h", BY_TIME, 1},   {"1 h", "1 h", BY_END, 1},
	{"1 h", "1 s", BY_PACKET, 0}, {"1 s", "1 h", BY_PACKET, 0},
};

START_TEST(a_match_waits_for_what_a_record_tells)
{
	char *rules = xasprintf(WAITING, held[_i].kept, held[_i].waits);
	struct feed *f = feed_new(rules);
	struct packet p = {.proto = IPPROTO_TCP,
			   .number = 9,
			   .src = at("10.0.0.9:9"),
			   .dst = at("192.0.2.9:9"),
			   .ip_len = 40,
			   .tcp_flags = TH_SYN};

	free(rules);
	feed_udp(f, "10.0.0.1:1", "192.0.2.1:1", "\xbb", 1);
	feed_udp(f, "10.0.0.2:1", "192.0.2.1:1", "\xbb", 1); /* of which nothing is told */
	p.src = at("10.0.0.1:7");
	p.ts_ns = f->now += SECOND / 10;
	detector_packet(f->d, &p);
	ck_assert_uint_eq(f->n, 0);
	f->now += 5 * SECOND;
	p.src = at("10.0.0.9:9");
	p.ts_ns = f->now;
	if (held[_i].by == BY_PACKET)
		detector_packet(f->d, &p);
	if (held[_i].by == BY_TIME)
		detector_time(f->d, f->now);
	if (held[_i].by == BY_END)
		detector_finish(f->d);
	ck_assert_uint_eq(f->n, held[_i].found);
	if (f->n) {
		ck_assert_uint_eq(f->events[0].flow.src.ip.b[3], 1);
		ck_assert_str_eq(f->version[0], "2.0");
	}
	feed_free(f);
}
END_TEST

UNIT(records)
{
	unit_loop(tc, a_match_waits_for_what_a_record_tells, 0, (int)ARRAY_LEN(held));
	unit_loop(tc, records_are_cut_as_the_words_say, 0, (int)ARRAY_LEN(times));
	unit_case(tc, a_full_meter_ends_the_longest_idle);
	unit_loop(tc, rules_report_what_the_words_say, 0, 5);
	unit_loop(tc, records_made_ahead_say_the_same, 0, 10);
	unit_loop(tc, a_way_of_records_says_the_same_alone, 0, WAYS);
	unit_loop(tc, ports_are_what_the_rules_want, 0, 20);
	unit_case(tc, packets_of_other_ports_make_no_records);
	unit_case(tc, an_event_waits_for_earlier_records);
	unit_case(tc, records_that_no_rule_takes_do_not_wait);
}
