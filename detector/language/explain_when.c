// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * explain_when.c - what a rule that counts asks of its counts, in words
 */
#include "detector/language/explain_when.h"
#include "detector/language/statistic.h"
#include "detector/language/words.h"

/* Which packets a figure is of. */
static void show_gauge(FILE *f, const struct gauge *g)
{
	if (g->packets)
		fprintf(f, ", of the last %u packets", g->packets);
	if (g->part)
		fprintf(f, ", in the last %s", words_time(g->part * GAUGE_PARTS));
	if (g->from != FROM_EITHER)
		fprintf(f, ", from the %s", g->from == FROM_CLIENT ? "client" : "server");
	if (g->empty)
		fputs(", packets without payload too", f);
}

static void show_gap_mode(FILE *f, const struct when *w, const struct gauge *g)
{
	static const char *const from[] = {"from the client", "from the server",
					   "of the same side"};

	fprintf(f, "there are %u or more gaps between messages %s, none is commoner than %s", w->lo,
		from[g->from], words_time(g->gap));
	fprintf(f, " give or take %s", words_time(g->off));
	if (w->hi)
		fprintf(f, ", and %.1f %% of them are so", w->hi / 10.0);
}

/* Times are kept in units of @unit ns. */
static void show_times(FILE *f, const char *before, const struct when *w, uint64_t unit)
{
	fputs(before, f);
	words_times(f, w->lo * unit, w->hi == UINT32_MAX ? UINT64_MAX : w->hi * unit);
}

static void show_condition(FILE *f, const struct rule *r, const struct when *w)
{
	/* what stands before and after the numbers, by enum when_kind */
	static const char *const numbers[][2] = {
		[WHEN_COUNT] = {"there are ", " of "},
		[WHEN_MEAN] = {"the mean payload of packets is ", " bytes"},
		[WHEN_RATIO] = {"bytes from the server per 1000 from the client are ", ""},
		[WHEN_BYTES] = {"there are ", " bytes of payload"},
		[WHEN_RATE] = {"there are ", " packets a second"},
		[WHEN_BIT_RATE] = {"there are ", " bits of payload a second"},
		[WHEN_LEAST] = {"the smallest packet has ", " bytes of payload"},
		[WHEN_GREATEST] = {"the largest packet has ", " bytes of payload"}};
	const char *what = w->tally < 0 ? "all packets" : r->messages[w->tally].name;
	struct numset set = {.n = 1, .r = {{w->lo, w->hi}}};

	switch (w->kind) {
	case WHEN_SHARE:
		fprintf(f, "%s are at least %.1f %% of the flow's packets", what, w->lo / 10.0);
		break;
	case WHEN_DURATION:
		show_times(f, "the time since the first packet is ", w, 1000000);
		break;
	case WHEN_GAP:
		show_times(f, "the mean gap between packets is ", w, 1000);
		break;
	case WHEN_GAP_MODE:
		show_gap_mode(f, w, &r->gauges[w->gauge]);
		break;
	case WHEN_CHI_SQUARE:
	case WHEN_BELIEF:
		statistic_show(f, r, w);
		break;
	default:
		words_numbers(f, &set, numbers[w->kind][0], numbers[w->kind][1]);
		if (w->kind == WHEN_COUNT)
			fputs(what, f);
	}
}

void explain_when(FILE *f, const struct rule *r, const struct when *w)
{
	show_condition(f, r, w);
	if (w->gauge >= 0 && w->kind < WHEN_GAP_MODE)
		show_gauge(f, &r->gauges[w->gauge]);
	fprintf(f, " (line %u)\n", w->line);
}
