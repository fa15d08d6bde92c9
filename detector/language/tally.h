/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef DETECTOR_TALLY_H
#define DETECTOR_TALLY_H

#include "detector/language/value.h"

/* Each reads one item into the rule being read. 0, or -1 with the parser's error set. */
int sig_tally(struct sigparse *p, yaml_node_t *n); /* under "tally": a message to count */
int sig_when(struct sigparse *p, yaml_node_t *n);  /* under "when": what the counts must be */

#endif
