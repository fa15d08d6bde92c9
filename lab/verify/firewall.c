// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * firewall.c - does a firewall do what its policy says? One packet for every case
 *
 * Flows of every kind that some policy distinguishes are tried from inside and from outside. That
 * is done for every policy: with public addresses and behind a full-cone NAT, dropping and
 * rejecting, and on the internet node itself. decide.c says from the policy's file what should
 * happen. A flow that the policy blocks must also have moved the named counter of the rule that
 * blocks it. Behind the NAT, inbound flows go to a mapping that an allowed outbound flow has
 * opened.
 */
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>

#include "base/datadir.h"
#include "lab/gateway/nat.h"
#include "lab/verify/bench.h"
#include "lab/verify/decide.h"
#include "lab/verify/firewall.h"

#define HOST	"a-h1"
#define SERVER	"internet"
#define GATEWAY "a-gw"

static const struct probe {
	const char *name;
	enum firewall_direction direction;
	enum firewall_protocol protocol;
	const char *ip; /* of the server */
	uint16_t port;
	const char *group; /* of the server's address; inbound: of the host's */
} probes[] = {
	{"udp 33033", FIREWALL_OUTBOUND, FIREWALL_UDP, "198.51.100.9", 33033, NULL},
	{"udp 53", FIREWALL_OUTBOUND, FIREWALL_UDP, "198.51.100.9", 53, NULL},
	{"udp dns", FIREWALL_OUTBOUND, FIREWALL_UDP, "198.51.100.53", 53, "dns"},
	{"udp ls", FIREWALL_OUTBOUND, FIREWALL_UDP, "195.215.8.141", 33033, "login-servers"},
	{"tcp 33033", FIREWALL_OUTBOUND, FIREWALL_TCP, "198.51.100.9", 33033, NULL},
	{"tcp 1025", FIREWALL_OUTBOUND, FIREWALL_TCP, "198.51.100.9", 1025, NULL},
	{"tcp 1024", FIREWALL_OUTBOUND, FIREWALL_TCP, "198.51.100.9", 1024, NULL},
	{"tcp 443", FIREWALL_OUTBOUND, FIREWALL_TCP, "198.51.100.9", 443, NULL},
	{"tcp 80", FIREWALL_OUTBOUND, FIREWALL_TCP, "198.51.100.9", 80, NULL},
	{"tcp dns", FIREWALL_OUTBOUND, FIREWALL_TCP, "198.51.100.53", 53, "dns"},
	{"tcp ls", FIREWALL_OUTBOUND, FIREWALL_TCP, "212.72.49.141", 443, "login-servers"},
	{"udp in", FIREWALL_INBOUND, FIREWALL_UDP, "198.51.100.9", 5000, "some-super-nodes"},
	{"tcp in", FIREWALL_INBOUND, FIREWALL_TCP, "198.51.100.9", 5000, "some-super-nodes"},
};

static struct verify_verdict decide(const struct firewall *f, const struct probe *p)
{
	return verify_decide(f, p->direction, p->protocol, p->port, p->group);
}

/* ---- probing ---- */

static enum bench_outcome try_out(struct bench *b, const struct probe *p, uint16_t port)
{
	struct endpoint to = bench_at(b, SERVER, p->ip, p->port);

	return bench_flow(b, p->protocol, HOST, NULL, port, &to, SERVER, p->ip, p->port);
}

/* Where a packet to the host's port has to go: its own address, or a mapping opened for it by a
 * flow that the policy lets out; family 0 when there is none. */
static struct endpoint open_door(struct bench *b, const struct firewall *f, const struct probe *in,
				 uint16_t port, bool nat)
{
	struct endpoint to, seen = {0};

	if (!nat)
		return bench_at(b, HOST, NULL, port);
	for (size_t i = 0; i < ARRAY_LEN(probes); i++) {
		const struct probe *p = &probes[i];

		if (p->direction != FIREWALL_OUTBOUND || p->protocol != in->protocol ||
		    decide(f, p).outcome != BENCH_PASSED)
			continue;
		to = bench_at(b, SERVER, p->ip, (uint16_t)(p->port));
		if (p->protocol == FIREWALL_UDP) {
			int far = bench_udp(b, SERVER, p->ip, p->port);

			bench_passes(b, bench_udp(b, HOST, NULL, port), &to, far, &seen);
		} else {
			int far = bench_listen(b, SERVER, p->ip, p->port);

			bench_connect(b, HOST, NULL, port, &to);
			bench_accept(b, far, &seen);
		}
		return seen;
	}
	return seen;
}

static enum bench_outcome try_in(struct bench *b, const struct firewall *f, const struct probe *p,
				 uint16_t port, bool nat)
{
	struct endpoint to = open_door(b, f, p, port, nat);

	if (!to.ip.family)
		return BENCH_SILENT;
	return bench_flow(b, p->protocol, SERVER, p->ip, 4444, &to, HOST, NULL, port);
}

/* ---- the grid ---- */

static void print_cell(struct verify *v, const struct verify_verdict *d, enum bench_outcome seen,
		       bool counted)
{
	static const char *const words[] = {"pass", "drop", "reject"};
	char text[40];

	v->checks++;
	if (seen == d->outcome && counted) {
		fprintf(v->out, " %-9s", words[seen]);
		return;
	}
	v->differences++;
	if (seen != d->outcome)
		snprintf(text, sizeof(text), "%s!%s", words[seen], words[d->outcome]);
	else
		snprintf(text, sizeof(text), "%s!count", words[seen]);
	fprintf(v->out, " %-9s", text);
}

static int verify_policy(struct verify *v, const char *policy, const char *nat, struct err *e)
{
	const struct firewall *f = policies_firewall(&v->policies, policy, e);
	const struct nat_policy *n = f ? policies_nat(&v->policies, nat, e) : NULL;
	struct bench_site site = {.firewall = f, .nat = n};
	struct bench b;

	if (!n || bench_up(&b, &site, 1, NULL, v->o->seed, e) < 0)
		return -1;
	verify_progress(v, policy);
	fprintf(v->out, "%-29s %-9s", policy, nat);
	for (size_t i = 0; i < ARRAY_LEN(probes); i++) {
		const struct probe *p = &probes[i];
		struct verify_verdict d = decide(f, p);
		uint16_t port = (uint16_t)(5000 + i);
		uint64_t before = d.counter[0] ? bench_counter(&b, GATEWAY, d.counter) : 0;
		enum bench_outcome seen = p->direction == FIREWALL_OUTBOUND
						  ? try_out(&b, p, port)
						  : try_in(&b, f, p, port, nat_translates(n));
		bool counted = !d.counter[0] || bench_counter(&b, GATEWAY, d.counter) > before;

		print_cell(v, &d, seen, counted);
	}
	fputs("\n", v->out);
	if (b.failed)
		*e = b.e;
	bench_down(&b);
	return b.failed ? -1 : 0;
}

/* The policy on the internet node's own input: its group is a server there. */
static int verify_internet(struct verify *v, struct err *e)
{
	static const struct probe in[] = {
		{"udp sn", FIREWALL_INBOUND, FIREWALL_UDP, "198.51.100.4", 4000,
		 "some-super-nodes"},
		{"tcp sn", FIREWALL_INBOUND, FIREWALL_TCP, "198.51.100.4", 4000,
		 "some-super-nodes"},
		{"udp other", FIREWALL_INBOUND, FIREWALL_UDP, "198.51.100.9", 4000, NULL},
		{"tcp other", FIREWALL_INBOUND, FIREWALL_TCP, "198.51.100.9", 4000, NULL},
	};
	const struct firewall *f = policies_firewall(&v->policies, "sn-tcp-restricted", e);
	struct bench_site site = {0};
	struct bench b;

	if (!f || bench_up(&b, &site, 1, f, v->o->seed, e) < 0)
		return -1;
	verify_progress(v, "internet");
	fprintf(v->out, "\n%-39s", "on the internet node");
	for (size_t i = 0; i < ARRAY_LEN(in); i++)
		fprintf(v->out, " %-9s", in[i].name);
	fprintf(v->out, "\n%-39s", "sn-tcp-restricted");
	for (size_t i = 0; i < ARRAY_LEN(in); i++) {
		struct verify_verdict d = decide(f, &in[i]);
		uint64_t before = bench_counter(&b, SERVER, "blocked-sn-tcp");
		enum bench_outcome seen = try_out(&b, &in[i], (uint16_t)(5000 + i));
		bool moved = bench_counter(&b, SERVER, "blocked-sn-tcp") > before;

		print_cell(v, &d, seen, moved == (d.outcome != BENCH_PASSED));
	}
	fputs("\n\n", v->out);
	if (b.failed)
		*e = b.e;
	bench_down(&b);
	return b.failed ? -1 : 0;
}

/* A policy with and without NAT, and rejecting. */
static int verify_variants(struct verify *v, const char *name, struct err *e)
{
	char *reject = xasprintf("%s:reject", name);
	int rc = verify_policy(v, name, "public", e);

	if (!rc)
		rc = verify_policy(v, name, "full-cone", e);
	if (!rc)
		rc = verify_policy(v, reject, "public", e);
	free(reject);
	return rc < 0 ? err_push(e, "%s", name) : 0;
}

int verify_firewalls(struct verify *v, struct err *e)
{
	char **names;
	int rc;

	fprintf(v->out,
		"Firewall policies: what became of one flow of each kind (x!y: observed x, "
		"declared y; x!count: its counter did not move)\n\n%-29s %-9s",
		"policy", "nat");
	for (size_t i = 0; i < ARRAY_LEN(probes); i++)
		fprintf(v->out, " %-9s", probes[i].name);
	fputs("\n", v->out);
	if (v->o->firewall) {
		if (verify_variants(v, v->o->firewall, e) < 0)
			return -1;
		fputs("\n", v->out);
		return 0;
	}
	names = data_names("scenarios/firewalls", e);
	rc = names ? 0 : -1;
	for (size_t i = 0; names && names[i] && !rc; i++)
		rc = verify_variants(v, names[i], e);
	data_names_free(names);
	if (rc < 0)
		return -1;
	return verify_internet(v, e);
}
