/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef RUN_CELL_TRANSFER_H
#define RUN_CELL_TRANSFER_H

#include <stdio.h>

#include "results/score/table.h"

/* Writes @t to @f; the caller looks for errors of the stream. */
void transfer_send(const struct score_table *t, FILE *f);
/* Reads a table from where @f stands. NULL when it is not whole. */
struct score_table *transfer_receive(FILE *f);

#endif
