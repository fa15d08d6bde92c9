// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * part_command.c - what `late` and `partial` have in common: levels, signatures, the end
 */
#include <stdlib.h>

#include "base/number.h"
#include "cli/command/failure.h"
#include "cli/part_command.h"
#include "run/detect/captures.h"
#include "run/detect/detect_score.h"

static int by_value(const void *a, const void *b)
{
	const struct part_level *x = a, *y = b;

	return (x->value > y->value) - (x->value < y->value);
}

static int read_level(const struct part_option *o, const char *text, double *out, struct err *e)
{
	uint64_t whole;

	if (!o->whole)
		return number_real(o->name, text, o->low, o->high, out, e);
	if (number_whole(o->name, text, (uint64_t)o->low, (uint64_t)o->high, &whole, e) < 0)
		return -1;
	*out = (double)whole;
	return 0;
}

int part_levels_add(struct part_request *q, const struct part_option *o, struct err *e)
{
	struct part_level *first = &q->levels[q->levels_n];
	size_t n = o->given->n ? o->given->n : o->n, kept = 0;

	if (n > PART_AXIS_LEVELS)
		return err_set(e, "%s: %zu times, expected at most %d", o->name, n,
			       PART_AXIS_LEVELS);
	for (size_t i = 0; i < n; i++) {
		first[i].axis = o->axis;
		if (!o->given->n)
			first[i].value = o->levels[i];
		else if (read_level(o, o->given->items[i], &first[i].value, e) < 0)
			return -1;
	}
	qsort(first, n, sizeof(*first), by_value);
	for (size_t i = 0; i < n; i++)
		if (!kept || first[i].value > first[kept - 1].value)
			first[kept++] = first[i];
	q->levels_n += kept;
	return 0;
}

enum command_end part_command(const struct command_call *call, struct part_request *q,
			      const struct option_list *signatures, part_show_fn *show,
			      struct err *e)
{
	static const char *const all[] = {"all"};
	struct signature_set *set = signatures->n
					    ? signatures_load(signatures->items, signatures->n, e)
					    : signatures_load(all, 1, e);
	struct part_scores s = {0};
	bool damaged = false;
	int rc;

	if (!set)
		return COMMAND_FAILED;
	q->paths = (const char *const *)call->arguments;
	q->n = call->n;
	q->set = set;
	q->target = LABEL_SKYPE;
	captures_note_runs(q->paths, q->n);
	rc = signature_set_wanted(set, q->target, e) ? part_scores_read(&s, q, &damaged, e) : -1;
	if (rc == 0)
		rc = show(call->options, &s, e);
	part_scores_clear(&s);
	signatures_free(set);
	if (rc < 0)
		return COMMAND_FAILED;
	return damaged ? failure_reported(e, EXIT_USAGE) : COMMAND_DONE;
}
