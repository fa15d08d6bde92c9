// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * run_containment.c - what the operators of a run came to, with and without them
 *
 * The cells' containment.tsv stand one below the other. Each row "all" gets three further columns
 * from the cell of the same repetition whose settings differ in the operator alone and whose policy
 * is "none": how many innocent flows are compared, and how many of them are not as they are there, on
 * hosts with a Skype client and on others. A flow is compared that stands in innocent.tsv of the cell
 * without an operator; it is hurt when the other cell lacks it, or when either side sent more or less
 * there. Whether the seeds of the two are the same decides what a difference means, so without
 * `paired` nothing is compared.
 */
#include <stdlib.h>
#include <string.h>
#include <uthash.h>

#include "base/outfile.h"
#include "base/path.h"
#include "base/tsv.h"
#include "run/cell/containment.h"
#include "run/run_containment.h"
#include "run/scenario/schema.h"

/* Innocent flows of one cell, by their whole lines. */
struct line {
	char *text; /* (owned) */
	unsigned times;
	UT_hash_handle hh;
};

struct innocents {
	struct line *lines; /* (owned) */
};

struct compared {
	unsigned flows, hurt_client, hurt_other;
};

static struct line *line_at(struct innocents *in, const char *text)
{
	struct line *l;

	HASH_FIND_STR(in->lines, text, l);
	if (l)
		return l;
	l = xcalloc(1, sizeof(*l));
	l->text = xstrdup(text);
	HASH_ADD_KEYPTR(hh, in->lines, l->text, strlen(l->text), l);
	return l;
}

static void innocents_clear(struct innocents *in)
{
	struct line *l, *tmp;

	HASH_ITER (hh, in->lines, l, tmp) {
		HASH_DEL(in->lines, l); // NOLINT(clang-analyzer-unix.Malloc): uthash's own links
		free(l->text);
		free(l);
	}
}

/* Calls @fn for each line below the header of a cell's innocent.tsv. 0, or -1 with @e set. */
static int each_innocent(const struct finished_run *r, size_t cell,
			 void (*fn)(void *arg, char *line), void *arg, struct err *e)
{
	char *path = path_inf(r->dir, "cells/%s/innocent.tsv", r->cells[cell].name);
	char *text = read_file(path, NULL, e), *save = NULL;

	free(path);
	if (!text)
		return -1;
	if (strtok_r(text, "\n", &save))
		for (char *l; (l = strtok_r(NULL, "\n", &save));)
			fn(arg, l);
	free(text);
	return 0;
}

static void add_line(void *arg, char *text)
{
	line_at(arg, text)->times++;
}

struct comparison {
	struct innocents *with;
	struct compared *sums;
};

/* A flow of the cell without an operator. */
static void compare_line(void *arg, char *text)
{
	const struct comparison *c = arg;
	struct line *l = line_at(c->with, text);
	const char *whose = strchr(text, '\t');

	c->sums->flows++;
	if (l->times) {
		l->times--;
		return;
	}
	if (whose && !strncmp(whose, "\tclient\t", 8))
		c->sums->hurt_client++;
	else
		c->sums->hurt_other++;
}

static bool of_operator(const char *axis)
{
	return !strncmp(axis, "operator.", 9);
}

/* Are two cells the same but for the operator? */
static bool same_setting(const struct finished_run *r, size_t a, size_t b)
{
	const struct scenario *s = r->scenario;

	if (r->cells[a].repetition != r->cells[b].repetition)
		return false;
	for (unsigned i = 0; i < s->matrix_len; i++)
		if (!of_operator(s->matrix[i].axis) &&
		    strcmp(r->cells[a].settings[i].text, r->cells[b].settings[i].text) != 0)
			return false;
	return true;
}

/* Has a cell no operator? */
static bool bare(const struct finished_run *r, size_t cell)
{
	struct scenario *s = scenario_apply(r->scenario, &r->cells[cell]);
	bool none = !s->operator->filter;

	scenario_free(s);
	return none;
}

/* The cell without an operator that belongs to @cell, or r->n. */
static size_t beside(const struct finished_run *r, const bool *without, size_t cell)
{
	for (size_t i = 0; i < r->n; i++)
		if (without[i] && !r->invalid[i] && same_setting(r, i, cell))
			return i;
	return r->n;
}

static int compare(const struct finished_run *r, size_t with, size_t without, struct compared *out,
		   struct err *e)
{
	struct innocents in = {0};
	struct comparison c = {&in, out};
	int rc = each_innocent(r, with, add_line, &in, e);

	if (rc == 0)
		rc = each_innocent(r, without, compare_line, &c, e);
	innocents_clear(&in);
	return rc;
}

static int put_cell(FILE *f, const struct finished_run *r, size_t cell, size_t without,
		    struct err *e)
{
	char *path = path_inf(r->dir, "cells/%s/containment.tsv", r->cells[cell].name);
	struct tsv *t = tsv_read(path, e);
	int stage = t ? tsv_need(t, "stage", e) : -1;
	struct compared sums = {0};
	int rc = stage < 0 ? -1 : 0;

	free(path);
	if (rc == 0 && without < r->n)
		rc = compare(r, cell, without, &sums, e);
	for (size_t i = 0; rc == 0 && i < t->rows; i++) {
		for (size_t k = 0; k < t->columns; k++)
			fprintf(f, "%s%s", k ? "\t" : "", tsv_cell(t, i, (int)k));
		if (without < r->n && !strcmp(tsv_cell(t, i, stage), "all"))
			fprintf(f, "\t%u\t%u\t%u\n", sums.flows, sums.hurt_client, sums.hurt_other);
		else
			fputs("\t-\t-\t-\n", f);
	}
	tsv_free(t);
	return rc;
}

static int put_cells(FILE *f, const struct finished_run *r, struct err *e)
{
	bool *without = xcalloc(r->n + 1, sizeof(bool));
	int rc = 0;

	for (size_t i = 0; i < r->n && r->scenario->paired; i++)
		without[i] = bare(r, i);
	for (size_t i = 0; rc == 0 && i < r->n; i++)
		if (!r->invalid[i])
			rc = put_cell(f, r, i, without[i] ? r->n : beside(r, without, i), e);
	free(without);
	return rc;
}

int run_containment_write(const struct finished_run *r, struct err *e)
{
	char *path;
	struct outfile o;
	int rc;

	if (!r->scenario->operator)
		return 0;
	path = path_in(r->dir, "containment.tsv");
	rc = outfile_open(&o, path, e);
	free(path);
	if (rc < 0)
		return -1;
	fprintf(o.f, "%s\tcompared\thurt_on_client\thurt_on_others\n", containment_columns);
	if (put_cells(o.f, r, e) == 0)
		return outfile_commit(&o, e);
	outfile_abort(&o);
	return -1;
}
