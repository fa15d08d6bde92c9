// SPDX-License-Identifier: GPL-2.0-or-later
/* option_fault.c - what is wrong with a command line, and what was meant */
#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "base/nearest.h"
#include "cli/command/form.h"
#include "cli/command/option_fault.h"

/* The first row of that name or letter, of any form; NULL = there is none. */
static const struct option_row *row_of(const struct command *c, const char *name, char letter)
{
	for (size_t i = 0; i < c->row_count; i++)
		if (name ? !strcmp(c->rows[i].name, name) : c->rows[i].letter == letter)
			return &c->rows[i];
	return NULL;
}

int option_fault_misplaced(const struct command *c, const struct option_row *row, const char *where,
			   struct err *e)
{
	size_t form = 0;
	char *right;

	while (!form_has_option(row, form))
		form++;
	right = form_label(c, form);
	err_set(e, "%s: option --%s belongs to `skypelab %s`", where, row->name, right);
	free(right);
	return -1;
}

static char other_case(char letter)
{
	return (char)(islower((unsigned char)letter) ? toupper(letter) : tolower(letter));
}

int option_fault_letter(const struct command *c, unsigned forms, char letter, struct err *e)
{
	const struct option_row *row = row_of(c, NULL, letter);
	const struct option_row *other = row_of(c, NULL, other_case(letter));
	char *where = form_common_label(c, forms);

	if (row)
		option_fault_misplaced(c, row, where, e);
	else if (letter == 'v' || letter == 'q')
		err_set(e, "%s: option -%c stands before the sub-command: skypelab -%c %s", where,
			letter, letter, c->name);
	else if (other)
		err_set(e, "%s: unknown option -%c, did you mean -%c?", where, letter,
			other->letter);
	else
		err_set(e, "%s: unknown option -%c", where, letter);
	free(where);
	return -1;
}

/* "--site, --seed": the long names that begin with @name, where there are several. (owned) */
static char *several_of(const struct command *c, unsigned forms, const char *name)
{
	char *all = NULL, *more;
	size_t n = 0;

	for (size_t i = 0; i < c->row_count; i++) {
		const struct option_row *row = &c->rows[i];

		if (!form_any_has_option(row, forms) || strncmp(row->name, name, strlen(name)) != 0)
			continue;
		more = xasprintf("%s%s--%s", all ? all : "", n++ ? ", " : "", row->name);
		free(all);
		all = more;
	}
	if (n > 1)
		return all;
	free(all);
	return NULL;
}

int option_fault_name(const struct command *c, unsigned forms, const char *name, struct err *e)
{
	const struct option_row *row = row_of(c, name, 0);
	struct nearest near = {.typed = name};
	char *several = several_of(c, forms, name), *where = form_common_label(c, forms);

	for (size_t i = 0; i < c->row_count; i++)
		nearest_try(&near, c->rows[i].name);
	if (row)
		option_fault_misplaced(c, row, where, e);
	else if (several)
		err_set(e, "%s: option --%s may be any of %s", where, name, several);
	else if (near.best)
		err_set(e, "%s: unknown option --%s, did you mean --%s?", where, name, near.best);
	else
		err_set(e, "%s: unknown option --%s", where, name);
	free(several);
	free(where);
	return -1;
}

/* The verbs of the forms: "show, compare, baseline save". (owned) */
static char *verbs_of(const struct command *c, unsigned forms)
{
	char *all = xstrdup(""), *more;

	for (size_t i = 0; i < c->form_count; i++) {
		const char *verb = c->forms[i].verb;

		if (!(forms & OPTION_FORM(i)) || (i && !strcmp(c->forms[i - 1].verb, verb)))
			continue;
		more = xasprintf("%s%s%s", all, *all ? ", " : "", verb);
		free(all);
		all = more;
	}
	return all;
}

int option_fault_form(const struct command *c, struct err *e)
{
	char *all = xstrdup(""), *more;

	for (size_t i = 0; i < c->form_count; i++) {
		const struct option_row *row = row_of(c, c->forms[i].selector, 0);

		more = xasprintf("%s%s--%s%s%s", all, *all ? " or " : "", row->name,
				 row->word ? " " : "", row->word ? row->word : "");
		free(all);
		all = more;
	}
	err_set(e, "%s: an option is missing: %s", c->name, all);
	free(all);
	return -1;
}

int option_fault_arguments(const struct command_form *f, const char *label, size_t n, struct err *e)
{
	const char *word = f->arguments;
	size_t len = strcspn(word, " .");

	for (; *word; word += strcspn(word, " "), word += *word == ' ') {
		len = strcspn(word, " .");
		if (*word != '-' && *word != '[' && !n--)
			break;
	}
	return err_set(e, "%s: %.*s is missing, expected %s", label, (int)len, word, f->arguments);
}

int option_fault_verb(const struct command *c, unsigned forms, const char *typed, struct err *e)
{
	struct nearest near = {.typed = typed ? typed : ""};
	char *all = verbs_of(c, forms);

	for (size_t i = 0; i < c->form_count; i++)
		nearest_try(&near, c->forms[i].verb);
	if (!typed)
		err_set(e, "%s: the verb is missing, expected one of %s", c->name, all);
	else if (form_bits_of(c, typed))
		err_set(e, "%s %s: the verb is not complete, expected one of %s", c->name, typed,
			all);
	else if (near.best)
		err_set(e, "%s: no verb '%s', did you mean %s?", c->name, typed, near.best);
	else
		err_set(e, "%s: no verb '%s', expected one of %s", c->name, typed, all);
	free(all);
	return -1;
}
