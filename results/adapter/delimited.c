// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * delimited.c - outputs that are lines of fields
 *
 * Model. Columns are found by the names in the header, never by number, since programs add columns
 * between versions; where a file has no header, the definition gives one. What separates the fields
 * of a CSV file is found out: of comma, bar, semicolon and tab the one that yields most of the
 * columns asked for (nDPI changed from comma to bar). A field of CSV in quotes may hold the separator;
 * a quote that does not end is an ordinary character, since few programs quote what they write.
 * Zeek says its columns, and what "not set" looks like, in lines that begin with '#'.
 *
 * Limits. A field does not hold a line feed. A line with fewer fields than the last column that
 * counts is an error; further ones are not looked at. A file that ends within a line was cut off.
 */
#include <stdlib.h>
#include <string.h>

#include "base/line.h"
#include "results/adapter/delimited.h"

#define BLANKS " \t"

struct delimited {
	FILE *f;
	const char *path;
	const struct adapter *a;
	const struct adapter_output *o;
	const struct columns *c;
	char separator; /* ' ' = runs of blanks */
	bool comments;	/* lines that begin with '#' are none of the records */
	char *unset;	/* (owned) Zeek's; NULL = none */
	unsigned no;
	char *line; /* (owned) */
	size_t room;
	char **field; /* (owned) of the line */
	size_t fields, field_room;
	size_t *at;	   /* (owned) by column: its field; SIZE_MAX = the file has none */
	const char *twice; /* of the columns, one that several fields are called; NULL = none */
	size_t need;
};

static void field_add(struct delimited *d, char *field)
{
	if (d->fields == d->field_room) {
		d->field_room = d->field_room ? 2 * d->field_room : 64;
		d->field = xrealloc(d->field, d->field_room * sizeof(*d->field));
	}
	d->field[d->fields++] = field;
}

/* The end of the field in quotes that begins at @p, with "" made one quote; NULL = it is not one. */
static char *unquote(char *p, char separator)
{
	char *to = p, *from = p + 1;

	if (*p != '"')
		return NULL;
	for (char *q = p + 1;; q++) { /* does it end before the line does? */
		q = strchr(q, '"');
		if (!q)
			return NULL;
		if (q[1] == '"')
			q++;
		else if (!q[1] || q[1] == separator)
			break;
	}
	for (;; from++) {
		if (*from == '"' && *++from != '"')
			break;
		*to++ = *from;
	}
	*to = '\0';
	return from;
}

static void split(struct delimited *d, char *line)
{
	d->fields = 0;
	if (d->separator == ' ') {
		char *save = NULL;

		for (char *p = strtok_r(line, BLANKS, &save); p; p = strtok_r(NULL, BLANKS, &save))
			field_add(d, p);
		return;
	}
	for (char *p = line; p;) {
		char *end = d->o->format == ADAPTER_CSV ? unquote(p, d->separator) : NULL;

		field_add(d, p);
		p = strchr(end ? end : p, d->separator);
		if (p)
			*p++ = '\0';
	}
}

/* The next line without its end. 1; 0 at the end of the file; -1 with @e set. */
static int next_line(struct delimited *d, struct err *e)
{
	ssize_t len = line_read(&d->line, &d->room, d->f);

	if (len == -1)
		return ferror(d->f) ? err_sys(e, "%s: cannot read", d->path) : 0;
	d->no++;
	if (len == -2)
		return err_set(e, "%s:%u: a line of more than %lu bytes", d->path, d->no,
			       LINE_BYTES);
	if (strlen(d->line) != (size_t)len)
		return err_set(e, "%s:%u: a zero byte, so this is no text", d->path, d->no);
	if (d->line[len - 1] != '\n')
		return err_set(e, "%s:%u: the file ends within this line", d->path, d->no);
	d->line[--len] = '\0';
	if (len && d->line[len - 1] == '\r')
		d->line[len - 1] = '\0';
	return 1;
}

/* ---- the header ---- */

/* Notes which field each column is; returns how many there are. */
static unsigned locate(struct delimited *d)
{
	unsigned found = 0;

	d->need = 0;
	d->twice = NULL;
	for (unsigned i = 0; i < d->c->n; i++) {
		d->at[i] = SIZE_MAX;
		for (size_t k = 0; k < d->fields; k++) {
			if (strcmp(d->field[k], d->c->name[i]) != 0)
				continue;
			if (d->at[i] == SIZE_MAX)
				d->at[i] = k;
			else
				d->twice = d->c->name[i];
		}
		if (d->at[i] == SIZE_MAX)
			continue;
		found++;
		if (d->at[i] >= d->need)
			d->need = d->at[i] + 1;
	}
	return found;
}

static void trim_fields(struct delimited *d)
{
	for (size_t i = 0; i < d->fields; i++) {
		char *p = d->field[i] + strspn(d->field[i], BLANKS);
		size_t n = strlen(p);

		while (n && strchr(BLANKS, p[n - 1]))
			p[--n] = '\0';
		d->field[i] = p;
	}
}

static unsigned header_by(struct delimited *d, const char *line, char separator)
{
	char *copy = xstrdup(line);
	unsigned found;

	d->separator = separator;
	split(d, copy);
	trim_fields(d);
	found = locate(d);
	free(copy);
	return found;
}

/* The columns that the line names; a '#' before the first is not part of its name. */
static void header_of(struct delimited *d, const char *line)
{
	static const char separators[] = ",|;\t";
	unsigned most = 0;
	char best = ',';

	if (!strncmp(line, "\xef\xbb\xbf", 3))
		line += 3;
	if (*line == '#')
		line++;
	if (d->o->format != ADAPTER_CSV) {
		header_by(d, line, d->separator);
		return;
	}
	for (const char *s = separators; *s; s++) {
		unsigned found = header_by(d, line, *s);

		if (found > most) {
			most = found;
			best = *s;
		}
	}
	header_by(d, line, best);
}

/* A line of Zeek's that begins with '#'. True when it was that of the columns. */
static bool zeek_line(struct delimited *d, char *line)
{
	if (!strncmp(line, "#unset_field\t", 13)) {
		free(d->unset);
		d->unset = xstrdup(line + 13);
	}
	if (strncmp(line, "#fields\t", 8) != 0)
		return false;
	header_by(d, line + 8, '\t');
	return true;
}

static int zeek_header(struct delimited *d, struct err *e)
{
	int rc;

	d->comments = true;
	while ((rc = next_line(d, e)) > 0) {
		if (*d->line != '#')
			return err_set(e, "%s:%u: a record before #fields", d->path, d->no);
		if (zeek_line(d, d->line))
			return 0;
	}
	return rc < 0 ? -1 : err_set(e, "%s:%u: the file ends before #fields", d->path, d->no);
}

/* 1, or 0 where the file is empty. */
static int given_header(struct delimited *d)
{
	int first = getc(d->f);

	d->comments = true;
	d->fields = 0;
	for (unsigned i = 0; i < d->o->header.n; i++)
		field_add(d, d->o->header.items[i]);
	locate(d);
	return first != EOF && ungetc(first, d->f) != EOF;
}

static int read_header(struct delimited *d, struct err *e)
{
	bool there[COLUMNS_MAX];
	int rc = 1;

	if (d->o->header.n)
		rc = given_header(d);
	else if ((rc = next_line(d, e)) > 0 && !strncmp(d->line, "#separator", 10))
		rc = zeek_header(d, e) < 0 ? -1 : 1;
	else if (rc > 0)
		header_of(d, d->line);
	if (rc < 0)
		return -1;
	if (!rc)
		return err_set(e, "%s: empty, expected %s", d->path,
			       d->o->header.n ? "records" : "a line that names the columns");
	if (d->twice)
		return err_set(e, "%s:%u: column %s stands twice", d->path, d->no ? d->no : 1,
			       d->twice);
	for (unsigned i = 0; i < d->c->n; i++)
		there[i] = d->at[i] != SIZE_MAX;
	if (columns_check(d->a, d->o, d->c, there, e) < 0)
		return err_push(e, "%s:%u", d->path, d->no ? d->no : 1);
	return 0;
}

struct delimited *delimited_open(FILE *f, const char *path, const struct adapter *a,
				 const struct adapter_output *o, const struct columns *c,
				 struct err *e)
{
	struct delimited *d = xcalloc(1, sizeof(*d));

	*d = (struct delimited){.f = f, .path = path, .a = a, .o = o, .c = c};
	d->separator = o->format == ADAPTER_FIELDS ? ' ' : o->format == ADAPTER_TSV ? '\t' : ',';
	d->at = xcalloc(c->n + 1, sizeof(*d->at));
	if (read_header(d, e) < 0) {
		delimited_close(d);
		return NULL;
	}
	return d;
}

void delimited_close(struct delimited *d)
{
	if (!d)
		return;
	free(d->unset);
	free(d->line);
	free(d->field);
	free(d->at);
	free(d);
}

/* ---- records ---- */

static bool is_unset(const struct delimited *d, const char *field)
{
	if (!*field || (d->unset && !strcmp(field, d->unset)))
		return true;
	for (unsigned i = 0; i < d->o->unset.n; i++)
		if (!strcmp(field, d->o->unset.items[i]))
			return true;
	return false;
}

int delimited_next(struct delimited *d, const char **value, unsigned *no, struct err *e)
{
	int rc;

	do
		rc = next_line(d, e);
	while (rc > 0 && (!*d->line || (d->comments && *d->line == '#')));
	if (rc <= 0)
		return rc;
	*no = d->no;
	split(d, d->line);
	if (d->fields < d->need)
		return err_set(e, "%s:%u: %zu fields, expected at least %zu", d->path, d->no,
			       d->fields, d->need);
	for (unsigned i = 0; i < d->c->n; i++) {
		const char *field = d->at[i] == SIZE_MAX ? NULL : d->field[d->at[i]];

		value[i] = field && !is_unset(d, field) ? field : NULL;
	}
	return 1;
}
