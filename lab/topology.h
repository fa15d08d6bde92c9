/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef LAB_TOPOLOGY_H
#define LAB_TOPOLOGY_H

#include "base/err.h"
#include "base/loop.h"
#include "lab/spec.h"

struct lab;

/* Checks the specification without creating anything: names, prefixes, overlaps, policies,
 * vantages. 0, or -1 with @e set (EXIT_USAGE). lab_up() does it first. */
int lab_check(const struct lab_spec *spec, struct err *e);
/* Builds it; needs lab_sandbox_enter(). @loop drives conntrack watches, impaired links and taps,
 * and must outlive the lab. NULL with @e set, and then nothing is left. */
struct lab *lab_up(const struct lab_spec *spec, struct loop *loop, struct err *e);
/* Takes all down; NULL is allowed. Taps that were not finished are dropped. */
void lab_down(struct lab *lab);

#endif
