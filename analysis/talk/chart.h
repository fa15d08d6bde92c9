/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef ANALYSIS_TALK_CHART_H
#define ANALYSIS_TALK_CHART_H

#include <stdbool.h>

#include "analysis/talk/names.h"
#include "analysis/talk/pattern.h"
#include "analysis/talk/record.h"

/* A sequence chart: who sends what to whom, in order, as text or as SVG. */

#define CHART_LANES 7  /* one who is looked at, his peers, and one lane for all others */
#define CHART_ROWS  48 /* lines of a host's chart */
#define CHART_TEXT  96

struct chart_lane {
	char name[CHART_TEXT]; /* "192.0.2.1", "opener" */
	char note[CHART_TEXT]; /* below it; "" = nothing */
};

/**
 * struct chart_row - one arrow
 * @s:		Seconds since the chart's beginning; negative = not shown
 * @from, @to:	Lanes
 * @name:	A signature's name for it ("" = none)
 * @label:	"18 B", "TCP to port 443"
 * @number:	Its frame; 0 = none
 * @times:	It stands for so many, one after the other, alike
 */
struct chart_row {
	double s;
	uint32_t from, to;
	char name[32];
	char label[CHART_TEXT];
	uint64_t number, times;
};

struct chart {
	char title[2 * CHART_TEXT];
	struct chart_lane lanes[CHART_LANES];
	size_t lanes_n;
	struct chart_row *rows; /* (owned) */
	size_t n;
	bool more; /* there was more to draw than the rows hold */
};

/* One flow: its first messages. @names may be NULL. */
void chart_of_flow(struct chart *c, const struct talk_flow *f, const struct message_names *names);
/* A pattern: the steps of its flows, with the median delay. */
void chart_of_pattern(struct chart *c, const struct pattern *p);
/* A host of one capture: its flows from @from_ns on, with the peers that have most to say. @flows in
 * the order of talk_flows_sort(). Has no rows when the host is not there. */
void chart_of_host(struct chart *c, const struct talk_flows *flows, const struct ip *host,
		   uint16_t input, uint64_t from_ns, const struct message_names *names);
/* Which host, of which capture and from when on: with @host NULL the one with most messages that have
 * names, else the one that opened most flows. It begins a second before its first message with a
 * name, if it has one. False when there is no such host. */
bool chart_choose(const struct talk_flows *flows, const struct ip *host,
		  const struct message_names *names, struct ip *out, uint16_t *input,
		  uint64_t *from_ns);
void chart_clear(struct chart *c);

#endif
