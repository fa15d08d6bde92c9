/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef CLI_PART_COMMAND_H
#define CLI_PART_COMMAND_H

#include "cli/command/command.h"
#include "run/limits/part_scores.h"

/* What `late` and `partial` have in common. */

/**
 * struct part_option - an option whose values are levels of an axis
 * @name:	"--cut"
 * @given:	What was given
 * @levels:	Those that are taken where nothing was; @n
 * @low, @high:	Their range; @whole: of whole numbers
 */
struct part_option {
	const char *name;
	enum part_axis axis;
	const struct option_list *given;
	const double *levels;
	size_t n;
	double low, high;
	bool whole;
};

/* Adds the levels that an option was given, or else its own, to @q: rising and each once. Axes are added in
 * their order. 0, or -1 with @e set. */
int part_levels_add(struct part_request *q, const struct part_option *o, struct err *e);

typedef int part_show_fn(const void *options, const struct part_scores *s, struct err *e);

/* Reads what the call names by @q, with @signatures (none: all), and shows it. */
enum command_end part_command(const struct command_call *call, struct part_request *q,
			      const struct option_list *signatures, part_show_fn *show,
			      struct err *e);

#endif
