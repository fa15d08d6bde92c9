// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * verdict.c - what a detector's words mean
 *
 * A verdict may have parts ("TLS.Skype_Teams", "ssl,dns", an array): each part is an application of
 * its own by the first rule that matches it. A part that no rule matches counts, as something else,
 * only where no other part of the record has a meaning: of an alert's number, text and protocol one
 * that is known is enough.
 */
#include <fnmatch.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/number.h"
#include "results/adapter/check.h"
#include "results/adapter/verdict.h"
#include "results/score/detections.h"

static bool matches(const struct adapter_list *patterns, const char *text)
{
	for (unsigned i = 0; i < patterns->n; i++) {
		uint64_t first, last, number;

		if (adapter_range(patterns->items[i], &first, &last)) {
			if (number_is_whole(text, &number) && number >= first && number <= last)
				return true;
		} else if (fnmatch(patterns->items[i], text, FNM_CASEFOLD) == 0) {
			return true;
		}
	}
	return false;
}

/* The application of one part in a column, ADAPTER_NONE, or NULL: no rule matches. */
static const char *meaning(const struct adapter *a, const char *column, const char *part)
{
	for (unsigned i = 0; i < a->verdicts_n; i++) {
		const struct adapter_verdict *v = &a->verdicts[i];

		if ((!v->column || !strcmp(v->column, column)) && matches(&v->match, part))
			return v->application;
	}
	return NULL;
}

static void add(struct verdict *out, const char *application)
{
	for (unsigned i = 0; i < out->n; i++)
		if (!strcmp(out->application[i], application))
			return;
	if (out->n < VERDICT_APPLICATIONS)
		out->application[out->n++] = application;
}

/* Adds what the parts of a value mean. True when one of them means nothing that is known. */
static bool value_add(const struct adapter *a, const struct adapter_output *o, const char *column,
		      const char *value, struct verdict *out)
{
	char separators[16], *copy = xstrdup(value), *save = NULL;
	bool other = false;

	snprintf(separators, sizeof(separators), "\n%s", o->split ? o->split : "");
	for (char *part = strtok_r(copy, separators, &save); part;
	     part = strtok_r(NULL, separators, &save)) {
		const char *is = meaning(a, column, part);

		other |= !is;
		if (is && strcmp(is, ADAPTER_NONE) != 0)
			add(out, is);
	}
	free(copy);
	return other;
}

void verdict_of(const struct adapter *a, const struct adapter_output *o, const struct columns *c,
		const char *const *value, struct verdict *out)
{
	bool other = false;

	out->n = 0;
	for (unsigned i = c->first[ADAPTER_VERDICT]; i < c->first[ADAPTER_VERDICT + 1]; i++)
		if (value[i])
			other |= value_add(a, o, c->name[i], value[i], out);
	if (other && !out->n)
		add(out, DETECTION_OTHER);
}

bool verdict_counts(const struct adapter_output *o, const struct columns *c,
		    const char *const *value)
{
	for (unsigned i = 0; i < o->only_n; i++) {
		const char *text = value[c->first[ADAPTER_ROLES] + i];

		if (!matches(&o->only[i].match, text ? text : ""))
			return false;
	}
	return true;
}
