// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * cmd_score.c - `skypelab score`: how good are signatures on recorded captures
 *
 * It scores captures with label files (the detector runs here), an EVE file that some detector
 * wrote against the labels of its capture, captures without Skype, or with --matrix every signature
 * on every capture of the corpora; with --run, events against the truth of a run; with --parts, what
 * shards of many captures came to. Captures of a run
 * keep the run's source, vantage and truth; every other capture is "recorded" unless its labels say
 * that its rows are emulated. A capture that cannot
 * be read to its end is reported; what was read counts, and the command fails after all captures are
 * scored.
 */
#include "cli/cmd_score.h"
#include "cli/command/failure.h"
#include "cli/score/captures.h"
#include "cli/score/events.h"
#include "cli/score/options.h"
#include "cli/score/output.h"
#include "cli/score/shards.h"
#include "cli/score/subjects.h"
#include "results/report/text_table.h"
#include "run/detect/captures.h"
#include "run/score_matrix.h"
#include "run/score_run.h"

#define AT(field) offsetof(struct score_options, field)

enum { FORM_LABELS, FORM_RUN, FORM_EVE, FORM_NOT_SKYPE, FORM_MATRIX, FORM_PARTS };
#define LABELS_FORM    OPTION_FORM(FORM_LABELS)
#define EVE_FORM       OPTION_FORM(FORM_EVE)
#define RUN_FORM       OPTION_FORM(FORM_RUN)
#define NOT_SKYPE_FORM OPTION_FORM(FORM_NOT_SKYPE)
#define MATRIX_FORM    OPTION_FORM(FORM_MATRIX)
#define PARTS_FORM     OPTION_FORM(FORM_PARTS)
#define SHARD_FORMS    (LABELS_FORM | NOT_SKYPE_FORM)
#define FILE_FORMS     (LABELS_FORM | EVE_FORM | NOT_SKYPE_FORM)
#define SCORE_FORMS    (FILE_FORMS | RUN_FORM)
#define TABLE_FORMS    (SCORE_FORMS | PARTS_FORM)

static const struct option_row rows[] = {
	OPTION(TEXT, "eve", 'e', "FILE", eve,
	       "score the events of this EVE file; with --run of FILE/CELL/eve.json",
	       .forms = EVE_FORM | RUN_FORM, .needed = EVE_FORM, .long_usage = true),
	OPTION(TEXT, "run", 0, "DIRECTORY", run, "score against the truth of a run",
	       .forms = RUN_FORM, .needed = RUN_FORM, .long_usage = true),
	OPTION(FLAG, "not-skype", 'n', NULL, not_skype, "no flow of the captures is Skype",
	       .forms = NOT_SKYPE_FORM, .needed = NOT_SKYPE_FORM, .long_usage = true),
	OPTION(FLAG, "matrix", 'm', NULL, matrix, "every signature on all captures of the corpora",
	       .forms = MATRIX_FORM, .needed = MATRIX_FORM, .long_usage = true),
	OPTION(FLAG, "parts", 0, NULL, parts, "sum up what shards wrote with --part",
	       .forms = PARTS_FORM, .needed = PARTS_FORM, .long_usage = true),
	OPTION(LIST, "signature", 's', "SIGNATURE", signatures,
	       "score this bundled signature or file; default all",
	       .forms = SCORE_FORMS | MATRIX_FORM),
	OPTION(LIST, "detector", 'D', "DETECTOR", detectors,
	       "put this detector under test, beside the signatures of -s if there are any",
	       .forms = LABELS_FORM | NOT_SKYPE_FORM | RUN_FORM | MATRIX_FORM),
	OPTION(TEXT, "target", 0, "NAME", target,
	       "the application to look for; default skype, or the run's",
	       .forms = LABELS_FORM | EVE_FORM | RUN_FORM, .long_usage = true),
	OPTION(TEXT, "labels", 'l', "FILE", labels, "label file of the capture",
	       .forms = LABELS_FORM | EVE_FORM, .needed = EVE_FORM, .long_usage = true),
	OPTION(TEXT, "events", 0, "FILE", events, "what happened: events.VANTAGE.tsv of a run",
	       .forms = EVE_FORM),
	OPTION(TEXT, "traffic-version", 0, "VERSION", version, "client version, for the table",
	       .forms = FILE_FORMS),
	OPTION(TEXT, "vantage", 0, "NAME", vantage, "vantage, for the table", .forms = FILE_FORMS),
	OPTION(TEXT, "by", 0, "LIST", by, "keep apart: version,config,vantage,signature,...",
	       .forms = TABLE_FORMS),
	OPTION(TEXT, "unit", 0, "LIST", unit, "count: flow,client,session,...",
	       .forms = TABLE_FORMS),
	OPTION(CHOICE, "format", 'f', TABLE_FORMATS, format, "form of the table",
	       .forms = TABLE_FORMS, .long_usage = true),
	OPTION(WORD, "json", 0, NULL, format, "the same as --format json", .low = TABLE_JSON,
	       .forms = TABLE_FORMS),
	OPTION(TEXT, "output", 'o', "FILE", out,
	       "write accuracy.tsv, or the page of --matrix, there", .output = true),
	OPTION(TEXT, "claims", 'c', "FILE", claims, "write the result of every flow and client",
	       .forms = TABLE_FORMS, .long_usage = true, .output = true),
	OPTION(FLAG, "isolated", 0, NULL, isolated, "every flow as if it were alone in its capture",
	       .forms = LABELS_FORM | NOT_SKYPE_FORM, .long_usage = true),
	OPTION(FLAG, "reach", 0, NULL, reach, "how far flows that are not Skype came in every rule",
	       .forms = LABELS_FORM | NOT_SKYPE_FORM, .long_usage = true),
	OPTION(FLAG, "confusion", 0, NULL, confusion,
	       "print what flows are and what is said of them, not the table",
	       .forms = LABELS_FORM | EVE_FORM | RUN_FORM, .long_usage = true),
	OPTION(FLAG, "errors", 0, NULL, errors, "name the misses and false positives",
	       .forms = TABLE_FORMS),
	OPTION(REAL, "min-recall", 0, "SHARE", min_recall,
	       "exit 1 when a signature finds a smaller share of flows", .high = 1,
	       .forms = TABLE_FORMS),
	OPTION(WHOLE, "max-fp", 0, "NUMBER", max_fp,
	       "exit 1 when a signature wrongly claims more flows", .high = INT64_MAX,
	       .forms = TABLE_FORMS),
	OPTION(TEXT, "junit", 0, "FILE", junit, "write which limits hold there, for CI",
	       .forms = TABLE_FORMS, .output = true),
	OPTION(TEXT, "plots", 0, "DIRECTORY", plots, "make plots in the folder plots below it"),
	OPTION(TEXT, "baseline", 0, "FILE", baseline, "keep what was found, for regress",
	       .forms = MATRIX_FORM, .output = true),
	OPTION(TEXT, "shard", 0, "I/N", shard, "score only this one of N parts of the captures",
	       .forms = SHARD_FORMS, .long_usage = true),
	OPTION(TEXT, "part", 0, "FILE", part, "write the scores of the shard there, for --parts",
	       .forms = SHARD_FORMS, .long_usage = true, .output = true),
};

static enum command_end score_captures(struct command_call *call, struct err *e)
{
	const struct score_options *o = call->options;
	struct score_subjects s = {0};
	struct score_table *t = score_table_new();
	struct score_parts sum = {0};
	enum command_end end = COMMAND_FAILED;
	char **list = NULL;
	bool good;

	if (score_check_names(o, e) < 0 || score_check_own(o, e) < 0 ||
	    score_check_shard(o, e) < 0 ||
	    score_subjects_load(&s, &o->signatures, &o->detectors, score_target_of(o), true, e) < 0)
		goto out;
	list = capture_list((const char *const *)call->arguments, call->n, e);
	if (!list)
		goto out;
	if (o->labels && list[1]) {
		err_set(e,
			"score: --labels is for one capture, but there are several; put NAME.tsv "
			"beside each");
		goto out;
	}
	if (o->reach) {
		end = score_reach(o, s.set, list, e);
		goto out;
	}
	if (o->shard) {
		good = true;
		if (score_shard(o, &s, list, &good, e) == 0)
			end = good ? COMMAND_DONE : failure_reported(e, EXIT_USAGE);
		goto out;
	}
	if (score_list(t, o, &s, list, &sum, e) == 0 &&
	    (!t->n || score_output(t, o, &sum.flows, sum.captures, e) == 0))
		end = score_end(t, o, !sum.faults, s.failed, e);
out:
	capture_list_free(list);
	score_subjects_free(&s);
	score_table_free(t);
	return end;
}

static enum command_end score_eve(struct command_call *call, struct err *e)
{
	const struct score_options *o = call->options;
	struct score_table *t = score_table_new();
	const struct flow_totals none = {0};
	enum command_end end = COMMAND_FAILED;

	captures_note_runs((const char *const *)call->arguments, call->n);
	if (score_check_names(o, e) == 0 &&
	    score_events(t, o, call->n ? call->arguments[0] : NULL, e) == 0 &&
	    (!t->n || score_output(t, o, &none, 0, e) == 0))
		end = score_end(t, o, true, false, e);
	score_table_free(t);
	return end;
}

/* Events of files when --eve names them or nothing to run is named; else the detectors run. */
static enum command_end score_of_run(struct command_call *call, struct err *e)
{
	const struct score_options *o = call->options;
	struct score_table *t = score_table_new();
	const struct flow_totals none = {0};
	enum command_end end = COMMAND_FAILED;
	struct score_subjects s = {0};

	if (score_check_target(o, e) < 0 || score_check_errors(o, e) < 0 ||
	    score_check_own(o, e) < 0 ||
	    (((!o->eve && o->signatures.n) || o->detectors.n) &&
	     score_subjects_load(&s, &o->signatures, &o->detectors, score_target_of(o), false, e) <
		     0))
		goto out;
	if ((s.set || !o->detectors.n) && score_run(t, o->run, o->eve, s.set, o->signatures.items,
						    o->signatures.n, o->target, e) < 0)
		goto out;
	if (s.foreign.n && score_run_foreign(t, o->run, &s.foreign, o->target, &s.failed, e) < 0)
		goto out;
	if (score_output(t, o, &none, 0, e) == 0)
		end = score_end(t, o, true, s.failed, e);
out:
	score_subjects_free(&s);
	score_table_free(t);
	return end;
}

static enum command_end matrix(struct command_call *call, struct err *e)
{
	const struct score_options *o = call->options;

	const struct matrix_request r = {.signatures = o->signatures.items,
					 .n = o->signatures.n,
					 .detectors = o->detectors.items,
					 .detectors_n = o->detectors.n,
					 .out = o->out,
					 .baseline = o->baseline,
					 .plots = o->plots};
	bool failed = false;

	if (score_matrix(&r, &failed, e) < 0)
		return COMMAND_FAILED;
	return failed ? COMMAND_FINDING : COMMAND_DONE;
}

static const struct command_form forms[] = {
	[FORM_LABELS] = {.arguments = "CAPTURE...", .run = score_captures},
	[FORM_RUN] = {.selector = "run", .arguments = "", .brief = true, .run = score_of_run},
	[FORM_EVE] = {.selector = "eve", .arguments = "[CAPTURE]", .brief = true, .run = score_eve},
	[FORM_NOT_SKYPE] = {.selector = "not-skype",
			    .arguments = "FILE|DIRECTORY...",
			    .brief = true,
			    .run = score_captures},
	[FORM_MATRIX] = {.selector = "matrix", .arguments = "", .run = matrix},
	[FORM_PARTS] = {.selector = "parts",
			.arguments = "PART...",
			.brief = true,
			.run = score_parts},
};

const struct command score_command = {
	.name = "score",
	.help = "precision and recall of signatures on recorded captures",
	.forms = forms,
	.form_count = ARRAY_LEN(forms),
	.rows = rows,
	.row_count = ARRAY_LEN(rows),
	.size = sizeof(struct score_options),
};
