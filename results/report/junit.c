// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * junit.c - verdicts as JUnit's XML, for the pages of CI services
 *
 * The head of a suite has the number of its cases and failures, so that cases are gathered first.
 * Texts are quoted as for a terminal: XML 1.0 has no control characters, not even escaped.
 */
#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "base/quote.h"
#include "results/report/html.h"
#include "results/report/junit.h"

struct junit_case {
	char *of, *name;
	char *message, *text; /* NULL = none */
};

void junit_add(struct junit *j, const char *of, const char *name, const char *message,
	       const char *text)
{
	j->cases = xrealloc(j->cases, (j->n + 1) * sizeof(*j->cases));
	j->cases[j->n++] =
		(struct junit_case){.of = xstrdup(quote_terminal(of)),
				    .name = xstrdup(quote_terminal(name)),
				    .message = message ? xstrdup(quote_terminal(message)) : NULL,
				    .text = text && *text ? xstrdup(text) : NULL};
	j->failures += message != NULL;
}

/* html_printf() would quote the ends of lines. */
static void put_lines(const char *text, FILE *f)
{
	while (*text) {
		size_t len = strcspn(text, "\n");
		char *line = xasprintf("%.*s", (int)len, text);

		html_printf(f, "%s", line);
		fputc('\n', f);
		free(line);
		text += len + (text[len] == '\n');
	}
}

void junit_put(const struct junit *j, const char *suite, FILE *f)
{
	html_printf(f, "<testsuite name=\"%s\" tests=\"%zu\" failures=\"%zu\">\n",
		    quote_terminal(suite), j->n, j->failures);
	for (size_t i = 0; i < j->n; i++) {
		const struct junit_case *c = &j->cases[i];

		html_printf(f, "<testcase classname=\"%s\" name=\"%s\"", c->of, c->name);
		if (!c->message) {
			fputs("/>\n", f);
			continue;
		}
		html_printf(f, "><failure message=\"%s\">", c->message);
		put_lines(c->text ? c->text : "", f);
		fputs("</failure></testcase>\n", f);
	}
	fputs("</testsuite>\n", f);
}

void junit_clear(struct junit *j)
{
	for (size_t i = 0; i < j->n; i++) {
		free(j->cases[i].of);
		free(j->cases[i].name);
		free(j->cases[i].message);
		free(j->cases[i].text);
	}
	free(j->cases);
	*j = (struct junit){0};
}
