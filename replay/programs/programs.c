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
 *  helping  | its helper was started                | the helper's port is open: its server starts
 *           |                                       | -> starting; the helper ends -> down
 *  starting | its server was started                | the server's port is open -> up; the server or
 *           |                                       | the helper ends -> down
 *  up       | as above; its clients begin to arrive | the server or the helper ends -> down
 *  down     | one of them ended by itself           | -
 *
 * A port that is not open after PATIENCE_NS counts as open, with a warning. Clients arrive, as their
 * Poisson process says, in state up only. A client that fails counts as cut, and its first failure
 * is reported with the last lines that it printed.
 *
 * They live in real time, so the loop's clock has to be the real one.
 */
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/rng.h"
#include "replay/programs/listening.h"
#include "replay/programs/process.h"
#include "replay/programs/programs.h"

#define CLIENTS_MAX 32			 /* of one program at a time */
#define LOOK_NS	    (NS_PER_SEC / 20)	 /* between two looks whether a port is open */
#define PATIENCE_NS (20ULL * NS_PER_SEC) /* with a server that opens none */
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

enum program_state { PROGRAM_UNUSED, PROGRAM_HELPING, PROGRAM_STARTING, PROGRAM_UP, PROGRAM_DOWN };

/* One program of the mix. */
struct program_entry {
	struct programs *p;
	struct endpoint server;
	enum program_state state;
	bool full_said, failure_said;
	unsigned running;	      /* clients */
	struct loop_timer timer;      /* the next look at the port of its helper or server */
	uint64_t since_ns;	      /* when that was started */
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
		en->state = PROGRAM_DOWN;
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
	if (en->state != PROGRAM_UP)
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

static void begin_arrivals(struct programs *p, unsigned i)
{
	const struct mix_program *prog = &p->mix->programs[i];

	for (const struct program_host *h = p->hosts; h; h = h->next) {
		struct program_arrival *a = xcalloc(1, sizeof(*a));
		char name[96];

		*a = (struct program_arrival){.p = p, .host = h, .entry = i, .next = p->arrivals};
		a->timer = (struct loop_timer){.fn = on_arrival, .arg = a};
		snprintf(name, sizeof(name), "%s %s", h->side.node, prog->pair->name);
		rng_init(&a->rng, p->seed, name);
		p->arrivals = a;
		loop_timer_after(p->loop, &a->timer,
				 (uint64_t)rng_exp(&a->rng, 60e9 / prog->per_minute));
	}
}

/* --- servers ------------------------------------------------------------------------------ */

/* Starts the helper or the server of entry @i, and looks at its port from now on. */
static int start_server(struct programs *p, unsigned i, enum process_role role, struct err *e)
{
	struct program_entry *en = &p->entries[i];
	struct placeholders n = {.dir = p->dir, .server = en->server};

	if (start(p, i, role, p->internet.netns, &n, e) < 0)
		return -1;
	en->state = role == PROCESS_HELPER ? PROGRAM_HELPING : PROGRAM_STARTING;
	en->since_ns = loop_now(p->loop);
	loop_timer_after(p->loop, &en->timer, LOOK_NS);
	return 0;
}

static bool is_open(const struct program_entry *en, const struct program_pair *pair)
{
	struct programs *p = en->p;
	bool helper = en->state == PROGRAM_HELPING;
	struct endpoint at = {en->server.ip, helper ? pair->helper_port : en->server.port};

	if (listening_at(p->internet.netns, helper ? IPPROTO_TCP : pair->proto, &at))
		return true;
	if (loop_now(p->loop) - en->since_ns < PATIENCE_NS)
		return false;
	log_warn("background: %s of %s has not opened port %u in %llu s; going on without",
		 helper ? pair->helper[0] : pair->server[0], pair->name, at.port,
		 PATIENCE_NS / NS_PER_SEC);
	return true;
}

static void on_look(void *arg)
{
	struct program_entry *en = arg;
	unsigned i = (unsigned)(en - en->p->entries);
	struct err e;

	if (en->state == PROGRAM_DOWN)
		return;
	if (!is_open(en, en->p->mix->programs[i].pair)) {
		loop_timer_after(en->p->loop, &en->timer, LOOK_NS);
	} else if (en->state == PROGRAM_STARTING) {
		en->state = PROGRAM_UP;
		begin_arrivals(en->p, i);
	} else if (start_server(en->p, i, PROCESS_SERVER, &e) < 0) {
		log_warn("%s", e.msg);
		en->state = PROGRAM_DOWN;
	}
}

static int start_one(struct programs *p, unsigned i, struct ip ip, struct err *e)
{
	const struct mix_program *prog = &p->mix->programs[i];
	struct program_entry *en = &p->entries[i];

	en->p = p;
	en->server = (struct endpoint){ip, (uint16_t)prog->port};
	en->timer = (struct loop_timer){.fn = on_look, .arg = en};
	return start_server(p, i, prog->pair->helper ? PROCESS_HELPER : PROCESS_SERVER, e);
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
