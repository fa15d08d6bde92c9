// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * run_command.c - the command line of a run, from what it was asked for
 */
#include <stdlib.h>

#include "base/quote.h"
#include "run/run_command.h"

/* Adds " WORD VALUE" to @text (owned). */
static char *add(char *text, const char *word, const char *value)
{
	char *more = xasprintf("%s %s %s", text, word, quote_shell(value));

	free(text);
	return more;
}

static char *add_list(char *text, const char *word, const char *const *values, size_t n)
{
	for (size_t i = 0; i < n; i++)
		text = add(text, word, values[i]);
	return text;
}

/* Seed and repetitions. */
static char *add_trials(char *text, const struct run_options *o)
{
	char number[64];

	snprintf(number, sizeof(number), "%llu", (unsigned long long)o->seed);
	if (o->seeds)
		snprintf(number, sizeof(number), "%llu..%llu", (unsigned long long)o->seed,
			 (unsigned long long)(o->seed + o->repeat - 1));
	if (o->seed_given)
		text = add(text, o->seeds ? "--seeds" : "--seed", number);
	snprintf(number, sizeof(number), "%u", o->repeat);
	if (o->repeat && !o->seeds)
		text = add(text, "--repeat", number);
	return text;
}

char *run_command_of(const struct run_options *o)
{
	char *text = xstrdup("skypelab run"), *more;

	text = add_list(text, "-s", o->signatures, o->signatures_len);
	text = add_list(text, "-D", o->detectors, o->detectors_len);
	if (o->target)
		text = add(text, "--target", o->target);
	text = add_list(text, "--filter", o->filters, o->filters_len);
	text = add_trials(text, o);
	more = xasprintf("%s%s %s", text, o->live ? " --live" : "", quote_shell(o->scenario));
	free(text);
	return more;
}
