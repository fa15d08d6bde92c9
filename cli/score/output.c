// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * output.c - what `skypelab score` prints and writes of a table, and how it ends
 */
#include "base/listing.h"
#include "base/outfile.h"
#include "cli/command/failure.h"
#include "cli/score/output.h"
#include "cli/score/print.h"
#include "results/report/confusion_text.h"
#include "results/report/gate.h"
#include "results/report/plot.h"
#include "results/report/text_table.h"
#include "results/score/accuracy_tsv.h"
#include "results/score/claims_tsv.h"
#include "run/reach.h"

int score_output(const struct score_table *t, const struct score_options *o,
		 const struct flow_totals *sum, size_t files, struct err *e)
{
	struct table_options table = {
		.format = (enum table_format)o->format, .by = o->by, .unit = o->unit};

	if ((o->out && accuracy_write(t, o->out, e) < 0) ||
	    (o->plots && plot_run(t, o->plots, e) < 0) ||
	    (o->claims && claims_write(t, o->claims, e) < 0))
		return -1;
	if (o->target && !o->not_skype)
		score_warn_nothing_to_find(t, o->target);
	if (o->confusion)
		confusion_print(&t->confusion, stdout, table.format);
	else if (o->not_skype && table.format == TABLE_TEXT)
		score_print_negatives(t, sum, files);
	else if (table_print(t, stdout, &table, e) < 0)
		return -1;
	if (o->errors)
		score_print_errors(t);
	return 0;
}

enum command_end score_end(const struct score_table *t, const struct score_options *o, bool whole,
			   bool failed, struct err *e)
{
	struct gate gate = {.recall = o->min_recall.given,
			    .min_recall = o->min_recall.value,
			    .fp = o->max_fp.given,
			    .max_fp = o->max_fp.value};
	struct junit cases = {0};
	struct outfile out;
	bool kept;
	int rc = 0;

	junit_add(&cases, "skypelab", "captures",
		  !whole   ? "not all could be scored"
		  : failed ? "a detector failed"
			   : NULL,
		  NULL);
	kept = gate_kept(&gate, t, "score", &cases);
	if (o->junit && (rc = outfile_open(&out, o->junit, e)) == 0) {
		fputs(JUNIT_HEAD, out.f);
		junit_put(&cases, "skypelab score", out.f);
		fputs(JUNIT_FOOT, out.f);
		rc = outfile_commit(&out, e);
	}
	junit_clear(&cases);
	if (rc < 0)
		return COMMAND_FAILED;
	if (!whole)
		return failure_reported(e, EXIT_USAGE);
	return kept && !failed ? COMMAND_DONE : COMMAND_FINDING;
}

enum command_end score_reach(const struct score_options *o, const struct signature_set *set,
			     char **list, struct err *e)
{
	struct reach_request r = {.set = set,
				  .captures = list,
				  .labels = o->labels,
				  .not_skype = o->not_skype,
				  .target = score_target_of(o),
				  .format = (enum table_format)o->format};
	struct listing_tsv *t = NULL;
	bool damaged = false;
	int rc;

	if (r.format == TABLE_JSON) {
		t = listing_tsv_new();
		r.format = TABLE_TSV;
	}
	rc = reach_print(&r, t ? t->f : stdout, &damaged, e);
	if (t)
		listing_tsv_json(t, rc < 0 ? NULL : stdout);
	if (rc < 0)
		return COMMAND_FAILED;
	return damaged ? failure_reported(e, EXIT_USAGE) : COMMAND_DONE;
}
