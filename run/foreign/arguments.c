// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * arguments.c - the arguments of a definition, for a program that sees other paths
 *
 * The capture is /in/pcap for every program. Rules keep the ending of their name, which some
 * programs look at. A program, script, model or configuration that an argument names is shown where
 * it is: whoever wrote the definition meant it. Folders of the top level are not: too much lies
 * there.
 */
#include <ctype.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/path.h"
#include "run/foreign/arguments.h"

#define ALNUM "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"

static void may_read(struct arguments *a, const char *from, const char *at)
{
	for (size_t i = 0; i < a->n_reads; i++)
		if (!strcmp(a->reads[i].at, at))
			return;
	a->reads = xrealloc(a->reads, (a->n_reads + 1) * sizeof(*a->reads));
	a->paths = xrealloc(a->paths, 2 * (a->n_reads + 1) * sizeof(*a->paths));
	a->paths[2 * a->n_reads] = xstrdup(from);
	a->paths[2 * a->n_reads + 1] = xstrdup(at);
	a->reads[a->n_reads] =
		(struct contained_read){a->paths[2 * a->n_reads], a->paths[2 * a->n_reads + 1]};
	a->n_reads++;
}

void arguments_free(struct arguments *a)
{
	for (char **arg = a->argv; arg && *arg; arg++)
		free(*arg);
	for (size_t i = 0; i < 2 * a->n_reads; i++)
		free(a->paths[i]);
	free(a->argv);
	free(a->paths);
	free(a->reads);
}

/* "/in/rules", with the ending of the file's name where it is a plain one: ".rules", ".zeek". */
static char *place_of_rules(const char *rules)
{
	const char *dot = strrchr(rules, '.');

	if (dot && (!isalnum((unsigned char)dot[1]) || dot[1 + strspn(dot + 1, ALNUM)]))
		dot = NULL;
	return xasprintf("/in/rules%s", dot ? dot : "");
}

/* @text with every @name in it replaced by @by, which has none; frees @text. */
static char *replace(char *text, const char *name, const char *by)
{
	char *at, *whole;

	while ((at = strstr(text, name))) {
		*at = '\0';
		whole = xasprintf("%s%s%s", text, by, at + strlen(name));
		free(text);
		text = whole;
	}
	return text;
}

static bool top_level(const char *path)
{
	return !strchr(path + 1, '/');
}

/* Where @text is a path of something that is there: the argument with its absolute path; else
 * NULL. @before: what stands before it, "--model=". */
static char *shown(struct arguments *a, const char *before, const char *text, const char *folder)
{
	char *path, *real, *whole = NULL;

	if (!strchr(text, '/'))
		return NULL;
	path = *text == '/' ? xstrdup(text) : path_in(folder, text);
	real = realpath(path, NULL);
	if (real && !top_level(real)) {
		may_read(a, real, *text == '/' ? path : real);
		whole = xasprintf("%s%s", before, *text == '/' ? path : real);
	}
	free(real);
	free(path);
	return whole;
}

/* An argument without placeholders; frees @text. */
static char *plain(struct arguments *a, char *text, const char *folder)
{
	char *equals = strchr(text, '='), *after = equals ? xstrdup(equals + 1) : NULL, *whole;

	if (equals)
		equals[1] = '\0';
	whole = shown(a, equals ? text : "", equals ? after : text, folder);
	if (!whole)
		whole = xasprintf("%s%s", text, equals ? after : "");
	free(after);
	free(text);
	return whole;
}

static char *one(struct arguments *a, const char *from, const char *folder, const char *rules,
		 const char *interface)
{
	char *text = xstrdup(from);

	if (!strchr(text, '{'))
		return plain(a, text, folder);
	text = replace(text, "{capture}", CONTAINED_CAPTURE);
	text = replace(text, "{out}", CONTAINED_OUT);
	if (interface)
		text = replace(text, "{interface}", interface);
	return rules ? replace(text, "{rules}", rules) : text;
}

void arguments_make(struct arguments *out, const struct adapter_list *from, const char *path,
		    const struct arguments_of *of)
{
	char *rules = of->rules ? place_of_rules(of->rules) : NULL, *folder = xstrdup(path);
	char *slash = strrchr(folder, '/');
	size_t n = 0;

	memset(out, 0, sizeof(*out));
	if (slash)
		*slash = '\0';
	out->argv = xcalloc(from->n + 1, sizeof(*out->argv));
	for (unsigned i = 0; i < from->n; i++) {
		if (rules || !strstr(from->items[i], "{rules}")) {
			out->argv[n++] = one(out, from->items[i], slash ? folder : ".", rules,
					     of->interface);
		} else if (n > 1 && *out->argv[n - 1] == '-') {
			free(out->argv[--n]);
			out->argv[n] = NULL;
		}
	}
	if (of->capture)
		may_read(out, of->capture, CONTAINED_CAPTURE);
	if (rules)
		may_read(out, of->rules, rules);
	free(folder);
	free(rules);
}
