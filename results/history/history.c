// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * history.c - all runs in one SQLite file
 *
 * Two tables: one line per run, and the run's accuracy rows summed over settings (the full rows
 * stay in the run directory). Only counts are stored; the queries compute precision and recall. A
 * busy timeout and one transaction per run let several runs end at the same time.
 */
#include <jansson.h>
#include <sqlite3.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "base/outfile.h"
#include "base/path.h"
#include "base/quote.h"
#include "results/history/history.h"
#include "results/history/manifest.h"
#include "results/report/gnuplot.h"
#include "results/report/palette.h"
#include "results/report/plot_file.h"
#include "results/score/accuracy_tsv.h"

#define SECONDS_MAX 60	    /* of one statement */
#define ROWS_MAX    1000000 /* of one answer */
#define OPERATIONS  100000  /* of SQLite's machine, between two looks at the clock */

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

static int fail(sqlite3 *db, const char *path, struct err *e)
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

/* Is the database empty, or what this file makes: two tables with these words, and nothing else? 0,
 * or -1 with @e set. */
static int check_schema(sqlite3 *db, const char *path, struct err *e)
{
	sqlite3_stmt *s = NULL;
	int rc = 0, step;

	if (sqlite3_prepare_v2(db, "SELECT type, name, coalesce(sql, '') FROM sqlite_schema", -1,
			       &s, NULL) != SQLITE_OK)
		return fail(db, path, e);
	while (rc == 0 && (step = sqlite3_step(s)) != SQLITE_DONE) {
		const char *type, *name, *sql;

		if (step != SQLITE_ROW) {
			rc = fail(db, path, e);
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
			  strcmp(sql + 13, score_columns) != 0))
			rc = err_set(e,
				     "%s: holds the %.20s %.80s, which no history of runs has; it "
				     "is not used",
				     path, type, name);
	}
	sqlite3_finalize(s);
	return rc;
}

static int make_tables(sqlite3 *db)
{
	char *sql = xasprintf("CREATE TABLE IF NOT EXISTS %s; CREATE TABLE IF NOT EXISTS %s;",
			      run_columns, score_columns);
	int rc = sqlite3_exec(db, sql, NULL, NULL, NULL);

	free(sql);
	return rc;
}

static sqlite3 *open_db(const char *path, struct err *e)
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
		fail(db, path, e);
		sqlite3_close(db);
		return NULL;
	}
	restrain(db);
	sqlite3_progress_handler(db, OPERATIONS, too_long, &began);
	if (sqlite3_busy_timeout(db, 10000) != SQLITE_OK ||
	    sqlite3_exec(db, "PRAGMA foreign_keys=ON; PRAGMA cell_size_check=ON", NULL, NULL,
			 NULL) != SQLITE_OK) {
		fail(db, path, e);
	} else if (check_schema(db, path, e) == 0) {
		if (make_tables(db) == SQLITE_OK)
			return db;
		fail(db, path, e);
	}
	sqlite3_close(db);
	return NULL;
}

static const char *text_at(const json_t *o, const char *a, const char *b, const char *c)
{
	o = json_object_get(o, a);
	o = b ? json_object_get(o, b) : o;
	o = c ? json_object_get(o, c) : o;
	return json_is_string(o) ? json_string_value(o) : "-";
}

/* Binds texts then integers, and steps. */
static int insert(sqlite3 *db, const char *sql, const char *const *texts, int n_texts,
		  const int64_t *numbers, int n_numbers)
{
	sqlite3_stmt *s;
	int rc;

	if (sqlite3_prepare_v2(db, sql, -1, &s, NULL) != SQLITE_OK)
		return -1;
	for (int i = 0; i < n_texts; i++)
		sqlite3_bind_text(s, i + 1, texts[i], -1, SQLITE_TRANSIENT);
	for (int i = 0; i < n_numbers; i++)
		sqlite3_bind_int64(s, n_texts + i + 1, numbers[i]);
	rc = sqlite3_step(s) == SQLITE_DONE ? 0 : -1;
	sqlite3_finalize(s);
	return rc;
}

static int insert_rows(sqlite3 *db, const char *id, const struct score_table *t)
{
	for (size_t i = 0; i < t->n; i++) {
		const struct score_row *r = &t->rows[i];
		const char *texts[] = {id,
				       source_text(r->source),
				       r->traffic_version,
				       r->signature,
				       r->revision,
				       r->vantage,
				       score_unit_text(r->unit)};
		int64_t n[] = {(int64_t)r->tp, (int64_t)r->fp, (int64_t)r->fn, (int64_t)r->tn};

		if (insert(db, "INSERT INTO score VALUES(?,?,?,?,?,?,?,?,?,?,?)", texts, 7, n, 4) <
		    0)
			return -1;
	}
	return 0;
}

static int insert_run(sqlite3 *db, const char *id, const char *dir, const json_t *m,
		      const struct score_table *t)
{
	char *real = realpath(dir, NULL);
	const char *texts[] = {id,
			       text_at(m, "run", "ended", NULL),
			       real ? real : dir,
			       text_at(m, "run", "scenario", "path"),
			       text_at(m, "run", "scenario", "sha256"),
			       text_at(m, "program", "version", NULL),
			       text_at(m, "system", "kernel", NULL)};
	int64_t seed = json_integer_value(json_object_get(json_object_get(m, "run"), "seed"));
	int rc;

	rc = insert(db, "DELETE FROM run WHERE id=?", &id, 1, NULL, 0);
	if (!rc)
		rc = insert(db, "INSERT INTO run VALUES(?,?,?,?,?,?,?,?)", texts, 7, &seed, 1);
	free(real);
	return rc ? rc : insert_rows(db, id, t);
}

int history_add(const char *path, const char *dir, struct err *e)
{
	char *accuracy = path_in(dir, "accuracy.tsv"), *manifest = path_in(dir, "manifest.json");
	char id[65];
	json_t *m = manifest_read(dir, e);
	struct score_table *t = m ? accuracy_read(accuracy, e) : NULL, *g = NULL;
	sqlite3 *db = NULL;
	int rc = -1;

	if (!t || file_sha256(manifest, id, e) < 0)
		goto out;
	g = table_group(t, BY_VERSION | BY_VANTAGE | BY_SIGNATURE, ALL_UNITS);
	db = open_db(path, e);
	if (!db)
		goto out;
	rc = sqlite3_exec(db, "BEGIN IMMEDIATE", NULL, NULL, NULL) == SQLITE_OK ? 0 : -1;
	rc = rc ? rc : insert_run(db, id, dir, m, g);
	if (!rc)
		rc = sqlite3_exec(db, "COMMIT", NULL, NULL, NULL) == SQLITE_OK ? 0 : -1;
	if (rc)
		fail(db, path, e);
out:
	sqlite3_close(db);
	score_table_free(g);
	score_table_free(t);
	json_decref(m);
	free(accuracy);
	free(manifest);
	return rc;
}

static const char query_runs[] =
	"SELECT ended, substr(id,1,12), program, seed, scenario, dir FROM run ORDER BY ended, id";
static const char query_scores[] =
	"SELECT ended, substr(run,1,12), program, source, version, vantage, revision, tp, fp, fn,"
	" CASE WHEN tp+fp>0 THEN printf('%.4f', 1.0*tp/(tp+fp)) ELSE '-' END,"
	" CASE WHEN tp+fn>0 THEN printf('%.4f', 1.0*tp/(tp+fn)) ELSE '-' END"
	" FROM score JOIN run ON run.id=score.run WHERE signature=? AND unit=?"
	" ORDER BY source, version, vantage, ended, run";
static const char *const heads[2][12] = {{"ended", "run", "program", "seed", "scenario", "dir"},
					 {"ended", "run", "program", "source", "traffic", "vantage",
					  "revision", "tp", "fp", "fn", "precision", "recall"}};

static sqlite3_stmt *prepare(sqlite3 *db, const char *signature, const char *unit)
{
	sqlite3_stmt *s = NULL;

	if (sqlite3_prepare_v2(db, signature ? query_scores : query_runs, -1, &s, NULL) !=
	    SQLITE_OK)
		return NULL;
	if (signature) {
		sqlite3_bind_text(s, 1, signature, -1, SQLITE_TRANSIENT);
		sqlite3_bind_text(s, 2, unit ? unit : "flow", -1, SQLITE_TRANSIENT);
	}
	return s;
}

static const char *cell(sqlite3_stmt *s, int i)
{
	const unsigned char *t = sqlite3_column_text(s, i);

	return t ? (const char *)t : "-";
}

static void print_line(sqlite3_stmt *s, const char *const *head, int columns,
		       enum table_format format, FILE *f)
{
	static const int widths[] = {24, 12, 8, 9, 8, 12, 8, 7, 6, 7, 9, 6};

	for (int i = 0; i < columns; i++) {
		const char *text = quote_terminal(s ? cell(s, i) : head[i]);

		if (format == TABLE_TSV)
			fprintf(f, "%s%s", i ? "\t" : "", text);
		else if (format == TABLE_MARKDOWN)
			fprintf(f, "| %s ", quote_markdown(s ? cell(s, i) : head[i]));
		else if (i + 1 < columns)
			fprintf(f, "%-*s  ", widths[i], text);
		else
			fputs(text, f);
	}
	fputs(format == TABLE_MARKDOWN ? "|\n" : "\n", f);
	for (int i = 0; !s && format == TABLE_MARKDOWN && i < columns; i++)
		fputs(i + 1 < columns ? "|---" : "|---|\n", f);
}

static json_t *line_json(sqlite3_stmt *s, const char *const *head, int columns)
{
	json_t *o = json_object();

	for (int i = 0; i < columns; i++) {
		if (sqlite3_column_type(s, i) == SQLITE_INTEGER)
			json_object_set_new(o, head[i], json_integer(sqlite3_column_int64(s, i)));
		else
			json_object_set_new(o, head[i], json_string(cell(s, i)));
	}
	return o;
}

int history_print(const char *path, const char *signature, const char *unit,
		  enum table_format format, FILE *f, struct err *e)
{
	sqlite3 *db = open_db(path, e);
	sqlite3_stmt *s = db ? prepare(db, signature, unit) : NULL;
	const char *const *head = heads[signature != NULL];
	json_t *all = format == TABLE_JSON ? json_array() : NULL;
	int columns = signature ? 12 : 6, n = 0, step;

	if (!s) {
		if (db)
			fail(db, path, e);
		sqlite3_close(db);
		json_decref(all);
		return -1;
	}
	if (!all)
		print_line(NULL, head, columns, format, f);
	for (; (step = sqlite3_step(s)) == SQLITE_ROW && n < ROWS_MAX; n++) {
		if (all)
			json_array_append_new(all, line_json(s, head, columns));
		else
			print_line(s, head, columns, format, f);
	}
	if (all) {
		json_dumpf(all, f, JSON_INDENT(1));
		fputc('\n', f);
	}
	json_decref(all);
	if (step == SQLITE_ROW)
		n = err_set(e, "%s: more than %d rows", path, ROWS_MAX);
	else if (step != SQLITE_DONE)
		n = fail(db, path, e);
	sqlite3_finalize(s);
	sqlite3_close(db);
	return n;
}

/* One pair of lines per series (source, version, vantage): recall and precision; x is the run's
 * number in time. Returns the number of series. */
static size_t put_data(FILE *f, sqlite3_stmt *s, char ***series, int *step)
{
	char now[256];
	size_t n = 0;
	int x = 0, rows = 0;

	fputs("x\tended\tseries\trecall\tprecision\n", f);
	while ((*step = sqlite3_step(s)) == SQLITE_ROW && rows++ < ROWS_MAX) {
		snprintf(now, sizeof(now), "%s %s %s", quote_terminal(cell(s, 3)),
			 quote_terminal(cell(s, 4)), quote_terminal(cell(s, 5)));
		if (!n || strcmp(now, (*series)[n - 1]) != 0) {
			fputs(n ? "\n\n" : "", f);
			*series = xrealloc(*series, (n + 1) * sizeof(char *));
			(*series)[n++] = xstrdup(now);
			x = 0;
		}
		fprintf(f, "%d\t%s\t%s\t%s\t%s\n", ++x, quote_terminal(cell(s, 0)), now,
			cell(s, 11), cell(s, 10));
	}
	return n;
}

static void put_script(FILE *f, const char *signature, const char *unit, char *const *series,
		       size_t n)
{
	fprintf(f,
		"set xlabel \"run, in order of time\"\nset ylabel \"share of %ss\"\n"
		"set yrange [-0.02:1.02]\nset xtics 1\nset title ",
		unit ? unit : "flow");
	fputs(quote_gnuplot(signature), f);
	fputs("\nplot ", f);
	for (size_t i = 0; i < n; i++) {
		for (int k = 0; k < 2; k++) {
			char title[256];

			fprintf(f,
				"%s%s skip 1 index %zu using 1:%d with linespoints lw 1.5 pt %d dt "
				"%d lc rgb \"%s\" title ",
				i || k ? ", \\\n     " : "", i || k ? "''" : "FILE", i, 4 + k,
				plot_points[i % PLOT_SHAPES], 1 + k,
				plot_colours[i % PLOT_COLOURS]);
			snprintf(title, sizeof(title), "%.200s: %s", series[i],
				 k ? "precision" : "recall");
			fputs(quote_gnuplot(title), f);
		}
	}
	fputc('\n', f);
}

int history_plot(const char *path, const char *signature, const char *unit, const char *dir,
		 struct err *e)
{
	sqlite3 *db = open_db(path, e);
	sqlite3_stmt *s = db ? prepare(db, signature, unit) : NULL;
	char *text = xasprintf("history-%s", signature), **series = NULL;
	struct plot_list list = {.dir = dir};
	struct plot_file p;
	size_t n = 0;
	int rc = -1, step;

	if (!s || make_dirs(dir, e) < 0) {
		if (db && !s)
			fail(db, path, e);
		goto out;
	}
	plot_begin(&p);
	n = put_data(p.data, s, &series, &step);
	put_script(p.script, signature, unit, series, n);
	if (step != SQLITE_DONE) {
		plot_drop(&p);
		fail(db, path, e);
	} else if (!n) {
		plot_drop(&p);
		rc = err_set(e, "%s: no run with signature %s", path, signature);
	} else {
		rc = plot_list_add(&list, &p, text, 1000, 360 + 30 * (int)n, e);
		if (!rc)
			rc = gnuplot_run(dir, (const char *const *)list.names, list.n, e);
	}
out:
	for (size_t i = 0; i < n; i++)
		free(series[i]);
	free(series);
	plot_list_clear(&list);
	sqlite3_finalize(s);
	sqlite3_close(db);
	free(text);
	return rc;
}
