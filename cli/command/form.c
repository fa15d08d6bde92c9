// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * form.c - the forms of a command: their verbs, arguments and names
 *
 * A form is written as people read it in a usage line; here that text is taken apart.
 */
#include <stdlib.h>
#include <string.h>

#include "cli/command/form.h"

size_t form_verb_words(const char *verb)
{
	size_t n = verb != NULL;

	for (; verb && *verb; verb++)
		n += *verb == ' ';
	return n;
}

static bool verb_begins_with(const char *verb, const char *word)
{
	size_t n = strlen(word);

	return verb && n && !strncmp(verb, word, n) && (!verb[n] || verb[n] == ' ');
}

unsigned form_bits_of(const struct command *c, const char *word)
{
	unsigned forms = 0;

	for (size_t i = 0; i < c->form_count; i++)
		if (!c->forms[i].verb || (word && verb_begins_with(c->forms[i].verb, word)))
			forms |= OPTION_FORM(i);
	return forms;
}

bool form_has_verb(const struct command_form *f, char **words, size_t n)
{
	const char *verb = f->verb ? f->verb : "";

	for (size_t i = 0; *verb; i++) {
		size_t len = strcspn(verb, " ");

		if (i >= n || strlen(words[i]) != len || strncmp(words[i], verb, len) != 0)
			return false;
		verb += len + (verb[len] == ' ');
	}
	return true;
}

struct form_shape form_shape(const char *arguments)
{
	struct form_shape s = {0};

	for (const char *p = arguments; *p; p += *p == ' ') {
		size_t len = strcspn(p, " ");
		bool dots = len > 3 && !strncmp(p + len - 3, "...", 3);

		if (!strncmp(p, "-- ", 3) || !strncmp(p, "[--] ", 5)) {
			s.program = true;
			s.dashes = *p == '-';
			s.fixed = s.least;
		} else {
			s.least += *p != '[';
			s.most = dots || s.most == SIZE_MAX ? SIZE_MAX : s.most + 1;
		}
		p += len;
	}
	return s;
}

char *form_label(const struct command *c, size_t form)
{
	const struct command_form *f = &c->forms[form];

	return xasprintf("%s%s%s%s%s", c->name, f->verb ? " " : "", f->verb ? f->verb : "",
			 f->selector ? " --" : "", f->selector ? f->selector : "");
}

bool form_has_option(const struct option_row *r, size_t form)
{
	return !r->forms || (r->forms & OPTION_FORM(form));
}

bool form_any_has_option(const struct option_row *r, unsigned forms)
{
	return !r->forms || (r->forms & forms);
}

char *form_common_label(const struct command *c, unsigned forms)
{
	const char *verb = NULL;
	size_t len = 0;

	for (size_t i = 0; i < c->form_count; i++) {
		const char *next = c->forms[i].verb;

		if (!(forms & OPTION_FORM(i)) || !next)
			continue;
		if (verb && (strcspn(next, " ") != len || strncmp(verb, next, len) != 0))
			return xstrdup(c->name);
		verb = next;
		len = strcspn(verb, " ");
	}
	return verb ? xasprintf("%s %.*s", c->name, (int)len, verb) : xstrdup(c->name);
}
