// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * part_clocks.c - part 5: rounds, keep-alives, whole seconds, length of sessions
 *
 * Beats and whole seconds are printed where they are less likely than one in a hundred by chance,
 * corrected for the kinds tried; what was tried stands beside it.
 */
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>

#include "analysis/page/example.h"
#include "analysis/page/part_clocks.h"

#define P_LIMIT 0.01

static const struct sheet_column round_columns[] = {
	{"host", false, true},
	{"protocol", false, true},
	{"flows", true, true},
	{"bursts", true, true},
	{"bursts_of_flows", false, true},
	{"period_s", true, true},
	{"held", true, true},
	{"tried", true, true},
	{"p", true, true},
	{"example_frame", false, true},
};

static void burst_sizes(const struct host_rounds *r, char text[96])
{
	size_t n = 0;

	text[0] = '\0';
	for (uint32_t i = 0; i < r->lag && n < 80; i++)
		n += (size_t)snprintf(text + n, 96 - n, "%s%u", i ? " " : "", r->largest[i]);
}

static void rounds(struct section *s, const struct analysed *a)
{
	const struct all_rounds *r = &a->talk->rounds;
	struct sheet *t = sheet_new(
		"rounds", "no host opens flows in rounds", round_columns, ARRAY_LEN(round_columns),
		"Rounds in which hosts open flows (bursts: less than 0.25 s apart; "
		"period: from a burst to the same of the next round, held within "
		"10 %%)");
	char text[IP_TEXT_LEN], sizes[96];

	for (size_t i = 0; i < r->n; i++) {
		const struct host_rounds *h = &r->list[i];

		if (!h->lag)
			continue;
		burst_sizes(h, sizes);
		sheet_text(t, ip_text(&h->host, text));
		sheet_text(t, talk_proto(h->proto));
		sheet_count(t, h->flows);
		sheet_count(t, h->bursts);
		sheet_text(t, sizes);
		sheet_real(t, h->period_s, 3);
		sheet_count(t, h->held);
		sheet_count(t, h->tried);
		sheet_chance(t, h->p);
		sheet_text(t, example_text(a, h->input, h->number));
	}
	section_line(s,
		     "%zu openers (host, capture, protocol) were looked at, the first %d by flows.",
		     r->hosts, ROUNDS_HOSTS);
	section_sheet(s, t);
}

static const struct sheet_column beat_columns[] = {
	{"protocol", false, true},	{"sender", false, true}, {"bytes", true, true},
	{"every_s", true, true},	{"within", true, true},	 {"held", true, true},
	{"tried", true, true},		{"p", true, true},	 {"flows", true, true},
	{"example_frame", false, true},
};

static void beats(struct section *s, const struct analysed *a)
{
	struct sheet *t =
		sheet_new("keep_alives", "no message comes again at a steady gap", beat_columns,
			  ARRAY_LEN(beat_columns),
			  "Messages that come again at a steady gap, within a flow "
			  "(within: 0.01 = the longest of the held gaps is 1 %% longer than the "
			  "shortest; of gaps from 0.5 s to 10 min)");

	for (const struct gap_kind *k = a->talk->gaps.kinds; k; k = k->hh.next) {
		if (k->beat_p > P_LIMIT)
			continue;
		sheet_text(t, talk_proto(k->key.proto));
		sheet_text(t, k->key.by_responder ? "other" : "opener");
		sheet_count(t, k->key.size);
		sheet_real(t, k->beat_s, 3);
		sheet_real(t, k->width, 3);
		sheet_count(t, k->beat);
		sheet_count(t, k->beat_of);
		sheet_chance(t, k->beat_p);
		sheet_count(t, k->flows);
		sheet_text(t, example_text(a, k->input, k->number));
	}
	section_sheet(s, t);
}

static const struct sheet_column whole_columns[] = {
	{"protocol", false, true}, {"sender", false, true}, {"bytes", true, true},
	{"every_s", true, true},   {"held", true, true},    {"tried", true, true},
	{"p", true, true},	   {"flows", true, true},   {"example_frame", false, true},
};

static void whole(struct section *s, const struct analysed *a)
{
	struct sheet *t =
		sheet_new("whole_seconds",
			  "no gap is a whole number of seconds more often "
			  "than by chance",
			  whole_columns, ARRAY_LEN(whole_columns),
			  "Gaps of whole seconds, to 20 ms (by chance 1 of 25; every_s: the "
			  "steadiest gap)");

	for (const struct gap_kind *k = a->talk->gaps.kinds; k; k = k->hh.next) {
		if (k->whole_p > P_LIMIT)
			continue;
		sheet_text(t, talk_proto(k->key.proto));
		sheet_text(t, k->key.by_responder ? "other" : "opener");
		sheet_count(t, k->key.size);
		sheet_real(t, k->beat_s, 3);
		sheet_count(t, k->whole);
		sheet_count(t, k->whole_of);
		sheet_chance(t, k->whole_p);
		sheet_count(t, k->flows);
		sheet_text(t, example_text(a, k->input, k->number));
	}
	section_sheet(s, t);
}

static const struct sheet_column length_columns[] = {
	{"protocol", false, true},	{"port", true, true},	   {"flows", true, true},
	{"shortest_s", true, true},	{"tenth_s", true, false},  {"median_s", true, true},
	{"nine_tenths_s", true, false}, {"longest_s", true, true},
};

static void lengths(struct section *s, const struct analysed *a)
{
	struct sheet *t = sheet_new("lengths", "no TCP flow was answered", length_columns,
				    ARRAY_LEN(length_columns),
				    "How long answered TCP flows lasted that were seen from their "
				    "beginning, by port");

	for (size_t i = 0; i < a->talk->here.services_n; i++) {
		struct here_service *x = a->talk->here.by_flows[i];

		if (x->key.proto != IPPROTO_TCP || !x->lasted.n || sheet_full(t, a->most))
			continue;
		sheet_text(t, "tcp");
		sheet_count(t, x->key.port);
		sheet_count(t, x->lasted.n);
		sheet_real(t, (double)x->lasted.least / 1e9, 3);
		sheet_real(t, spread_quantile(&x->lasted, 0.1), 3);
		sheet_real(t, spread_quantile(&x->lasted, 0.5), 3);
		sheet_real(t, spread_quantile(&x->lasted, 0.9), 3);
		sheet_real(t, (double)x->lasted.most / 1e9, 3);
	}
	section_sheet(s, t);
}

void part_clocks(struct document *d, const struct analysed *a)
{
	struct section *s = document_section(d, "clocks", "Clocks");

	rounds(s, a);
	beats(s, a);
	whole(s, a);
	lengths(s, a);
}
