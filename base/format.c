// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * format.c - the number of a file's format, which a program checks before it trusts the rest
 *
 * A newer file is refused with one line; an older one is read as what it was. In YAML the number is the
 * key "format" of the top level, in TSV a comment, "# skypelab labels 1", in our JSON a member.
 *
 * Limits: in YAML the key has to stand at the beginning of a line, as in every block mapping.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/format.h"
#include "base/number.h"

#define KEY "format:"

int format_check(const char *where, long long format, long long newest, struct err *e)
{
	if (format > newest)
		return err_set(e,
			       "%s: format %lld is newer than what this skypelab reads, up to "
			       "%lld; use a newer skypelab",
			       where, format, newest);
	if (format < 1)
		return err_set(e, "%s: format %lld, expected a whole number from 1 to %lld", where,
			       format, newest);
	return 0;
}

/* @digits: of a line of the file */
static int check_digits(const char *path, unsigned line, const char *digits, size_t n,
			struct err *e)
{
	char *where = xasprintf("%s:%u", path, line), *text = xasprintf("%.*s", (int)n, digits);
	uint64_t format = 0;
	int rc = number_whole("format", text, 1, INT32_MAX, &format, e);

	rc = rc < 0 ? err_push(e, "%s", where)
		    : format_check(where, (long long)format, FORMAT_OF_FILES, e);
	free(text);
	free(where);
	return rc;
}

int format_take_yaml(const char *path, char *text, size_t len, struct err *e)
{
	char *end = text + len, *next;
	unsigned no = 1;

	for (char *line = text; line < end; line = next, no++) {
		char *eol = memchr(line, '\n', (size_t)(end - line));
		size_t n = (size_t)((eol ? eol : end) - line), k = sizeof(KEY) - 1, digits;

		next = eol ? eol + 1 : end;
		if (n <= k || strncmp(line, KEY, k) != 0 || line[k] != ' ')
			continue;
		k += strspn(line + k, " ");
		digits = strcspn(line + k, " \t\r\n#");
		if (k + digits > n)
			digits = n - k;
		if (check_digits(path, no, line + k, digits, e) < 0)
			return -1;
		memset(line, ' ', k + digits);
		return 0; /* a second one is a key that no schema knows */
	}
	return 0;
}

int format_check_comment(const char *path, unsigned line, const char *comment, struct err *e)
{
	char kind[32];
	int at = 0;

	if (sscanf(comment, "# skypelab %31[a-z-] %n", kind, &at) != 1 || !at ||
	    comment[at + strspn(comment + at, "0123456789")] || !comment[at])
		return 0;
	return check_digits(path, line, comment + at, strlen(comment + at), e);
}
