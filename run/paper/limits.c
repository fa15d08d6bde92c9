// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * limits.c - what the material at hand does not say
 *
 * The first lines hold of every such paper. The others are counted: they stand only where there is
 * something to count.
 */
#include <stdlib.h>
#include <string.h>

#include "results/report/html.h"
#include "run/paper/limits.h"

static const char *const always[] = {
	"Emulated clients were written from the publication. That a signature finds them, or that "
	"a "
	"claim holds on them, shows that emulator and signature read it alike, and no more.",
	"The emulated network has no other load than its background, and its hosts have one clock: "
	"rates, losses and delays are those of the scenario.",
	"Precision is that of the traffic at hand. Where Skype is rarer it is lower; the false "
	"alarms "
	"per million flows say how much.",
	"Recorded flows are called Skype by their label file, which people wrote who could not "
	"decrypt them.",
};

static void item(struct exhibits *d, unsigned long long n, const char *text)
{
	if (n)
		fprintf(d->f, "<li>%llu %s</li>\n", n, text);
}

/* How many rows of a table a view has. */
static unsigned long long rows(struct exhibits *d, const char *table, const struct view *v)
{
	return view_count(v, exhibit_tsv(d, table));
}

static void about_intervals(struct exhibits *d)
{
	static const struct view alone = {.only = {{"interval", "-"}, {"of", "!0"}}};
	static const struct view wilson = {.only = {{"interval", "wilson"}, {"of", "!0"}}};
	static const char *const tables[] = {"accuracy-by-version", "accuracy-by-configuration",
					     "accuracy-by-vantage", "accuracy-by-operation"};
	unsigned long long none = 0, one = 0;

	for (size_t i = 0; i < ARRAY_LEN(tables); i++) {
		none += rows(d, tables[i], &alone);
		one += rows(d, tables[i], &wilson);
	}
	item(d, none, "sums of emulated traffic are of one trial and have no interval.");
	item(d, one,
	     "figures of emulated traffic are of one trial: their interval speaks of its flows "
	     "only.");
}

/* Versions that were emulated and of which the paper's messages were recorded nowhere are told by
 * what is missing: messages with a name that no recorded capture has. */
static void about_messages(struct exhibits *d)
{
	const struct tsv *t = exhibit_tsv(d, "messages");
	static const struct view emulated = {.only = {{"source", "emulated"}, {"in_paper", "yes"}}};
	static const struct view recorded = {.only = {{"source", "recorded"}, {"in_paper", "yes"}}};
	int name = tsv_column(t, "message");
	const char *last = "";
	bool begun = false;

	for (size_t r = 0; r < t->rows && paper_material_scored(d->m); r++) {
		const char *message = tsv_cell(t, r, name);
		bool found = false;

		if (!view_has(&emulated, t, r) || !strcmp(message, last))
			continue;
		last = message;
		for (size_t k = 0; k < t->rows && !found; k++)
			found = view_has(&recorded, t, k) && !strcmp(tsv_cell(t, k, name), message);
		if (found)
			continue;
		html_printf(d->f,
			    begun ? ", %s"
				  : "<li>In no recorded capture do the signatures "
				    "find: %s",
			    message);
		begun = true;
	}
	if (begun)
		fputs(". What is said of these is said of emulated traffic only.</li>\n", d->f);
}

static void about_operations(struct exhibits *d)
{
	static const struct view refused = {.only = {{"in", "0"}, {"refused", "!0"}}};
	static const struct view calls = {.only = {{"unit", "call-start"}}};
	unsigned long long started = exhibit_sum(d, "accuracy-by-version", &calls, "of");

	item(d, exhibit_sum(d, "deeds", &refused, "refused"),
	     "logins were refused in operations that let nobody in. Their sessions with a super "
	     "node "
	     "stand on the wire all the same, and count as sessions.");
	if (started)
		fprintf(d->f,
			"<li>%llu of %llu calls begun are reported, all signatures together; a "
			"session is no call.</li>\n",
			exhibit_sum(d, "accuracy-by-version", &calls, "found"), started);
}

static void about_captures(struct exhibits *d)
{
	static const struct view used = {.only = {{"used", "whole"}}};
	static const struct view any;
	unsigned long long all = rows(d, "captures", &any);

	item(d, all - rows(d, "captures", &used),
	     "recorded captures were used in part or not at "
	     "all; the table of captures says why.");
	item(d, exhibit_sum(d, "captures", &any, "unknown"),
	     "flows of recorded captures are of a kind that their labels do not know; they count "
	     "neither way.");
	item(d, d->m->negatives_damaged,
	     "captures without Skype are not readable to their end, and were used up to there.");
}

/* Rows of recorded traffic that a run replayed in the lab. */
static void about_runs(struct exhibits *d)
{
	unsigned long long n = 0;

	for (size_t i = 0; i < d->m->runs_n; i++)
		for (size_t k = 0; k < d->m->runs[i].t->n; k++)
			n += d->m->runs[i].t->rows[k].source != SOURCE_EMULATED;
	item(d, n,
	     "rows of the runs are of recordings that were replayed in the lab; they are left "
	     "out here.");
}

void section_limits(struct exhibits *d)
{
	fputs("<h2 id=\"limits\">5. Limits</h2>\n<ul>\n", d->f);
	for (size_t i = 0; i < ARRAY_LEN(always); i++)
		html_printf(d->f, "<li>%s</li>\n", always[i]);
	about_intervals(d);
	about_messages(d);
	about_operations(d);
	about_captures(d);
	about_runs(d);
	fputs("</ul>\n", d->f);
}
