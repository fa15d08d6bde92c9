/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef RESULTS_JSONL_H
#define RESULTS_JSONL_H

#include <stdio.h>

#include "base/err.h"
#include "results/adapter/adapter.h"
#include "results/adapter/columns.h"

/* A JSON object a line. */
struct jsonl;

/* Reads from @f, which stays the caller's; @path is its name for messages. The others must outlive it.
 * Never NULL. */
struct jsonl *jsonl_open(FILE *f, const char *path, const struct adapter *a,
			 const struct adapter_output *o, const struct columns *c);
void jsonl_close(struct jsonl *j);
/* As delimited_next(). At the end -1 too where no object had a member that a flow needs, or where
 * the file is empty. */
int jsonl_next(struct jsonl *j, const char **value, unsigned *no, struct err *e);

#endif
