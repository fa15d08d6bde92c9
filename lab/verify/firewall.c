// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * firewall.c - does a firewall do what its policy says? One packet for every case
 *
 * Flows of every kind that a bundled policy distinguishes are tried from inside and from outside, and
 * of a policy's own rules the first port of each range and the one behind the last. That is done for
 * every policy: with public addresses and behind a full-cone NAT, dropping and
 * rejecting, and on the internet node itself. decide.c says from the policy's file what should
 * happen. A flow that the policy blocks must also have moved the named counter of the rule that
 * blocks it. Behind the NAT, inbound flows go to a mapping that an allowed outbound flow has
 * opened; where the policy lets none out there is no way in, and nothing to try ("-").
 *
 * Limits: OWN_PROBES of a policy's own ports; rules for senders or address groups that the bench does not
 * have are not tried.
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

/* @port: that of the destination; 0 = the host's, whichever it is */
struct probe {
	const char *name;
	enum firewall_direction direction;
	enum firewall_protocol protocol;
	const char *ip; /* of the server */
	uint16_t port;
	const char *group; /* of the server's address; inbound: of the host's */
};

static const struct probe probes[] = {
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
	{"udp in", FIREWALL_INBOUND, FIREWALL_UDP, "198.51.100.9", 0, "some-super-nodes"},
	{"tcp in", FIREWALL_INBOUND, FIREWALL_TCP, "198.51.100.9", 0, "some-super-nodes"},
};

#define OWN_PROBES 16
#define HOST_PORT                                                                                  \
	5000 /* the first of the host's: one a probe, so that no flow finds another's state */

/* @port: of the host */
static struct verify_verdict decide(const struct firewall *f, const struct probe *p, uint16_t port)
{
	return verify_decide(f, p->direction, p->protocol, p->port ? p->port : port, p->group);
}

/* ---- the policy's own ports ---- */

struct own_probes {
	struct probe p[OWN_PROBES];
	char names[OWN_PROBES][24];
	size_t n;
};

static void add_own(struct own_probes *o, const struct probe *like, unsigned port)
{
	struct probe *p = &o->p[o->n];

	for (size_t i = 0; i < ARRAY_LEN(probes) + o->n; i++) {
		const struct probe *q =
			i < ARRAY_LEN(probes) ? &probes[i] : &o->p[i - ARRAY_LEN(probes)];

		if (q->direction == like->direction && q->protocol == like->protocol &&
		    q->port == port && !strcmp(q->ip, like->ip))
			return;
	}
	if (!port || port > UINT16_MAX || o->n == OWN_PROBES)
		return;
	snprintf(o->names[o->n], sizeof(o->names[0]), "%s %s%u",
		 like->protocol == FIREWALL_UDP ? "udp" : "tcp",
		 like->direction == FIREWALL_INBOUND ? "in " : "", port);
	*p = *like;
	p->name = o->names[o->n++];
	p->port = (uint16_t)port;
}

/* The address of the bench that is in a rule's group; NULL = there is none. */
static const char *address_for(const struct firewall_rule *r)
{
	if (r->direction == FIREWALL_INBOUND)
		return !r->to || !strcmp(r->to, "some-super-nodes") ? "198.51.100.9" : NULL;
	for (size_t i = 0; r->to && i < ARRAY_LEN(probes); i++)
		if (probes[i].direction == FIREWALL_OUTBOUND && probes[i].group &&
		    !strcmp(probes[i].group, r->to))
			return probes[i].ip;
	return r->to ? NULL : "198.51.100.9";
}

/* Fills @o, which must stay where it is: the probes point to its names. */
static void own_probes_of(const struct firewall *f, struct own_probes *o)
{
	static const enum firewall_protocol protocols[] = {FIREWALL_UDP, FIREWALL_TCP};

	*o = (struct own_probes){.n = 0};
	for (unsigned i = 0; i < f->n_rules; i++) {
		const struct firewall_rule *r = &f->rules[i];
		struct probe like = {.direction = r->direction,
				     .ip = address_for(r),
				     .group = r->direction == FIREWALL_INBOUND ? "some-super-nodes"
									       : r->to};

		if (r->from || !like.ip)
			continue;
		for (size_t k = 0; k < ARRAY_LEN(protocols); k++) {
			like.protocol = protocols[k];
			if (r->protocol != FIREWALL_ANY && r->protocol != like.protocol)
				continue;
			for (unsigned n = 0; n < r->n_ports; n++) {
				add_own(o, &like, r->ranges[n].lo);
				add_own(o, &like, r->ranges[n].hi + 1U);
			}
		}
	}
}

/* ---- probing ---- */

static enum bench_outcome try_out(struct bench *b, const struct probe *p, uint16_t port)
{
	struct endpoint to = bench_at(b, SERVER, p->ip, p->port);

	return bench_flow(b, p->protocol, HOST, NULL, port, &to, SERVER, p->ip, p->port);
}

/* Opens a mapping by @p, a flow that goes out; where it leads from outside. */
static struct endpoint open_by(struct bench *b, const struct probe *p, uint16_t port)
{
	struct endpoint to = bench_at(b, SERVER, p->ip, p->port), seen = {0};

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

/* Where a packet to the host's port has to go: its own address, or a mapping opened for it by a
 * flow that the policy lets out; family 0 when there is none. */
static struct endpoint open_door(struct bench *b, const struct firewall *f,
				 const struct own_probes *own, const struct probe *in,
				 uint16_t port, bool nat)
{
	if (!nat)
		return bench_at(b, HOST, NULL, port);
	for (size_t i = 0; i < ARRAY_LEN(probes) + own->n; i++) {
		const struct probe *p =
			i < ARRAY_LEN(probes) ? &probes[i] : &own->p[i - ARRAY_LEN(probes)];

		if (p->direction == FIREWALL_OUTBOUND && p->protocol == in->protocol &&
		    decide(f, p, port).outcome == BENCH_PASSED)
			return open_by(b, p, port);
	}
	return (struct endpoint){0};
}

/* ---- the grid ---- */

/* @subject: the policy, and behind what; @tried: the probe */
static void put_cell(struct verify *v, struct verify_grid *g, const char *subject,
		     const char *tried, const struct verify_verdict *d, enum bench_outcome seen,
		     bool counted)
{
	static const char *const words[] = {"pass", "drop", "reject"};
	char text[40];

	snprintf(text, sizeof(text), "%s%s", words[seen], counted ? "" : ", not counted");
	verify_check(v, "firewall", subject, tried, words[d->outcome], text,
		     seen == d->outcome && counted);
	if (seen == d->outcome && counted) {
		verify_put(g, words[seen]);
		return;
	}
	if (seen != d->outcome)
		snprintf(text, sizeof(text), "%s!%s", words[seen], words[d->outcome]);
	else
		snprintf(text, sizeof(text), "%s!count", words[seen]);
	verify_put(g, text);
}

/* A site behind the policy that is tried. */
struct trial {
	struct bench b;
	const struct firewall *f;
	struct own_probes own;
	bool nat;
	char subject[128];
};

static void verify_probe(struct verify *v, struct verify_grid *g, struct trial *t,
			 const struct probe *p, uint16_t port)
{
	struct verify_verdict d = decide(t->f, p, port);
	uint64_t before = d.counter[0] ? bench_counter(&t->b, GATEWAY, d.counter) : 0;
	enum bench_outcome seen;
	struct endpoint door;

	if (p->direction == FIREWALL_OUTBOUND) {
		seen = try_out(&t->b, p, port);
	} else {
		door = open_door(&t->b, t->f, &t->own, p, port, t->nat);
		if (!door.ip.family) {
			verify_put(g, NULL);
			return;
		}
		seen = bench_flow(&t->b, p->protocol, SERVER, p->ip, 4444, &door, HOST, NULL, port);
	}
	put_cell(v, g, t->subject, p->name, &d, seen,
		 !d.counter[0] || bench_counter(&t->b, GATEWAY, d.counter) > before);
}

/* Its own ports, which have no column. */
static void verify_own(struct verify *v, struct trial *t, const char *policy, const char *nat)
{
	for (size_t i = 0; i < t->own.n; i++) {
		const struct probe *p = &t->own.p[i];

		verify_row(&v->more);
		verify_put(&v->more, policy);
		verify_put(&v->more, nat);
		verify_put(&v->more, p->name);
		verify_probe(v, &v->more, t, p,
			     p->direction == FIREWALL_INBOUND
				     ? p->port
				     : (uint16_t)(HOST_PORT + ARRAY_LEN(probes) + i));
	}
}

static int verify_policy(struct verify *v, const char *policy, const char *nat, struct err *e)
{
	const struct firewall *f = policies_firewall(&v->policies, policy, e);
	const struct nat_policy *n = f ? policies_nat(&v->policies, nat, e) : NULL;
	struct bench_site site = {.firewall = f, .nat = n};
	struct trial t = {.f = f};

	if (!n || bench_up(&t.b, &site, 1, NULL, v->o->seed, e) < 0)
		return -1;
	own_probes_of(f, &t.own);
	t.nat = nat_translates(n);
	snprintf(t.subject, sizeof(t.subject), "%.80s, %.32s", policy, nat);
	verify_progress(v, policy);
	verify_row(&v->grid);
	verify_put(&v->grid, policy);
	verify_put(&v->grid, nat);
	for (size_t i = 0; i < ARRAY_LEN(probes); i++)
		verify_probe(v, &v->grid, &t, &probes[i], (uint16_t)(HOST_PORT + i));
	verify_own(v, &t, policy, nat);
	if (t.b.failed)
		*e = t.b.e;
	bench_down(&t.b);
	return t.b.failed ? -1 : 0;
}

/* A column for each probe. */
static void columns_of(struct listing_column *columns, const struct probe *p, size_t n)
{
	for (size_t i = 0; i < n; i++)
		columns[i] = (struct listing_column){.name = p[i].name};
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
	struct listing_column columns[1 + ARRAY_LEN(in)] = {{.name = "policy"}};
	const struct firewall *f = policies_firewall(&v->policies, "sn-tcp-restricted", e);
	struct bench_site site = {0};
	struct bench b;

	if (!f || bench_up(&b, &site, 1, f, v->o->seed, e) < 0)
		return -1;
	verify_progress(v, "internet");
	columns_of(&columns[1], in, ARRAY_LEN(in));
	verify_grid_begin(v, &v->grid, columns, ARRAY_LEN(columns));
	verify_row(&v->grid);
	verify_put(&v->grid, "sn-tcp-restricted");
	for (size_t i = 0; i < ARRAY_LEN(in); i++) {
		struct verify_verdict d = decide(f, &in[i], 0);
		uint64_t before = bench_counter(&b, SERVER, "blocked-sn-tcp");
		enum bench_outcome seen = try_out(&b, &in[i], (uint16_t)(5000 + i));
		bool moved = bench_counter(&b, SERVER, "blocked-sn-tcp") > before;

		put_cell(v, &v->grid, "sn-tcp-restricted, on the internet node", in[i].name, &d,
			 seen, moved == (d.outcome != BENCH_PASSED));
	}
	verify_grid_end(v, &v->grid, "On the internet node");
	if (b.failed)
		*e = b.e;
	bench_down(&b);
	return b.failed ? -1 : 0;
}

#define VARIANTS 3

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

/* Every variant of every policy in the folder. */
static int verify_all(struct verify *v, struct err *e)
{
	char **names = data_names("scenarios/firewalls", e);
	int rc = names ? 0 : -1;

	for (size_t i = 0; names && names[i] && !rc; i++)
		rc = verify_variants(v, names[i], e);
	data_names_free(names);
	return rc;
}

unsigned verify_firewalls_labs(const struct verify *v)
{
	return v->o->firewall ? VARIANTS : VARIANTS * verify_files("scenarios/firewalls") + 1;
}

int verify_firewalls(struct verify *v, struct err *e)
{
	static const struct listing_column own[] = {
		{.name = "policy"}, {.name = "nat"}, {.name = "own port"}, {.name = "became"}};
	struct listing_column columns[2 + ARRAY_LEN(probes)] = {{.name = "policy"},
								{.name = "nat"}};
	int rc;

	columns_of(&columns[2], probes, ARRAY_LEN(probes));
	verify_grid_begin(v, &v->grid, columns, ARRAY_LEN(columns));
	verify_grid_begin(v, &v->more, own, ARRAY_LEN(own));
	rc = v->o->firewall ? verify_variants(v, v->o->firewall, e) : verify_all(v, e);
	verify_grid_end(v, &v->grid,
			"Firewall policies: what became of one flow of each kind (x!y: observed x, "
			"declared y; x!count: its counter did not move; -: no way in)");
	verify_grid_end(v, &v->more, "The policies' own ports, and those behind them");
	return rc < 0 || v->o->firewall ? rc : verify_internet(v, e);
}
