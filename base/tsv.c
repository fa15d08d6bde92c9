// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * tsv.c - tab-separated tables with a header: labels, truth, accuracy, outcomes
 *
 * Read whole into one buffer; fields point into it. No quoting: fields hold no tab and no newline.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/outfile.h"
#include "base/tsv.h"

static size_t count_fields(const char *line)
{
	size_t n = 1;

	for (; *line; line++)
		n += *line == '\t';
	return n;
}

static void split(char *line, char **out, size_t columns)
{
	for (size_t i = 0; i < columns; i++) {
		char *tab = line ? strchr(line, '\t') : NULL;

		out[i] = line ? line : (char *)"";
		if (tab)
			*tab++ = '\0';
		line = tab;
	}
}

struct tsv *tsv_read(const char *path, struct err *e)
{
	struct tsv *t = xcalloc(1, sizeof(*t));
	char *line, *next;
	size_t cap = 0;
	unsigned no = 0;

	t->path = xstrdup(path);
	t->text = read_file(path, NULL, e);
	if (!t->text)
		goto fail;
	for (line = t->text; line && *line; line = next) {
		size_t len = strcspn(line, "\n");

		next = line[len] ? line + len + 1 : NULL;
		line[len] = '\0';
		if (len && line[len - 1] == '\r')
			line[--len] = '\0';
		no++;
		if (!len || *line == '#')
			continue;
		if (!t->names) {
			t->columns = count_fields(line);
			t->names = xcalloc(t->columns, sizeof(char *));
			split(line, t->names, t->columns);
			continue;
		}
		if (count_fields(line) > t->columns) {
			err_set(e, "%s:%u: %zu fields, the header names %zu", path, no,
				count_fields(line), t->columns);
			goto fail;
		}
		if (t->rows == cap) {
			cap = cap ? cap * 2 : 64;
			t->cells = xrealloc(t->cells, cap * t->columns * sizeof(char *));
			t->lines = xrealloc(t->lines, cap * sizeof(unsigned));
		}
		split(line, t->cells + t->rows * t->columns, t->columns);
		t->lines[t->rows++] = no;
	}
	if (!t->names) {
		err_set(e, "%s: empty, expected a header line", path);
		goto fail;
	}
	return t;
fail:
	tsv_free(t);
	return NULL;
}

void tsv_free(struct tsv *t)
{
	if (!t)
		return;
	free(t->path);
	free(t->text);
	free(t->names);
	free(t->cells);
	free(t->lines);
	free(t);
}

int tsv_column(const struct tsv *t, const char *name)
{
	for (size_t i = 0; i < t->columns; i++)
		if (!strcmp(t->names[i], name))
			return (int)i;
	return -1;
}

int tsv_need(const struct tsv *t, const char *name, struct err *e)
{
	int c = tsv_column(t, name);

	return c >= 0 ? c : err_set(e, "%s:1: no column %s in the header", t->path, name);
}

const char *tsv_cell(const struct tsv *t, size_t row, int column)
{
	return column < 0 ? "" : t->cells[row * t->columns + (size_t)column];
}

int tsv_count(const struct tsv *t, size_t row, int column, uint64_t *out, struct err *e)
{
	const char *text = tsv_cell(t, row, column);
	char *end;

	errno = 0;
	*out = strtoull(text, &end, 10);
	if (*text < '0' || *text > '9' || *end || errno)
		return err_set(e, "%s:%u: %s is \"%s\", expected a number", t->path, t->lines[row],
			       t->names[column], text);
	return 0;
}
