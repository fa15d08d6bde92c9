/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef DETECTOR_SHARED_RULES_H
#define DETECTOR_SHARED_RULES_H

struct signature_set;

/* Links the rules that ask the same question, and numbers the tests that first messages share;
 * before the dispatch is built. */
void shared_rules_join(struct signature_set *set);

#endif
