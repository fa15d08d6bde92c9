// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * say.c - the filter's lines, given to whoever opened it
 *
 * Model. What is said is counted. A refusal is counted always and said once a second for each cause
 * (gate.c), so that a flood of forged packets makes no flood of lines.
 */
#include <stdio.h>

#include "operator/filter/say.h"

void filter_say(struct filter *f, const struct filter_block *b, enum filter_outcome outcome)
{
	struct filter_block line = *b;

	line.outcome = outcome;
	line.now_ns = clock_ns(CLOCK_REALTIME);
	line.dry_run = f->wish.dry_run;
	f->totals.blocks[b->what][outcome]++;
	f->wish.fn(f->wish.arg, &line);
}

void filter_report(struct filter *f, const char *text, const char *name)
{
	struct filter_block b = {0};

	snprintf(b.why, sizeof(b.why), "%s%s", text, name);
	filter_say(f, &b, FILTER_REPORT);
}

int filter_refuse(struct filter *f, const struct filter_block *b, enum refusal why,
		  const char *detail)
{
	struct filter_block line = *b;

	f->totals.refused[b->what][why]++;
	if (!gate_line(&f->gate, why, clock_ns(CLOCK_MONOTONIC), &line.suppressed))
		return 0;
	snprintf(line.why, sizeof(line.why), "%s%s%s", refusal_text(why), detail ? ": " : "",
		 detail ? detail : "");
	filter_say(f, &line, FILTER_REFUSED);
	return 0;
}
