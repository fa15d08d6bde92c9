/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef DETECTOR_RULE_H
#define DETECTOR_RULE_H

#include "detector/language/value.h"

/* Reads a rule and adds it to the set. 0, or -1 with the parser's error set. */
int sig_rule(struct sigparse *p, yaml_node_t *n);
void rule_free(struct rule *r);

#endif
