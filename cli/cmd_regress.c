// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * cmd_regress.c - `skypelab regress`: is this signature better or worse than what it replaces
 *
 * Each signature file is held against its baseline revision: the one that --against names, else the
 * bundled signature of the same name. A bundled file that was changed in place is held against a
 * committed baseline: results/baselines/recorded.tsv, or where it is tried on emulated clients alone,
 * regress.tsv beside it. It is tried on the recorded corpora (or on the
 * captures named), on the captures of runs, and with --lab on a fresh run of a scenario. The report
 * begins with the verdict. A signature is refused when it is worse, or when copies of the captures
 * show that it depends on bytes that the protocol leaves free. Copies need nothing to compare with: with
 * --vary a signature that has no baseline, or none of these captures, is judged by them alone.
 */
#include <inttypes.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/datadir.h"
#include "base/listing.h"
#include "base/outfile.h"
#include "base/path.h"
#include "cli/cmd_regress.h"
#include "cli/command/failure.h"
#include "cli/regress_print.h"
#include "run/regress/ablate.h"
#include "run/regress/material.h"
#include "run/regress/regress.h"
#include "results/history/compare_print.h"
#include "results/report/junit.h"

#define FORMATS "text|markdown|junit" /* enum compare_format, without the page */

struct regress_options {
	const char *against, *lab, *out, *junit;
	struct option_list captures, runs, detectors;
	bool emulated, ablate;
	int format; /* enum compare_format */
	struct option_real tolerance;
	struct option_whole vary, seed;
};

#define AT(field) offsetof(struct regress_options, field)

enum { FORM_SIGNATURE, FORM_DETECTOR };
#define SIGNATURE OPTION_FORM(FORM_SIGNATURE)
#define DETECTOR  OPTION_FORM(FORM_DETECTOR)

static const struct option_row rows[] = {
	OPTION(LIST, "detector", 'D', "DETECTOR", detectors,
	       "hold a foreign detector, named second, against another, named first",
	       .forms = DETECTOR, .needed = DETECTOR, .long_usage = true),
	OPTION(TEXT, "against", 0, "SIGNATURE|DETECTOR", against,
	       "what it replaces; default the bundled signature of the same name"),
	OPTION(LIST, "capture", 0, "FILE|DIRECTORY", captures,
	       "try on these captures, not on the corpora"),
	OPTION(LIST, "run", 0, "RUN", runs, "try on the captures of this run directory"),
	OPTION(TEXT, "lab", 0, "SCENARIO", lab, "try on a fresh run of this scenario"),
	OPTION(FLAG, "emulated", 0, NULL, emulated,
	       "try on emulated clients of every version; the default without recordings"),
	OPTION(FLAG, "ablate", 0, NULL, ablate,
	       "print what each rule and constraint of the signature is worth", .forms = SIGNATURE),
	OPTION(WHOLE, "vary", 0, "COPIES", vary, "try on varied copies of each labelled capture",
	       .high = COPIES_MAX, .forms = SIGNATURE),
	OPTION(WHOLE, "seed", 0, "NUMBER", seed, "for --vary; default 1", .high = UINT64_MAX,
	       .forms = SIGNATURE),
	OPTION(REAL, "tolerance", 0, "SHARE", tolerance,
	       "how far recall of emulated traffic may fall; default 0.01", .high = 1),
	OPTION(CHOICE, "format", 'f', FORMATS, format, "form of the report", .long_usage = true),
	OPTION(WORD, "json", 0, NULL, format, "write the report as JSON, an object a signature",
	       .low = COMPARE_JSON),
	OPTION(TEXT, "output", 'o', "FILE", out, "write the report there", .output = true),
	OPTION(TEXT, "junit", 0, "FILE", junit,
	       "write the verdicts there as JUnit's XML, beside the report", .output = true),
};

/* Where the report and JUnit's XML go. */
struct regress_output {
	struct outfile report, junit;
	FILE *f;     /* the report; NULL = none */
	FILE *cases; /* JUnit; NULL = none */
};

static bool same_file(const char *a, const char *b)
{
	char x[PATH_MAX], y[PATH_MAX];

	return realpath(a, x) && realpath(b, y) && !strcmp(x, y);
}

/* ---- the two sides ---- */

static int side_open(struct regress_side *s, const char *name, struct err *e)
{
	s->set = signatures_load(&name, 1, e);
	s->table = score_table_new();
	s->label = name;
	if (!s->set)
		return -1;
	snprintf(s->revision, sizeof(s->revision), "%u", signatures_info(s->set, 0)->revision);
	return 0;
}

#define KEPT_RECORDED "results/baselines/recorded.tsv"
#define KEPT_EMULATED "results/baselines/regress.tsv"

/* The blocks of one signature of a committed baseline. */
static struct baseline *kept_baseline(const char *file, const char *signature, struct err *e)
{
	char *path = data_path(file, e);
	struct baseline *b = path ? baseline_read(path, e) : NULL;
	size_t n = 0;

	for (size_t i = 0; b && i < b->n; i++) {
		struct baseline_block swap = b->blocks[n];

		if (strcmp(b->blocks[i].signature, signature) != 0)
			continue;
		b->blocks[n++] = b->blocks[i];
		b->blocks[i] = swap;
	}
	if (b && !n)
		err_set(e, "%s: it has no block of %s; name a baseline signature with --against",
			path, signature);
	free(path);
	if (b && n)
		return baseline_head(b, n);
	baseline_free(b);
	return NULL;
}

/* Opens both sides; *@kept is set when the base is the committed baseline @committed. */
static int sides_open(struct regress *r, const struct regress_options *o, const char *file,
		      const char *committed, struct baseline **kept, struct err *e)
{
	const struct signature_info *info;
	char *bundled;
	int rc;

	*kept = NULL;
	if (side_open(&r->now, file, e) < 0)
		return -1;
	info = signatures_info(r->now.set, 0);
	r->name = info->name;
	if (o->against)
		return side_open(&r->base, o->against, e);
	bundled = data_file("detector/signatures", info->name, e);
	if (bundled && !same_file(bundled, info->path)) {
		rc = side_open(&r->base, info->name, e);
	} else {
		r->base.table = score_table_new();
		r->base.label = bundled ? committed : NULL;
		*kept = bundled ? kept_baseline(committed, info->name, e) : NULL;
		rc = *kept || o->vary.value ? 0 : -1;
		if (!bundled && rc < 0)
			err_set(e,
				"%s: no bundled signature is called %s; name a baseline signature "
				"with --against, or try it on copies alone with --vary COPIES",
				file, info->name);
	}
	free(bundled);
	return rc;
}

/* ---- the captures they are tried on ---- */

/* Without a word of what to try them on: the recordings, or emulated clients where there are none. */
static struct material material_of(const struct regress_options *o)
{
	struct material m = {.captures = o->captures.items,
			     .captures_n = o->captures.n,
			     .runs = o->runs.items,
			     .runs_n = o->runs.n,
			     .scenario = o->lab,
			     .emulated = o->emulated,
			     .target = LABEL_SKYPE};

	if (m.captures_n || m.runs_n || m.scenario || m.emulated)
		return m;
	m.recorded = material_has_recordings();
	m.emulated = !m.recorded || o->ablate;
	if (!m.recorded)
		log_warn("no recording under %s (skypelab corpora fetch, or set SKYPELAB_CORPORA); "
			 "emulated clients alone, as with --emulated",
			 corpora_dir());
	return m;
}

/* ---- the verdict ---- */

/* Prints the report. COMMAND_FAILED (with @e reported): there was nothing to compare. */
static enum command_end judge(struct regress *r, const struct regress_options *o,
			      const struct baseline *kept, const struct regress_output *to,
			      struct err *e)
{
	struct regress_report report;
	struct baseline *base = kept ? NULL : baseline_of(r->base.table, NULL, NULL);
	struct baseline *now = baseline_of(r->now.table, NULL, NULL);
	struct comparison *c = baseline_compare(kept ? kept : base, now, o->tolerance.value);
	char *was = xasprintf("%s@%s", r->base.label ? r->base.label : "nothing",
			      kept ? "kept" : r->base.revision);
	char *is = xasprintf("%s@%s", r->now.label, r->now.revision);
	bool by_copies = r->copies.no_base = r->copies.n && !c->compared;
	enum command_end end = !c->compared && !by_copies ? failure_reported(e, EXIT_USAGE)
			       : (c->worse && !by_copies) || copies_overfit(&r->copies) ||
					       regress_unvaried(r) || r->failed_only[1]
				       ? COMMAND_FINDING
				       : COMMAND_DONE;

	report = (struct regress_report){.r = r,
					 .c = c,
					 .was = was,
					 .is = is,
					 .format = (enum compare_format)o->format,
					 .accepted = end == COMMAND_DONE};
	if (to->f)
		regress_print(&report, to->f);
	if (to->cases)
		regress_junit(&report, to->cases);
	free(was);
	free(is);
	comparison_free(c);
	baseline_free(base);
	baseline_free(now);
	return end;
}

static bool emulated_alone(const struct material *m)
{
	return m->emulated && !m->recorded && !m->captures_n && !m->runs_n && !m->scenario;
}

/* What both sides look for, in *@target. 0, or -1 with @e set. */
static int target_of(const struct regress *r, const char *file, const char **target, struct err *e)
{
	const char *base = LABEL_SKYPE;

	*target = signatures_info(r->now.set, 0)->application;
	if (r->base.set)
		base = signatures_info(r->base.set, 0)->application;
	else if (!r->base.label)
		base = *target;
	if (!label_is(base, *target))
		return err_set(e, "%s: it looks for %s, but %s looks for %s", file, *target,
			       r->base.label, base);
	if (r->copies.n && !label_is(*target, LABEL_SKYPE))
		return err_set(e,
			       "%s: --vary knows only what Skype leaves free, and it looks for %s",
			       file, *target);
	return 0;
}

/* Nothing, or not all, could be compared of a signature. */
static void put_fault(const char *file, const char *why, const struct regress_output *to)
{
	char *suite = xasprintf("skypelab: %s: input", file);
	struct junit j = {0};

	if (to->cases) {
		junit_add(&j, file, "input", why, NULL);
		junit_put(&j, suite, to->cases);
	}
	junit_clear(&j);
	free(suite);
}

/* Tries both sides on everything, listed captures on all processors. 0, or -1 with @e set. */
static int try_all(struct regress *r, struct material *m, bool *bad, struct err *e)
{
	struct regress one;
	const struct material_apart apart = {.one = &one, .send = regress_send, .add = regress_add};
	int rc;

	regress_one(r, &one);
	m->apart = &apart;
	rc = material_each(m, regress_capture, r, bad, e);
	m->apart = NULL;
	regress_one_free(&one);
	return rc;
}

static enum command_end one_signature(const struct regress_options *o, const struct material *all,
				      const char *file, const struct regress_output *to,
				      struct err *e)
{
	struct material m = *all;
	struct regress r = {.copies = {.n = (unsigned)o->vary.value, .seed = o->seed.value}};
	struct baseline *kept = NULL;
	enum command_end end = COMMAND_FAILED;
	const char *committed = emulated_alone(all) ? KEPT_EMULATED : KEPT_RECORDED;
	bool bad = false;

	if (sides_open(&r, o, file, committed, &kept, e) == 0 &&
	    target_of(&r, file, &m.target, e) == 0 && try_all(&r, &m, &bad, e) == 0)
		end = judge(&r, o, kept, to, e);
	else {
		put_fault(file, e->msg, to);
		failure_report(e);
	}
	if (bad && end != COMMAND_FAILED)
		end = failure_reported(e, EXIT_USAGE);
	if (bad)
		put_fault(file, "a capture could not be used", to);
	if (end != COMMAND_FAILED && emulated_alone(all) && o->format == COMPARE_TEXT)
		fputs("tried on emulated clients alone\n", to->f);
	baseline_free(kept);
	regress_free(&r);
	return end;
}

/* What each part of a signature is worth: a table, TSV in a file of that name. */
static enum command_end ablate_one(const struct regress_options *o, const struct material *all,
				   const char *file, const struct regress_output *to, struct err *e)
{
	struct material m = *all;
	struct signature_set *set = signatures_load(&file, 1, e);
	size_t n = o->out ? strlen(o->out) : 0;
	struct listing_tsv *table = NULL;
	bool json = o->format == COMPARE_JSON;
	bool bad = false, tsv = n > 4 && !strcmp(o->out + n - 4, ".tsv");
	enum command_end end = COMMAND_FAILED;
	int rc;

	if (set)
		m.target = signatures_info(set, 0)->application;
	if (json)
		table = listing_tsv_new();
	rc = set ? ablate(signatures_info(set, 0)->path, &m, json ? table->f : to->f, tsv || json,
			  &bad, e)
		 : -1;
	if (rc == 0)
		end = bad ? failure_reported(e, EXIT_USAGE) : COMMAND_DONE;
	else
		failure_report(e);
	if (json)
		listing_tsv_json(table, rc < 0 ? NULL : to->f);
	signatures_free(set);
	return end;
}

/* The worse of two ends; *@e is the failure's kind with the higher number. */
static enum command_end worse(enum command_end a, enum command_end b, struct err *e,
			      const struct err *of_b)
{
	if (b == COMMAND_FAILED && (a != COMMAND_FAILED || of_b->code > e->code))
		e->code = of_b->code;
	return b > a ? b : a;
}

/* ---- foreign detectors ---- */

static void foreign_side(struct regress_side *s, const struct foreign_detector *d,
			 const struct signature_list *as)
{
	s->foreign = d;
	s->as = as;
	s->label = d->word;
	s->table = score_table_new();
	snprintf(s->revision, sizeof(s->revision), "%s", d->version);
}

/* Both are scored as the newer one, so that their flows pair up. @d: the older one, the newer one */
static enum command_end regress_foreign(const struct regress_options *o, const struct material *m,
					const struct foreign_detector *const d[2],
					const struct regress_output *to, struct err *e)
{
	struct regress r = {.name = foreign_name(d[1])};
	enum command_end end = COMMAND_FAILED;
	bool bad = false;

	foreign_side(&r.base, d[0], &d[1]->list);
	foreign_side(&r.now, d[1], &d[1]->list);
	if (material_each(m, regress_capture, &r, &bad, e) == 0)
		end = judge(&r, o, NULL, to, e);
	for (int k = 0; k < 2; k++)
		if (r.failed_only[k])
			log_error(
				"%s failed with %zu captures that %s read; these are not compared",
				d[k]->word, r.failed_only[k], d[1 - k]->word);
	if (bad && end != COMMAND_FAILED)
		end = failure_reported(e, EXIT_USAGE);
	regress_free(&r);
	return end;
}

/* The two detectors that are named; each alone, since two may have one name: they are not in one table.
 * Fills @d, or false with @e set. */
static bool load_two(struct under_test u[2], const struct foreign_detector *d[2],
		     const struct regress_options *o, struct err *e)
{
	const char *older = o->against ? o->against : o->detectors.items[0];
	const char *newer = o->detectors.items[o->against ? 0 : o->detectors.n - 1];

	if (o->detectors.n != (o->against ? 1 : 2)) {
		err_set(e, "regress: -D twice, the older detector first; or -D once and --against");
		return false;
	}
	if (under_test_load(&u[0], &older, 1, NULL, e) < 0 ||
	    under_test_load(&u[1], &newer, 1, NULL, e) < 0)
		return false;
	for (int k = 0; k < 2; k++)
		d[k] = u[k].n ? u[k].d : NULL;
	if (d[0] && d[1])
		return true;
	err_set(e, "regress: -D " OWN_DETECTOR ": ours are compared by signature");
	return false;
}

/* ---- the command ---- */

static int output_open(struct regress_output *to, const struct regress_options *o, struct err *e)
{
	bool alone = o->format == COMPARE_JUNIT;

	*to = (struct regress_output){0};
	if (o->junit && (alone || o->ablate))
		return err_set(e, "regress: --junit beside %s; leave one out",
			       alone ? "--format junit" : "--ablate");
	if (outfile_open(&to->report, o->out ? o->out : "-", e) < 0)
		return -1;
	if (o->junit && outfile_open(&to->junit, o->junit, e) < 0) {
		outfile_abort(&to->report);
		return -1;
	}
	to->f = alone && !o->ablate ? NULL : to->report.f;
	to->cases = o->junit ? to->junit.f : alone && !o->ablate ? to->report.f : NULL;
	if (to->cases)
		fputs(JUNIT_HEAD, to->cases);
	return 0;
}

static enum command_end output_end(struct regress_output *to, enum command_end end, struct err *e)
{
	if (to->cases)
		fputs(JUNIT_FOOT, to->cases);
	if (outfile_commit(&to->report, e) < 0) {
		outfile_abort(&to->junit);
		return COMMAND_FAILED;
	}
	return to->junit.f && outfile_commit(&to->junit, e) < 0 ? COMMAND_FAILED : end;
}

static enum command_end run_detectors(struct command_call *call, struct err *e)
{
	const struct regress_options *o = call->options;
	const struct foreign_detector *d[2];
	struct material m = material_of(o);
	struct under_test u[2] = {{0}, {0}};
	enum command_end end = COMMAND_FAILED;
	struct regress_output to;

	if (load_two(u, d, o, e) && output_open(&to, o, e) == 0)
		end = output_end(&to, regress_foreign(o, &m, d, &to, e), e);
	under_test_free(&u[0]);
	under_test_free(&u[1]);
	return end;
}

static enum command_end run(struct command_call *call, struct err *e)
{
	const struct regress_options *o = call->options;
	struct material m = material_of(o);
	enum command_end end = COMMAND_DONE;
	struct regress_output to;

	if (output_open(&to, o, e) < 0)
		return COMMAND_FAILED;
	for (size_t i = 0; i < call->n; i++) {
		struct err one = {.code = EXIT_USAGE};

		end = worse(end,
			    (o->ablate ? ablate_one : one_signature)(o, &m, call->arguments[i], &to,
								     &one),
			    e, &one);
	}
	return output_end(&to, end, e);
}

static const struct command_form forms[] = {
	[FORM_SIGNATURE] = {.arguments = "SIGNATURE...", .run = run},
	[FORM_DETECTOR] = {.selector = "detector", .arguments = "", .run = run_detectors},
};

const struct command regress_command = {
	.name = "regress",
	.help = "hold a new or changed signature against the one it replaces",
	.forms = forms,
	.form_count = ARRAY_LEN(forms),
	.rows = rows,
	.row_count = ARRAY_LEN(rows),
	.size = sizeof(struct regress_options),
	.defaults =
		&(const struct regress_options){.tolerance = {.value = 0.01}, .seed = {.value = 1}},
};
