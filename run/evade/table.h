/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef RUN_EVADE_TABLE_H
#define RUN_EVADE_TABLE_H

#include <stdio.h>

#include "run/evade/evade.h"

/* Prints the answers as a table for people: one for each subject. */
void evade_print(const struct evade_result *r, FILE *f);
/* The same as Markdown, and as TSV with all figures, as skypelab-evade(1) says. */
void evade_markdown(const struct evade_result *r, FILE *f);
void evade_tsv(const struct evade_result *r, FILE *f);

#endif
