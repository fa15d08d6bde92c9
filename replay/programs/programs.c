// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * programs.c - real servers and clients as background traffic
 *
 * Each program of a mix has one server process (some also a helper) on the internet node, at a
 * server address that no other program shares, and one client process per session on the host.
 * Which ports they choose is not known beforehand. Their flows are found in captures
 * afterwards: those with a program's server address, which no other program has, and those of a
 * client that listens for its peers, by the port it was told to listen on (programs_claim()).
 *
 * States of a program:
 *
 *  state    | what enters it                        | what leaves it
 *  ---------+---------------------------------------+------------------------------------------
 *  unused   | it is not installed here              | -
 *  starting | its helper was started                | SETTLE_NS later its server starts -> up;
 *           |                                       | the helper or the start fails -> down
 *  up       | its server was started                | the server or the helper ends -> down
 *  down     | one of them ended by itself           | -
 *
 * Clients start, as their Poisson process says, from the moment the server should have opened its
 * sockets; in state down none do. A client that fails counts as cut, and its first failure is
 * reported with the last lines that it printed.
 *
 * They live in real time, so the loop's clock has to be the real one.
 */
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/rng.h"
#include "replay/programs/process.h"
#include "replay/programs/programs.h"

#define CLIENTS_MAX 32		     /* of one program at a time */
#define SETTLE_NS   (NS_PER_SEC / 2) /* for a server to open its sockets */
#define CPORT_FIRST 20000
#define CPORTS	    10000

struct program_child {
	struct programs *p;
	enum process_role role;
	unsigned entry;
	struct process *process;
	struct program_child *next;
};

struct program_host {
	struct dialog_side side;
	struct program_host *next;
};

/* Arrivals of one program's clients at one host. */
struct program_arrival {
	struct programs *p;
	const struct program_host *host;
	unsigned entry;
	struct rng rng;
	struct loop_timer timer;
	struct program_arrival *next;
};

/* One program of the mix. */
struct program_entry {
	struct programs *p;
	struct endpoint server; /* family 0: not used */
	bool up, full_said, failure_said;
	unsigned running;	      /* clients */
	struct loop_timer timer;      /* its server's start, after its helper's */
	uint8_t listened[CPORTS / 8]; /* ports its clients were told to listen on, a bit each */
};

struct programs {
	struct loop *loop;
	uint64_t seed;
	const struct mix *mix;
	struct background_stats *stats;
	struct dialog_side internet;
	struct program_entry entries[MIX_ENTRIES];
	const char *dir; /* each process mounts its own file system there */
	struct program_host *hosts;
	struct program_arrival *arrivals;
	struct program_child *children;
	unsigned serial;
	bool stopped;
};

struct programs *programs_new(struct loop *loop, uint64_t seed, const struct mix *m,
			      struct background_stats *stats)
{
	struct programs *p = xcalloc(1, sizeof(*p));

	p->loop = loop;
	p->seed = seed;
	p->mix = m;
	p->stats = stats;
	return p;
}

void programs_host(struct programs *p, const struct dialog_side *host)
{
	struct program_host *h = xcalloc(1, sizeof(*h));

	h->side = *host;
	h->next = p->hosts;
	p->hosts = h;
}

/* --- processes ---------------------------------------------------------------------------- */

static void child_free(struct program_child *c)
{
	for (struct program_child **i = &c->p->children; *i; i = &(*i)->next)
		if (*i == c) {
			*i = c->next;
			break;
		}
	free(c);
}

static void on_child_end(void *arg, struct process *process, bool good, const char *how)
{
	struct program_child *c = arg;
	struct program_entry *en = &c->p->entries[c->entry];
	struct background_stats *stats = &c->p->stats[c->entry];
	const struct program_pair *pair = c->p->mix->programs[c->entry].pair;

	(void)process;
	if (c->role != PROCESS_CLIENT) {
		log_warn("background: %s, %s of %s, ended by itself; no more clients start: %s",
			 c->role == PROCESS_SERVER ? pair->server[0] : pair->helper[0],
			 c->role == PROCESS_SERVER ? "the server" : "a server", pair->name, how);
		en->up = false;
	} else {
		en->running--;
		if (good)
			stats->complete++;
		else
			stats->cut++;
		if (!good && !en->failure_said)
			log_warn("background: %s, a client of %s, failed; further failures are "
				 "only counted: %s",
				 pair->client[0], pair->name, how);
		en->failure_said |= !good;
	}
	child_free(c);
}

static int start(struct programs *p, unsigned entry, enum process_role role, int netns,
		 const struct placeholders *names, struct err *e)
{
	struct program_child *c = xcalloc(1, sizeof(*c));
	struct process_job job = {p->mix->programs[entry].pair, role, netns, p->seed, *names};

	*c = (struct program_child){.p = p, .role = role, .entry = entry};
	c->process = process_start(p->loop, &job, on_child_end, c, e);
	if (!c->process) {
		free(c);
		return -1;
	}
	c->next = p->children;
	p->children = c;
	return 0;
}

/* --- arrivals ----------------------------------------------------------------------------- */

static void start_client(struct program_arrival *a)
{
	struct programs *p = a->p;
	struct program_entry *en = &p->entries[a->entry];
	struct background_stats *stats = &p->stats[a->entry];
	struct placeholders n = {.dir = p->dir, .server = en->server};
	unsigned bit = rng_range(&a->rng, 0, CPORTS - 1);
	struct err e;

	n.serial = ++p->serial;
	n.host = a->host->side.at.ip;
	n.client_port = CPORT_FIRST + bit;
	n.media_port = rng_range(&a->rng, 15000, 24999) * 2;
	if (!en->up)
		return;
	if (en->running == CLIENTS_MAX) {
		if (!en->full_said)
			log_warn("background: %u clients of %s run already; further ones are left "
				 "out",
				 CLIENTS_MAX, stats->generator);
		en->full_said = true;
		return;
	}
	stats->sessions++;
	if (start(p, a->entry, PROCESS_CLIENT, a->host->side.netns, &n, &e) < 0) {
		stats->cut++;
		log_warn("%s", e.msg);
		return;
	}
	en->running++;
	en->listened[bit / 8] |= (uint8_t)(1u << bit % 8);
}

static void on_arrival(void *arg)
{
	struct program_arrival *a = arg;

	if (a->p->stopped)
		return;
	start_client(a);
	loop_timer_after(
		a->p->loop, &a->timer,
		(uint64_t)rng_exp(&a->rng, 60e9 / a->p->mix->programs[a->entry].per_minute));
}

static int start_server(struct programs *p, unsigned i, enum process_role role, struct err *e)
{
	struct placeholders n = {.dir = p->dir, .server = p->entries[i].server};

	return start(p, i, role, p->internet.netns, &n, e);
}

static void on_server_due(void *arg)
{
	struct program_entry *en = arg;
	struct err e;

	if (en->up &&
	    start_server(en->p, (unsigned)(en - en->p->entries), PROCESS_SERVER, &e) < 0) {
		log_warn("%s", e.msg);
		en->up = false;
	}
}

static int start_one(struct programs *p, unsigned i, struct ip ip, struct err *e)
{
	const struct mix_program *prog = &p->mix->programs[i];
	struct program_entry *en = &p->entries[i];
	uint64_t settle = SETTLE_NS;

	en->p = p;
	en->server = (struct endpoint){ip, (uint16_t)prog->port};
	if (start_server(p, i, prog->pair->helper ? PROCESS_HELPER : PROCESS_SERVER, e) < 0)
		return -1;
	en->up = true;
	if (prog->pair->helper) {
		en->timer = (struct loop_timer){.fn = on_server_due, .arg = en};
		loop_timer_after(p->loop, &en->timer, settle);
		settle *= 3;
	}
	for (const struct program_host *h = p->hosts; h; h = h->next) {
		struct program_arrival *a = xcalloc(1, sizeof(*a));
		char name[96];

		*a = (struct program_arrival){.p = p, .host = h, .entry = i, .next = p->arrivals};
		a->timer = (struct loop_timer){.fn = on_arrival, .arg = a};
		snprintf(name, sizeof(name), "%s %s", h->side.node, prog->pair->name);
		rng_init(&a->rng, p->seed, name);
		p->arrivals = a;
		loop_timer_after(p->loop, &a->timer,
				 settle + (uint64_t)rng_exp(&a->rng, 60e9 / prog->per_minute));
	}
	return 0;
}

int programs_start(struct programs *p, const struct dialog_side *internet, const struct ip *ips,
		   size_t n, struct err *e)
{
	const struct mix *m = p->mix;
	size_t used = 0;

	p->internet = *internet;
	if (!m->programs_count)
		return 0;
	if (loop_kind(p->loop) != LOOP_REAL)
		return err_set(e, "mix %s has real programs: the scenario needs `clock: real`",
			       m->name);
	p->dir = process_folder();
	if (!p->dir)
		return err_env(e, "no /mnt, /media or /srv to mount private file systems on");
	for (unsigned i = 0; i < m->programs_count; i++) {
		char *lacks = program_pair_lacks(m->programs[i].pair);

		if (lacks) {
			log_warn("background: %s is left out: %s", m->programs[i].pair->name,
				 lacks);
			free(lacks);
			continue;
		}
		if (++used > n)
			return err_set(e, "mix %s: more programs than server addresses", m->name);
		/* From the end: generators use the first addresses. */
		if (start_one(p, i, ips[n - used], e) < 0)
			return -1;
	}
	if (!used && !m->entries_count)
		return err_env(e, "mix %s: none of its programs can run here", m->name);
	return 0;
}

void programs_stop(struct programs *p)
{
	p->stopped = true;
	for (struct program_arrival *a = p->arrivals; a; a = a->next)
		loop_timer_cancel(p->loop, &a->timer);
	for (unsigned i = 0; i < p->mix->programs_count; i++)
		loop_timer_cancel(p->loop, &p->entries[i].timer);
}

void programs_finish(struct programs *p)
{
	programs_stop(p);
	for (struct program_child *c = p->children, *next; c; c = next) {
		next = c->next;
		process_kill(c->process);
		free(c);
	}
	p->children = NULL;
}

void programs_free(struct programs *p)
{
	if (!p)
		return;
	programs_finish(p);
	for (struct program_arrival *a = p->arrivals, *next; a; a = next) {
		next = a->next;
		free(a);
	}
	for (struct program_host *h = p->hosts, *next; h; h = next) {
		next = h->next;
		free(h);
	}
	free(p);
}

static bool listens(const struct program_entry *en, uint16_t port)
{
	unsigned bit = port - CPORT_FIRST;

	return port >= CPORT_FIRST && bit < CPORTS && en->listened[bit / 8] & 1u << bit % 8;
}

const char *programs_claim(const struct programs *p, uint8_t proto, const struct endpoint *inside,
			   const struct endpoint *outside)
{
	for (unsigned i = 0; i < p->mix->programs_count; i++) {
		const struct program_entry *en = &p->entries[i];
		const struct program_pair *pair = p->mix->programs[i].pair;

		if (!en->p)
			continue;
		if (ip_eq(&en->server.ip, &outside->ip) ||
		    (pair->peers && proto == IPPROTO_TCP &&
		     (listens(en, inside->port) || listens(en, outside->port))))
			return pair->name;
	}
	return NULL;
}
