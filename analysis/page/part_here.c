// SPDX-License-Identifier: GPL-2.0-or-later
/* part_here.c - part 1: hosts, ports, protocols, who opened, for how long, answered or not */
#include <stdio.h>

#include "analysis/page/example.h"
#include "analysis/page/part_here.h"
#include "base/moment.h"
#include "results/score/intervals.h"

static double seconds(uint64_t from_ns, uint64_t to_ns)
{
	return moment_before(to_ns, from_ns) ? 0 : (double)(to_ns - from_ns) / 1e9;
}

static void lines(struct section *s, const struct here *h)
{
	uint64_t of = h->total[0].flows + h->total[1].flows;

	section_line(s,
		     "%llu UDP flows, %llu answered; %llu TCP flows, %llu answered, %llu reset at "
		     "once, %llu with more than one SYN; %llu TCP flows began before the capture.",
		     (unsigned long long)h->total[0].flows,
		     (unsigned long long)h->total[0].answered,
		     (unsigned long long)h->total[1].flows,
		     (unsigned long long)h->total[1].answered, (unsigned long long)h->refused,
		     (unsigned long long)h->retried, (unsigned long long)h->midway);
	section_line(s, "%llu packets, %llu messages, %llu bytes of payload in %.3f s.",
		     (unsigned long long)h->packets, (unsigned long long)h->messages,
		     (unsigned long long)h->bytes, seconds(h->first_ns, h->last_ns));
	if (h->hosts_left_out || h->services_left_out)
		section_line(
			s,
			"For want of room %llu times a host and %llu times a port of these %llu "
			"flows is not listed.",
			(unsigned long long)h->hosts_left_out,
			(unsigned long long)h->services_left_out, (unsigned long long)of);
}

static const struct sheet_column host_columns[] = {
	{"host", false, true},
	{"udp_opened", true, true},
	{"udp_opened_answered", true, true},
	{"tcp_opened", true, true},
	{"tcp_opened_answered", true, true},
	{"udp_taken", true, true},
	{"udp_taken_answered", true, false},
	{"tcp_taken", true, true},
	{"tcp_taken_answered", true, false},
	{"midway", true, false},
	{"messages_sent", true, true},
	{"messages_received", true, true},
	{"bytes_sent", true, true},
	{"bytes_received", true, true},
	{"first", true, false},
	{"seconds", true, true},
};

static void hosts(struct section *s, const struct here *h, size_t most)
{
	struct sheet *t = sheet_new("hosts", "none", host_columns, ARRAY_LEN(host_columns),
				    "Hosts, by flows opened (taken: opened by others to it)");
	char text[IP_TEXT_LEN];

	for (size_t i = 0; i < h->hosts_n; i++) {
		const struct here_host *x = h->by_opened[i];
		char first[MOMENT_TEXT_LEN];

		if (sheet_full(t, most))
			continue;
		sheet_text(t, ip_text(&x->ip, text));
		for (int tcp = 0; tcp < 2; tcp++) {
			sheet_count(t, x->opened[tcp].flows);
			sheet_count(t, x->opened[tcp].answered);
		}
		for (int tcp = 0; tcp < 2; tcp++) {
			sheet_count(t, x->taken[tcp].flows);
			sheet_count(t, x->taken[tcp].answered);
		}
		sheet_count(t, x->midway);
		sheet_count(t, x->messages[0]);
		sheet_count(t, x->messages[1]);
		sheet_count(t, x->bytes[0]);
		sheet_count(t, x->bytes[1]);
		sheet_text(t, moment_text(x->first_ns, first));
		sheet_real(t, seconds(x->first_ns, x->last_ns), 3);
	}
	section_sheet(s, t);
}

static const struct sheet_column service_columns[] = {
	{"protocol", false, true},
	{"port", true, true},
	{"flows", true, true},
	{"answered", true, true},
	{"answered_low", true, false},
	{"answered_high", true, false},
	{"messages_from_opener", true, true},
	{"messages_to_opener", true, true},
	{"bytes_from_opener", true, false},
	{"bytes_to_opener", true, false},
	{"median_s", true, true},
	{"longest_s", true, true},
	{"midway", true, true},
	{"example_frame", false, true},
};

static void services(struct section *s, const struct analysed *a)
{
	struct sheet *t = sheet_new("ports", "none", service_columns, ARRAY_LEN(service_columns),
				    "Ports to which flows were opened (times: of answered flows; "
				    "midway: flows that began before the capture)");

	for (size_t k = 0; k < a->talk->here.services_n; k++) {
		struct here_service *x = a->talk->here.by_flows[k];
		struct interval i = wilson95(x->count.answered, x->count.flows);

		if (sheet_full(t, a->most))
			continue;
		sheet_text(t, talk_proto(x->key.proto));
		sheet_count(t, x->key.port);
		sheet_count(t, x->count.flows);
		sheet_count(t, x->count.answered);
		sheet_real(t, x->count.flows ? i.low : -1, 3);
		sheet_real(t, x->count.flows ? i.high : -1, 3);
		sheet_count(t, x->messages[0]);
		sheet_count(t, x->messages[1]);
		sheet_count(t, x->bytes[0]);
		sheet_count(t, x->bytes[1]);
		sheet_real(t, spread_quantile(&x->lasted, 0.5), 3);
		sheet_real(t, x->lasted.n ? (double)x->lasted.most / 1e9 : -1, 3);
		sheet_count(t, x->midway);
		sheet_text(t, example_text(a, x->input, x->number));
	}
	section_sheet(s, t);
}

static const struct sheet_column usage_columns[] = {
	{"configuration", false, true}, {"protocol", false, true}, {"port", false, true},
	{"flows", true, true},		{"answered", true, true},  {"of_flows", true, true},
};

static uint64_t flows_of(const struct here *h, size_t config)
{
	uint64_t n = 0;

	for (int tcp = 0; tcp < 2; tcp++)
		for (size_t c = 0; c < here_columns(&h->usage); c++)
			n += here_used(h, config, tcp, c)->flows;
	return n;
}

static void usage(struct section *s, const struct here *h)
{
	const struct here_usage *u = &h->usage;
	struct sheet *t = sheet_new("usage", "no flow", usage_columns, ARRAY_LEN(usage_columns),
				    "Protocol and port by configuration (of_flows: all of the "
				    "configuration)");
	char text[24];

	t->grouped = true;
	for (size_t config = 0; config < u->configs_n; config++)
		for (int tcp = 0; tcp < 2; tcp++)
			for (size_t c = 0; c < here_columns(u); c++) {
				const struct here_count *n = here_used(h, config, tcp, c);

				if (!n->flows)
					continue;
				sheet_text(t, u->configs[config]);
				sheet_text(t, tcp ? "tcp" : "udp");
				sheet_text(t, here_column(u, c, text));
				sheet_count(t, n->flows);
				sheet_count(t, n->answered);
				sheet_count(t, flows_of(h, config));
			}
	section_sheet(s, t);
}

static const struct sheet_column flow_columns[] = {
	{"flow", true, false},	     {"protocol", false, false},    {"opener", false, false},
	{"other", false, false},     {"answered", false, false},    {"first", true, false},
	{"seconds", true, false},    {"messages_out", true, false}, {"messages_back", true, false},
	{"bytes_out", true, false},  {"bytes_back", true, false},   {"syn", true, false},
	{"closed_by", false, false}, {"sizes", false, false},	    {"example_frame", false, false},
};

static const char *closed_by(const struct message_flow *f)
{
	if (f->reset[0] || f->reset[1])
		return f->reset[0] ? "reset by opener" : "reset by other";
	if (f->fin[0] && f->fin[1])
		return "both";
	return f->fin[0] ? "opener" : f->fin[1] ? "other" : NULL;
}

/* ">18 <11": the first messages. */
static void sizes_text(const struct talk_flow *f, char text[256])
{
	size_t n = 0;

	text[0] = '\0';
	for (uint8_t i = 0; i < f->steps_n && n < 240; i++)
		n += (size_t)snprintf(text + n, 256 - n, "%s%c%u", i ? " " : "",
				      f->steps[i].reply ? '<' : '>', f->steps[i].size);
}

static void flows(struct section *s, const struct analysed *a)
{
	const struct talk_flows *list = &a->talk->flows;
	struct sheet *t = sheet_new("flows", "none", flow_columns, ARRAY_LEN(flow_columns),
				    "Flows, in the order in which they began");
	char text[ENDPOINT_TEXT_LEN], sizes[256];

	for (size_t i = 0; i < list->n; i++) {
		const struct message_flow *f = &list->list[i].flow;
		char first[MOMENT_TEXT_LEN];

		sheet_count(t, i);
		sheet_text(t, talk_proto(f->tuple.proto));
		sheet_text(t, endpoint_text(&f->tuple.src, text));
		sheet_text(t, endpoint_text(&f->tuple.dst, text));
		sheet_text(t, !talk_from_start(f) ? "midway" : talk_answered(f) ? "yes" : "no");
		sheet_text(t, moment_text(f->first_ns, first));
		sheet_real(t, seconds(f->first_ns, f->last_ns), 6);
		sheet_count(t, f->messages[0]);
		sheet_count(t, f->messages[1]);
		sheet_count(t, f->bytes[0]);
		sheet_count(t, f->bytes[1]);
		sheet_count(t, f->syn);
		sheet_text(t, closed_by(f));
		sizes_text(&list->list[i], sizes);
		sheet_text(t, sizes);
		sheet_text(t, example_text(a, f->input, f->first_number));
	}
	section_sheet(s, t);
}

void part_here(struct document *d, const struct analysed *a)
{
	struct section *s = document_section(d, "here", "What is here");

	lines(s, &a->talk->here);
	hosts(s, &a->talk->here, a->most);
	services(s, a);
	usage(s, &a->talk->here);
	if (!a->most)
		flows(s, a);
}
