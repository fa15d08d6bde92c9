/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef RUN_PAPER_PAPER_H
#define RUN_PAPER_PAPER_H

#include "run/paper/material.h"

/* Writes the folder @path: paper.html, one self-contained document, with tables/NAME.tsv and
 * figures/. It is there whole or not at all; an older paper at @path is replaced. 0, or -1 with @e
 * set. */
int paper_write(const struct paper_request *r, const char *path, struct err *e);
/* Prints one of its tables, as in tables/NAME.tsv or as JSON, on standard output. 0, or -1 with @e set: also
 * when there is no such table, and then @e lists them. */
int paper_print_table(const struct paper_request *r, const char *name, bool json, struct err *e);

#endif
