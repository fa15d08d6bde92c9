// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Other signatures for a detector at work (detector/engine/reload.c): what is kept goes on as if
 * nothing had been, on made-up traffic and on recorded captures; what is removed ends without a word;
 * what is changed begins anew.
 */
#include <dirent.h>

#include "base/capture/capture.h"
#include "base/rng.h"
#include "detector/eve.h"
#include "tests/unit/feed.h"

/* A signature that uses all that keeps state. @size: what makes two of them different, over UDP only: when
 * the bytes of a TCP flow are put together depends on all rules, and so does what is seen of a burst whose
 * beginning went by before. */
static char *signature_text(const char *name, unsigned size, const char *sets)
{
	return xasprintf(
		"signature: %s\nrevision: 1\ndate: 2006-01-01\ntitle: t\nsource: t\nversions: []\n"
		"records: {inactive: 2 s, active: 9 s}\n"
		"sets: {%snodes: 20 s, users: 5 s, asked: 9 s}\nrules:\n"
		"  - rule: asks\n    proto: udp\n    client: sender\n    once: no\n"
		"    steps: [{message: a, from: client, size: 8}]\n"
		"    then: {remember: {in: asked, key: [client-ip, server]}}\n"
		"  - rule: probe\n    proto: udp\n    client: sender\n    once: no\n    steps:\n"
		"      - {message: a, from: client, size: 8, version-after: 'v='}\n"
		"      - {message: b, from: server, size: 4, equal: {at: 0, length: 1, to: a}}\n"
		"    then: {event: probe-accepted, remember: {in: nodes, key: [client-ip, "
		"server-ip]}}\n"
		"  - rule: opened\n    proto: tcp\n    on: open\n"
		"    flow: {known: {in: nodes, key: [client-ip, server-ip]}}\n    steps:\n"
		"      - {message: c, from: client, size: 8, anywhere: yes}\n"
		"      - {message: d, from: server, size: 4..8, whole-turn: yes}\n"
		"    then: {event: session-start}\n"
		"  - rule: held\n    proto: any\n    client: initiator\n    once: no\n"
		"    flow: {known: {in: asked, key: [client-ip, server], hold: 8 s}}\n"
		"    steps: [{message: e, from: client, size: 5}]\n"
		"    then: {event: evidence, forget: {in: users, key: [client-ip]}}\n"
		"  - rule: once\n    proto: udp\n    client: initiator\n"
		"    steps: [{message: f, size: %u}, {message: g, size: 7}]\n"
		"    then: {event: flow}\n"
		"  - rule: segment\n    proto: tcp\n    segments: psh\n    version: '9.%u'\n"
		"    steps: [{message: h, from: client, size: 6}, {message: i, from: server, size: "
		"6}]\n"
		"    then: {event: evidence, remember: {in: users, key: [client-ip]}}\n"
		"  - rule: counts\n    proto: udp\n    client: sender\n    once: no\n"
		"    steps: [{message: j, from: client, size: 3}]\n"
		"    then: {event: evidence, count: {in: users, key: [client-ip], least: 3}}\n"
		"  - rule: record\n    proto: any\n    client: sender\n"
		"    record: [{packets: 2..3, bytes: ..120}, {mean-size: 45.., flags: '!rst'}]\n"
		"    then: {event: evidence, remember: {in: users, key: [server-ip]}}\n"
		"  - rule: after record\n    proto: udp\n    client: receiver\n    version: '8'\n"
		"    flow: {known: {in: users, key: [client-ip]}}\n"
		"    record: {packets: 1.., duration: {most: 3 s}}\n    then: {event: flow}\n"
		"  - rule: call\n    proto: udp\n    client: sender\n"
		"    tally: [{count: k, from: client, size: 2..3}]\n"
		"    when: [{count: k, is: '3..'}]\n"
		"    then: {event: call-start}\n    until: {event: call-end, idle: 3 s}\n",
		name, sets, size, size);
}

/* Which signatures a set has: by letter, in order; a digit changes the one before it. */
static struct signature_set *set_of(const char *letters)
{
	struct signature_set *set = signature_set_new();
	struct err e;

	for (const char *s = letters; *s; s++) {
		char name[2] = {*s, '\0'}, *text;
		unsigned size = *s == 'b' ? 9 : 10;

		if (s[1] >= '0' && s[1] <= '9')
			size = (unsigned)(*++s - '0');
		text = signature_text(name, size, size < 3 ? "more: 1 s, " : "");
		ck_assert_msg(!signature_add_text(set, name, text, strlen(text), &e), "%s", e.msg);
		free(text);
	}
	signature_set_compile(set);
	return set;
}

/**
 * struct world - traffic that is made up as it goes, the same for the same seed
 * @clean: TCP has no losses and no doubts, and no bytes come again as others: what of these a rule
 *	   sees depends on whether another rule had the flow's bytes put together
 * @conn: TCP connections: whether open, and both sides' next numbers
 */
struct world {
	struct rng rng;
	bool clean;
	uint64_t now, number;
	struct {
		bool open;
		uint32_t seq[2];
	} conn[4][3][2];
	uint8_t payload[16];
};

static uint32_t pick(struct world *w, uint32_t n)
{
	return rng_range(&w->rng, 0, n - 1);
}

static void fill(struct world *w, struct packet *p, unsigned client, unsigned server, unsigned port,
		 int side)
{
	uint32_t len = pick(w, 20) ? 2 + pick(w, 9) : 0;
	struct endpoint c = {.ip = {.family = 4, .b = {10, 0, 0, (uint8_t)(client + 1)}},
			     .port = (uint16_t)(1026 + port)};
	struct endpoint s = {.ip = {.family = 4, .b = {192, 0, 2, (uint8_t)(server + 1)}},
			     .port = (uint16_t)(2000 + port)};

	for (size_t i = 0; i < sizeof(w->payload); i++)
		w->payload[i] = (uint8_t)pick(w, 3);
	if (len == 8 && !pick(w, 3)) {
		memcpy(w->payload + 2, "v=1.", 4);
		w->payload[6] = (uint8_t)('0' + pick(w, 10));
	}
	w->now += pick(w, 30) ? pick(w, 50) * 1000000ULL : pick(w, 4000) * 1000000ULL;
	*p = (struct packet){.ts_ns = w->now,
			     .number = ++w->number,
			     .payload = w->payload,
			     .len = len,
			     .caplen = len,
			     .ip_len = 28 + len,
			     .src = side ? s : c,
			     .dst = side ? c : s};
}

static void next_packet(struct world *w, struct packet *p)
{
	unsigned client = pick(w, 4), server = pick(w, 3), port = pick(w, 2);
	bool *open = &w->conn[client][server][port].open, udp = pick(w, 2);
	uint32_t *seq = w->conn[client][server][port].seq;
	bool begins = !udp && (!*open || (!pick(w, 25) && !w->clean));
	int side = begins ? 0 : (int)pick(w, 2);

	fill(w, p, client, server, port, side);
	p->proto = udp ? IPPROTO_UDP : IPPROTO_TCP;
	if (udp)
		return;
	if (begins) {
		*open = true;
		p->len = p->caplen = 0;
		p->tcp_flags = TH_SYN;
		p->seq = rng_u32(&w->rng);
		seq[0] = p->seq + 1;
		seq[1] = rng_u32(&w->rng);
		return;
	}
	p->tcp_flags = TH_ACK | TH_PUSH;
	p->seq = seq[side];
	p->ack = seq[!side];
	if (pick(w, 12) || w->clean) /* else it comes again, with other bytes */
		seq[side] += p->len;
	if (!pick(w, 12) && !w->clean) /* lost */
		seq[side] += 5;
	if (!pick(w, 40)) {
		p->tcp_flags |= pick(w, 2) && !w->clean ? TH_FIN : TH_RST;
		*open = false;
	}
}

/**
 * struct watcher - a detector whose events are written as lines
 * @only: signatures that are written, by letter; NULL = all
 */
struct watcher {
	struct detector *d;
	struct signature_set *set;
	struct eve eve;
	FILE *f;
	char *text;
	size_t n;
	const char *only;
	const char *file;
};

static void on_event(void *arg, const struct detection_event *ev)
{
	struct watcher *w = arg;
	struct eve_origin from = {.file = w->file, .explain = true};
	struct err e;

	if (w->only && !strchr(w->only, ev->signature[0]))
		return;
	ck_assert_int_eq(eve_write(&w->eve, ev, &from, &e), 0);
	fputs(ev->answered ? "{\"answered\":true}\n" : "", w->f);
}

static void watcher_begin(struct watcher *w, struct signature_set *set, const char *only,
			  const struct detector_limits *l)
{
	memset(w, 0, sizeof(*w));
	w->only = only;
	w->f = open_memstream(&w->text, &w->n);
	eve_begin(&w->eve, w->f);
	w->set = set;
	w->d = detector_new(set, l, on_event, w);
	detector_explain(w->d);
}

static void watcher_reload(struct watcher *w, struct signature_set *set, struct reload_counts *c)
{
	detector_reload(w->d, set, c);
	signatures_free(w->set); /* nothing may look at it any more */
	w->set = set;
	eve_begin(&w->eve, w->f);
}

static char *watcher_end(struct watcher *w)
{
	detector_time(w->d, INT64_MAX / 2);
	detector_finish(w->d);
	detector_free(w->d);
	signatures_free(w->set);
	fclose(w->f);
	return w->text;
}

/* Events of made-up traffic; at random packets, one in @every (0 = never), the next set of @sets is
 * loaded (they are separated by blanks; the first is in force at once, and comes again after the
 * last). */
static char *events_of(uint64_t seed, const char *sets, const char *only, uint32_t every,
		       const struct detector_limits *l)
{
	struct world *world = xcalloc(1, sizeof(*world));
	char names[64] = "", *at = names;
	struct watcher w;
	struct rng when;

	snprintf(names, sizeof(names), "%s", sets);
	watcher_begin(&w, set_of(strsep(&at, " ")), only, l);
	world->clean = only;
	rng_init(&world->rng, seed, "world");
	rng_init(&when, seed, "reloads");
	for (unsigned i = 0; i < 3000; i++) {
		struct packet p;

		next_packet(world, &p);
		detector_packet(w.d, &p);
		if (!every || rng_range(&when, 0, every - 1))
			continue;
		if (!at) {
			snprintf(names, sizeof(names), "%s", sets);
			at = names;
		}
		watcher_reload(&w, set_of(strsep(&at, " ")), NULL);
	}
	free(world);
	return watcher_end(&w);
}

static void same_events(const char *a, const char *b, const char *what, int seed)
{
	size_t i = 0;

	while (a[i] && a[i] == b[i])
		i++;
	ck_assert_msg(a[i] == b[i], "seed %d, %s: events differ at byte %zu:\n%.300s\n%.300s", seed,
		      what, i, a + (i > 200 ? i - 200 : 0), b + (i > 200 ? i - 200 : 0));
}

/* The lines in an order of their own. What is due at the same time has none, see ending.c. */
static int by_text(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

static char *in_order(char *text)
{
	char **lines = xcalloc(strlen(text) / 10 + 1, sizeof(*lines)), *out, *at;
	char *copy = xstrdup(text), *rest = copy;
	size_t n = 0;

	while (rest && *rest)
		lines[n++] = strsep(&rest, "\n");
	qsort(lines, n, sizeof(*lines), by_text);
	at = out = xcalloc(strlen(text) + n + 1, 1);
	for (size_t i = 0; i < n; i++)
		at += sprintf(at, "%s\n", lines[i]);
	free(lines);
	free(copy);
	free(text);
	return out;
}

/* What is tried of each kind; a set is read some ten times slower under sanitizers. There the set comes again at one
 * packet in eight, not at each, and less often in a capture. */
#define SEEDS	   (UNIT_SANITIZED ? 2 : 4)
#define OFTEN	   (UNIT_SANITIZED ? 8 : 1)
#define IN_CAPTURE (UNIT_SANITIZED ? 4 : 12)

/* Small tables, too: what gives way is the same. */
static const struct detector_limits limits[] = {
	{.flows = 0}, {.flows = 16, .matches = 12, .streams = 3, .remembered = 9, .endings = 4}};

START_TEST(the_same_set_again_changes_nothing)
{
	for (uint64_t seed = 0; seed < SEEDS; seed++) {
		char *plain = events_of(seed, "ab", NULL, 0, &limits[_i]);
		char *again = events_of(seed, "ab", NULL, seed ? 40 : OFTEN, &limits[_i]);

		ck_assert_uint_gt(strlen(plain), 10000);
		same_events(plain, again, "the same set", (int)seed);
		free(plain);
		free(again);
	}
}
END_TEST

/* What is beside the kept ones; they keep their order. */
static const struct {
	const char *sets, *kept;
} others[] = {
	{"ab abc", "ab"},	 /* added and removed, behind them */
	{"xab ab", "ab"},	 /* before them: it is asked for the others */
	{"axb ax1b ax2b", "ab"}, /* changed */
	{"x1a xab2 y3z4abc a", "a"},
	{"xb3 b3 xyb3 b3z", "b"},
};

START_TEST(a_change_of_others_changes_nothing)
{
	for (uint64_t seed = 0; seed < SEEDS; seed++) {
		const char *b = strpbrk(others[_i].sets, "3") ? "b3" : "b";
		const char *alone = strchr(others[_i].kept, 'a') ? others[_i].kept : b;
		char *plain = in_order(events_of(seed, alone, others[_i].kept, 0, NULL));
		char *beside =
			in_order(events_of(seed, others[_i].sets, others[_i].kept, 60, NULL));

		ck_assert_uint_gt(strlen(plain), 5000);
		same_events(plain, beside, others[_i].sets, (int)seed);
		free(plain);
		free(beside);
	}
}
END_TEST

START_TEST(counts_say_what_became_of_the_signatures)
{
	static const struct {
		const char *from, *to;
		struct reload_counts c;
	} cases[] = {{"ab", "ab", {2, 0, 0, 0}},   {"ab", "ba", {2, 0, 0, 0}},
		     {"ab", "ab1", {1, 1, 0, 0}},  {"a", "abc", {1, 0, 2, 0}},
		     {"abc", "a", {1, 0, 0, 2}},   {"ab", "cd", {0, 0, 2, 2}},
		     {"axb", "x1ab", {2, 1, 0, 0}}};

	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		struct reload_counts c;
		struct watcher w;

		watcher_begin(&w, set_of(cases[i].from), NULL, NULL);
		watcher_reload(&w, set_of(cases[i].to), &c);
		ck_assert(!memcmp(&c, &cases[i].c, sizeof(c)));
		free(watcher_end(&w));
	}
}
END_TEST

#define C  "10.0.0.1:1026"
#define S  "192.0.2.7:2000"
#define CU "10.0.0.1:5000"

/* A session of signature a, begun; then another set; then the connection closes. */
static unsigned ends_after(const char *set, unsigned *starts)
{
	struct feed *f = xmalloc(sizeof(*f));
	struct signature_set *was = set_of("a"), *now = set_of(set);
	unsigned ends;

	feed_begin(f, was, NULL);
	feed_udp(f, CU, S, "12345678", 8);
	feed_udp(f, S, CU, "1234", 4);
	feed_open(f, C, S);
	feed_say(f, C, S, 0, "12345678", 8);
	feed_say(f, C, S, 1, "12345", 5);
	feed_say(f, C, S, 0, "1", 1);
	ck_assert_uint_eq(feed_count(f, EVENT_SESSION_START), 1);
	detector_reload(f->d, now, NULL);
	f->set = now;
	signatures_free(was);
	feed_packet(f, IPPROTO_TCP, C, S, TH_RST, f->seq[0], NULL, 0);
	ends = feed_count(f, EVENT_SESSION_END);
	feed_udp(f, CU, S, "12345678", 8);
	feed_udp(f, S, CU, "1234", 4);
	feed_open(f, C, "192.0.2.7:2001");
	feed_say(f, C, "192.0.2.7:2001", 0, "12345678", 8);
	feed_say(f, C, "192.0.2.7:2001", 1, "12345", 5);
	feed_say(f, C, "192.0.2.7:2001", 0, "1", 1);
	*starts = feed_count(f, EVENT_SESSION_START) - 1;
	feed_free(f);
	return ends;
}

START_TEST(what_is_given_up_ends_without_a_word)
{
	unsigned starts;

	ck_assert_uint_eq(ends_after("a", &starts), 1);
	ck_assert_uint_eq(starts, 1);
	ck_assert_uint_eq(ends_after("xa", &starts), 1);
	ck_assert_uint_eq(starts, 2);
	ck_assert_uint_eq(ends_after("a1", &starts), 0); /* changed: it begins anew */
	ck_assert_uint_eq(starts, 1);
	ck_assert_uint_eq(ends_after("x", &starts), 0);
	ck_assert_uint_eq(starts, 1); /* x's own */
}
END_TEST

/* Of a recorded capture: the events with @reloads of all signatures or about as many; *batches: of how
 * many packets it was read, set where it is 0. */
static char *events_in(const char *path, uint32_t reloads, uint32_t *batches)
{
	static const char *const all = "all:*";
	struct signature_set *set;
	struct capture *c;
	struct packet p[7];
	struct watcher w;
	struct rng when;
	struct err e;
	uint32_t read = 0;
	int got;

	set = signatures_load(&all, 1, &e);
	ck_assert_msg(set != NULL, "%s", e.msg);
	watcher_begin(&w, set, NULL, NULL);
	rng_init(&when, 1, path);
	c = capture_open_files(&path, 1, NULL, &e);
	ck_assert_msg(c != NULL, "%s", e.msg);
	while ((got = capture_batch(c, p, ARRAY_LEN(p), &e)) > 0) {
		detector_packets(w.d, p, (size_t)got);
		if (reloads && rng_range(&when, 0, *batches) < reloads)
			watcher_reload(&w, signatures_load(&all, 1, &e), NULL);
		read++;
	}
	if (!*batches)
		*batches = read;
	capture_close(c);
	return watcher_end(&w);
}

START_TEST(the_same_set_again_on_captures)
{
	char *folder = xasprintf("%s/positives", getenv("SKYPELAB_CORPORA"));
	DIR *d = opendir(folder);
	size_t events = 0;
	struct dirent *de;

	ck_assert_msg(d != NULL, "%s", folder);
	while ((de = readdir(d))) {
		char *path = xasprintf("%s/%s", folder, de->d_name), *plain, *again;

		if (strstr(de->d_name, "cap")) {
			uint32_t batches = 0;

			plain = events_in(path, 0, &batches);
			again = events_in(path, IN_CAPTURE, &batches);
			same_events(plain, again, path, 1);
			events += strlen(plain);
			free(plain);
			free(again);
		}
		free(path);
	}
	closedir(d);
	ck_assert_uint_gt(events, 0);
	free(folder);
}
END_TEST

UNIT(reload)
{
	const char *lack =
		getenv("SKYPELAB_CORPORA")
			? NULL
			: "no recorded captures; set SKYPELAB_CORPORA to a folder of them";

	unit_loop(tc, the_same_set_again_changes_nothing, 0, ARRAY_LEN(limits));
	unit_loop(tc, a_change_of_others_changes_nothing, 0, ARRAY_LEN(others));
	unit_case(tc, counts_say_what_became_of_the_signatures);
	unit_case(tc, what_is_given_up_ends_without_a_word);
	unit_case_needing(tc, the_same_set_again_on_captures, lack);
}
