// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * here.c - what is in a capture: who talked, over what, to which ports, and was there an answer
 *
 * Everything is counted when a flow ends, so all flows count, however many there are. A port is one to
 * which flows were opened; the opener's own port is not. TCP flows that were under way when the
 * capture began are counted as such ("midway") and not by their opener, who is not known.
 *
 * Memory: 12 MiB for hosts and 90 MiB for services at most (1 KiB of times each, where it has 256 flows
 * or more); what finds no room is counted.
 */
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>

#include "analysis/talk/here.h"
#include "analysis/talk/record.h"
#include "base/err.h"
#include "base/moment.h"

#define HIGH 1024 /* ports above it need no privilege */

size_t here_columns(const struct here_usage *u)
{
	return u->ports_n + 2;
}

void here_begin(struct here *h, const struct here_usage *usage)
{
	*h = (struct here){.usage = *usage};
	h->counts = xcalloc(usage->configs_n * 2 * here_columns(usage) + 1, sizeof(*h->counts));
}

static size_t column_of(const struct here_usage *u, uint16_t port)
{
	for (size_t i = 0; i < u->ports_n; i++)
		if (u->ports[i] == port)
			return i;
	return u->ports_n + (port <= HIGH);
}

const char *here_column(const struct here_usage *u, size_t column, char text[24])
{
	if (column < u->ports_n)
		snprintf(text, 24, "%u", u->ports[column]);
	else
		snprintf(text, 24, "%s",
			 column == u->ports_n ? "other above 1024" : "other to 1024");
	return text;
}

static struct here_count *slot(const struct here *h, size_t config, int tcp, size_t column)
{
	return &h->counts[(config * 2 + (size_t)tcp) * here_columns(&h->usage) + column];
}

const struct here_count *here_used(const struct here *h, size_t config, int tcp, size_t column)
{
	return slot(h, config, tcp, column);
}

static struct here_host *host_of(struct here *h, const struct ip *ip)
{
	struct here_host *host;

	HASH_FIND(hh, h->hosts, ip, sizeof(*ip), host);
	if (host)
		return host;
	if (HASH_COUNT(h->hosts) == HERE_HOSTS) {
		h->hosts_left_out++;
		return NULL;
	}
	host = xcalloc(1, sizeof(*host));
	host->ip = *ip;
	HASH_ADD(hh, h->hosts, ip, sizeof(host->ip), host);
	return host;
}

static void span(uint64_t *first, uint64_t *last, bool none, const struct message_flow *f)
{
	if (none || moment_before(f->first_ns, *first))
		*first = f->first_ns;
	if (none || moment_before(*last, f->last_ns))
		*last = f->last_ns;
}

static void count(struct here_count *c, bool answered)
{
	c->flows++;
	c->answered += answered;
}

/* @side 0 = the opener. */
static void add_host(struct here *h, const struct message_flow *f, int side)
{
	struct here_host *host = host_of(h, side ? &f->tuple.dst.ip : &f->tuple.src.ip);
	bool tcp = f->tuple.proto == IPPROTO_TCP;

	if (!host)
		return;
	span(&host->first_ns, &host->last_ns, !host->first_ns && !host->last_ns, f);
	if (talk_from_start(f))
		count(side ? &host->taken[tcp] : &host->opened[tcp], talk_answered(f));
	else
		host->midway++;
	for (int dir = 0; dir < 2; dir++) {
		host->messages[dir ^ side] += f->messages[dir];
		host->bytes[dir ^ side] += f->bytes[dir];
	}
}

static struct here_service *service_of(struct here *h, const struct message_flow *f)
{
	struct here_service_key key = {f->tuple.proto, 0, f->tuple.dst.port};
	struct here_service *s;

	HASH_FIND(hh, h->services, &key, sizeof(key), s);
	if (s)
		return s;
	if (HASH_COUNT(h->services) == HERE_SERVICES) {
		h->services_left_out++;
		return NULL;
	}
	s = xcalloc(1, sizeof(*s));
	s->key = key;
	HASH_ADD(hh, h->services, key, sizeof(s->key), s);
	return s;
}

static void example(struct here_service *s, const struct message_flow *f)
{
	if (s->number && (s->number_answered || !talk_answered(f)))
		return;
	s->input = f->input;
	s->number = f->first_number;
	s->number_answered = talk_answered(f);
}

static void add_service(struct here *h, const struct message_flow *f)
{
	struct here_service *s = service_of(h, f);

	if (!s)
		return;
	for (int dir = 0; dir < 2; dir++) {
		s->messages[dir] += f->messages[dir];
		s->bytes[dir] += f->bytes[dir];
	}
	if (!talk_from_start(f)) {
		s->midway++;
		return;
	}
	count(&s->count, talk_answered(f));
	if (talk_answered(f))
		spread_add(&s->lasted, f->last_ns - f->first_ns);
	example(s, f);
}

static void add_usage(struct here *h, const struct message_flow *f)
{
	bool tcp = f->tuple.proto == IPPROTO_TCP;

	count(&h->total[tcp], talk_answered(f));
	if (f->input < h->usage.inputs)
		count(slot(h, h->usage.config_of[f->input], tcp,
			   column_of(&h->usage, f->tuple.dst.port)),
		      talk_answered(f));
}

void here_flow(struct here *h, const struct message_flow *f)
{
	bool tcp = f->tuple.proto == IPPROTO_TCP;

	span(&h->first_ns, &h->last_ns, !h->packets, f);
	h->packets += f->packets[0] + f->packets[1];
	h->messages += f->messages[0] + f->messages[1];
	h->bytes += f->bytes[0] + f->bytes[1];
	h->retried += tcp && f->syn > 1;
	h->refused += tcp && f->reset[1] && !talk_answered(f);
	add_host(h, f, 0);
	add_host(h, f, 1);
	add_service(h, f);
	if (talk_from_start(f))
		add_usage(h, f);
	else
		h->midway++;
}

static uint64_t weight(const struct here_host *host)
{
	return host->opened[0].flows + host->opened[1].flows;
}

static uint64_t all_flows(const struct here_host *host)
{
	return weight(host) + host->taken[0].flows + host->taken[1].flows + host->midway;
}

/* What is sorted: what counts, kept beside the pointer, so that no comparison waits for memory. */
struct ranked {
	uint64_t first, second; /* more of these comes first */
	uint64_t tie;		/* less of this */
	void *what;
};

static int order_ranked(const void *a, const void *b)
{
	const struct ranked *x = a, *y = b;

	if (x->first != y->first)
		return x->first > y->first ? -1 : 1;
	if (x->second != y->second)
		return x->second > y->second ? -1 : 1;
	return (x->tie > y->tie) - (x->tie < y->tie);
}

/* The first eight bytes of an address, as a number; addresses that agree in these stay as they came. */
static uint64_t head_of(const struct ip *ip)
{
	uint64_t v = ip->family;

	for (int i = 0; i < 7; i++)
		v = v << 8 | ip->b[i];
	return v;
}

/* The @n pointers of @list in order (owned array); frees @list. */
static void **in_order(struct ranked *list, size_t n)
{
	void **out = xcalloc(n + 1, sizeof(*out));

	if (n)
		qsort(list, n, sizeof(*list), order_ranked);
	for (size_t i = 0; i < n; i++)
		out[i] = list[i].what;
	free(list);
	return out;
}

static void sort_hosts(struct here *h)
{
	struct ranked *list = xcalloc(HASH_COUNT(h->hosts) + 1UL, sizeof(*list));

	for (struct here_host *x = h->hosts; x; x = x->hh.next)
		list[h->hosts_n++] = (struct ranked){weight(x), all_flows(x), head_of(&x->ip), x};
	h->by_opened = (struct here_host **)in_order(list, h->hosts_n);
}

static void sort_services(struct here *h)
{
	struct ranked *list = xcalloc(HASH_COUNT(h->services) + 1UL, sizeof(*list));

	for (struct here_service *x = h->services; x; x = x->hh.next)
		list[h->services_n++] = (struct ranked){
			x->count.flows, 0, (uint64_t)x->key.port << 8 | x->key.proto, x};
	h->by_flows = (struct here_service **)in_order(list, h->services_n);
}

void here_finish(struct here *h)
{
	sort_hosts(h);
	sort_services(h);
}

void here_clear(struct here *h)
{
	struct here_host *host, *next_host;
	struct here_service *s, *next;

	HASH_ITER (hh, h->hosts, host, next_host) {
		HASH_DEL(h->hosts, host);
		free(host);
	}
	HASH_ITER (hh, h->services, s, next) {
		HASH_DEL(h->services, s);
		spread_clear(&s->lasted);
		free(s);
	}
	free(h->by_opened);
	free(h->by_flows);
	free(h->counts);
	*h = (struct here){0};
}
