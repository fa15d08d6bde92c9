/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef RESULTS_CONFUSION_TSV_H
#define RESULTS_CONFUSION_TSV_H

#include <stdio.h>

#include "base/err.h"
#include "results/score/confusion.h"

/* confusion.tsv of skypelab-run-directory(5). */
void confusion_put(const struct confusion *c, FILE *f);
/* 0, or -1 with @e set. */
int confusion_write(const struct confusion *c, const char *path, struct err *e);
/* Adds the file's counts to @c. 0, or -1 with @e set: "file:line: what, expected what". */
int confusion_read(struct confusion *c, const char *path, struct err *e);

#endif
