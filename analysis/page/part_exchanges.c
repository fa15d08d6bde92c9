// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * part_exchanges.c - part 4: requests and replies, what is sent again, the flow of messages
 */
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "analysis/page/example.h"
#include "analysis/page/part_exchanges.h"
#include "analysis/page/pictures.h"
#include "results/score/intervals.h"

static const char *asker(uint8_t by_responder)
{
	return by_responder ? "other" : "opener";
}

static const struct sheet_column exchange_columns[] = {
	{"protocol", false, true},
	{"asks", false, true},
	{"request_bytes", true, true},
	{"reply_bytes", true, true},
	{"n", true, true},
	{"of_requests", true, true},
	{"share_low", true, false},
	{"share_high", true, false},
	{"delay_low_s", true, true},
	{"delay_median_s", true, true},
	{"delay_high_s", true, true},
	{"request_frame", false, true},
	{"reply_frame", false, false},
};

static void exchanges(struct section *s, const struct analysed *a)
{
	const struct exchanges *x = &a->talk->exchanges;
	struct sheet *t =
		sheet_new("exchanges", "no request got a reply", exchange_columns,
			  ARRAY_LEN(exchange_columns),
			  "Requests and replies by size (n of so many requests of that size; "
			  "delays: a tenth, half and nine tenths of them are shorter)");

	section_line(s, "%llu of %llu requests got a reply within 10 s.",
		     (unsigned long long)x->replied, (unsigned long long)x->requests);
	for (struct exchange *k = x->kinds; k; k = k->hh.next) {
		struct interval i = wilson95(k->n, k->asked);

		if (sheet_full(t, a->most))
			continue;
		sheet_text(t, talk_proto(k->key.proto));
		sheet_text(t, asker(k->key.by_responder));
		sheet_count(t, k->key.request);
		sheet_count(t, k->key.reply);
		sheet_count(t, k->n);
		sheet_count(t, k->asked);
		sheet_real(t, i.low, 3);
		sheet_real(t, i.high, 3);
		sheet_real(t, spread_quantile(&k->delay, 0.1), 3);
		sheet_real(t, spread_quantile(&k->delay, 0.5), 3);
		sheet_real(t, spread_quantile(&k->delay, 0.9), 3);
		sheet_text(t, example_text(a, k->input, k->request_number));
		sheet_text(t, example_text(a, k->input, k->reply_number));
	}
	section_sheet(s, t);
	if (x->dropped)
		section_line(
			s,
			"For want of room %llu kinds, each seen at most %llu times when it was "
			"dropped, are not listed; counts may be so much too low.",
			(unsigned long long)x->dropped, (unsigned long long)x->floor);
}

static const struct sheet_column series_columns[] = {
	{"protocol", false, true},  {"sender", false, true},
	{"tries", true, true},	    {"n", true, true},
	{"answered", true, true},   {"least_bytes", true, true},
	{"most_bytes", true, true}, {"same_bytes", false, true},
	{"gaps_s", false, true},    {"example_frame", false, true},
};

/* "0-2 7-10": positions of the bits of @mask. */
static void places(uint64_t mask, char text[200])
{
	size_t n = 0;

	text[0] = '\0';
	for (unsigned from = 0, to; from < 64 && n < 180; from = to + 1) {
		for (to = from; to < 64 && mask >> to & 1; to++)
			;
		if (to > from)
			n += (size_t)snprintf(text + n, 200 - n,
					      to - from == 1 ? "%s%u" : "%s%u-%u", n ? " " : "",
					      from, to - 1);
	}
}

static void gaps_text(struct series *k, char text[160])
{
	size_t n = 0;

	text[0] = '\0';
	for (unsigned i = 0; i + 1U < k->key.tries && n < 140; i++)
		n += (size_t)snprintf(text + n, 160 - n, "%s+%.2f", i ? " " : "",
				      spread_quantile(&k->gap[i], 0.5));
}

static void series(struct section *s, const struct analysed *a)
{
	struct sheet *t =
		sheet_new("series", "nothing was sent again to a side that is silent",
			  series_columns, ARRAY_LEN(series_columns),
			  "UDP messages of one size sent again without an answer between "
			  "(same_bytes: alike in all tries; gaps: median; %u tries = so many "
			  "or more)",
			  SERIES_TRIES);
	char text[200];

	for (struct series *k = a->talk->series.kinds; k; k = k->hh.next) {
		sheet_text(t, talk_proto(k->key.proto));
		sheet_text(t, asker(k->key.by_responder));
		sheet_count(t, k->key.tries);
		sheet_count(t, k->n);
		sheet_count(t, k->answered);
		sheet_count(t, k->least);
		sheet_count(t, k->most);
		places(k->kept, text);
		sheet_text(t, k->key.same ? text : NULL);
		gaps_text(k, text);
		sheet_text(t, text);
		sheet_text(t, example_text(a, k->input, k->number));
	}
	section_sheet(s, t);
}

static const struct sheet_column pattern_columns[] = {
	{"pattern", false, true},	{"step", true, true},
	{"direction", false, true},	{"size", false, true},
	{"common_bytes", true, false},	{"common_n", true, false},
	{"least_bytes", true, false},	{"most_bytes", true, false},
	{"delay_median_s", true, true}, {"name", false, true},
	{"named", true, true},		{"flows", true, true},
	{"example_frame", false, true},
};

static void pattern_step(struct sheet *t, const struct analysed *a, struct pattern *p, size_t i)
{
	const struct talk_flow *f = &a->talk->flows.list[p->example];
	char head[160], sizes[64], first[32] = "";

	if (p->first)
		snprintf(first, sizeof(first), ", first %u B", p->first);
	snprintf(head, sizeof(head), "%s %s%s%s: %llu of %llu flows", talk_proto(p->proto),
		 p->directions, p->longer ? " and on" : "", first, (unsigned long long)p->flows,
		 (unsigned long long)a->talk->patterns.flows[p->proto == IPPROTO_TCP]);
	sheet_text(t, head);
	sheet_count(t, i + 1);
	sheet_text(t, p->steps[i].reply ? "<" : ">");
	sheet_text(t, pattern_sizes(p, i, sizes));
	sheet_count(t, p->steps[i].common);
	sheet_count(t, p->steps[i].common_n);
	sheet_count(t, p->steps[i].least);
	sheet_count(t, p->steps[i].most);
	sheet_real(t, spread_quantile(&p->steps[i].delay, 0.5), 3);
	sheet_text(t, p->steps[i].name);
	sheet_count(t, p->steps[i].named);
	sheet_count(t, p->flows);
	sheet_text(t, example_text(a, f->flow.input, f->steps[i].number));
}

static void patterns(struct section *s, const struct analysed *a)
{
	struct patterns *p = &a->talk->patterns;
	struct sheet *t =
		sheet_new("patterns", "no flow was seen from its beginning", pattern_columns,
			  ARRAY_LEN(pattern_columns),
			  "Flows that go alike (> from the opener; the first %d messages; "
			  "named: flows in which the signature calls it so)",
			  PATTERN_STEPS);

	t->grouped = true;
	for (size_t i = 0; i < p->n; i++)
		for (size_t k = 0; k < p->list[i].n; k++)
			pattern_step(t, a, &p->list[i], k);
	section_sheet(s, t);
}

/* The chart of one protocol's typical flow. */
static void typical(struct section *s, const struct analysed *a, uint8_t proto)
{
	const struct pattern *p = pattern_typical(&a->talk->patterns, proto);
	struct picture picture;
	struct chart c;
	char caption[160];

	if (!p)
		return;
	chart_of_pattern(&c, p);
	snprintf(caption, sizeof(caption),
		 "The typical answered %s flow: %llu of %llu that were seen from their beginning",
		 talk_proto(proto), (unsigned long long)p->flows,
		 (unsigned long long)a->talk->patterns.flows[proto == IPPROTO_TCP]);
	picture = chart_picture(&c, proto == IPPROTO_TCP ? "chart-tcp" : "chart-udp", caption);
	section_picture(s, &picture);
	chart_clear(&c);
}

static void host(struct section *s, const struct analysed *a)
{
	char caption[512], text[IP_TEXT_LEN];
	struct picture picture;
	uint64_t from_ns;
	uint16_t input;
	struct chart c;
	struct ip ip;

	if (!chart_choose(&a->talk->flows, a->host, a->names, &ip, &input, &from_ns))
		return;
	chart_of_host(&c, &a->talk->flows, &ip, input, from_ns, a->names);
	snprintf(caption, sizeof(caption), "The flow of messages: %s in %.200s%s%.120s",
		 ip_text(&ip, text), input < a->captures_n ? a->captures[input] : "the capture",
		 a->signatures ? "; names of messages are those of " : "",
		 a->signatures ? a->signatures : "");
	picture = chart_picture(&c, "chart-host", caption);
	section_picture(s, &picture);
	chart_clear(&c);
}

static bool has_frame(const struct talk_flow *f, uint64_t frame)
{
	for (uint8_t i = 0; i < f->steps_n; i++)
		if (frame >= f->steps[i].number && frame <= f->steps[i].end_number)
			return true;
	return f->flow.first_number == frame;
}

/* The flow that was asked for, of the first capture that has one. */
static void asked_flow(struct section *s, const struct analysed *a)
{
	const struct talk_flows *list = &a->talk->flows;
	struct picture picture;
	struct chart c;
	char caption[160];
	size_t i = 0;

	while (i < list->n && !has_frame(&list->list[i], a->frame))
		i++;
	if (i == list->n) {
		section_line(s, "No flow has frame %llu among its first %d messages.",
			     (unsigned long long)a->frame, TALK_STEPS);
		return;
	}
	chart_of_flow(&c, &list->list[i], a->names);
	snprintf(caption, sizeof(caption), "The flow with frame %llu",
		 (unsigned long long)a->frame);
	picture = chart_picture(&c, "chart-flow", caption);
	section_picture(s, &picture);
	chart_clear(&c);
}

void part_exchanges(struct document *d, const struct analysed *a)
{
	struct section *s = document_section(d, "exchanges", "Exchanges");

	exchanges(s, a);
	series(s, a);
	patterns(s, a);
	typical(s, a, IPPROTO_UDP);
	typical(s, a, IPPROTO_TCP);
	host(s, a);
	if (a->frame)
		asked_flow(s, a);
}
