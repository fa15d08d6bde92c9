// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * cmd_late.c - `skypelab late`: what is found by who begins to watch late; skypelab-late(1)
 *
 * Exit 2 when a capture could not be used or not be read to its end; the others were.
 */
#include <stdio.h>
#include <stdlib.h>

#include "base/number.h"
#include "cli/cmd_late.h"
#include "cli/command/failure.h"
#include "run/detect/captures.h"
#include "run/detect/detect_score.h"
#include "run/limits/late_curve.h"

#define CUT_MAX 31536000.0 /* seconds: a year */

static const double default_cuts[] = {0, 1, 2, 5, 10, 20, 50, 100, 200};

struct late_options {
	const char *out, *vantage;
	struct option_list signatures, cuts;
	int format;
};

#define AT(field) offsetof(struct late_options, field)

static const struct option_row rows[] = {
	OPTION(LIST, "signature", 's', "SIGNATURE", signatures,
	       "a bundled signature or a file; default all"),
	OPTION(LIST, "cut", 'c', "SECONDS", cuts,
	       "cut so much off, may be repeated; default 0 to 200"),
	OPTION(TEXT, "vantage", 0, "VANTAGE", vantage, "where to look in runs; default caller.lan"),
	OPTION(CHOICE, "format", 'f', "text|tsv", format, "default text"),
	OPTION(TEXT, "output", 'o', "DIRECTORY", out, "write the table and plots there, too"),
};

enum { FORMAT_TEXT, FORMAT_TSV };

static int by_value(const void *a, const void *b)
{
	const double *x = a, *y = b;

	return (*x > *y) - (*x < *y);
}

/* The cuts asked for, rising and each once. */
static int read_cuts(struct late_request *q, const struct option_list *l, struct err *e)
{
	size_t kept = 0;

	if (l->n > LATE_CUTS_MAX)
		return err_set(e, "--cut: %zu times, expected at most %d", l->n, LATE_CUTS_MAX);
	for (; q->cuts_n < (l->n ? l->n : ARRAY_LEN(default_cuts)); q->cuts_n++) {
		double *at = &q->cuts[q->cuts_n];

		if (!l->n)
			*at = default_cuts[q->cuts_n];
		else if (number_real("--cut", l->items[q->cuts_n], 0, CUT_MAX, at, e) < 0)
			return -1;
	}
	qsort(q->cuts, q->cuts_n, sizeof(*q->cuts), by_value);
	for (size_t i = 0; i < q->cuts_n; i++)
		if (!i || q->cuts[i] > q->cuts[kept - 1])
			q->cuts[kept++] = q->cuts[i];
	q->cuts_n = kept;
	return 0;
}

static struct signature_set *load(const struct option_list *l, struct err *e)
{
	static const char *const all[] = {"all"};

	return l->n ? signatures_load(l->items, l->n, e) : signatures_load(all, 1, e);
}

static int show(const struct late_options *o, const struct late *l, struct err *e)
{
	if (o->format == FORMAT_TSV)
		late_tsv(stdout, l);
	else
		late_text(stdout, l);
	return o->out ? late_write(o->out, l, e) : 0;
}

static enum command_end late(struct command_call *call, struct err *e)
{
	const struct late_options *o = call->options;
	struct late_request q = {.paths = (const char *const *)call->arguments,
				 .n = call->n,
				 .vantage = o->vantage,
				 .target = LABEL_SKYPE};
	struct signature_set *set;
	struct late l = {0};
	bool damaged = false;
	int rc;

	if (read_cuts(&q, &o->cuts, e) < 0)
		return COMMAND_FAILED;
	q.set = set = load(&o->signatures, e);
	if (!set)
		return COMMAND_FAILED;
	captures_note_runs(q.paths, q.n);
	rc = signature_set_wanted(set, q.target, e) ? late_read(&l, &q, &damaged, e) : -1;
	if (rc == 0)
		rc = show(o, &l, e);
	late_clear(&l);
	signatures_free(set);
	if (rc < 0)
		return COMMAND_FAILED;
	return damaged ? failure_reported(e, EXIT_USAGE) : COMMAND_DONE;
}

static const struct late_options defaults = {.vantage = "caller.lan"};

static const struct command_form forms[] = {
	{.arguments = "RUN|CAPTURE...", .run = late},
};

const struct command late_command = {
	.name = "late",
	.help = "what is found by who begins to watch late",
	.forms = forms,
	.form_count = ARRAY_LEN(forms),
	.rows = rows,
	.row_count = ARRAY_LEN(rows),
	.size = sizeof(struct late_options),
	.defaults = &defaults,
};
