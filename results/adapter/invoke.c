// SPDX-License-Identifier: GPL-2.0-or-later
/* invoke.c - from a definition to the arguments of a detector, and what it says of its version */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "results/adapter/invoke.h"

#define NUMBER "0123456789."

static const struct {
	const char *text;
	size_t at;
} placeholders[] = {
	{"{capture}", offsetof(struct adapter_places, capture)},
	{"{interface}", offsetof(struct adapter_places, interface)},
	{"{out}", offsetof(struct adapter_places, out)},
	{"{rules}", offsetof(struct adapter_places, rules)},
};

/* What the placeholder at @p stands for, and its length; NULL = there is none that stands for
 * something. */
static const char *meaning(const char *p, const struct adapter_places *places, size_t *len)
{
	for (size_t i = 0; i < ARRAY_LEN(placeholders); i++) {
		*len = strlen(placeholders[i].text);
		if (!strncmp(p, placeholders[i].text, *len))
			return *(const char *const *)((const char *)places + placeholders[i].at);
	}
	return NULL;
}

static char *filled_in(const char *argument, const struct adapter_places *places)
{
	char *out = xstrdup("");

	while (*argument) {
		size_t n = strcspn(argument + 1, "{") + 1, len;
		const char *is = meaning(argument, places, &len);
		char *more = is ? xasprintf("%s%s", out, is)
				: xasprintf("%s%.*s", out, (int)n, argument);

		argument += is ? len : n;
		free(out);
		out = more;
	}
	return out;
}

char **adapter_arguments(const struct adapter_list *command, const struct adapter_places *p)
{
	char **argv = xcalloc(command->n + 1, sizeof(*argv));
	size_t n = 0;

	for (unsigned i = 0; i < command->n; i++) {
		const char *argument = command->items[i];

		if (p->rules || !strstr(argument, "{rules}"))
			argv[n++] = filled_in(argument, p);
		else if (n > 1 && *argv[n - 1] == '-') {
			free(argv[--n]);
			argv[n] = NULL;
		}
	}
	return argv;
}

void adapter_arguments_free(char **argv)
{
	for (char **a = argv; a && *a; a++)
		free(*a);
	free(argv);
}

void adapter_version(const char *printed, char version[16])
{
	snprintf(version, 16, "-");
	for (const char *p = printed; *p; p++) {
		size_t n = strspn(p, NUMBER);

		while (n && p[n - 1] == '.')
			n--;
		if (n && *p != '.' && memchr(p, '.', n)) {
			snprintf(version, 16, "%.*s", (int)n, p);
			return;
		}
		p += n ? n - 1 : 0;
	}
}
