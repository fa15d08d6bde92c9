// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * client_page.c - one client: all that is known of it, and why
 *
 * First what it does, with whom and since when; then the last sightings, newest first, each with the
 * rule that reports it and the packets of the messages that matched: their names in the signature,
 * times, frame numbers at the sensor, sizes and directions.
 */
#include <netinet/in.h>
#include <stdio.h>
#include <string.h>

#include "operator/view/client_page.h"
#include "operator/view/figures.h"
#include "operator/view/row.h"

#define INDENT 13

/* What a page is written with. */
struct writer {
	struct page *page;
	const struct canvas *canvas;
	const struct client *client;
	uint64_t now_ns;
};

#define SAY(w, label, style, ...)                                                                  \
	page_add((w)->page, (w)->canvas, label, INDENT, style, __VA_ARGS__)

/* Adds @text to the list in @out. */
static void add(char *out, size_t room, const char *text)
{
	size_t n = strlen(out);

	snprintf(out + n, room - n, "%s%s", n ? ", " : "", text);
}

static void say_addresses(const struct writer *w)
{
	const struct client *c = w->client;
	char list[PAGE_TEXT] = "", text[IP_TEXT_LEN];

	for (size_t i = 0; i < c->address_count; i++)
		if (!ip_eq(&c->addresses[i], &c->ip))
			add(list, sizeof(list), ip_text(&c->addresses[i], text));
	SAY(w, "Client", STYLE_KEY, "%s", ip_text(&c->ip, text));
	if (*list)
		SAY(w, "Also as", STYLE_PLAIN, "%s", list);
}

static void say_versions(const struct writer *w)
{
	const struct client *c = w->client;
	char list[PAGE_TEXT] = "";

	for (size_t i = 0; i < c->version_count; i++)
		add(list, sizeof(list), c->versions[i]);
	SAY(w, "Application", STYLE_PLAIN, "%s%s%s", c->application[0] ? c->application : "-",
	    *list ? ", version " : ", version not known", list);
}

/* "2006-08-25 19:32:19 (1:02:03)" */
static const char *since(const struct writer *w, uint64_t ns, char out[2 * FIGURE_TEXT])
{
	char when[FIGURE_TEXT], lasted[FIGURE_TEXT];

	snprintf(out, 2 * (size_t)FIGURE_TEXT, "%s (%s)", figure_second(ns, when),
		 figure_lasted(ns, w->now_ns, lasted));
	return out;
}

static void say_state(const struct writer *w)
{
	const struct client *c = w->client;
	char when[2 * FIGURE_TEXT];

	if (c->in_call)
		SAY(w, "In a call", STYLE_CALL, "since %s", since(w, c->call_since_ns, when));
	SAY(w, "State", c->state == CLIENT_CONNECTED ? STYLE_SESSION : STYLE_PLAIN, "%s since %s",
	    client_state_text(c->state), since(w, c->since_ns, when));
}

static void say_super_nodes(const struct writer *w)
{
	const struct client *c = w->client;
	char list[PAGE_TEXT] = "", text[ENDPOINT_TEXT_LEN], when[2 * FIGURE_TEXT];

	if (!c->super_node.ip.family) {
		SAY(w, "Super node", STYLE_PLAIN, "none was seen");
		return;
	}
	SAY(w, "Super node", STYLE_PLAIN, "%s since %s", endpoint_text(&c->super_node, text),
	    since(w, c->super_node_since_ns, when));
	for (size_t i = 0; i < c->before_count; i++)
		add(list, sizeof(list), endpoint_text(&c->before[i], text));
	if (*list)
		SAY(w, "Before that", STYLE_PLAIN, "%s", list);
}

static void say_open(const struct writer *w)
{
	const struct client *c = w->client;
	char text[ENDPOINT_TEXT_LEN], when[2 * FIGURE_TEXT];

	for (size_t i = 0; i < c->open_count; i++)
		SAY(w, i ? "" : "Under way", STYLE_PLAIN, "%s with %s since %s (%s)",
		    c->open[i].call ? "call" : "session",
		    c->open[i].with.ip.family ? endpoint_text(&c->open[i].with, text) : "?",
		    since(w, c->open[i].since_ns, when), c->open[i].signature);
}

static void say_times(const struct writer *w)
{
	const struct client *c = w->client;
	char when[2 * FIGURE_TEXT], last[FIGURE_TEXT], age[FIGURE_TEXT];

	SAY(w, "First seen", STYLE_PLAIN, "%s", since(w, c->first_ns, when));
	SAY(w, "Last seen", STYLE_PLAIN, "%s (%s ago)", figure_second(c->last_ns, last),
	    figure_age(c->last_ns, w->now_ns, age));
}

static void say_counts(const struct writer *w)
{
	const struct client *c = w->client;
	char list[PAGE_TEXT] = "", text[FIGURE_TEXT + 32];

	for (int k = 0; k < EVENT_KINDS; k++) {
		if (!c->counts[k])
			continue;
		snprintf(text, sizeof(text), "%llu %s", (unsigned long long)c->counts[k],
			 event_kind_text((enum event_kind)k));
		add(list, sizeof(list), text);
	}
	SAY(w, "Events", STYLE_PLAIN, "%s", *list ? list : "0");
	list[0] = '\0';
	for (size_t i = 0; i < c->sensor_count; i++)
		add(list, sizeof(list), c->sensors[i]);
	SAY(w, "Seen by", STYLE_PLAIN, "%s", list);
}

static void say_doubts(const struct writer *w)
{
	const struct client *c = w->client;

	if (!c->answered)
		SAY(w, "Unanswered", STYLE_WARN,
		    "no exchange of it had a reply that refers to its request: its source may be "
		    "forged");
	if (c->undecided)
		SAY(w, "Undecided", STYLE_WARN,
		    "%llu events are of an address that several clients share",
		    (unsigned long long)c->undecided);
	if (c->in_part)
		SAY(w, "In part", STYLE_WARN,
		    "packets were lost meanwhile: something may be missing here");
}

static void say_blocked(const struct writer *w)
{
	const struct client *c = w->client;
	char until[FIGURE_TEXT], left[FIGURE_TEXT];

	for (size_t i = 0; i < c->blocks.n; i++) {
		const struct client_block *b = &c->blocks.list[i];
		const char *label = b->dry_run ? "Would block" : "Blocked";
		enum view_style style = b->dry_run ? STYLE_WARN : STYLE_BLOCKED;

		if (b->until_ns)
			SAY(w, label, style, "%s until %s (%s left): %s", b->what,
			    figure_second(b->until_ns, until),
			    figure_lasted(w->now_ns, b->until_ns, left), b->why);
		else
			SAY(w, label, style, "%s while it lasts: %s", b->what, b->why);
	}
	if (c->blocks.more)
		SAY(w, "", STYLE_BLOCKED, "and %llu more", (unsigned long long)c->blocks.more);
}

static void say_message(const struct writer *w, const struct sighting_message *m)
{
	char when[FIGURE_TEXT];

	page_add(w->page, w->canvas, "", 4, STYLE_PLAIN,
		 "%s  %-4s client %c peer %6u bytes  frame %llu", figure_milli(m->ts_ns, when),
		 m->message, m->from_client ? '>' : '<', m->size, (unsigned long long)m->number);
}

static void say_sighting(const struct writer *w, const struct sighting *s)
{
	char day[FIGURE_TEXT], when[FIGURE_TEXT];
	char from[ENDPOINT_TEXT_LEN], to[ENDPOINT_TEXT_LEN];
	char packets[FIGURE_TEXT], bytes[FIGURE_TEXT];

	page_add(w->page, w->canvas, "", 0, STYLE_PLAIN, "%s", "");
	page_add(w->page, w->canvas, "", 0, s->in_part ? STYLE_WARN : STYLE_KEY,
		 "%.10s %s  %s: rule \"%s\" of %s@%u", figure_second(s->ts_ns, day),
		 figure_milli(s->ts_ns, when), event_kind_text(s->kind), s->rule, s->signature,
		 s->revision);
	page_add(w->page, w->canvas, "", 2, STYLE_PLAIN, "%s %s > %s, seen %sby %s%s",
		 s->flow.proto == IPPROTO_TCP ? "TCP" : "UDP", endpoint_text(&s->flow.src, from),
		 endpoint_text(&s->flow.dst, to), s->in_part ? "in part " : "", s->sensor,
		 s->answered ? ", answered" : "");
	if (s->flow_packets)
		page_add(
			w->page, w->canvas, "", 2, STYLE_PLAIN, "flow: %s packets, %s bytes so far",
			figure_count(s->flow_packets, packets), figure_count(s->flow_bytes, bytes));
	for (size_t i = 0; i < s->evidence_count && i < EVIDENCE_MAX; i++)
		say_message(w, &s->evidence[i]);
}

void client_page(struct page *p, const struct canvas *c, const struct client *client,
		 uint64_t now_ns)
{
	const struct writer w = {p, c, client, now_ns};
	const struct sighting *s;

	page_clear(p);
	say_addresses(&w);
	say_blocked(&w);
	say_state(&w);
	say_super_nodes(&w);
	say_open(&w);
	say_versions(&w);
	say_times(&w);
	say_counts(&w);
	say_doubts(&w);
	for (size_t i = 0; (s = client_kept(client, i)); i++)
		say_sighting(&w, s);
}
