// SPDX-License-Identifier: GPL-2.0-or-later
/* print.c - what `skypelab score` prints beside the table, and its limits */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/listing.h"
#include "cli/score/print.h"
#include "results/report/text_table.h"
#include "results/score/intervals.h"
#include "results/score/measures.h"

#define ERRORS_SHOWN 20 /* claims printed by --errors without -v */

void score_print_errors(const struct score_table *t)
{
	size_t shown = 0, all = 0;

	for (size_t i = 0; i < t->claims_n; i++) {
		const struct score_claim *c = &t->claims[i];
		const struct score_row *r = &t->rows[c->row];

		if (c->result == CLAIM_TP || c->result == CLAIM_TN)
			continue;
		all++;
		if (log_level < 2 && shown >= ERRORS_SHOWN)
			continue;
		shown++;
		printf("%s  %-8s %s@%s  %s  %s%s%s%s\n", claim_result_text(c->result),
		       score_unit_text(r->unit), r->signature, r->revision, c->cell, c->subject,
		       *c->reason ? "  (" : "", c->reason, *c->reason ? ")" : "");
	}
	if (shown < all)
		printf("... and %zu more: skypelab -v score, or --claims FILE\n", all - shown);
}

void score_print_negatives(const struct score_table *t, const struct flow_totals *sum, size_t n)
{
	static const struct listing_column columns[] = {{.name = "signature"},
							{.name = "fp flows", .number = true},
							{.name = "fp hosts", .number = true},
							{.name = "rate", .number = true},
							{.name = "95 % upper", .number = true}};
	struct listing *l = listing_new(columns, ARRAY_LEN(columns));
	unsigned long long flows = sum->udp_flows + sum->tcp_flows;

	printf("%zu captures without Skype: %llu flows (%llu UDP, %llu TCP), %llu packets, %llu "
	       "bytes\n",
	       n, flows, (unsigned long long)sum->udp_flows, (unsigned long long)sum->tcp_flows,
	       (unsigned long long)sum->packets, (unsigned long long)sum->bytes);
	for (size_t i = 0; i < t->n; i++) {
		const struct score_row *r = &t->rows[i];
		uint64_t hosts = 0;

		if (r->unit != UNIT_FLOW)
			continue;
		for (size_t k = 0; k < t->n; k++)
			if (t->rows[k].unit == UNIT_CLIENT &&
			    !strcmp(t->rows[k].signature, r->signature) &&
			    !strcmp(t->rows[k].revision, r->revision))
				hosts += t->rows[k].fp;
		listing_begin(l);
		listing_putf(l, 0, "%s@%s", r->signature, r->revision);
		listing_putf(l, 1, "%" PRIu64, r->fp);
		listing_putf(l, 2, "%" PRIu64, hosts);
		listing_putf(l, 3, "%.3g", score_fpr(r) < 0 ? 0 : score_fpr(r));
		listing_putf(l, 4, "%.3g", exact_upper95(r->fp, r->fp + r->tn));
	}
	listing_end(l, stdout, false);
}

void score_warn_nothing_to_find(const struct score_table *t, const char *target)
{
	bool any = false;

	for (size_t i = 0; i < t->n; i++) {
		if (t->rows[i].unit != UNIT_FLOW)
			continue;
		if (score_recall(&t->rows[i]) >= 0)
			return;
		any = true;
	}
	if (any)
		log_warn("no flow that was seen has the label %s; is it spelt as in the labels?",
			 target);
}
