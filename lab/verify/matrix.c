// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * matrix.c - the paper's both-node matrix, one packet each way on every path
 *
 * Caller and callee each have one of three firewalls, with a public address or behind a full-cone
 * NAT: 36 cells. In each, flows of several kinds are tried from each node to a server, from a
 * stranger to each node, and between the two nodes: to the other's address, or to the mapping that
 * an allowed flow has opened there. A path passes when its first packet arrives and an answer comes
 * back; whether it should is worked out from the two policy files.
 */
#include <netinet/in.h>
#include <string.h>

#include "lab/verify/bench.h"
#include "lab/verify/decide.h"
#include "lab/verify/matrix.h"

#define SERVER_IP "198.51.100.9"
#define DNS_IP	  "198.51.100.53"
#define DOOR	  5000 /* the port at which a node can be called */

static const char *const firewalls[] = {"open", "inbound-restricted", "full-restricted"};
static const char *const nats[] = {"public", "full-cone"};

struct node {
	const char *host;
	const struct firewall *firewall;
	const struct nat_policy *nat;
	uint16_t port;		 /* next own port for a probe */
	char cell[96];		 /* the cell: both nodes' firewalls and NATs */
	struct endpoint door[2]; /* UDP, TCP: where others reach it, once opened */
};

static const struct out {
	const char *name;
	enum firewall_protocol protocol;
	uint16_t port;
} outs[] = {{"udp", FIREWALL_UDP, 33033}, {"tcp", FIREWALL_TCP, 33033}, {"443", FIREWALL_TCP, 443}};

/* @tried: "udp 33033", "tcp in"; @n: whose flow it is */
static void put_path(struct verify *v, const struct node *n, const char *tried, bool declared,
		     bool observed)
{
	char subject[128];

	snprintf(subject, sizeof(subject), "%s, %s", n->cell, n->host);
	verify_check(v, "matrix", subject, tried, declared ? "pass" : "no",
		     observed ? "pass" : "no", declared == observed);
	verify_put(&v->grid,
		   declared != observed ? (observed ? "+!-" : "-!+") : (observed ? "+" : "-"));
}

static bool allowed(const struct node *n, enum firewall_direction d, enum firewall_protocol proto,
		    uint16_t port)
{
	return verify_decide(n->firewall, d, proto, port, NULL).outcome == BENCH_PASSED;
}

static void try_outs(struct verify *v, struct bench *b, struct node *n)
{
	for (size_t i = 0; i < ARRAY_LEN(outs); i++) {
		struct endpoint to = bench_at(b, "internet", SERVER_IP, outs[i].port);
		bool passed = bench_flow(b, outs[i].protocol, n->host, NULL, n->port++, &to,
					 "internet", SERVER_IP, outs[i].port) == BENCH_PASSED;

		put_path(v, n, outs[i].name,
			 allowed(n, FIREWALL_OUTBOUND, outs[i].protocol, outs[i].port), passed);
	}
}

/* Every policy here lets DNS and TCP 443 out, which open a mapping. */
static struct endpoint open_door(struct bench *b, const struct node *n,
				 enum firewall_protocol proto)
{
	struct endpoint seen = {0}, to;

	if (!nat_translates(n->nat))
		return bench_at(b, n->host, NULL, DOOR);
	if (proto == FIREWALL_UDP) {
		int far = bench_udp(b, "internet", DNS_IP, 53);

		to = bench_at(b, "internet", DNS_IP, 53);
		bench_passes(b, bench_udp(b, n->host, NULL, DOOR), &to, far, &seen);
	} else {
		int far = bench_listen(b, "internet", SERVER_IP, 443);

		to = bench_at(b, "internet", SERVER_IP, 443);
		bench_connect(b, n->host, NULL, DOOR, &to);
		bench_accept(b, far, &seen);
	}
	return seen;
}

static struct endpoint door_of(struct bench *b, struct node *n, enum firewall_protocol proto)
{
	struct endpoint *door = &n->door[proto == FIREWALL_TCP];

	if (!door->ip.family)
		*door = open_door(b, n, proto);
	return *door;
}

static void try_ins(struct verify *v, struct bench *b, struct node *n)
{
	static const enum firewall_protocol protos[] = {FIREWALL_UDP, FIREWALL_TCP};

	for (size_t i = 0; i < ARRAY_LEN(protos); i++) {
		struct endpoint to = door_of(b, n, protos[i]);
		bool passed = bench_flow(b, protos[i], "internet", STRANGER, 4444, &to, n->host,
					 NULL, DOOR) == BENCH_PASSED;

		put_path(v, n, i ? "tcp in" : "udp in",
			 allowed(n, FIREWALL_INBOUND, protos[i], DOOR), passed);
	}
}

static void try_call(struct verify *v, struct bench *b, struct node *from, struct node *to)
{
	static const enum firewall_protocol protos[] = {FIREWALL_UDP, FIREWALL_TCP};

	for (size_t i = 0; i < ARRAY_LEN(protos); i++) {
		struct endpoint door = door_of(b, to, protos[i]);
		bool passed = bench_flow(b, protos[i], from->host, NULL, from->port++, &door,
					 to->host, NULL, DOOR) == BENCH_PASSED;

		put_path(v, from, i ? "tcp to the other" : "udp to the other",
			 allowed(from, FIREWALL_OUTBOUND, protos[i], door.port) &&
				 allowed(to, FIREWALL_INBOUND, protos[i], DOOR),
			 passed);
	}
}

static int verify_cell(struct verify *v, struct node n[2], struct err *e)
{
	struct bench_site sites[2] = {{n[0].firewall, n[0].nat}, {n[1].firewall, n[1].nat}};
	struct bench b;

	if (bench_up(&b, sites, 2, NULL, v->o->seed, e) < 0)
		return -1;
	verify_progress(v, n[0].firewall->given);
	snprintf(n[0].cell, sizeof(n[0].cell), "%s/%s - %s/%s", n[0].firewall->given,
		 n[0].nat->given, n[1].firewall->given, n[1].nat->given);
	memcpy(n[1].cell, n[0].cell, sizeof(n[1].cell));
	verify_row(&v->grid);
	for (int i = 0; i < 2; i++) {
		verify_put(&v->grid, n[i].firewall->given);
		verify_put(&v->grid, n[i].nat->given);
	}
	for (int i = 0; i < 2; i++) {
		try_outs(v, &b, &n[i]);
		try_ins(v, &b, &n[i]);
	}
	try_call(v, &b, &n[0], &n[1]);
	try_call(v, &b, &n[1], &n[0]);
	if (b.failed)
		*e = b.e;
	bench_down(&b);
	return b.failed ? -1 : 0;
}

/* @kind: the firewall, times two, and whether behind a NAT. */
static int setting(struct verify *v, struct node *n, const char *host, int kind, struct err *e)
{
	*n = (struct node){.host = host, .port = 6000};
	n->firewall = policies_firewall(&v->policies, firewalls[kind / 2], e);
	n->nat = policies_nat(&v->policies, nats[kind % 2], e);
	return n->firewall && n->nat ? 0 : -1;
}

static int verify_setting(struct verify *v, int caller, int callee, struct err *e)
{
	struct node n[2];

	if (setting(v, &n[0], "a-h1", caller, e) < 0 || setting(v, &n[1], "b-h1", callee, e) < 0)
		return -1;
	return verify_cell(v, n, e);
}

#define KINDS 6 /* a firewall, with and without NAT */

static int verify_cells(struct verify *v, struct err *e)
{
	for (int caller = 0; caller < KINDS; caller++)
		for (int callee = 0; callee < KINDS; callee++)
			if (verify_setting(v, caller, callee, e) < 0)
				return err_push(e, "matrix, cell %d", KINDS * caller + callee + 1);
	return 0;
}

unsigned verify_matrix_labs(const struct verify *v)
{
	(void)v; /* always all */
	return KINDS * KINDS;
}

int verify_matrix(struct verify *v, struct err *e)
{
	static const struct listing_column columns[] = {
		{.name = "a"},	     {.name = "nat"},	 {.name = "b"},	      {.name = "nat"},
		{.name = "a udp"},   {.name = "a tcp"},	 {.name = "a 443"},   {.name = "udp a"},
		{.name = "tcp a"},   {.name = "b udp"},	 {.name = "b tcp"},   {.name = "b 443"},
		{.name = "udp b"},   {.name = "tcp b"},	 {.name = "a udp b"}, {.name = "a tcp b"},
		{.name = "b udp a"}, {.name = "b tcp a"}};
	int rc;

	verify_grid_begin(v, &v->grid, columns, ARRAY_LEN(columns));
	rc = verify_cells(v, e);
	verify_grid_end(
		v, &v->grid,
		"The paper's matrix: a packet each way on every path, from caller a and "
		"callee b (a udp), to them (udp a), between them (a udp b); + passes, - does "
		"not, x!y: observed x, declared y");
	return rc;
}
