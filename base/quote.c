// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * quote.c - strings as other languages take them
 *
 * Each function puts together what stands for one character after the other (text_piece()), with
 * the language's own escape in place of what means something there. So no string can end its place
 * in a page, a script or a table.
 *
 * Limits: the Markdown is GitHub's; its links of bare addresses are left alone.
 */
#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "base/quote.h"
#include "base/text.h"

#define KEPT	       32
#define FILE_NAME_MOST 100
#define WIDEST	       6 /* bytes that one byte may become: &quot; */

int name_check(const char *name, size_t max, struct err *e)
{
	if (!*name)
		return err_set(e, "the name is empty");
	if (strlen(name) > max)
		return err_set(e, "the name \"%.40s...\" has %zu bytes, at most %zu are allowed",
			       name, strlen(name), max);
	if (!text_plain(name))
		return err_set(e,
			       "the name \"%.200s\" has a character that cannot be printed, or is "
			       "not UTF-8",
			       name);
	return 0;
}

/* Room for @n bytes, until KEPT more are asked for. */
static char *keep(size_t n)
{
	static _Thread_local char *kept[KEPT];
	static _Thread_local unsigned next;
	char **at = &kept[next++ % KEPT];

	free(*at);
	*at = xmalloc(n);
	return *at;
}

/* @s between @mark and @mark, with escapes: @special has the characters that get one, @escapes what
 * stands for each, in the same order. A line feed gets one if it is special. */
static char *put(const char *s, const char *mark, const char *special, const char *const *escapes)
{
	char *out = keep(strlen(s) * WIDEST + 2 * strlen(mark) + 1), *at = stpcpy(out, mark);
	char piece[TEXT_PIECE];
	const char *found;

	while (*s) {
		if (*s == '\n' && (found = strchr(special, '\n'))) {
			at = stpcpy(at, escapes[found - special]);
			s++;
			continue;
		}
		text_piece(&s, piece);
		for (const char *p = piece; *p; p++) {
			found = strchr(special, *p);
			if (found)
				at = stpcpy(at, escapes[found - special]);
			else
				*at++ = *p;
		}
	}
	stpcpy(at, mark);
	return out;
}

const char *quote_terminal(const char *s)
{
	return text_plain(s) ? s : put(s, "", "", NULL);
}

/* Between double quotes gnuplot runs what stands in backquotes, and reads \ooo as a byte. */
const char *quote_gnuplot(const char *s)
{
	static const char *const escapes[] = {"\\\\", "\\042", "\\140", "\\n"};

	return put(s, "\"", "\\\"`\n", escapes);
}

const char *quote_html(const char *s)
{
	static const char *const escapes[] = {"&amp;", "&lt;", "&gt;", "&quot;", "&#39;"};

	return put(s, "", "&<>\"'", escapes);
}

const char *quote_markdown(const char *s)
{
	static const char *const escapes[] = {"\\\\", "\\`",  "\\*",  "\\_",   "\\[", "\\]",
					      "\\|",  "&lt;", "&gt;", "&amp;", "\\~"};

	char *out = put(s, "", "\\`*_[]|<>&~", escapes), *to = out;

	/* Within a word an underscore means nothing. */
	for (const char *p = out; *p; p++)
		if (p == out || strncmp(p, "\\_", 2) != 0 || !isalnum((unsigned char)p[-1]) ||
		    !isalnum((unsigned char)p[2]))
			*to++ = *p;
	*to = '\0';
	return out;
}

const char *quote_dot(const char *s)
{
	static const char *const escapes[] = {"\\\\", "\\\""};

	return put(s, "", "\\\"", escapes);
}

const char *quote_shell(const char *s)
{
	static const char plain[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
				    "0123456789-_./:@%+=,";
	static const char *const escapes[] = {"'\\''"};

	return *s && !s[strspn(s, plain)] ? s : put(s, "'", "'", escapes);
}

const char *quote_file_name(const char *s)
{
	static const char plain[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
				    "0123456789_";
	size_t n = strnlen(s, FILE_NAME_MOST);
	char *name = keep(n + 2);

	memcpy(name, *s ? s : "-", *s ? n : 1);
	name[*s ? n : 1] = '\0';
	for (char *c = name; *c; c++)
		if (!strchr(plain, *c))
			*c = '-';
	return name;
}
