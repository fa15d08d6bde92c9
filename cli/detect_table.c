// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * detect_table.c - the events of `skypelab detect` as a table
 *
 * One line per event: time (UTC), event, protocol, the client's endpoint, the other endpoint, the
 * messages that matched, the signature. Columns fit IPv4 addresses; a longer word is not cut but
 * pushes the rest of its line to the right. In the form
 *
 *	TABLE_EVENTS	the line is printed as the event happens
 *	TABLE_EXPLAINED	the messages follow it, each on lines of its own: its packet, and for every test of
 *			the signature the test's line in the file and the bytes that passed it
 *	TABLE_ONCE	lines are printed at the end, each once: what several signatures report alike is one
 *			line, and so is what a flow shows again and again, with how often and when first. What
 *			happens at a time (a session begins) is a line each time.
 *
 * Limits: SHOWN_EVENTS lines; CLIENTS_MAX clients are told apart.
 */
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <uthash.h>

#include "base/label.h"
#include "base/outfile.h"
#include "base/quote.h"
#include "cli/detect_table.h"
#include "detector/language/explain.h"

#define SHOWN_BYTES  128
#define SHOWN_EVENTS 100000 /* then events are only counted */
#define CLIENTS_MAX  65536  /* remembered, for the count at the end */

struct client {
	struct ip ip;
	UT_hash_handle hh;
};

/* A line of TABLE_ONCE. */
struct line {
	char *key;	/* (owned) what makes it one */
	char *words;	/* (owned) event, protocol, endpoints */
	char *messages; /* (owned) */
	char *said_by;	/* (owned) "skypelab-2006@5, skypelab-2013@4" and what follows them */
	char *input;	/* (owned) NULL = none */
	uint64_t first_ns, last_ns,
		times; /* events of one time, of several signatures, count once */
	UT_hash_handle hh;
};

struct table_out {
	const struct signature_set *set;
	enum table_form form;
	uint64_t events, left_out; /* no line says them */
	struct line *lines;
	bool more_clients; /* than CLIENTS_MAX */
	struct client *clients;
};

struct table_out *table_new(const struct signature_set *set, enum table_form form)
{
	struct table_out *t = xcalloc(1, sizeof(*t));

	t->set = set;
	t->form = form;
	return t;
}

static const char *time_text(uint64_t ns, char out[48])
{
	int64_t rest = (int64_t)ns % 1000000000;
	time_t s = (time_t)((int64_t)ns / 1000000000 - (rest < 0));
	struct tm tm;
	size_t n;

	rest += rest < 0 ? 1000000000 : 0; /* before 1970 */
	if (!gmtime_r(&s, &tm))
		memset(&tm, 0, sizeof(tm));
	n = strftime(out, 48, "%Y-%m-%d %H:%M:%S", &tm);
	snprintf(out + n, 48 - n, ".%03u", (unsigned)(rest / 1000000));
	return out;
}

/* The message's first bytes, 32 in a line; bytes that passed a test are in brackets. */
static void explain_bytes(const struct evidence *m)
{
	bool tested[SHOWN_BYTES + 1] = {false};
	unsigned n = m->bytes_n < SHOWN_BYTES ? m->bytes_n : SHOWN_BYTES;

	for (unsigned i = 0; i < m->range_count; i++)
		for (unsigned k = 0; k < m->ranges[i].length; k++)
			if (m->ranges[i].offset + k < n)
				tested[m->ranges[i].offset + k] = true;
	for (unsigned i = 0; i < n; i++) {
		bool first = !(i % 32) || !tested[i - 1];

		if (!(i % 32))
			printf("%s        %04u ", i ? "\n" : "", i);
		printf("%c%02x", tested[i] && first ? '[' : ' ', m->bytes[i]);
		if (tested[i] && (!tested[i + 1] || i % 32 == 31))
			putchar(']');
	}
	printf("%s\n", n < m->size ? " ..." : "");
}

static void explain_message(const struct evidence *m)
{
	char when[48];

	printf("    %s  frame %llu  %s  %s, %u bytes, line %u\n", time_text(m->ts_ns, when),
	       (unsigned long long)m->number, m->from_client ? "client >" : "client <", m->message,
	       m->size, m->line);
	if (m->bytes_n)
		explain_bytes(m);
	for (unsigned i = 0; i < m->range_count; i++) {
		const struct byte_range *r = &m->ranges[i];
		unsigned k = r->offset, end = r->offset + (r->length < 24 ? r->length : 24U);

		printf("        line %-4u bytes %u..%u ", r->line, r->offset,
		       r->offset + r->length - 1U);
		for (; k < end && k < m->bytes_n; k++)
			printf(" %02x", m->bytes[k]);
		fputs(k > r->offset && k < r->offset + (unsigned)r->length ? " ...\n" : "\n",
		      stdout);
	}
}

static void explain(const struct table_out *t, const struct detection_event *ev)
{
	printf("    %s:%u: rule %s\n", quote_terminal(ev->signature_path), ev->rule_line, ev->rule);
	if (signature_show_conditions(stdout, t->set, ev->signature_path, ev->rule_line))
		printf("        the flow had %llu packets and %llu bytes of payload, %.3f s after "
		       "its "
		       "first packet\n",
		       (unsigned long long)ev->flow_packets, (unsigned long long)ev->flow_bytes,
		       (double)(int64_t)(ev->ts_ns - ev->flow_first_ns) / 1e9);
	for (size_t i = 0; i < ev->evidence_count; i++)
		explain_message(&ev->evidence[i]);
}

static void remember_client(struct table_out *t, const struct ip *ip)
{
	struct client *c;

	HASH_FIND(hh, t->clients, ip, sizeof(*ip), c);
	if (c)
		return;
	if (HASH_COUNT(t->clients) == CLIENTS_MAX) {
		t->more_clients = true;
		return;
	}
	c = xcalloc(1, sizeof(*c));
	c->ip = *ip;
	HASH_ADD(hh, t->clients, ip, sizeof(c->ip), c);
}

/* "U1 U2 U3 U4" */
static void evidence_words(const struct detection_event *ev, char *out, size_t room)
{
	size_t n = 0;

	out[0] = '\0';
	for (size_t i = 0; i < ev->evidence_count && n < room; i++)
		n += (size_t)snprintf(out + n, room - n, "%s%s", i ? " " : "",
				      ev->evidence[i].message);
	if (!n)
		snprintf(out, room, "-");
}

/* "skypelab-2013@4, client 1.4" (owned) */
static char *said_by(const struct detection_event *ev)
{
	return xasprintf("%s@%u%s%s", ev->signature, ev->revision,
			 *ev->client_version ? ", client " : "", ev->client_version);
}

/* Adds @by to what says a line, unless it is there. */
static void add_said_by(struct line *l, char *by)
{
	const char *at = strstr(l->said_by, by);
	size_t n = strlen(by);
	char *both;

	if (!at || (at[n] && at[n] != ';')) {
		both = xasprintf("%s; %s", l->said_by, by);
		free(l->said_by);
		l->said_by = both;
	}
	free(by);
}

static bool repeats(const struct detection_event *ev)
{
	return ev->kind == EVENT_EVIDENCE || ev->kind == EVENT_FLOW;
}

/* Notes an event for the end. @words, @messages: its columns */
static void keep_line(struct table_out *t, const struct detection_event *ev, const char *words,
		      const char *messages, const char *input)
{
	char *key = xasprintf("%llu %s %s %s", repeats(ev) ? 0ULL : (unsigned long long)ev->ts_ns,
			      words, messages, input ? input : "");
	struct line *l;

	HASH_FIND_STR(t->lines, key, l);
	if (l) {
		free(key);
		l->times += ev->ts_ns != l->last_ns;
		l->last_ns = ev->ts_ns;
		add_said_by(l, said_by(ev));
		return;
	}
	if (HASH_COUNT(t->lines) == SHOWN_EVENTS) {
		free(key);
		t->left_out++;
		return;
	}
	l = xcalloc(1, sizeof(*l));
	*l = (struct line){.key = key,
			   .words = xstrdup(words),
			   .messages = xstrdup(messages),
			   .said_by = said_by(ev),
			   .input = input ? xstrdup(input) : NULL,
			   .first_ns = ev->ts_ns,
			   .last_ns = ev->ts_ns,
			   .times = 1};
	HASH_ADD_KEYPTR(hh, t->lines, l->key, strlen(l->key), l);
}

static void put_input(const char *input)
{
	printf("%s%s%s\n", input ? " (" : "", input ? quote_terminal(input) : "", input ? ")" : "");
}

static void put_head(const struct table_out *t)
{
	printf("%-23s  %-14s  %-5s  %-21s  %-21s  %s%-20s  %s\n", "time (UTC)", "event", "proto",
	       "client", "other side", t->form == TABLE_ONCE ? "times  " : "", "messages",
	       "signature");
}

static void put_more(void)
{
	printf("further events are counted only; --eve FILE writes all\n");
}

/* The lines that were kept, in the order of their first events. */
static void put_lines(const struct table_out *t)
{
	char when[48];

	if (t->lines)
		put_head(t);
	for (const struct line *l = t->lines; l; l = l->hh.next) {
		printf("%-23s  %s  %5llu  %-20s  %s", time_text(l->first_ns, when), l->words,
		       (unsigned long long)l->times, l->messages, l->said_by);
		put_input(l->input);
	}
	if (t->left_out)
		put_more();
}

void table_event(struct table_out *t, const struct detection_event *ev, const char *input)
{
	char when[48], client[ENDPOINT_TEXT_LEN], peer[ENDPOINT_TEXT_LEN], messages[128];
	char words[64 + 2 * ENDPOINT_TEXT_LEN], *by;

	t->events++;
	remember_client(t, &ev->client_ip);
	if (t->form != TABLE_ONCE && t->events > SHOWN_EVENTS) {
		if (t->events == SHOWN_EVENTS + 1)
			put_more();
		return;
	}
	evidence_words(ev, messages, sizeof(messages));
	snprintf(words, sizeof(words), "%-14s  %-5s  %-21s  %-21s", event_kind_text(ev->kind),
		 ev->flow.proto == IPPROTO_TCP ? "tcp" : "udp",
		 endpoint_text(&ev->flow.src, client), endpoint_text(&ev->flow.dst, peer));
	if (t->form == TABLE_ONCE) {
		keep_line(t, ev, words, messages, input);
		return;
	}
	if (t->events == 1)
		put_head(t);
	by = said_by(ev);
	printf("%-23s  %s  %-20s  %s", time_text(ev->ts_ns, when), words, messages, by);
	put_input(input);
	free(by);
	if (t->form == TABLE_EXPLAINED)
		explain(t, ev);
}

/* "no Skype", "no dns"; "nothing" where signatures look for different things. */
static void print_nothing(const struct table_out *t, uint64_t frames)
{
	const char *application = signatures_info(t->set, 0)->application;
	bool one = true, skype = label_is(application, LABEL_SKYPE);

	for (size_t i = 1; i < signatures_count(t->set); i++)
		one &= label_is(signatures_info(t->set, i)->application, application);
	printf("%s%s found in %llu frames\n", one ? "no " : "nothing",
	       !one    ? ""
	       : skype ? "Skype"
		       : application,
	       (unsigned long long)frames);
}

int table_end(struct table_out *t, uint64_t frames, struct err *e)
{
	unsigned shown = 0;
	int bad;

	if (!t->events) {
		print_nothing(t, frames);
	} else {
		unsigned n = HASH_COUNT(t->clients);

		put_lines(t);
		printf("%llu events in %llu frames; %s%u client%s:", (unsigned long long)t->events,
		       (unsigned long long)frames, t->more_clients ? "more than " : "", n,
		       n == 1 ? "" : "s");
		for (struct client *c = t->clients; c && shown < 10; c = c->hh.next, shown++) {
			char ip[IP_TEXT_LEN];

			printf(" %s", ip_text(&c->ip, ip));
		}
		printf("%s\n", shown < n ? " ..." : "");
	}
	bad = outfile_flush_standard(e);
	table_free(t);
	return bad;
}

static void lines_free(struct table_out *t)
{
	struct line *l = t->lines, *next;

	HASH_CLEAR(hh, t->lines);
	for (; l; l = next) {
		next = l->hh.next;
		free(l->key);
		free(l->words);
		free(l->messages);
		free(l->said_by);
		free(l->input);
		free(l);
	}
}

void table_free(struct table_out *t)
{
	struct client *c, *next;

	if (!t)
		return;
	c = t->clients;
	HASH_CLEAR(hh, t->clients); /* the table only: the list through the entries stays */
	for (; c; c = next) {
		next = c->hh.next;
		free(c);
	}
	lines_free(t);
	free(t);
}
