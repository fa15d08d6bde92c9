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
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/fan.h"
#include "base/label.h"
#include "base/listing.h"
#include "base/outfile.h"
#include "base/progress.h"
#include "base/quote.h"
#include "cli/cmd_score.h"
#include "cli/command/failure.h"
#include "cli/score_print.h"
#include "cli/score_subjects.h"
#include "results/score/labels_file.h"
#include "run/cell/of_capture.h"
#include "run/reach.h"
#include "run/detect/isolated.h"
#include "run/score_matrix.h"
#include "run/score_run.h"
#include "run/sweep/score_part.h"
#include "run/detect/captures.h"
#include "run/detect/detect_score.h"
#include "run/detect/eve_file.h"
#include "run/detect/named_signatures.h"
#include "run/under_test/score.h"
#include "results/report/confusion_text.h"
#include "results/report/plot.h"
#include "results/score/accuracy_tsv.h"
#include "results/score/axes.h"
#include "results/score/claims_tsv.h"
#include "results/score/held.h"
#include "results/report/gate.h"
#include "results/report/text_table.h"

struct score_options {
	const char *labels, *events, *eve, *run, *version, *vantage, *by, *unit, *out, *claims,
		*baseline, *plots, *target, *shard, *part, *junit;
	struct option_list signatures, detectors;
	int format; /* enum table_format */
	bool not_skype, matrix, errors, isolated, reach, confusion, parts;
	struct option_real min_recall;
	struct option_whole max_fp;
};

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

static const char *target_of(const struct score_options *o)
{
	return o->target ? o->target : LABEL_SKYPE;
}

static int check_target(const struct score_options *o, struct err *e)
{
	return !o->target || label_names_application(o->target)
		       ? 0
		       : err_set(e, "--target %.80s, expected an application: " LABEL_FORM,
				 o->target);
}

/* What only our own detector can do. 0, or -1 with @e set. */
static int check_own(const struct score_options *o, struct err *e)
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
static int check_shard(const struct score_options *o, struct err *e)
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
static int check_errors(const struct score_options *o, struct err *e)
{
	if (!o->errors || o->format == TABLE_TEXT || o->format == TABLE_MARKDOWN)
		return 0;
	return err_set(e,
		       "score: --errors is for people; --claims FILE writes every miss and false "
		       "positive for programs");
}

/* What the command line names goes into tables. 0, or -1 with @e set. */
static int check_names(const struct score_options *o, struct err *e)
{
	if (o->version && name_check(o->version, NAME_BYTES, e) < 0)
		return err_push(e, "--traffic-version");
	if (o->vantage && name_check(o->vantage, NAME_BYTES, e) < 0)
		return err_push(e, "--vantage");
	if (check_target(o, e) < 0 || check_errors(o, e) < 0)
		return -1;
	for (size_t i = 0; o->eve && i < o->signatures.n; i++)
		if (name_check(o->signatures.items[i], NAME_BYTES, e) < 0)
			return err_push(e, "--signature");
	return 0;
}

/* The labels by application, where the confusion table wants them. 0; -1 with @e set */
static int read_named(const struct score_options *o, const char *file, struct labels **out,
		      struct err *e)
{
	*out = o->confusion && file ? labels_read(file, NULL, e) : NULL;
	return o->confusion && file && !*out ? -1 : 0;
}

/* Warns of rows of a label file that meet no flow of the capture, and of a file without rows; 0. When
 * no row meets any, the file is another capture's: -1 with @e set. @whole: the capture was read to its
 * end */
static int check_met(const char *file, const struct labels *l, const char *capture,
		     const struct flow_index *x, bool whole, struct err *e)
{
	struct unmet_rows u = {0};

	if (flow_index_count(x))
		u = labels_unmet(l, x);
	if (!labels_count(l))
		log_warn("%s: no rows; whatever is claimed counts as false", file);
	if (u.rows && u.unmet == u.rows)
		return err_set(e,
			       "%s: none of its %zu flows is among the %zu of %s at the time the "
			       "file gives; name the label file of this capture",
			       file, labels_count(l), flow_index_count(x), capture);
	if (u.unmet && whole)
		log_warn(
			"%s:%u: %zu of %zu rows meet no flow of %s at the time they give, this one "
			"first; they count neither as found nor as missed",
			file, u.first, u.unmet, u.rows, capture);
	return 0;
}

/* Where the labels of a capture stand: --labels, the truth of the run that made it, or a file that
 * goes by its name. (owned); NULL with @e set. */
static char *labels_file(const struct score_options *o, const char *path,
			 const struct cell_capture *cell, struct err *e)
{
	if (o->labels)
		return xstrdup(o->labels);
	return cell->truth ? xstrdup(cell->truth) : labels_path_of(path, e);
}

static int detect_one(const struct score_options *o, const struct signature_set *set,
		      const char *path, struct detections *v, struct flow_index *x, struct err *e)
{
	if (!set)
		return flow_index_read(x, path, e);
	return o->isolated ? detect_isolated(set, path, v, x, e)
			   : detect_capture(set, path, v, x, e);
}

/* 0, or -1 with @e set where rows differ in it. */
static int source_of_labels(const struct labels *l, const char *file, enum traffic_source *source,
			    struct err *e)
{
	size_t emulated = *source == SOURCE_RECORDED ? labels_emulated(l) : 0;

	if (!emulated)
		return 0;
	if (emulated < labels_count(l))
		return err_set(e,
			       "%s: %zu of %zu rows are of emulated traffic; emulated and recorded "
			       "traffic are never summed, so give them as two files",
			       file, emulated, labels_count(l));
	*source = SOURCE_EMULATED;
	return 0;
}

/* Scores one capture against its labels @file and what is known to have happened, @events. 0; -1
 * with @e set, also when it is not readable to its end. @in: its setting */
static int score_one_as(struct score_table *t, const struct score_options *o,
			struct score_subjects *s, const char *path, const char *file,
			const char *events, struct score_input *in, struct flow_totals *sum,
			struct err *e)
{
	struct detections *v = detections_new();
	struct sent_events *happened = NULL;
	struct labels *l = NULL, *named = NULL;
	struct flow_index *x = flow_index_new();
	struct flow_totals one;
	int rc = -1, read = 0;

	if ((file && !(l = labels_read(file, target_of(o), e))) ||
	    read_named(o, file, &named, e) < 0 ||
	    (l && source_of_labels(l, file, &in->setting.source, e) < 0) ||
	    (events && !(happened = sent_events_read(events, e))))
		goto out;
	read = detect_one(o, s->set, path, v, x, e);
	if (l && check_met(file, l, path, x, read == 0, e) < 0)
		goto out;
	in->target = target_of(o);
	in->labels = l;
	in->named = named;
	in->events = happened;
	in->detections = v;
	in->flows = x;
	if (read == 0 || flow_index_count(x))
		rc = s->set ? score_of_set(t, s->set, in, read < 0 ? NULL : e) : 0;
	if (rc == 0)
		rc = foreign_score(t, &s->foreign, path, in, &s->failed, read < 0 ? NULL : e);
	flow_index_totals(x, &one);
	flow_totals_add(sum, &one);
out:
	flow_index_free(x);
	labels_free(l);
	labels_free(named);
	sent_events_free(happened);
	detections_free(v);
	return rc < 0 || read < 0 ? -1 : 0;
}

/* False, with @e set, for a capture of a cell that has emulated and recorded traffic. */
static bool one_source(const char *path, const struct cell_capture *cell, bool of_run,
		       struct err *e)
{
	if (!of_run || cell->source != SOURCE_NONE)
		return true;
	err_set(e,
		"%s: its cell has emulated and recorded traffic, which are never summed; score "
		"--run keeps them apart",
		path);
	return false;
}

static int score_one(struct score_table *t, const struct score_options *o, struct score_subjects *s,
		     const char *path, bool several, struct flow_totals *sum, struct err *e)
{
	const char *name = quote_terminal(capture_name(path));
	char *axes = axes_text((const char *const[]){"capture"}, &name, several && !o->not_skype);
	struct cell_capture cell;
	bool of_run = cell_of_capture(path, &cell);
	char *file = o->not_skype ? NULL : labels_file(o, path, &cell, e);
	struct score_input in = {
		.setting = {.source = of_run ? cell.source : SOURCE_RECORDED,
			    .traffic_version = o->version ? o->version : cell.traffic_version,
			    .vantage = o->vantage ? o->vantage : cell.vantage,
			    .axes = axes,
			    .cell = o->not_skype ? quote_terminal(path) : name},
		.watched_s = cell.watched_s};
	bool own = !o->not_skype && !o->labels;
	int rc = -1;

	if (!one_source(path, &cell, of_run, e))
		rc = -1;
	else if (file || o->not_skype)
		rc = score_one_as(t, o, s, path, file, own ? cell.events : NULL, &in, sum, e);
	cell_capture_clear(&cell);
	free(axes);
	free(file);
	return rc;
}

/* Warns of events whose flow is not in the capture: they are false. */
static void warn_outside(const struct detections *all, const struct flow_index *x, const char *eve,
			 const char *capture)
{
	size_t out = 0;

	for (size_t i = 0; i < detections_count(all); i++)
		out += !flow_index_find(x, &detections_at(all, i)->tuple);
	if (out)
		log_warn("%s: %zu of %zu events name flows that are not in %s; they count as false",
			 eve, out, detections_count(all), capture);
}

/* Whether -s names signatures of ours only: then silence of theirs is meant, not another detector. */
static bool asked_for_ours(const struct score_options *o)
{
	for (size_t i = 0; i < o->signatures.n; i++)
		if (!strcmp(o->signatures.items[i], EVE_FOREIGN))
			return false;
	return o->signatures.n > 0;
}

/* Events of an EVE file: the signatures are those named with -s, else those in the file.
 * @capture: NULL = every flow counts as seen */
static int score_events(struct score_table *t, const struct score_options *o, const char *capture,
			struct err *e)
{
	struct detections *v = detections_new();
	struct labels *l = labels_read(o->labels, target_of(o), e), *named = NULL;
	struct sent_events *happened = NULL;
	struct flow_index *x = capture ? flow_index_new() : NULL;
	struct signature_list names = {0};
	struct cell_capture cell = {0};
	bool of_run = capture && cell_of_capture(capture, &cell);
	struct score_input in = {
		.setting = {.source = of_run ? cell.source : SOURCE_RECORDED,
			    .traffic_version = o->version ? o->version : cell.traffic_version,
			    .vantage = o->vantage ? o->vantage : cell.vantage,
			    .cell = quote_terminal(o->eve)},
		.watched_s = cell.watched_s,
		.target = target_of(o),
		.labels = l,
		.detections = v,
		.flows = x};
	int rc = -1;

	if (!l || read_named(o, o->labels, &named, e) < 0 ||
	    !one_source(capture, &cell, of_run, e) ||
	    source_of_labels(l, o->labels, &in.setting.source, e) < 0 ||
	    (asked_for_ours(o) ? detections_read_eve(v, o->eve, e)
			       : eve_file_read(o->eve, v, &in, e)) < 0 ||
	    (x && flow_index_read(x, capture, e) < 0) ||
	    (x && check_met(o->labels, l, capture, x, true, e) < 0) ||
	    (o->events && !(happened = sent_events_read(o->events, e))))
		goto out;
	for (size_t i = 0; i < o->signatures.n; i++)
		named_signatures_add(&names, o->signatures.items[i], "", NULL);
	if (!o->signatures.n)
		named_signatures_of(&names, v);
	in.signatures = names.names;
	in.revisions = names.revisions;
	in.applications = in.setting.detector ? NULL : names.applications; /* foreign: any */
	in.named = named;
	in.n = names.n;
	in.events = happened;
	if (x)
		warn_outside(v, x, o->eve, capture);
	if (!in.n)
		err_set(e, "%s: no %s event; name the signature with -s to score its silence",
			o->eve, in.target);
	else if (!in.applications || signature_list_wanted(&names, in.target, e))
		rc = score_cell(t, &in, e);
out:
	named_signatures_clear(&names);
	cell_capture_clear(&cell);
	flow_index_free(x);
	labels_free(l);
	labels_free(named);
	sent_events_free(happened);
	detections_free(v);
	return rc;
}

static int output(const struct score_table *t, const struct score_options *o,
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

/* How a scoring ends whose table is out. @whole: every capture could be read, else that was reported;
 * @failed: a detector failed. */
static enum command_end ending(const struct score_table *t, const struct score_options *o,
			       bool whole, bool failed, struct err *e)
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

/* The scoring of many captures by several processes (base/fan.h). */
struct scoring {
	const struct score_options *o;
	struct score_subjects *s;
	char **list;
	const bool *mine;	/* captures to score; NULL = all */
	struct score_table *t;	/* takes their scores */
	struct score_parts sum; /* and flows */
	FILE *part;		/* or their scores are copied there, as they are */
	struct progress *progress;
	size_t n;
};

/* A fan's work: a part's record of one capture. */
static void score_item(void *arg, size_t i, FILE *out)
{
	struct scoring *c = arg;
	struct score_part_capture one = {.fault = NULL};
	struct score_table *t;
	struct err fault = {0};

	if (c->mine && !c->mine[i])
		return;
	t = score_table_new();
	c->s->failed = false;
	if (score_one(t, c->o, c->s, c->list[i], c->n > 1, &one.flows, &fault) < 0)
		one.fault = fault.msg;
	one.failed = c->s->failed;
	score_part_put(out, i, &one, t);
	score_table_free(t);
}

static void copy(FILE *in, FILE *out)
{
	char buf[16384];
	size_t n;

	rewind(in);
	while ((n = fread(buf, 1, sizeof(buf), in)) > 0)
		fwrite(buf, 1, n, out);
}

static int take_scores(void *arg, size_t i, FILE *in, struct err *e)
{
	struct scoring *c = arg;
	struct score_table *t = c->part ? score_table_new() : c->t;
	uint64_t number;
	int rc = 0;

	if (c->progress)
		progress_count(c->progress, i, c->n, "captures");
	if ((!c->mine || c->mine[i]) && !score_part_get(in, &number, t, &c->sum))
		rc = err_env(e, "%s: its scores are not whole", c->list[i]);
	if (c->part) {
		copy(in, c->part);
		score_table_free(t);
	}
	return rc;
}

/* Scores the captures, on all processors. A detector of others is a process of its own already, which may use more of
 * the machine than ours does: one at a time. 0, or -1 with @e set. */
static int score_all(struct scoring *c, struct err *e)
{
	const struct fan fan = {.n = c->n,
				.workers = c->s->foreign.n ? 1 : 0,
				.work = score_item,
				.take = take_scores,
				.arg = c};
	int rc = fan_run(&fan, e);

	c->s->failed = c->sum.failed;
	return rc;
}

/* Every capture of @list, for a table; one that is bad is reported. */
static int score_list(struct score_table *t, const struct score_options *o,
		      struct score_subjects *s, char **list, struct score_parts *sum, struct err *e)
{
	struct progress progress = progress_begin(log_level > 0, false);
	struct scoring c = {.o = o, .s = s, .list = list, .t = t, .progress = &progress};
	int rc;

	while (list[c.n])
		c.n++;
	rc = score_all(&c, e);
	progress_end(&progress);
	*sum = c.sum;
	return rc;
}

/* ------------------------------------------------------------------ shards */

/* What parts of one scoring have in common: version, signatures, detectors, what is asked. */
static json_t *subject_of(const struct score_options *o, const struct score_subjects *s)
{
	json_t *signatures = json_array();

	for (size_t i = 0; s->set && i < signatures_count(s->set); i++) {
		const struct signature_info *info = signatures_info(s->set, i);
		char hex[65] = "";

		(void)file_sha256(info->path, hex, NULL);
		json_array_append_new(signatures,
				      json_pack("{s:s, s:i, s:s}", "name", info->name, "revision",
						(int)info->revision, "sha256", hex));
	}
	return json_pack("{s:s, s:o, s:O?, s:s, s:b, s:b, s:b, s:s, s:s}", "version",
			 SKYPELAB_VERSION, "signatures", signatures, "detectors", s->foreign.facts,
			 "target", target_of(o), "not_skype", o->not_skype, "isolated", o->isolated,
			 "confusion", o->confusion, "traffic_version",
			 o->version ? o->version : "-", "vantage", o->vantage ? o->vantage : "-");
}

/* The captures of one shard, as a part. *@good: all were. 0, or -1 with @e set. */
static int score_shard(const struct score_options *o, struct score_subjects *s, char **list,
		       bool *good, struct err *e)
{
	struct scoring c = {.o = o, .s = s, .list = list};
	struct score_part p;
	struct shard shard;
	struct outfile out;
	bool *mine;
	int rc;

	while (list[c.n])
		c.n++;
	if (shard_choose(o->shard, &shard, e) < 0)
		return -1;
	if (!shard.of)
		return err_set(e, "score: --shard all is no shard; leave --shard and --part out");
	if (shard.of > SCORE_PARTS_MAX)
		return err_set(e, "score: %u shards, expected at most %d, which --parts sums up",
			       shard.of, SCORE_PARTS_MAX);
	if (outfile_open(&out, o->part, e) < 0)
		return -1;
	score_part_of(&p, &shard, list, c.n);
	p.subject = subject_of(o, s);
	c.mine = mine = shard_captures(&shard, list, c.n);
	c.part = out.f;
	score_part_begin(out.f, &p);
	rc = score_all(&c, e);
	*good = !c.sum.faults;
	score_part_end(out.f);
	json_decref(p.subject);
	free(mine);
	if (rc == 0)
		return outfile_commit(&out, e);
	outfile_abort(&out);
	return rc;
}

static enum command_end score_parts(struct command_call *call, struct err *e)
{
	const struct score_options *o = call->options;
	struct score_table *t = score_table_new();
	enum command_end end = COMMAND_FAILED;
	struct score_options as = *o;
	struct score_parts sum;
	const char *target;
	int not_skype, confusion;

	switch (score_parts_add(t, (const char *const *)call->arguments, call->n, &sum, e)) {
	case SCORE_PARTS_BAD:
		break;
	case SCORE_PARTS_MISSING:
		end = COMMAND_FINDING;
		break;
	case SCORE_PARTS_DONE:
		if (json_unpack(sum.subject, "{s:s, s:b, s:b}", "target", &target, "not_skype",
				&not_skype, "confusion", &confusion) < 0 ||
		    name_check(target, NAME_BYTES, e) < 0) {
			err_set(e, "%s: does not say what was scored; run its shard again",
				call->arguments[0]);
			break;
		}
		as.not_skype = not_skype;
		as.confusion = confusion;
		if (strcmp(target, LABEL_SKYPE) != 0)
			as.target = target;
		if (t->n && output(t, &as, &sum.flows, sum.captures, e) < 0)
			break;
		end = ending(t, o, !sum.faults, sum.failed, e);
	}
	json_decref(sum.subject);
	score_table_free(t);
	return end;
}

/* With --reach nothing is scored: how near the captures came to being wrongly claimed is printed. */
static enum command_end print_reach(const struct score_options *o, const struct signature_set *set,
				    char **list, struct err *e)
{
	struct reach_request r = {.set = set,
				  .captures = list,
				  .labels = o->labels,
				  .not_skype = o->not_skype,
				  .target = target_of(o),
				  .format = (enum table_format)o->format};
	bool damaged = false;

	if (o->format == TABLE_JSON) {
		err_set(e, "score: --reach has no form json; take tsv");
		return COMMAND_FAILED;
	}
	if (reach_print(&r, stdout, &damaged, e) < 0)
		return COMMAND_FAILED;
	return damaged ? failure_reported(e, EXIT_USAGE) : COMMAND_DONE;
}

static enum command_end score_captures(struct command_call *call, struct err *e)
{
	const struct score_options *o = call->options;
	struct score_subjects s = {0};
	struct score_table *t = score_table_new();
	struct score_parts sum = {0};
	enum command_end end = COMMAND_FAILED;
	char **list = NULL;
	bool good;

	if (check_names(o, e) < 0 || check_own(o, e) < 0 || check_shard(o, e) < 0 ||
	    score_subjects_load(&s, &o->signatures, &o->detectors, target_of(o), true, e) < 0)
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
		end = print_reach(o, s.set, list, e);
		goto out;
	}
	if (o->shard) {
		good = true;
		if (score_shard(o, &s, list, &good, e) == 0)
			end = good ? COMMAND_DONE : failure_reported(e, EXIT_USAGE);
		goto out;
	}
	if (score_list(t, o, &s, list, &sum, e) == 0 &&
	    (!t->n || output(t, o, &sum.flows, sum.captures, e) == 0))
		end = ending(t, o, !sum.faults, s.failed, e);
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
	if (check_names(o, e) == 0 &&
	    score_events(t, o, call->n ? call->arguments[0] : NULL, e) == 0 &&
	    (!t->n || output(t, o, &none, 0, e) == 0))
		end = ending(t, o, true, false, e);
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

	if (check_target(o, e) < 0 || check_errors(o, e) < 0 || check_own(o, e) < 0 ||
	    (((!o->eve && o->signatures.n) || o->detectors.n) &&
	     score_subjects_load(&s, &o->signatures, &o->detectors, target_of(o), false, e) < 0))
		goto out;
	if ((s.set || !o->detectors.n) && score_run(t, o->run, o->eve, s.set, o->signatures.items,
						    o->signatures.n, o->target, e) < 0)
		goto out;
	if (s.foreign.n && score_run_foreign(t, o->run, &s.foreign, o->target, &s.failed, e) < 0)
		goto out;
	if (output(t, o, &none, 0, e) == 0)
		end = ending(t, o, true, s.failed, e);
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
