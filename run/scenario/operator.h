/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef RUN_SCENARIO_OPERATOR_H
#define RUN_SCENARIO_OPERATOR_H

#include "base/err.h"
#include "run/scenario/scenario.h"

/* The signatures that an operator of @s uses (owned), when @text is its `signature`. NULL with @e
 * set. */
struct signature_set *operator_signatures(const struct scenario *s, const char *text,
					  struct err *e);
/* Can they be loaded? 0, or -1 with @e set. */
int operator_signature_check(const struct scenario *s, const char *text, struct err *e);
/* Loads the policy of the scenario's operator and checks where it stands. 0, or -1 with @e set. */
int scenario_check_operator(struct scenario *s, struct err *e);

#endif
