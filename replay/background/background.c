// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * background.c - hosts, servers and arrivals of traffic that is not Skype
 *
 * Each pair of host and generator has its own Poisson process of session arrivals and its own
 * random numbers, from which each session gets a seed (session.c). So one host more, or one session
 * less, changes no byte of the others. Real programs of a mix are programs.c's.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "replay/background/background.h"
#include "replay/background/generator.h"
#include "replay/background/session.h"
#include "replay/programs/list.h"
#include "replay/programs/programs.h"

/* Arrivals of one generator's sessions at one host. */
struct arrival {
	struct background *b;
	struct bg_host *host;
	unsigned entry;
	struct rng rng;
	uint64_t serial;
	struct loop_timer timer;
};

struct bg_host {
	struct dialog_side side;
	char node[32];
	struct arrival *arrivals; /* one per entry of the mix */
	struct bg_host *next;
};

struct background {
	struct loop *loop;
	const struct mix *mix;
	double rate; /* how many times as often as the mix says */
	uint64_t seed;
	struct programs *programs;
	char internet_node[32];
	struct ip *ips;
	size_t ip_count;
	struct bg_host *hosts;
	struct sessions sessions;
	struct background_stats *stats; /* one per entry */
};

struct background *background_new(struct dialogs *dialogs, uint64_t seed, const struct mix *m)
{
	struct background *b = xcalloc(1, sizeof(*b));

	b->loop = dialogs_loop(dialogs);
	b->sessions.dialogs = dialogs;
	b->mix = m;
	b->rate = 1;
	b->seed = seed;
	b->stats = xcalloc(m->entries_count + m->programs_count, sizeof(*b->stats));
	for (unsigned i = 0; i < m->entries_count; i++)
		b->stats[i].generator = m->entries[i].gen->name;
	for (unsigned i = 0; i < m->programs_count; i++)
		b->stats[m->entries_count + i].generator = m->programs[i].pair->name;
	b->programs = programs_new(b->loop, seed, m, b->stats + m->entries_count);
	return b;
}

void background_rate(struct background *b, double rate)
{
	b->rate = rate;
}

void background_free(struct background *b)
{
	if (!b)
		return;
	background_finish(b);
	programs_free(b->programs);
	while (b->hosts) {
		struct bg_host *h = b->hosts;

		b->hosts = h->next;
		free(h->arrivals);
		free(h);
	}
	free(b->ips);
	free(b->stats);
	free(b);
}

int background_internet(struct background *b, int netns, const char *node, const struct ip *ips,
			size_t n, struct err *e)
{
	size_t need = mix_addresses(b->mix);

	if (n < need)
		return err_set(e, "mix %s needs %zu server addresses, there are %zu", b->mix->name,
			       need, n);
	snprintf(b->internet_node, sizeof(b->internet_node), "%s", node);
	b->sessions.internet.netns = netns;
	b->sessions.internet.node = b->internet_node;
	b->ips = xcalloc(n, sizeof(*ips));
	memcpy(b->ips, ips, n * sizeof(*ips));
	b->ip_count = n;
	return 0;
}

/* --- arrivals ----------------------------------------------------------------------------- */

/* Has this host a session of this generator that is open? */
static bool speaks(const struct arrival *a, const struct generator *gen)
{
	for (const struct gen_session *s = a->b->sessions.open; s; s = s->next)
		if (s->gen == gen && s->host_side == &a->host->side)
			return true;
	return false;
}

static void session_begin(struct arrival *a)
{
	struct background *b = a->b;
	const struct mix_entry *en = &b->mix->entries[a->entry];
	size_t servers = en->gen->peers ? b->ip_count - b->mix->programs_count : en->servers;
	uint64_t seed = rng_u64(&a->rng) + a->serial++;
	struct gen_session *s;

	if (en->gen->own_link && speaks(a, en->gen))
		return;
	s = session_new(&b->sessions, en->gen, &a->host->side, seed, &b->stats[a->entry]);
	s->server.ip = b->ips[rng_range(&s->rng, 0, (uint32_t)servers - 1)];
	s->server.port = en->port && !(en->gen->peers && en->port == en->gen->port)
				 ? (uint16_t)en->port
				 : (uint16_t)rng_range(&s->rng, 1025, 65000);
	if (en->gen->init)
		en->gen->init(s);
	s->stats->sessions++;
	session_open(s);
}

static void arrival_arm(struct arrival *a)
{
	double mean_ns = 60e9 / (a->b->rate * a->b->mix->entries[a->entry].per_minute);

	/* From the planned time, not from now, so that a slow machine has as many sessions. */
	loop_timer_set(a->b->loop, &a->timer, a->timer.at_ns + (uint64_t)rng_exp(&a->rng, mean_ns));
}

static void on_arrival(void *arg)
{
	struct arrival *a = arg;

	if (a->b->sessions.stopped)
		return;
	session_begin(a);
	arrival_arm(a);
}

void background_host(struct background *b, int netns, const char *node, struct ip ip)
{
	struct bg_host *h = xcalloc(1, sizeof(*h));

	snprintf(h->node, sizeof(h->node), "%s", node);
	h->side.netns = netns;
	h->side.node = h->node;
	h->side.at.ip = ip;
	h->arrivals = xcalloc(b->mix->entries_count, sizeof(*h->arrivals));
	for (unsigned i = 0; i < b->mix->entries_count; i++) {
		struct arrival *a = &h->arrivals[i];
		char name[96];

		*a = (struct arrival){.b = b, .host = h, .entry = i};
		a->timer = (struct loop_timer){.fn = on_arrival, .arg = a};
		snprintf(name, sizeof(name), "%s %s %u", node, b->mix->entries[i].gen->name, i);
		rng_init(&a->rng, b->seed, name);
	}
	h->next = b->hosts;
	b->hosts = h;
	programs_host(b->programs, &h->side);
}

/* Servers with a fixed port stay bound, so that a late datagram still finds a socket. */
static int serve(struct background *b, struct err *e)
{
	for (unsigned i = 0; i < b->mix->entries_count; i++) {
		const struct mix_entry *en = &b->mix->entries[i];

		if (!en->port || en->gen->peers || en->gen->own_link)
			continue;
		for (uint32_t k = 0; k < en->servers; k++) {
			struct dialog_side side = b->sessions.internet;

			side.at = (struct endpoint){b->ips[k], (uint16_t)en->port};
			if (dialogs_serve(b->sessions.dialogs, en->gen->proto, &side, e) < 0)
				return err_push(e, "background %s", en->gen->name);
		}
	}
	return 0;
}

int background_start(struct background *b, struct err *e)
{
	uint64_t now = loop_due(b->loop);

	if (!b->ip_count)
		return err_set(e, "background_start: no server addresses were given");
	if (serve(b, e) < 0 ||
	    programs_start(b->programs, &b->sessions.internet, b->ips, b->ip_count, e) < 0)
		return -1;
	b->sessions.stopped = false;
	for (struct bg_host *h = b->hosts; h; h = h->next)
		for (unsigned i = 0; i < b->mix->entries_count; i++) {
			h->arrivals[i].timer.at_ns = now;
			arrival_arm(&h->arrivals[i]);
		}
	return 0;
}

void background_stop(struct background *b)
{
	b->sessions.stopped = true;
	programs_stop(b->programs);
	for (struct bg_host *h = b->hosts; h; h = h->next)
		for (unsigned i = 0; i < b->mix->entries_count; i++)
			loop_timer_cancel(b->loop, &h->arrivals[i].timer);
}

bool background_busy(const struct background *b)
{
	return b->sessions.open != NULL;
}

void background_finish(struct background *b)
{
	background_stop(b);
	sessions_finish(&b->sessions);
	programs_finish(b->programs);
}

size_t background_stats(const struct background *b, struct background_stats *out, size_t max)
{
	size_t n = b->mix->entries_count + b->mix->programs_count;

	memcpy(out, b->stats, (n < max ? n : max) * sizeof(*out));
	return n;
}

void background_end_programs(struct background *b)
{
	programs_finish(b->programs);
}

const char *background_program(const struct background *b, uint8_t proto,
			       const struct endpoint *inside, const struct endpoint *outside)
{
	return programs_claim(b->programs, proto, inside, outside);
}
