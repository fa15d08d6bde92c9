// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * history_db.c - opens the database of runs
 *
 * Four tables: the runs, the counts of their rows, the intervals of these rows, and which signatures
 * are a foreign detector; files of an older release lack the last two until they are opened here. The
 * file may come from elsewhere: a database that
 * holds anything else is refused, nothing in it is run, and no statement takes long.
 */
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>

#include "base/format.h"
#include "results/history/history_db.h"

#define FORMAT	    1
#define SECONDS_MAX 60	   /* of one statement */
#define OPERATIONS  100000 /* of SQLite's machine, between two looks at the clock */

static const char run_columns[] =
	"run(id TEXT PRIMARY KEY, ended TEXT NOT NULL, dir TEXT NOT NULL,"
	" scenario TEXT NOT NULL, scenario_sha256 TEXT NOT NULL, program TEXT NOT NULL,"
	" kernel TEXT NOT NULL, seed INTEGER NOT NULL) STRICT";
static const char score_columns[] =
	"score(run TEXT NOT NULL REFERENCES run(id) ON DELETE CASCADE,"
	" source TEXT NOT NULL, version TEXT NOT NULL, signature TEXT NOT NULL,"
	" revision TEXT NOT NULL, vantage TEXT NOT NULL, unit TEXT NOT NULL, tp INTEGER NOT NULL,"
	" fp INTEGER NOT NULL, fn INTEGER NOT NULL, tn INTEGER NOT NULL,"
	" PRIMARY KEY(run, source, version, signature, revision, vantage, unit)) STRICT";

static const char interval_columns[] =
	"score_interval(run TEXT NOT NULL REFERENCES run(id) ON DELETE CASCADE,"
	" source TEXT NOT NULL, version TEXT NOT NULL, signature TEXT NOT NULL,"
	" revision TEXT NOT NULL, vantage TEXT NOT NULL, unit TEXT NOT NULL,"
	" wrong_role INTEGER NOT NULL, clusters INTEGER NOT NULL, precision_low REAL,"
	" precision_high REAL, recall_low REAL, recall_high REAL,"
	" PRIMARY KEY(run, source, version, signature, revision, vantage, unit)) STRICT";

/* No line = this program's own detector. */
static const char detector_columns[] =
	"score_detector(run TEXT NOT NULL REFERENCES run(id) ON DELETE CASCADE,"
	" signature TEXT NOT NULL, revision TEXT NOT NULL, detector TEXT NOT NULL,"
	" PRIMARY KEY(run, signature, revision)) STRICT";

int history_db_fail(sqlite3 *db, const char *path, struct err *e)
{
	return err_set(e, "%s: %s", path, sqlite3_errmsg(db));
}

/* Nothing that a database brings along is run, and nothing in it is large. */
static void restrain(sqlite3 *db)
{
	static const int off[] = {SQLITE_DBCONFIG_ENABLE_TRIGGER, SQLITE_DBCONFIG_ENABLE_VIEW,
				  SQLITE_DBCONFIG_TRUSTED_SCHEMA,
				  SQLITE_DBCONFIG_ENABLE_LOAD_EXTENSION};
	static const int limits[][2] = {{SQLITE_LIMIT_LENGTH, 1 << 20},
					{SQLITE_LIMIT_SQL_LENGTH, 1 << 16},
					{SQLITE_LIMIT_COLUMN, 64},
					{SQLITE_LIMIT_EXPR_DEPTH, 50},
					{SQLITE_LIMIT_COMPOUND_SELECT, 4},
					{SQLITE_LIMIT_VDBE_OP, 10000},
					{SQLITE_LIMIT_ATTACHED, 0},
					{SQLITE_LIMIT_TRIGGER_DEPTH, 1},
					{SQLITE_LIMIT_LIKE_PATTERN_LENGTH, 100}};

	for (size_t i = 0; i < ARRAY_LEN(off); i++)
		sqlite3_db_config(db, off[i], 0, NULL);
	sqlite3_db_config(db, SQLITE_DBCONFIG_DEFENSIVE, 1, NULL);
	for (size_t i = 0; i < ARRAY_LEN(limits); i++)
		sqlite3_limit(db, limits[i][0], limits[i][1]);
}

/* Called by SQLite now and then: another answer than 0 ends the statement. */
static int too_long(void *arg)
{
	const time_t *began = arg;
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return now.tv_sec - *began > SECONDS_MAX;
}

/* Is the database empty, or what this file makes: four tables with these words, and nothing else? 0,
 * or -1 with @e set. */
static int check_schema(sqlite3 *db, const char *path, struct err *e)
{
	sqlite3_stmt *s = NULL;
	int rc = 0, step;

	if (sqlite3_prepare_v2(db, "SELECT type, name, coalesce(sql, '') FROM sqlite_schema", -1,
			       &s, NULL) != SQLITE_OK)
		return history_db_fail(db, path, e);
	while (rc == 0 && (step = sqlite3_step(s)) != SQLITE_DONE) {
		const char *type, *name, *sql;

		if (step != SQLITE_ROW) {
			rc = history_db_fail(db, path, e);
			break;
		}
		type = (const char *)sqlite3_column_text(s, 0);
		name = (const char *)sqlite3_column_text(s, 1);
		sql = (const char *)sqlite3_column_text(s, 2);
		if (!type || !name || !sql)
			rc = err_set(e, "%s: not a history of runs", path);
		else if (!strcmp(type, "index") && !*sql)
			continue; /* of a primary key */
		else if (strcmp(type, "table") != 0 || strncmp(sql, "CREATE TABLE ", 13) != 0 ||
			 (strcmp(sql + 13, run_columns) != 0 &&
			  strcmp(sql + 13, score_columns) != 0 &&
			  strcmp(sql + 13, interval_columns) != 0 &&
			  strcmp(sql + 13, detector_columns) != 0))
			rc = err_set(e,
				     "%s: holds the %.20s %.80s, which no history of runs has; it "
				     "is not used",
				     path, type, name);
	}
	sqlite3_finalize(s);
	return rc;
}

/* The format's number is SQLite's user_version; 0 is that of a file without one, which is of format 1. */
static int check_format(sqlite3 *db, const char *path, struct err *e)
{
	sqlite3_stmt *s = NULL;
	int rc;

	if (sqlite3_prepare_v2(db, "PRAGMA user_version", -1, &s, NULL) != SQLITE_OK ||
	    sqlite3_step(s) != SQLITE_ROW)
		rc = history_db_fail(db, path, e);
	else if (sqlite3_column_int64(s, 0) == 0)
		rc = 0;
	else
		rc = format_check(path, sqlite3_column_int64(s, 0), FORMAT, e);
	sqlite3_finalize(s);
	return rc;
}

static int make_tables(sqlite3 *db)
{
	char *sql =
		xasprintf("CREATE TABLE IF NOT EXISTS %s; CREATE TABLE IF NOT EXISTS %s;"
			  "CREATE TABLE IF NOT EXISTS %s; CREATE TABLE IF NOT EXISTS %s;"
			  "PRAGMA user_version=%d",
			  run_columns, score_columns, interval_columns, detector_columns, FORMAT);
	int rc = sqlite3_exec(db, sql, NULL, NULL, NULL);

	free(sql);
	return rc;
}

sqlite3 *history_db_open(const char *path, struct err *e)
{
	static time_t began; /* the newest; a command opens one history at a time */
	struct timespec now;
	sqlite3 *db = NULL;
	struct stat st;

	if (stat(path, &st) == 0 && !S_ISREG(st.st_mode)) {
		err_set(e, "%s: not a regular file", path);
		return NULL;
	}
	clock_gettime(CLOCK_MONOTONIC, &now);
	began = now.tv_sec;
	if (sqlite3_open(path, &db) != SQLITE_OK) {
		history_db_fail(db, path, e);
		sqlite3_close(db);
		return NULL;
	}
	restrain(db);
	sqlite3_progress_handler(db, OPERATIONS, too_long, &began);
	if (sqlite3_busy_timeout(db, 10000) != SQLITE_OK ||
	    sqlite3_exec(db, "PRAGMA foreign_keys=ON; PRAGMA cell_size_check=ON", NULL, NULL,
			 NULL) != SQLITE_OK) {
		history_db_fail(db, path, e);
	} else if (check_format(db, path, e) == 0 && check_schema(db, path, e) == 0) {
		if (make_tables(db) == SQLITE_OK)
			return db;
		history_db_fail(db, path, e);
	}
	sqlite3_close(db);
	return NULL;
}
