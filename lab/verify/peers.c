// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * peers.c - can two peers reach each other directly? A grid over all pairs
 *
 * Two sites, each with one of the behaviours below. Each peer learns its outside endpoint from a
 * server, as with STUN; then both send to the other's learnt endpoint by turns, the row's peer
 * first, and answer to the source of what they receive. Direct means that each has received
 * from the other.
 *
 * The declared result follows from the terms of RFC 4787 alone: a peer's outside port depends on as
 * much of the destination as its mapping does, and it accepts the sources that its filter accepts.
 * The model compares ports; it does not know their numbers.
 */
#include <netinet/in.h>
#include <string.h>

#include "lab/verify/bench.h"
#include "lab/verify/peers.h"

#define ROUNDS 4
#define STUN   SERVER_1

static const struct peer_kind {
	const char *name, *firewall, *nat;
} kinds[] = {
	{"open", "open", "public"},
	{"inbound-restricted", "inbound-restricted", "public"},
	{"full-cone", "open", "full-cone"},
	{"full-cone+firewall", "inbound-restricted", "full-cone"},
	{"address-restricted", "open", "address-restricted"},
	{"port-restricted", "open", "port-restricted"},
	{"masquerade", "open", "masquerade"},
	{"symmetric", "open", "symmetric"},
	{"udp-blocked", "udp-blocked", "public"},
};

/* ---- declared ---- */

/* An outside endpoint, symbolically: whose, and for which destination it was made (0 = any). */
struct place {
	int peer;	   /* 0 row, 1 column, 2 the server */
	uint32_t made_for; /* a number that stands for the destination; by the owner's mapping */
};

struct model {
	enum nat_dependence mapping, filtering;
	bool blocked, has_nat;
	struct place sent[ROUNDS * 4]; /* whom it has sent to */
	size_t n_sent;
	struct place known; /* where it believes the other to be */
	bool received;
};

static bool same_place(const struct place *a, const struct place *b)
{
	return a->peer == b->peer && a->made_for == b->made_for;
}

static uint32_t place_number(const struct place *p)
{
	return 1 + (uint32_t)p->peer + 3 * p->made_for;
}

/* How @m, peer number @self, appears to @to. */
static struct place appears(const struct model *m, int self, const struct place *to)
{
	switch (m->mapping) {
	case NAT_ENDPOINT_INDEPENDENT:
		return (struct place){self, 0};
	case NAT_ADDRESS_DEPENDENT:
		return (struct place){self, 1 + (uint32_t)to->peer};
	default:
		return (struct place){self, place_number(to)};
	}
}

static bool accepts(const struct model *m, const struct place *from)
{
	for (size_t i = 0; i < m->n_sent; i++) {
		if (m->filtering == NAT_ENDPOINT_INDEPENDENT)
			return true;
		if (m->filtering == NAT_ADDRESS_DEPENDENT && m->sent[i].peer == from->peer)
			return true;
		if (same_place(&m->sent[i], from))
			return true;
	}
	return m->filtering == NAT_ENDPOINT_INDEPENDENT && !m->has_nat;
}

static void model_send(struct model *from, int self, struct model *to, struct place target)
{
	struct place seen, mine;

	if (from->blocked)
		return;
	seen = appears(from, self, &target);
	if (from->n_sent < ARRAY_LEN(from->sent))
		from->sent[from->n_sent++] = target;
	/* @target leads to @to only if it is an endpoint that @to has. */
	mine = appears(to, target.peer, &seen);
	if (to->blocked || !accepts(to, &seen))
		return;
	if (to->filtering == NAT_ADDRESS_AND_PORT_DEPENDENT && !same_place(&mine, &target))
		return;
	to->received = true;
	to->known = seen;
}

/* The two policies of a kind. 0, or -1 with @e set. */
static int kind_site(struct verify *v, const struct peer_kind *k, struct bench_site *s,
		     struct err *e)
{
	s->firewall = policies_firewall(&v->policies, k->firewall, e);
	s->nat = policies_nat(&v->policies, k->nat, e);
	return s->firewall && s->nat ? 0 : -1;
}

static struct model model_of(const struct bench_site *s)
{
	const struct firewall *f = s->firewall;
	struct model m = {.mapping = s->nat->mapping,
			  .filtering = s->nat->filtering,
			  .has_nat = nat_translates(s->nat)};

	if (f->inbound == FIREWALL_CLOSED)
		m.filtering = NAT_ADDRESS_AND_PORT_DEPENDENT;
	for (unsigned i = 0; i < f->n_rules; i++)
		m.blocked |= f->rules[i].action == FIREWALL_BLOCK &&
			     f->rules[i].protocol == FIREWALL_UDP;
	return m;
}

static bool declared_direct(const struct bench_site sites[2])
{
	const struct place server = {2, 0};
	struct model m[2] = {model_of(&sites[0]), model_of(&sites[1])};

	for (int i = 0; i < 2; i++) {
		m[1 - i].known = appears(&m[i], i, &server);
		if (!m[i].blocked)
			m[i].sent[m[i].n_sent++] = server;
	}
	for (int round = 0; round < ROUNDS; round++)
		for (int i = 0; i < 2; i++)
			model_send(&m[i], i, &m[1 - i], m[i].known);
	return m[0].received && m[1].received;
}

/* ---- observed ---- */

struct peer {
	int fd;
	struct endpoint known; /* where the other is believed to be */
	bool received;
};

static void peer_turn(struct bench *b, struct peer *from, struct peer *to, uint32_t tag)
{
	struct endpoint seen;

	bench_send(b, from->fd, &from->known, tag);
	bench_wait(b, 20 * NS_PER_MS);
	if (bench_recv(b, to->fd, tag, &seen)) {
		to->received = true;
		to->known = seen;
	}
}

static bool observed_direct(struct bench *b)
{
	static const char *const hosts[] = {"a-h1", "b-h1"};
	struct endpoint server = bench_at(b, "internet", STUN, PORT_1);
	int stun = bench_udp(b, "internet", STUN, PORT_1);
	struct peer p[2] = {0};

	for (int i = 0; i < 2; i++) {
		p[i].fd = bench_udp(b, hosts[i], NULL, 5000);
		if (!bench_passes(b, p[i].fd, &server, stun, &p[1 - i].known))
			p[1 - i].known = bench_at(b, hosts[i], NULL, 5000); /* its own: no NAT */
	}
	for (uint32_t round = 0; round < ROUNDS; round++)
		for (uint32_t i = 0; i < 2; i++)
			peer_turn(b, &p[i], &p[1 - i], 0x1000 + 2 * round + i);
	return p[0].received && p[1].received;
}

static int verify_pair(struct verify *v, const struct peer_kind *a, const struct peer_kind *b,
		       struct err *e)
{
	struct bench_site sites[2];
	struct bench bench;
	bool declared, observed;

	if (kind_site(v, a, &sites[0], e) < 0 || kind_site(v, b, &sites[1], e) < 0)
		return -1;
	declared = declared_direct(sites);
	if (bench_up(&bench, sites, 2, NULL, v->o->seed, e) < 0)
		return -1;
	verify_progress(v, a->name);
	observed = observed_direct(&bench);
	if (bench.failed)
		*e = bench.e;
	bench_down(&bench);
	if (bench.failed)
		return -1;
	verify_check(v, "peers", a->name, b->name, declared ? "direct" : "not direct",
		     observed ? "direct" : "not direct", observed == declared);
	verify_put(&v->grid, observed == declared ? (observed ? "direct" : "-")
			     : observed		  ? "direct!-"
						  : "-!direct");
	return 0;
}

static int verify_pairs(struct verify *v, struct err *e)
{
	for (size_t i = 0; i < ARRAY_LEN(kinds); i++) {
		verify_row(&v->grid);
		verify_put(&v->grid, kinds[i].name);
		for (size_t k = 0; k < ARRAY_LEN(kinds); k++)
			if (verify_pair(v, &kinds[i], &kinds[k], e) < 0)
				return err_push(e, "%s and %s", kinds[i].name, kinds[k].name);
	}
	return 0;
}

unsigned verify_peers_labs(const struct verify *v)
{
	(void)v; /* always all */
	return ARRAY_LEN(kinds) * ARRAY_LEN(kinds);
}

int verify_peers(struct verify *v, struct err *e)
{
	struct listing_column columns[1 + ARRAY_LEN(kinds)] = {{.name = "peer"}};
	int rc;

	for (size_t i = 0; i < ARRAY_LEN(kinds); i++)
		columns[1 + i] = (struct listing_column){.name = kinds[i].name};
	verify_grid_begin(v, &v->grid, columns, ARRAY_LEN(columns));
	rc = verify_pairs(v, e);
	verify_grid_end(v, &v->grid,
			"Do two peers reach each other directly over UDP? The row's peer sends "
			"first (x!y: observed x, declared y)");
	return rc;
}
