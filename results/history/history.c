// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * history.c - all runs in one SQLite file
 *
 * One line per run, and the run's accuracy rows summed over settings (the full rows stay in the run
 * directory): counts, from which the queries compute precision and recall, and the 95 % intervals of
 * these, which need the run's clusters; runs that an older release added have none. A busy timeout and
 * one transaction per run let several runs end at the same time. The tables: history_db.c.
 */
#include <jansson.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/input.h"
#include "base/outfile.h"
#include "base/path.h"
#include "base/quote.h"
#include "results/history/history.h"
#include "results/history/history_db.h"
#include "results/history/manifest.h"
#include "results/report/gnuplot.h"
#include "results/report/palette.h"
#include "results/report/plot_file.h"
#include "results/score/accuracy_tsv.h"
#include "results/score/row_intervals.h"

#define ROWS_MAX 1000000 /* of one answer */

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

static void bind_interval(sqlite3_stmt *s, int at, bool known, const struct interval *i)
{
	if (known) { /* else NULL */
		sqlite3_bind_double(s, at, i->low);
		sqlite3_bind_double(s, at + 1, i->high);
	}
}

static int insert_sureness(sqlite3 *db, const char *id, const struct score_row *r)
{
	const char *texts[] = {id, r->traffic_version, r->signature, r->revision, r->vantage};
	struct interval p, q;
	sqlite3_stmt *s;
	int rc;

	if (sqlite3_prepare_v2(
		    db,
		    "INSERT INTO score_interval VALUES(?1,?6,?2,?3,?4,?5,?7,?8,?9,?10,?11,?12,?13)",
		    -1, &s, NULL) != SQLITE_OK)
		return -1;
	for (int i = 0; i < 5; i++)
		sqlite3_bind_text(s, i + 1, texts[i], -1, SQLITE_TRANSIENT);
	sqlite3_bind_text(s, 6, source_text(r->source), -1, SQLITE_TRANSIENT);
	sqlite3_bind_text(s, 7, score_unit_text(r->unit), -1, SQLITE_TRANSIENT);
	sqlite3_bind_int64(s, 8, (int64_t)r->wrong_role);
	sqlite3_bind_int64(s, 9, (int64_t)r->clusters.n);
	bind_interval(s, 10, row_precision_interval(r, &p), &p);
	bind_interval(s, 12, row_recall_interval(r, &q), &q);
	rc = sqlite3_step(s) == SQLITE_DONE ? 0 : -1;
	sqlite3_finalize(s);
	return rc;
}

/* A detector stands once, however many rows it has. */
static int insert_detector(sqlite3 *db, const char *id, const struct score_row *r)
{
	const char *texts[] = {id, r->signature, r->revision, r->detector};

	if (!strcmp(r->detector, OWN_DETECTOR))
		return 0;
	return insert(db, "INSERT OR IGNORE INTO score_detector VALUES(?,?,?,?)", texts, 4, NULL,
		      0);
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
			    0 ||
		    insert_sureness(db, id, r) < 0 || insert_detector(db, id, r) < 0)
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
	struct score_table *t = m && !input_folder(dir, e) ? accuracy_read(accuracy, e) : NULL;
	struct score_table *g = NULL;
	sqlite3 *db = NULL;
	int rc = -1;

	if (!t || file_sha256(manifest, id, e) < 0)
		goto out;
	g = table_group(t, BY_VERSION | BY_VANTAGE | BY_SIGNATURE, ALL_UNITS);
	db = history_db_open(path, e);
	if (!db)
		goto out;
	rc = sqlite3_exec(db, "BEGIN IMMEDIATE", NULL, NULL, NULL) == SQLITE_OK ? 0 : -1;
	rc = rc ? rc : insert_run(db, id, dir, m, g);
	if (!rc)
		rc = sqlite3_exec(db, "COMMIT", NULL, NULL, NULL) == SQLITE_OK ? 0 : -1;
	if (rc)
		history_db_fail(db, path, e);
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
	" CASE WHEN tp+fp+ifnull(wrong_role,0)>0 THEN printf('%.4f', "
	"1.0*tp/(tp+fp+ifnull(wrong_role,0))) ELSE '-' END,"
	" CASE WHEN tp+fn>0 THEN printf('%.4f', 1.0*tp/(tp+fn)) ELSE '-' END,"
	" iif(precision_low IS NULL, '-', printf('%.4f', precision_low)),"
	" iif(precision_high IS NULL, '-', printf('%.4f', precision_high)),"
	" iif(recall_low IS NULL, '-', printf('%.4f', recall_low)),"
	" iif(recall_high IS NULL, '-', printf('%.4f', recall_high)), ifnull(clusters, '-'),"
	" ifnull(detector, '" OWN_DETECTOR "')"
	" FROM score JOIN run ON run.id=score.run LEFT JOIN score_interval"
	" USING(run, source, version, signature, revision, vantage, unit)"
	" LEFT JOIN score_detector USING(run, signature, revision)"
	" WHERE signature=? AND unit=?"
	" ORDER BY source, version, vantage, ended, run";
enum {
	COL_PRECISION = 10,
	COL_RECALL,
	COL_LOW, /* precision's, then recall's: low, high */
	COLS_SCORES = 18,
	COLS_RUNS = 6
};
static const char *const heads[2][COLS_SCORES] = {
	{"ended", "run", "program", "seed", "scenario", "dir"},
	{"ended", "run", "program", "source", "traffic", "vantage", "revision", "tp", "fp", "fn",
	 "precision", "recall", "precision_low", "precision_high", "recall_low", "recall_high",
	 "clusters", "detector"}};

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

/* A cell for people, with its interval. */
static const char *sure_cell(sqlite3_stmt *s, int i, char out[64])
{
	int low = COL_LOW + 2 * (i - COL_PRECISION);

	if (i < COL_PRECISION || !strcmp(cell(s, i), "-"))
		return cell(s, i);
	if (!strcmp(cell(s, low), "-"))
		snprintf(out, 64, "%s [-]", cell(s, i));
	else
		snprintf(out, 64, "%s [%.2f,%.2f]", cell(s, i), atof(cell(s, low)),
			 atof(cell(s, low + 1)));
	return out;
}

static void print_line(sqlite3_stmt *s, const char *const *head, int columns,
		       enum table_format format, FILE *f)
{
	static const int widths[] = {24, 12, 8, 9, 8, 12, 8, 7, 6, 7, 18, 18};

	if (columns > COL_LOW && format != TABLE_TSV)
		columns = COL_LOW;
	for (int i = 0; i < columns; i++) {
		char both[64];
		const char *raw = !s			? head[i]
				  : format == TABLE_TSV ? cell(s, i)
							: sure_cell(s, i, both);
		const char *text = format != TABLE_MARKDOWN ? quote_terminal(raw)
				   : i < COL_PRECISION	    ? quote_markdown(raw)
							    : raw;

		if (format == TABLE_TSV)
			fprintf(f, "%s%s", i ? "\t" : "", text);
		else if (format == TABLE_MARKDOWN)
			fprintf(f, "| %s ", text);
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
	sqlite3 *db = history_db_open(path, e);
	sqlite3_stmt *s = db ? prepare(db, signature, unit) : NULL;
	const char *const *head = heads[signature != NULL];
	json_t *all = format == TABLE_JSON ? json_array() : NULL;
	int columns = signature ? COLS_SCORES : COLS_RUNS, n = 0, step;

	if (!s) {
		if (db)
			history_db_fail(db, path, e);
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
		n = history_db_fail(db, path, e);
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
		fprintf(f, "%d\t%s\t%s\t%s\t%s", ++x, quote_terminal(cell(s, 0)), now,
			cell(s, COL_RECALL), cell(s, COL_PRECISION));
		for (int i = 0; i < 4; i++) /* recall's first */
			fprintf(f, "\t%s", cell(s, COL_LOW + (i + 2) % 4));
		fputc('\n', f);
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
			fprintf(f,
				", \\\n     '' skip 1 index %zu using 1:%d:%d:%d with yerrorbars "
				"pt -1 lc rgb \"%s\" notitle",
				i, 4 + k, 6 + 2 * k, 7 + 2 * k, plot_colours[i % PLOT_COLOURS]);
		}
	}
	fputc('\n', f);
}

int history_plot(const char *path, const char *signature, const char *unit, const char *dir,
		 struct err *e)
{
	sqlite3 *db = history_db_open(path, e);
	sqlite3_stmt *s = db ? prepare(db, signature, unit) : NULL;
	char *text = xasprintf("history-%s", signature), **series = NULL;
	struct plot_list list = {.dir = dir};
	struct plot_file p;
	size_t n = 0;
	int rc = -1, step;

	if (!s || make_dirs(dir, e) < 0) {
		if (db && !s)
			history_db_fail(db, path, e);
		goto out;
	}
	plot_begin(&p);
	n = put_data(p.data, s, &series, &step);
	put_script(p.script, signature, unit, series, n);
	if (step != SQLITE_DONE) {
		plot_drop(&p);
		history_db_fail(db, path, e);
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
