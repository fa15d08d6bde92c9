// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * axes.c - the axes of a scenario in the rows of its tables
 *
 * A scenario chooses its axes, so a row cannot have a member for each. It has one text of names
 * and values instead, in one order, so that equal settings are equal texts.
 */
#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "results/score/axes.h"
#include "results/score/table.h"

static int by_text(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

char *axes_text(const char *const *names, const char *const *values, size_t n)
{
	char **pairs = xcalloc(n + 1, sizeof(*pairs)), *text = xstrdup("");
	size_t used = 0;

	for (size_t i = 0; i < n; i++) {
		if (!*values[i] || !strcmp(values[i], "-"))
			continue;
		pairs[used] = xasprintf("%s=%s", names[i], values[i]);
		for (char *p = pairs[used++]; *p != '='; p++)
			if (*p == '.' || *p == '-')
				*p = '_';
	}
	qsort(pairs, used, sizeof(*pairs), by_text);
	for (size_t i = 0; i < used; i++) {
		char *more = xasprintf("%s%s%s", text, i ? "\t" : "", pairs[i]);

		free(text);
		free(pairs[i]);
		text = more;
	}
	free(pairs);
	return text;
}

const char *axes_value(const char *axes, const char *name, size_t *len)
{
	size_t n = strlen(name);

	while (*axes) {
		size_t k = strcspn(axes, "\t");

		if (n < k && !strncmp(axes, name, n) && axes[n] == '=') {
			*len = k - n - 1;
			return axes + n + 1;
		}
		axes += k + (axes[k] == '\t');
	}
	return NULL;
}

char *axes_keep(const char *axes, const char *const *names, size_t n)
{
	char **values = xcalloc(n + 1, sizeof(*values)), *text;

	for (size_t i = 0; i < n; i++) {
		size_t len = 0;
		const char *value = axes_value(axes, names[i], &len);

		values[i] = xasprintf("%.*s", (int)len, value ? value : "");
	}
	text = axes_text(names, (const char *const *)values, n);
	axes_names_free(values, n);
	return text;
}

/* Adds the names of one text that are not in the list. */
static void note_names(char ***list, size_t *n, const char *axes)
{
	while (*axes) {
		size_t len = strcspn(axes, "="), i = 0;

		while (i < *n && (strncmp((*list)[i], axes, len) != 0 || (*list)[i][len]))
			i++;
		if (i == *n) {
			*list = xrealloc(*list, (*n + 1) * sizeof(**list));
			(*list)[(*n)++] = xasprintf("%.*s", (int)len, axes);
		}
		axes += strcspn(axes, "\t");
		axes += *axes == '\t';
	}
}

char **axes_names(const struct score_table *t, size_t *n)
{
	char **list = xcalloc(1, sizeof(*list));

	*n = 0;
	for (size_t i = 0; i < t->n; i++)
		note_names(&list, n, t->rows[i].axes);
	qsort(list, *n, sizeof(*list), by_text);
	return list;
}

void axes_names_free(char **names, size_t n)
{
	for (size_t i = 0; i < n; i++)
		free(names[i]);
	free(names);
}
