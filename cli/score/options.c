// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * options.c - what `skypelab score` was asked for, and whether it goes together
 */
#include "base/label.h"
#include "base/quote.h"
#include "cli/score/options.h"
#include "results/report/text_table.h"

const char *score_target_of(const struct score_options *o)
{
	return o->target ? o->target : LABEL_SKYPE;
}

int score_check_target(const struct score_options *o, struct err *e)
{
	return !o->target || label_names_application(o->target)
		       ? 0
		       : err_set(e, "--target %.80s, expected an application: " LABEL_FORM,
				 o->target);
}

/* What only our own detector can do. 0, or -1 with @e set. */
int score_check_own(const struct score_options *o, struct err *e)
{
	if (!o->detectors.n || !(o->isolated || o->reach || o->eve))
		return 0;
	return err_set(e, "score: -D runs detectors over captures; leave out %s",
		       o->isolated ? "--isolated"
		       : o->reach  ? "--reach"
				   : "--eve");
}

/* An option of the table that was given; a shard prints no table. NULL = none. */
static const char *of_table(const struct score_options *o)
{
	return o->out		     ? "-o"
	       : o->claims	     ? "--claims"
	       : o->plots	     ? "--plots"
	       : o->errors	     ? "--errors"
	       : o->by		     ? "--by"
	       : o->unit	     ? "--unit"
	       : o->format	     ? "--format"
	       : o->min_recall.given ? "--min-recall"
	       : o->max_fp.given     ? "--max-fp"
	       : o->junit	     ? "--junit"
				     : NULL;
}

/* A shard writes its part and nothing else. 0, or -1 with @e set. */
int score_check_shard(const struct score_options *o, struct err *e)
{
	if (!o->shard && !o->part)
		return 0;
	if (!o->shard || !o->part)
		return err_set(e, "score: %s is there without %s; give both, or neither",
			       o->shard ? "--shard" : "--part", o->shard ? "--part" : "--shard");
	if (o->reach || o->labels)
		return err_set(e, "score: %s is not for shards; leave it out%s",
			       o->reach ? "--reach" : "--labels",
			       o->reach ? "" : " and put NAME.tsv beside each capture");
	if (of_table(o))
		return err_set(e, "score: a shard writes its part alone; give %s to score --parts",
			       of_table(o));
	return 0;
}

/* Refuses --errors beside a table for programs, which could not read it. 0, or -1 with @e set. */
int score_check_errors(const struct score_options *o, struct err *e)
{
	if (!o->errors || o->format == TABLE_TEXT || o->format == TABLE_MARKDOWN)
		return 0;
	return err_set(e,
		       "score: --errors is for people; --claims FILE writes every miss and false "
		       "positive for programs");
}

/* What the command line names goes into tables. 0, or -1 with @e set. */
int score_check_names(const struct score_options *o, struct err *e)
{
	if (o->version && name_check(o->version, NAME_BYTES, e) < 0)
		return err_push(e, "--traffic-version");
	if (o->vantage && name_check(o->vantage, NAME_BYTES, e) < 0)
		return err_push(e, "--vantage");
	if (score_check_target(o, e) < 0 || score_check_errors(o, e) < 0)
		return -1;
	for (size_t i = 0; o->eve && i < o->signatures.n; i++)
		if (name_check(o->signatures.items[i], NAME_BYTES, e) < 0)
			return err_push(e, "--signature");
	return 0;
}
