/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef RESULTS_HISTORY_DB_H
#define RESULTS_HISTORY_DB_H

#include "results/history/sqlite.h"

#include "base/err.h"

/* Sets @e to what SQLite says of @path. Returns -1. */
int history_db_fail(sqlite3 *db, const char *path, struct err *e);
/* The database of runs at @path, made when it is not there; NULL with @e set. To be closed. */
sqlite3 *history_db_open(const char *path, struct err *e);

#endif
