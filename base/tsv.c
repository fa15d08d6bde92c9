// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * tsv.c - tab-separated tables with a header: labels, truth, accuracy, outcomes
 *
 * Read whole into one buffer; fields point into it. No quoting: fields hold no tab and no newline.
 * Lines end in LF, CRLF or CR alone; a byte order mark of UTF-8 before the header is skipped. Two
 * columns of one name are an error, because nobody could say which of them counts.
 *
 * Limits: TSV_BYTES of text, TSV_COLUMNS columns.
 */
#include <stdlib.h>
#include <string.h>

#include "base/format.h"
#include "base/number.h"
#include "base/outfile.h"
#include "base/text.h"
#include "base/tsv.h"

static size_t count_fields(const char *line)
{
	size_t n = 1;

	for (; *line; line++)
		n += *line == '\t';
	return n;
}

/* Cuts @line into its fields and notes where each begins, up to @room. Returns how many. */
static size_t split(char *line, char **out, size_t room)
{
	size_t n = 0;

	while (line && n < room) {
		char *tab = strchr(line, '\t');

		out[n++] = line;
		if (tab)
			*tab++ = '\0';
		line = tab;
	}
	return n;
}

/* Whether each of @n fields is plain text, in UTF-8. 0, or -1 with @e set. */
static int check_plain(const struct tsv *t, char *const *fields, size_t n, unsigned no,
		       struct err *e)
{
	for (size_t i = 0; i < n; i++)
		if (!text_plain(fields[i]))
			return err_set(e,
				       "%s:%u: \"%.200s\" has a character that cannot be printed, "
				       "or is not UTF-8",
				       t->path, no, fields[i]);
	return 0;
}

/* Adds the row @line; memory grows with the fields that are there, not with the header's
 * width. 0, or -1 with @e set. */
static int add_row(struct tsv *t, char *line, unsigned no, struct err *e)
{
	char *cells[TSV_COLUMNS];
	size_t n = split(line, cells, t->columns), at = t->rows ? t->first[t->rows] : 0;

	if (check_plain(t, cells, n, no, e) < 0)
		return -1;
	if (!(t->rows & (t->rows + 1))) { /* 0, 1, 3, 7, ...: the arrays are full */
		size_t cap = 2 * (t->rows + 1);

		t->first = xrealloc(t->first, (cap + 1) * sizeof(*t->first));
		t->lines = xrealloc(t->lines, cap * sizeof(*t->lines));
	}
	while (at + n > t->fields_cap) {
		t->fields_cap = t->fields_cap ? 2 * t->fields_cap : 1024;
		t->fields = xrealloc(t->fields, t->fields_cap * sizeof(*t->fields));
	}
	t->first[t->rows] = at;
	for (size_t i = 0; i < n; i++)
		t->fields[at + i] = (uint32_t)(cells[i] - t->text);
	t->lines[t->rows++] = no;
	t->first[t->rows] = at + n;
	return 0;
}

/* The name that two columns share; NULL when there is none. Columns without a name may be several:
 * spreadsheets add them. */
static const char *name_twice(const struct tsv *t)
{
	for (size_t i = 0; i < t->columns; i++)
		for (size_t k = 0; k < i; k++)
			if (*t->names[i] && !strcmp(t->names[i], t->names[k]))
				return t->names[i];
	return NULL;
}

static char *skip_byte_order_mark(char *text)
{
	return strncmp(text, "\xef\xbb\xbf", 3) ? text : text + 3;
}

/* Ends the line at @line, whose end may be LF, CRLF or CR alone; returns the next, NULL at the
 * end. */
static char *end_line(char *line)
{
	size_t len = strcspn(line, "\r\n");
	char *next = line + len;

	if (!*next)
		return NULL;
	next += next[0] == '\r' && next[1] == '\n' ? 2 : 1;
	line[len] = '\0';
	return next;
}

/* Whether the file is text in UTF-8 as far as its first bytes and its NULs tell. */
static int check_text(const struct tsv *t, size_t len, struct err *e)
{
	const char *nul = memchr(t->text, 0, len);
	unsigned line = 1;

	if (!strncmp(t->text, "\xff\xfe", 2) || !strncmp(t->text, "\xfe\xff", 2))
		return err_set(e, "%s: text in UTF-16; save it as UTF-8", t->path);
	if (!nul)
		return 0;
	for (const char *p = t->text; p < nul; p++)
		line += *p == '\n' || (*p == '\r' && p[1] != '\n');
	return err_set(e, "%s:%u: a NUL byte, which no text has; UTF-8 is expected", t->path, line);
}

static int take_header(struct tsv *t, char *line, unsigned no, struct err *e)
{
	t->columns = count_fields(line);
	if (t->columns > TSV_COLUMNS)
		return err_set(e, "%s:%u: %zu columns, expected at most %d", t->path, no,
			       t->columns, TSV_COLUMNS);
	if (t->columns == 1 && strchr(line, ','))
		return err_set(e, "%s:%u: fields are separated by commas; tabs are expected",
			       t->path, no);
	t->names = xcalloc(t->columns, sizeof(char *));
	split(line, t->names, t->columns);
	if (check_plain(t, t->names, t->columns, no, e) < 0)
		return -1;
	if (t->names[0][0] == '"')
		return err_set(e, "%s:%u: %s is in quotes, which mean nothing here; remove them",
			       t->path, no, t->names[0]);
	if (name_twice(t))
		return err_set(e, "%s:%u: column %s stands twice in the header", t->path, no,
			       name_twice(t));
	return 0;
}

static int take_row(struct tsv *t, char *line, unsigned no, struct err *e)
{
	size_t fields = count_fields(line);

	if (fields > t->columns)
		return err_set(e, "%s:%u: %zu fields, the header names %zu", t->path, no, fields,
			       t->columns);
	return add_row(t, line, no, e);
}

struct tsv *tsv_read(const char *path, struct err *e)
{
	struct tsv *t = xcalloc(1, sizeof(*t));
	size_t len;
	char *line, *next;
	unsigned no = 0;

	t->path = xstrdup(path);
	t->text = read_file_within(path, TSV_BYTES, &len, e);
	if (!t->text || check_text(t, len, e) < 0)
		goto fail;
	for (line = skip_byte_order_mark(t->text); line && *line; line = next) {
		next = end_line(line);
		no++;
		if (*line == '#' && format_check_comment(path, no, line, e) < 0)
			goto fail;
		if (!*line || *line == '#')
			continue;
		if ((t->names ? take_row(t, line, no, e) : take_header(t, line, no, e)) < 0)
			goto fail;
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
	free(t->fields);
	free(t->first);
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
	size_t at = t->first[row] + (size_t)column;

	return column < 0 || at >= t->first[row + 1] ? "" : t->text + t->fields[at];
}

int tsv_count(const struct tsv *t, size_t row, int column, uint64_t *out, struct err *e)
{
	const char *text = tsv_cell(t, row, column);

	if (!number_is_whole(text, out))
		return err_set(e, "%s:%u: %s is \"%s\", expected a number", t->path, t->lines[row],
			       t->names[column], text);
	return 0;
}
