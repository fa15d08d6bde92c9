// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * analysed.c - the answers in the order of the questions
 *
 * 1 what is here, 2 classes, 3 a map of each, 4 exchanges, 5 clocks, 6 side by side, 7 what would break
 * it. Facts about the material stand before.
 */
#include <stdio.h>

#include "analysis/page/analysed.h"
#include "analysis/page/part_clocks.h"
#include "analysis/page/part_compare.h"
#include "analysis/page/part_exchanges.h"
#include "analysis/page/part_fields.h"
#include "analysis/page/part_here.h"
#include "analysis/page/pictures.h"

#define NAMED 4 /* captures that are named before the rest is counted */

static void name_captures(struct document *d, const struct analysed *a)
{
	char text[640] = "";
	size_t n = 0;

	for (size_t i = 0; i < a->captures_n && i < NAMED; i++)
		n += (size_t)snprintf(text + n, sizeof(text) - n, "%s%.120s", i ? ", " : "",
				      a->captures[i]);
	if (a->captures_n > NAMED)
		document_fact(d, "captures", "%s and %zu more", text, a->captures_n - NAMED);
	else
		document_fact(d, "captures", "%s", text);
}

static void facts(struct document *d, const struct analysed *a)
{
	name_captures(d, a);
	document_fact(d, "traffic", "%s", a->source);
	if (a->choice)
		document_fact(d, "taken", "%s: %llu of %llu flows", a->choice,
			      (unsigned long long)a->wanted, (unsigned long long)a->flows);
	if (a->signatures)
		document_fact(d, "names", "%llu messages have names of %s",
			      (unsigned long long)message_names_count(a->names), a->signatures);
	if (a->talk->flows.left_out)
		document_fact(d, "bound",
			      "%llu more flows than %d: they are counted in hosts, ports and "
			      "exchanges and are in no flow table, pattern, chart or round",
			      (unsigned long long)a->talk->flows.left_out, TALK_FLOWS);
	if (a->evicted)
		document_fact(d, "cut",
			      "%llu flows were taken as ended for want of room; what came after "
			      "counts as a new flow",
			      (unsigned long long)a->evicted);
}

int analysed_document(const struct analysed *a, struct document *d, struct err *e)
{
	struct picture plots[PICTURES];
	int rc = 0;

	document_begin(d, a->title);
	facts(d, a);
	part_here(d, a);
	part_classes(d, a);
	part_map(d, a);
	part_exchanges(d, a);
	part_clocks(d, a);
	part_compare(d, a);
	part_breaks(d, a);
	if (!a->plots)
		return 0;
	rc = plot_pictures(a->talk, a->source, plots, e);
	if (rc == 0) {
		section_picture(&d->sections[0], &plots[PICTURE_PORTS]);
		section_picture(&d->sections[0], &plots[PICTURE_TIMELINE]);
		section_picture(&d->sections[1], &plots[PICTURE_SIZES]);
	}
	return rc;
}
