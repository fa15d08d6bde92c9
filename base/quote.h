/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef BASE_QUOTE_H
#define BASE_QUOTE_H

#include <stddef.h>

#include "base/err.h"

#define NAME_BYTES 120 /* at most, of a name that a file gives */

/* Whether @name may name something: plain text (base/text.h) of 1 to @max bytes. 0, or -1 with @e
 * set to what is wrong with it. */
int name_check(const char *name, size_t max, struct err *e);

/*
 * One function for each language that a string goes to. Every string is taken, whatever bytes it
 * holds: what is not plain text is shown. Each returns @s itself or text that stays until 32 more
 * are asked for in this thread. JSON is jansson's matter and detector/eve.c's; SQL has bound
 * parameters.
 */

/* For a terminal, a message, or a field of TSV: text in one line without a tab. */
const char *quote_terminal(const char *s);
/* A string of gnuplot, with its quotes; a line feed becomes gnuplot's. */
const char *quote_gnuplot(const char *s);
/* Content of an element of HTML or XML, or of an attribute in quotes. */
const char *quote_html(const char *s);
/* Text within a line, or a cell of a table, in Markdown. */
const char *quote_markdown(const char *s);
/* The inside of a string of DOT. */
const char *quote_dot(const char *s);
/* A word of a POSIX shell, in quotes where it needs them. */
const char *quote_shell(const char *s);
/* A name for a file: letters, digits, '-' and '_', at most 100 of them. */
const char *quote_file_name(const char *s);

#endif
