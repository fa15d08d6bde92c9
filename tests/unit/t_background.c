// SPDX-License-Identifier: GPL-2.0-or-later
/* Background traffic over the loopback: it flows, it is logged whole, and the seed decides it. */
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/loop.h"
#include "base/outfile.h"
#include "base/truth.h"
#include "replay/background/background.h"
#include "replay/background/generator.h"
#include "replay/programs/torrent.h"
#include "tests/unit/unit.h"

#define EPOCH (1152000000ULL * NS_PER_SEC)

struct outcome {
	struct background_stats stats[64];
	size_t generators, flows, messages, closed, named;
	char digest[65];
};

static struct mix *mix_from(const char *text)
{
	char path[] = "/tmp/skypelab-mix-XXXXXX";
	int fd = mkstemp(path);
	struct mix *m;
	struct err e;

	ck_assert(fd >= 0 && write(fd, text, strlen(text)) == (ssize_t)strlen(text));
	close(fd);
	m = mix_load(path, &e);
	unlink(path);
	if (!m)
		fprintf(stderr, "%s\n", e.msg);
	return m;
}

/* The @k-th of four loopback addresses of this process: tests that run beside each other on one
 * machine must not ask for the same ports. */
static struct ip own_loopback(unsigned k)
{
	unsigned pid = (unsigned)getpid();
	char text[32];
	struct ip ip = {0};

	snprintf(text, sizeof(text), "127.%u.%u.%u", 128 + (pid >> 14) % 128, pid >> 6 & 255,
		 (pid & 63) * 4 + k);
	ck_assert_int_eq(ip_parse(text, &ip), 0);
	return ip;
}

/* Real time that passes between the two runs of play(): how long a busy machine may let us wait. */
static useconds_t pause_us;

/* Runs a mix for @seconds of emulated time between two loopback addresses. */
static void play(const char *text, uint64_t seed, unsigned seconds, struct outcome *o)
{
	struct err e = {0};
	struct loop *l = loop_new(LOOP_VIRTUAL, EPOCH, &e);
	struct truth_log *t = truth_new();
	struct mix *m = mix_from(text);
	struct dialogs *dialogs;
	struct background *b;
	struct ip servers[3] = {own_loopback(1), own_loopback(2), own_loopback(3)};

	ck_assert_msg(l && m, "%s", e.msg);
	dialogs = dialogs_new(l, t);
	b = background_new(dialogs, seed, m);
	ck_assert_int_eq(background_internet(b, -1, "internet", servers, 3, &e), 0);
	background_host(b, -1, "h1", own_loopback(0));
	ck_assert_msg(!background_start(b, &e), "%s", e.msg);
	ck_assert_int_eq(loop_run(l, EPOCH + seconds * NS_PER_SEC, &e), 0);
	usleep(pause_us);
	background_stop(b);
	ck_assert_int_eq(loop_run(l, EPOCH + (seconds + 600) * NS_PER_SEC, &e), 0);
	memset(o, 0, sizeof(*o));
	o->generators = background_stats(b, o->stats, 64);
	o->flows = truth_flow_count(t);
	o->messages = truth_message_count(t);
	for (size_t i = 0; i < o->flows; i++) {
		const struct truth_flow *f = truth_flow_at(t, i);

		o->closed += f->closed_ns >= f->opened_ns && f->closed_ns;
		o->named += !strncmp(f->reason, f->label, strlen(f->label)) &&
			    label_names_application(f->label);
	}
	truth_digest(t, o->digest);
	background_free(b);
	dialogs_free(dialogs);
	mix_free(m);
	truth_free(t);
	loop_free(l);
}

static const char web[] = "name: t\ngenerators:\n"
			  "  - {generator: dns, per_minute: 60, port: 20053, servers: 2}\n"
			  "  - {generator: http, per_minute: 30, port: 20080, servers: 3}\n";

START_TEST(web_flows_and_is_logged)
{
	struct outcome o;

	play(web, 1, 120, &o);
	ck_assert_uint_eq(o.generators, 2);
	for (size_t i = 0; i < o.generators; i++) {
		const struct background_stats *s = &o.stats[i];

		ck_assert_uint_gt(s->sessions, i ? 35 : 85);
		ck_assert_uint_lt(s->sessions, i ? 90 : 160);
		ck_assert_uint_eq(s->complete, s->flows);
		ck_assert_uint_eq(s->flows, s->sessions);
		ck_assert_uint_eq(s->cut, 0);
	}
	ck_assert_uint_eq(o.flows, o.stats[0].flows + o.stats[1].flows);
	ck_assert_uint_eq(o.messages, o.stats[0].messages + o.stats[1].messages);
	ck_assert_uint_eq(o.closed, o.flows);
	ck_assert_uint_eq(o.named, o.flows); /* dns and http */
}
END_TEST

/* A mix of every generator, or of all over UDP, each with a port of its own. How many there are. */
static size_t mix_of_all(bool udp_only, char *text, size_t size)
{
	const struct generator *const *list;
	size_t n, at;

	list = generator_list(&n);
	snprintf(text, size, "name: all\ngenerators:\n");
	for (size_t i = 0; i < n; i++) {
		if (udp_only && list[i]->proto != IPPROTO_UDP)
			continue;
		at = strlen(text);
		snprintf(text + at, size - at, "  - {generator: %s, per_minute: 8, port: %zu}\n",
			 list[i]->name, 21000 + 10 * i);
	}
	return n;
}

/* All flows end complete, in a quiet network. */
START_TEST(every_generator_speaks_to_its_end)
{
	char text[8192];
	struct outcome o;
	size_t n = mix_of_all(false, text, sizeof(text));

	ck_assert_uint_ge(n, 20);
	play(text, 3, 60, &o);
	ck_assert_uint_eq(o.generators, n);
	for (size_t i = 0; i < n; i++) {
		const struct background_stats *s = &o.stats[i];

		ck_assert_msg(s->sessions >= 2, "%s: %lu sessions", s->generator, s->sessions);
		ck_assert_msg(s->flows >= s->sessions && s->complete == s->flows && !s->cut,
			      "%s: %lu flows, %lu complete, %lu cut", s->generator, s->flows,
			      s->complete, s->cut);
		ck_assert_uint_ge(s->messages, s->flows);
	}
	ck_assert_uint_eq(o.closed, o.flows);
}
END_TEST

/* Also of generators that send the time, and however long the machine lets us wait between two runs. Not over TCP: here it has the host's congestion control, which
 * may go by real time; in a lab it has not. */
START_TEST(the_seed_decides_every_byte)
{
	struct outcome a, b, c;
	char text[8192];

	mix_of_all(true, text, sizeof(text));
	play(text, 7, 60, &a);
	pause_us = 200000;
	play(text, 7, 60, &b);
	play(text, 8, 60, &c);
	ck_assert_str_eq(a.digest, b.digest);
	ck_assert_str_ne(a.digest, c.digest);
}
END_TEST

START_TEST(bad_mixes_are_refused)
{
	ck_assert_ptr_null(
		mix_from("name: t\ngenerators:\n  - {generator: nope, per_minute: 1}\n"));
	ck_assert_ptr_null(mix_from("name: t\ngenerators:\n  - {generator: dns, per_minute: 0}\n"));
	ck_assert_ptr_null(mix_from("name: t\ngenerators:\n  - {generator: dns, per_minute: 1, "
				    "port: 70000}\n"));
	ck_assert_ptr_null(mix_from("name: t\ngenerators: []\n"));
	ck_assert_ptr_null(mix_from("name: t\n"));
	ck_assert_ptr_null(mix_from(""));
	ck_assert_ptr_null(mix_from("# nothing\n"));
}
END_TEST

/* The hash is what transmission-show (Transmission 3.00) says of the same torrent. */
START_TEST(a_torrent_has_the_hash_that_others_give_it)
{
	static char data[70000];
	char hash[TORRENT_HASH], *torrent;
	size_t len;

	for (unsigned i = 0; i < sizeof(data); i++)
		data[i] = (char)(i * 7 + i / 256);
	torrent = torrent_make("http://198.51.100.9:6969/announce", "tt.bin", data, sizeof(data),
			       &len, hash);
	ck_assert_str_eq(hash, "8e07ad18a67cd2d88cc537929a5cc009023c5887");
	ck_assert_mem_eq(torrent, "d8:announce33:http://198.51.100.9:6969/announce4:info", 53);
	ck_assert_mem_eq(torrent + len - 2, "ee", 2);
	free(torrent);
}
END_TEST

UNIT(background)
{
	unit_case(tc, web_flows_and_is_logged);
	unit_case(tc, every_generator_speaks_to_its_end);
	unit_case(tc, the_seed_decides_every_byte);
	unit_case(tc, bad_mixes_are_refused);
	unit_case(tc, a_torrent_has_the_hash_that_others_give_it);
}
