/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef DETECTOR_LANGUAGE_ACTION_H
#define DETECTOR_LANGUAGE_ACTION_H

#include "detector/language/value.h"

/* No action. */
void actions_init(struct actions *a);
/* Each returns 0, or -1 with the parser's error set. */
int sig_actions(struct sigparse *p, yaml_node_t *n, struct actions *out); /* "then" */
/* "known" and "unknown" under "flow" of the rule being read; after its messages, whose bytes they may name. */
int sig_knowns(struct sigparse *p, yaml_node_t *flow);

#endif
