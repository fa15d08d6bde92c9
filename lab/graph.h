/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef LAB_GRAPH_H
#define LAB_GRAPH_H

#include <stdbool.h>
#include <stdio.h>

#include "base/err.h"
#include "lab/spec.h"

struct lab;

/* The topology for a person, and for Graphviz. */
void lab_graph_text(const struct lab *lab, FILE *out);
void lab_graph_dot(const struct lab *lab, FILE *out);
/* The same without building it. 0, or -1 with @e set as by lab_check(). */
int lab_spec_graph(const struct lab_spec *spec, bool dot, FILE *out, struct err *e);

#endif
