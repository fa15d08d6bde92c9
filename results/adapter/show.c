// SPDX-License-Identifier: GPL-2.0-or-later
/* show.c - definitions, records and detections in words, for people */
#include <inttypes.h>
#include <string.h>

#include "base/quote.h"
#include "results/adapter/check.h"
#include "results/adapter/columns.h"
#include "results/adapter/show.h"

#define NS_PER_S 1000000000

static const char *const format_words[] = {
	[ADAPTER_EVE] = "EVE JSON, an event a line", [ADAPTER_CSV] = "CSV with a header",
	[ADAPTER_TSV] = "TSV with a header",	     [ADAPTER_JSONL] = "JSON, an object a line",
	[ADAPTER_FIELDS] = "fields between blanks",
};

static const char *const claims_words[] = {
	[ADAPTER_CLAIMS_FLOW] = "flows",
	[ADAPTER_CLAIMS_PACKET] = "packets, so a flow by any of its packets",
	[ADAPTER_CLAIMS_HOST] = "hosts",
};

static const char *const time_words[] = {
	[ADAPTER_SECONDS] = "seconds since 1970",
	[ADAPTER_MILLISECONDS] = "milliseconds since 1970",
	[ADAPTER_MICROSECONDS] = "microseconds since 1970",
	[ADAPTER_NANOSECONDS] = "nanoseconds since 1970",
	[ADAPTER_ISO] = "date and time as in ISO 8601",
};

static void show_words(FILE *f, const char *before, const struct adapter_list *l, bool shell)
{
	if (!l->n)
		return;
	fprintf(f, "%s", before);
	for (unsigned i = 0; i < l->n; i++)
		fprintf(f, "%s%s", i ? shell ? " " : ", " : "",
			shell ? quote_shell(l->items[i]) : quote_terminal(l->items[i]));
	putc('\n', f);
}

static void show_output(FILE *f, const struct adapter_output *o)
{
	char before[64];

	fprintf(f, "  writes %s: %s%s\n",
		strcmp(o->file, ADAPTER_STDOUT) ? quote_terminal(o->file) : "to its output",
		format_words[o->format], o->optional ? ", or nothing" : "");
	show_words(f, "    its columns are ", &o->header, false);
	for (unsigned r = 0; r < ADAPTER_ROLES; r++) {
		snprintf(before, sizeof(before), "    %s: ", columns_role_text(r));
		show_words(f, before, &o->columns.of[r], false);
	}
	fprintf(f, "    times are %s\n", time_words[o->time]);
	show_words(f, "    not set is ", &o->unset, false);
	if (o->split)
		fprintf(f, "    parts of a verdict stand between any of \"%s\"\n",
			quote_terminal(o->split));
	for (unsigned i = 0; i < o->only_n; i++) {
		snprintf(before, sizeof(before), "    only where %s is ",
			 quote_terminal(o->only[i].column));
		show_words(f, before, &o->only[i].match, false);
	}
}

static void show_verdict(FILE *f, const struct adapter_verdict *v)
{
	fprintf(f, "  %s%s: ", v->column ? quote_terminal(v->column) : "",
		v->column ? "" : "any verdict");
	for (unsigned i = 0; i < v->match.n; i++)
		fprintf(f, "%s%s", i ? ", " : "", quote_terminal(v->match.items[i]));
	fprintf(f, " -> %s\n", strcmp(v->application, ADAPTER_NONE) ? v->application : "nothing");
}

void adapter_show(FILE *f, const struct adapter *a)
{
	const struct adapter_limits *l = &a->limits;

	fprintf(f, "%s: %s\n", a->name, quote_terminal(a->title));
	fprintf(f, "  from %s", quote_terminal(a->source));
	if (a->install)
		fprintf(f, "; %s", quote_terminal(a->install));
	putc('\n', f);
	show_words(f, "  runs ", &a->command, true);
	show_words(f, "  live ", &a->live, true);
	show_words(f, "  its version by ", &a->version, true);
	fprintf(f, "  claims %s; %s of sessions\n", claims_words[a->claims],
		a->sessions ? "knows" : "knows nothing");
	fprintf(f, "  may use %u s, %u MiB of memory, %u MiB in %u files, %u processes\n",
		l->seconds, l->memory, l->output, l->files, l->processes);
	fprintf(f, "  records of one flow that overlap, or lie at most %g s apart, are one\n",
		a->tolerance);
	for (unsigned i = 0; i < a->outputs_n; i++)
		show_output(f, &a->outputs[i]);
	for (unsigned i = 0; i < a->verdicts_n; i++)
		show_verdict(f, &a->verdicts[i]);
}

static void show_count(FILE *f, uint64_t n, const char *what)
{
	if (n)
		fprintf(f, "  %" PRIu64 " %s\n", n, what);
}

void adapter_counts_show(FILE *f, const struct adapter_counts *n)
{
	fprintf(f, "%" PRIu64 " records name %" PRIu64 " flows; %" PRIu64 " detections\n",
		n->records, n->flows, n->detections);
	show_count(f, n->filtered, "records left out by `only`");
	show_count(f, n->no_flow, "records without a UDP or TCP flow");
	show_count(f, n->silent, "records that say nothing of their flow");
	show_count(f, n->merged, "records say again what one of their flow had said");
	show_count(f, n->other, "detections are of applications that no rule names");
	show_count(f, n->mended,
		   "records have an address with several \"::\", which may be another");
	show_count(f, n->community, "records have a Community ID");
	show_count(f, n->community_wrong, "of these are not the ID of their flow (with seed 0)");
}

/* Seconds with a fraction; "-" for none. */
static void show_time(FILE *f, uint64_t ns)
{
	if (ns)
		fprintf(f, "%" PRIu64 ".%06" PRIu64 "\t", ns / NS_PER_S, ns % NS_PER_S / 1000);
	else
		fputs("-\t", f);
}

void adapter_detections_show(FILE *f, const struct detections *list)
{
	char src[ENDPOINT_TEXT_LEN], dst[ENDPOINT_TEXT_LEN];

	fputs("time\tfrom\tto\tframe\tapplication\tproto\tsrc\tdst\n", f);
	for (size_t i = 0; i < detections_count(list); i++) {
		const struct detection *v = detections_at(list, i);

		show_time(f, v->afterwards ? 0 : v->ts_ns);
		show_time(f, v->from_ns);
		show_time(f, v->to_ns);
		if (v->packet)
			fprintf(f, "%" PRIu64 "\t", v->packet);
		else
			fputs("-\t", f);
		fprintf(f, "%s\t%s\t%s\t%s\n", v->application,
			v->tuple.proto == 17  ? "udp"
			: v->tuple.proto == 6 ? "tcp"
					      : "-",
			endpoint_text(&v->tuple.src, src),
			v->tuple.proto ? endpoint_text(&v->tuple.dst, dst) : "-");
	}
}
