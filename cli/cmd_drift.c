// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * cmd_drift.c - `skypelab drift`: recall while the messages of captures change step by step
 *
 * A table, and with --plots a plot for each change, of recorded and of emulated traffic apart.
 */
#include <string.h>

#include "base/datadir.h"
#include "base/outfile.h"
#include "cli/cmd_drift.h"
#include "cli/command/failure.h"
#include "results/report/gnuplot.h"
#include "results/report/plot_drift.h"
#include "results/report/text_table.h"
#include "run/detect/captures.h"
#include "run/detect/detect_score.h"
#include "run/drift/drift.h"
#include "run/drift/grid.h"

struct drift_options {
	const char *out, *plots;
	struct option_list captures, runs;
	struct option_whole seed;
	int change, unit, format;
};

#define AT(field) offsetof(struct drift_options, field)

/* In the order of the words of --change and --unit. */
static const unsigned changes[] = {(1U << VARY_WHATS) - 1, 1U << VARY_PAD, 1U << VARY_MASK,
				   1U << VARY_IDS, 1U << VARY_STRETCH};
static const enum score_unit units[] = {UNIT_FLOW, UNIT_CLIENT};
static const char *const unit_words[] = {"flow", "client"};

static const struct option_row rows[] = {
	OPTION(LIST, "capture", 0, "FILE|DIRECTORY", captures,
	       "change these labelled captures; default the recorded corpora"),
	OPTION(LIST, "run", 0, "RUN", runs, "change the captures of this run directory"),
	OPTION(CHOICE, "change", 0, "all|pad|mask|ids|stretch", change,
	       "what is changed; default all, one at a time"),
	OPTION(CHOICE, "unit", 0, "flow|client", unit, "what is to be found; default flow"),
	OPTION(WHOLE, "seed", 0, "NUMBER", seed, "of the noise; default 1", .high = UINT64_MAX),
	OPTION(CHOICE, "format", 'f', TABLE_FORMATS, format, "default text"),
	OPTION(WORD, "json", 0, NULL, format, "the same as --format json", .low = TABLE_JSON),
	OPTION(TEXT, "output", 'o', "FILE", out, "write to FILE, not to standard output",
	       .output = true),
	OPTION(TEXT, "plots", 0, "DIRECTORY", plots, "draw recall against amount there"),
};

static int print_table(const struct drift_options *o, const struct score_table *t, struct err *e)
{
	struct table_options how = {.format = (enum table_format)o->format,
				    .by = "signature,change,amount",
				    .unit = unit_words[o->unit]};
	struct outfile out;

	if (outfile_open(&out, o->out ? o->out : "-", e) < 0)
		return -1;
	if (how.format == TABLE_TEXT) {
		drift_grid(t, units[o->unit], changes[o->change], out.f);
	} else if (table_print(t, out.f, &how, e) < 0) {
		outfile_abort(&out);
		return -1;
	}
	return outfile_commit(&out, e);
}

static int draw(const struct drift_options *o, const struct score_table *t, struct err *e)
{
	static const char *const labels[VARY_WHATS] = {
		[VARY_PAD] = "bytes added to each message",
		[VARY_MASK] = "first bytes that are noise",
		[VARY_IDS] = "share of request ids drawn anew",
		[VARY_STRETCH] = "factor on all times",
	};
	struct plot_list list = {.dir = o->plots};
	int rc = make_dirs(o->plots, e);

	for (int source = SOURCE_EMULATED; rc == 0 && source <= SOURCE_RECORDED; source++) {
		struct plot_view v;

		if (!plot_view_of(&v, t, (enum traffic_source)source))
			continue;
		for (unsigned k = 0; rc == 0 && k < VARY_WHATS; k++) {
			struct drift_axis axis = {.word = drift_word((enum vary_what)k),
						  .label = labels[k]};

			axis.amounts = drift_amounts((enum vary_what)k, &axis.n);
			if (changes[o->change] & (1U << k))
				rc = plot_drift(&v, units[o->unit], &axis, &list, e);
		}
	}
	if (rc == 0 && list.n)
		rc = gnuplot_run(o->plots, (const char *const *)list.names, list.n, e);
	plot_list_clear(&list);
	return rc;
}

static enum command_end run(struct command_call *call, struct err *e)
{
	const struct drift_options *o = call->options;
	struct signature_set *set =
		signatures_load((const char *const *)call->arguments, call->n, e);
	struct material m = {.captures = o->captures.items,
			     .captures_n = o->captures.n,
			     .runs = o->runs.items,
			     .runs_n = o->runs.n,
			     .recorded = !o->captures.n && !o->runs.n,
			     .target = LABEL_SKYPE};
	struct drift_request q = {
		.set = set, .material = &m, .changes = changes[o->change], .seed = o->seed.value};
	struct score_table *t = score_table_new();
	bool bad = false;
	size_t n = 0;
	int rc = -1;

	captures_note_runs(o->captures.items, o->captures.n);
	if (m.recorded && !material_has_recordings())
		err_set(e,
			"no recording under %s (skypelab corpora fetch, or set SKYPELAB_CORPORA); "
			"name "
			"captures with --capture or --run",
			corpora_dir());
	else if (set && signature_set_wanted(set, LABEL_SKYPE, e))
		rc = drift(&q, t, &n, &bad, e);
	if (rc == 0 && !n && !bad)
		rc = err_set(e,
			     "none of the captures has labels: nothing says what there is to find");
	if (rc == 0 && n)
		rc = print_table(o, t, e);
	if (rc == 0 && n && o->plots)
		rc = draw(o, t, e);
	score_table_free(t);
	signatures_free(set);
	if (rc < 0)
		return COMMAND_FAILED;
	return bad ? failure_reported(e, EXIT_USAGE) : COMMAND_DONE;
}

static const struct command_form forms[] = {
	{.arguments = "SIGNATURE...", .run = run},
};

const struct command drift_command = {
	.name = "drift",
	.help = "recall of signatures while the messages of captures change step by step",
	.forms = forms,
	.form_count = ARRAY_LEN(forms),
	.rows = rows,
	.row_count = ARRAY_LEN(rows),
	.size = sizeof(struct drift_options),
	.defaults = &(const struct drift_options){.seed = {.value = 1}},
};
