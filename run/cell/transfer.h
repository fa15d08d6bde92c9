/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef RUN_CELL_TRANSFER_H
#define RUN_CELL_TRANSFER_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#include "results/score/table.h"

/* A number of 64 bits, the lowest byte first: how tables write theirs, and what stands between tables. */
void transfer_put_number(FILE *f, uint64_t n);
bool transfer_get_number(FILE *f, uint64_t *n); /* false: it is not whole */
/* Writes @t to @f; the caller looks for errors of the stream. */
void transfer_send(const struct score_table *t, FILE *f);
/* Reads a table from where @f stands. NULL when it is not whole. */
struct score_table *transfer_receive(FILE *f);
/* Adds such a table to @t, in its order. False when it is not whole: @t then has a part of it. */
bool transfer_add(struct score_table *t, FILE *f);

#endif
