// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * nat.c - does a NAT behave as declared? Probes in the manner of RFC 5780
 *
 * Every behaviour gets a fresh lab with one inside host, a server with two addresses and two ports,
 * and a stranger. The questions:
 *   mapping	one inside port sends to all four server endpoints; which see the same outside port?
 *   ports	is it the inside port?
 *   filtering	an inside port sends to one server endpoint; the stranger, the other address and the
 *		other port send back to the mapping, strangest first; who gets through?
 *   hairpin	an inside port sends to another's outside endpoint; does it come, and from where?
 *   lifetime	mappings are left alone for 0.9 and 1.1 lifetimes, and one is refreshed in between;
 *		does the server's next packet still come in?
 *   stray	a packet from outside to a port that is nobody's mapping
 * TCP likewise: a connection instead of a datagram. Waiting is emulated, so it takes no time.
 */
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/datadir.h"
#include "lab/verify/bench.h"
#include "lab/verify/nat.h"

#define HOST   "a-h1"
#define SERVER "internet"

enum hairpin { HAIRPIN_NO, HAIRPIN_OUTER, HAIRPIN_INNER };
enum lifetime { LIFE_AS_DECLARED, LIFE_SHORTER, LIFE_LONGER, LIFE_NOT_REFRESHED };

struct behaviour {
	int mapping, filtering; /* enum nat_dependence, -1 = none of them, -2 = not translated */
	int hairpin, preserved, lifetime;
	bool stray; /* let in what belongs to no mapping */
};

/* ---- probes ---- */

static const char *const server_ips[4] = {SERVER_1, SERVER_1, SERVER_2, SERVER_2};
static const uint16_t server_ports[4] = {PORT_1, PORT_2, PORT_1, PORT_2};

static int classify_mapping(const struct endpoint seen[4], const struct endpoint *inside)
{
	bool same_address = endpoint_eq(&seen[0], &seen[1]) && endpoint_eq(&seen[2], &seen[3]);

	for (int i = 0; i < 4; i++)
		if (!seen[i].ip.family)
			return -1;
	if (endpoint_eq(&seen[0], inside))
		return -2;
	if (same_address)
		return endpoint_eq(&seen[0], &seen[2]) ? NAT_ENDPOINT_INDEPENDENT
						       : NAT_ADDRESS_DEPENDENT;
	for (int i = 0; i < 4; i++)
		for (int k = 0; k < i; k++)
			if (endpoint_eq(&seen[i], &seen[k]))
				return -1;
	return NAT_ADDRESS_AND_PORT_DEPENDENT;
}

/* The filtering, from who got in: the stranger or the other address, the other port, or only the
 * endpoint that was sent to. */
static int classify_filtering(bool stranger, bool other_address, bool other_port, bool same)
{
	if (!same || stranger != other_address || (other_address && !other_port))
		return -1;
	if (stranger)
		return NAT_ENDPOINT_INDEPENDENT;
	return other_port ? NAT_ADDRESS_DEPENDENT : NAT_ADDRESS_AND_PORT_DEPENDENT;
}

static int classify_lifetime(bool before, bool after, bool refreshed)
{
	if (!before)
		return LIFE_SHORTER;
	if (after)
		return LIFE_LONGER;
	return refreshed ? LIFE_AS_DECLARED : LIFE_NOT_REFRESHED;
}

struct udp_server {
	int fd[4]; /* the four server endpoints */
	int stranger;
};

static void observe_udp(struct bench *b, uint64_t lifetime, struct behaviour *o)
{
	struct endpoint at[4], seen[4] = {0}, inside = bench_at(b, HOST, NULL, 5000), ext = {0};
	struct endpoint from = {0}, life[3] = {0};
	struct udp_server s;
	int h = bench_udp(b, HOST, NULL, 5000), h2 = bench_udp(b, HOST, NULL, 5001), pin[2];
	int idle[3];
	bool in[4], alive[3];

	for (int i = 0; i < 4; i++) {
		s.fd[i] = bench_udp(b, SERVER, server_ips[i], server_ports[i]);
		at[i] = bench_at(b, SERVER, server_ips[i], server_ports[i]);
	}
	s.stranger = bench_udp(b, SERVER, STRANGER, PORT_1);
	for (int i = 0; i < 4; i++)
		bench_passes(b, h, &at[i], s.fd[i], &seen[i]);
	o->mapping = classify_mapping(seen, &inside);
	o->preserved = seen[0].port == 5000;

	bench_passes(b, h2, &at[0], s.fd[0], &ext);
	in[0] = bench_passes(b, s.stranger, &ext, h2, NULL);
	in[1] = bench_passes(b, s.fd[3], &ext, h2, NULL);
	in[1] |= bench_passes(b, s.fd[2], &ext, h2, NULL);
	in[2] = bench_passes(b, s.fd[1], &ext, h2, NULL);
	in[3] = bench_passes(b, s.fd[0], &ext, h2, NULL);
	o->filtering = classify_filtering(in[0], in[1], in[2], in[3]);

	from = ext;
	from.port = 999; /* below every mapped port */
	o->stray = bench_passes(b, s.stranger, &from, h2, NULL);

	pin[0] = bench_udp(b, HOST, NULL, 5002);
	pin[1] = bench_udp(b, HOST, NULL, 5003);
	bench_passes(b, pin[0], &at[0], s.fd[0], &ext);
	o->hairpin = HAIRPIN_NO;
	if (bench_passes(b, pin[1], &ext, pin[0], &from))
		o->hairpin = ip_eq(&from.ip, &ext.ip) ? HAIRPIN_OUTER : HAIRPIN_INNER;

	for (int i = 0; i < 3; i++) {
		idle[i] = bench_udp(b, HOST, NULL, (uint16_t)(5010 + i));
		bench_passes(b, idle[i], &at[0], s.fd[0], &life[i]);
	}
	bench_wait(b, lifetime * 6 / 10);
	bench_passes(b, idle[2], &at[0], s.fd[0], NULL);
	bench_wait(b, lifetime * 3 / 10);
	alive[0] = bench_passes(b, s.fd[0], &life[0], idle[0], NULL);
	bench_wait(b, lifetime * 2 / 10);
	alive[1] = bench_passes(b, s.fd[0], &life[1], idle[1], NULL);
	alive[2] = bench_passes(b, s.fd[0], &life[2], idle[2], NULL);
	o->lifetime = classify_lifetime(alive[0], alive[1], alive[2]);
}

/* Does a connection from a server endpoint to a mapping arrive at the inside listener? */
static bool tcp_enters(struct bench *b, const char *ip, uint16_t port, const struct endpoint *ext,
		       int listener, struct endpoint *from)
{
	int fd = bench_connect(b, SERVER, ip, port, ext);
	int got = bench_accept(b, listener, from);

	return got >= 0 && bench_tcp_outcome(b, fd) == BENCH_PASSED;
}

/* One byte along an established connection. */
static bool tcp_carries(struct bench *b, int from, int to)
{
	char c = 'x';

	if (from < 0 || to < 0 || send(from, &c, 1, MSG_NOSIGNAL) != 1)
		return false;
	bench_wait(b, 50 * NS_PER_MS);
	return recv(to, &c, 1, 0) == 1;
}

/* Opens a connection from an inside port and says how the server sees it. */
static int tcp_out(struct bench *b, uint16_t port, const struct endpoint *to, int listener,
		   struct endpoint *seen, int *server_side)
{
	int fd = bench_connect(b, HOST, NULL, port, to);
	int got = bench_accept(b, listener, seen);

	if (server_side)
		*server_side = got;
	return fd;
}

static void observe_tcp(struct bench *b, uint64_t lifetime, struct behaviour *o)
{
	struct endpoint at[4], seen[4] = {0}, inside = bench_at(b, HOST, NULL, 6000), ext = {0};
	struct endpoint from = {0};
	int listener[4], in_listener = bench_listen(b, HOST, NULL, 6001), pin, same, idle[3],
			 far[3];
	bool in[3], alive[3];

	for (int i = 0; i < 4; i++) {
		listener[i] = bench_listen(b, SERVER, server_ips[i], server_ports[i]);
		at[i] = bench_at(b, SERVER, server_ips[i], server_ports[i]);
		tcp_out(b, 6000, &at[i], listener[i], &seen[i], NULL);
	}
	o->mapping = classify_mapping(seen, &inside);
	o->preserved = seen[0].port == 6000;

	pin = tcp_out(b, 6001, &at[0], listener[0], &ext, &same);
	in[0] = tcp_enters(b, STRANGER, PORT_1, &ext, in_listener, NULL);
	in[1] = tcp_enters(b, SERVER_2, 4001, &ext, in_listener, NULL);
	in[2] = tcp_enters(b, SERVER_1, 4002, &ext, in_listener, NULL);
	o->filtering = classify_filtering(in[0], in[1], in[2], tcp_carries(b, same, pin));

	from = ext;
	from.port = 999;
	o->stray = tcp_enters(b, STRANGER, 4003, &from, in_listener, NULL);

	in_listener = bench_listen(b, HOST, NULL, 6002);
	tcp_out(b, 6002, &at[0], listener[0], &ext, NULL);
	bench_connect(b, HOST, NULL, 6003, &ext);
	o->hairpin = HAIRPIN_NO;
	if (bench_accept(b, in_listener, &from) >= 0)
		o->hairpin = ip_eq(&from.ip, &ext.ip) ? HAIRPIN_OUTER : HAIRPIN_INNER;

	for (int i = 0; i < 3; i++)
		idle[i] = tcp_out(b, (uint16_t)(6010 + i), &at[0], listener[0], NULL, &far[i]);
	bench_wait(b, lifetime * 6 / 10);
	tcp_carries(b, idle[2], far[2]);
	bench_wait(b, lifetime * 3 / 10);
	alive[0] = tcp_carries(b, far[0], idle[0]);
	bench_wait(b, lifetime * 2 / 10);
	alive[1] = tcp_carries(b, far[1], idle[1]);
	alive[2] = tcp_carries(b, far[2], idle[2]);
	o->lifetime = classify_lifetime(alive[0], alive[1], alive[2]);
}

/* ---- declared ---- */

static struct behaviour declared(const struct nat_policy *n)
{
	/* everybody always sees the hosts' own addresses and ports */
	if (n->translation == NAT_NONE)
		return (struct behaviour){.mapping = -2,
					  .hairpin = HAIRPIN_OUTER,
					  .preserved = 1,
					  .lifetime = LIFE_LONGER};
	return (struct behaviour){
		.mapping = (int)n->mapping,
		.filtering = (int)n->filtering,
		.hairpin = n->hairpinning ? HAIRPIN_OUTER : HAIRPIN_NO,
		.preserved = n->port_preservation,
		.lifetime = LIFE_AS_DECLARED,
	};
}

static const char *dependence(int d)
{
	static const char *const names[] = {"irregular", "endpoint-independent",
					    "address-dependent", "address-and-port"};

	return d < -1 ? "none" : names[d + 1];
}

static const char *hairpin_text(int h)
{
	return h == HAIRPIN_NO ? "no" : h == HAIRPIN_OUTER ? "yes" : "inside source";
}

static const char *lifetime_text(int l, unsigned seconds, char buf[32])
{
	static const char *const names[] = {"", "shorter", "longer", "not refreshed"};

	if (l != LIFE_AS_DECLARED)
		return names[l];
	snprintf(buf, 32, "%u s", seconds);
	return buf;
}

static bool agree(const struct behaviour *d, const struct behaviour *o)
{
	return d->mapping == o->mapping && d->filtering == o->filtering &&
	       d->hairpin == o->hairpin && d->preserved == o->preserved &&
	       d->lifetime == o->lifetime && d->stray == o->stray;
}

static void put_behaviour(struct verify_grid *g, const char *label, const char *proto,
			  const struct behaviour *x, unsigned seconds, const char *verdict)
{
	char buf[32];

	verify_row(g);
	verify_put(g, label);
	verify_put(g, proto);
	verify_put(g, dependence(x->mapping));
	verify_put(g, dependence(x->filtering));
	verify_put(g, hairpin_text(x->hairpin));
	verify_put(g, x->preserved ? "kept" : "seeded");
	verify_put(g, x->mapping == -2 ? "none" : lifetime_text(x->lifetime, seconds, buf));
	verify_put(g, x->stray ? "enter" : "stay out");
	verify_put(g, verdict);
}

/* The same on one line, for programs (owned). */
static char *behaviour_text(const struct behaviour *x, unsigned seconds)
{
	char buf[32];

	return xasprintf("mapping %s, filtering %s, hairpinning %s, ports %s, lifetime %s%s",
			 dependence(x->mapping), dependence(x->filtering), hairpin_text(x->hairpin),
			 x->preserved ? "kept" : "seeded",
			 x->mapping == -2 ? "none" : lifetime_text(x->lifetime, seconds, buf),
			 x->stray ? ", stray packets enter" : "");
}

static void compare(struct verify *v, const char *label, const char *proto,
		    const struct behaviour *d, const struct behaviour *o, unsigned seconds)
{
	char *declared = behaviour_text(d, seconds), *observed = behaviour_text(o, seconds);

	verify_check(v, "nat", label, proto, declared, observed, agree(d, o));
	free(declared);
	free(observed);
	if (agree(d, o)) {
		put_behaviour(&v->grid, label, proto, o, seconds, "ok");
		return;
	}
	put_behaviour(&v->grid, label, proto, d, seconds, "DECLARED");
	put_behaviour(&v->grid, label, proto, o, seconds, "OBSERVED");
}

/* ---- the matrix ---- */

int verify_nat(struct verify *v, const char *label, const struct nat_policy *built,
	       const struct nat_policy *nat, struct err *e)
{
	struct bench_site site = {.nat = built};
	struct behaviour d = declared(nat), o = {0};
	struct bench b;
	int rc = 0;

	for (int tcp = 0; tcp < 2 && !rc; tcp++) {
		unsigned seconds = tcp ? nat->lifetime.tcp : nat->lifetime.udp;

		if (bench_up(&b, &site, 1, NULL, v->o->seed, e) < 0) {
			rc = -1;
			break;
		}
		verify_progress(v, label);
		if (tcp)
			observe_tcp(&b, seconds * NS_PER_SEC, &o);
		else
			observe_udp(&b, seconds * NS_PER_SEC, &o);
		if (b.failed) {
			*e = b.e;
			rc = -1;
		} else {
			compare(v, label, tcp ? "TCP" : "UDP", &d, &o, seconds);
		}
		bench_down(&b);
	}
	return rc;
}

/* The behaviour of this name, as it declares itself. */
static int verify_named(struct verify *v, const char *label, const char *name, struct err *e)
{
	const struct nat_policy *nat = policies_nat(&v->policies, name, e);

	return nat ? verify_nat(v, label, nat, nat, e) : -1;
}

/* The behaviours in the folder. */
static int verify_presets(struct verify *v, struct err *e)
{
	char **names = data_names("scenarios/nats", e);
	int rc = names ? 0 : -1;

	for (size_t i = 0; names && names[i] && !rc; i++)
		if (verify_named(v, names[i], names[i], e) < 0)
			rc = err_push(e, "%s", names[i]);
	data_names_free(names);
	return rc;
}

#define COMBINATIONS 36 /* of mapping, filtering, hairpinning and port preservation */

static int verify_combinations(struct verify *v, struct err *e)
{
	char label[32], nat[200];

	for (int i = 0; i < COMBINATIONS; i++) {
		int mapping = i / 12, filtering = i / 4 % 3, hairpin = i / 2 % 2, keep = i % 2;

		snprintf(label, sizeof(label), "%s/%s%s%s",
			 mapping == 0	? "EIM"
			 : mapping == 1 ? "ADM"
					: "APDM",
			 filtering == 0	  ? "EIF"
			 : filtering == 1 ? "ADF"
					  : "APDF",
			 hairpin ? "+hairpin" : "", keep ? "+keep" : "");
		snprintf(nat, sizeof(nat),
			 "mapping=%s,filtering=%s,hairpinning=%s,port-preservation=%s,"
			 "udp-lifetime=120,tcp-lifetime=600",
			 nat_dependence_text((enum nat_dependence)mapping),
			 nat_dependence_text((enum nat_dependence)filtering),
			 hairpin ? "yes" : "no", keep ? "yes" : "no");
		if (verify_named(v, label, nat, e) < 0)
			return err_push(e, "%s", label);
	}
	return 0;
}

unsigned verify_nats_labs(const struct verify *v)
{
	return 2 * (v->o->nat ? 1 : COMBINATIONS + verify_files("scenarios/nats"));
}

int verify_nats(struct verify *v, struct err *e)
{
	static const struct listing_column columns[] = {
		{.name = "behaviour"}, {.name = "over"},    {.name = "mapping"},
		{.name = "filtering"}, {.name = "hairpin"}, {.name = "ports"},
		{.name = "lifetime"},  {.name = "strays"},  {.name = "verdict"}};
	int rc;

	verify_grid_begin(v, &v->grid, columns, ARRAY_LEN(columns));
	if (v->o->nat)
		rc = verify_named(v, "given", v->o->nat, e);
	else if ((rc = verify_presets(v, e)) == 0)
		rc = verify_combinations(v, e);
	verify_grid_end(v, &v->grid,
			"NAT behaviours, as declared and as observed by probes from both sides");
	return rc;
}
