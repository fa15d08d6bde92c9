// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * options.c - reads a command line by the option table of its command
 *
 * Model: the verb, if the command has verbs, is the first word that is no option; it decides which
 * rows can belong to the line. getopt_long() then walks over the words in their order, and each
 * value goes to its place in the command's struct of options. At the end the form is chosen by the
 * verb and by the options that select one, and the line is checked against it: options of another
 * form, options that are missing, number of arguments.
 *
 * Limits: 64 rows, 32 forms.
 */
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/input.h"
#include "base/number.h"
#include "base/quote.h"
#include "cli/command/form.h"
#include "cli/command/option_fault.h"

#define ROWS_MAX  64
#define LONG_ROW  256 /* getopt's value of a long option: this plus the row */
#define LONG_HELP (LONG_ROW + ROWS_MAX)

/* A command line while it is read. */
struct reader {
	const struct command *c;
	struct command_call *call;
	char *options; /* the command's struct of options */
	struct option longs[ROWS_MAX + 2];
	char letters[2 * ROWS_MAX + 8];
	size_t dash_at; /* arguments before "--"; SIZE_MAX = no "--" */
};

/* ---- values ---- */

static int store_choice(const char *option, const char *words, const char *text, int *out,
			struct err *e)
{
	char expected[128] = "";
	int n = 0;

	for (const char *w = words; *w; n++) {
		size_t len = strcspn(w, "|"), used = strlen(expected);

		if (strlen(text) == len && !strncmp(w, text, len)) {
			*out = n;
			return 0;
		}
		snprintf(expected + used, sizeof(expected) - used, "%s%.*s",
			 !n	  ? ""
			 : w[len] ? ", "
				  : " or ",
			 (int)len, w);
		w += len + (w[len] == '|');
	}
	return err_set(e, "%s %s: expected %s", option, text, expected);
}

/* @option: as the user spelled it, for messages */
static int store(struct reader *r, const struct option_row *row, const char *option,
		 const char *text, struct err *e)
{
	void *at = r->options + row->at;
	struct option_whole *whole = at;
	struct option_real *real = at;
	struct option_list *list = at;

	r->call->given |= 1ULL << (row - r->c->rows);
	switch (row->type) {
	case OPTION_FLAG:
		*(bool *)at = true;
		return 0;
	case OPTION_WORD:
		*(int *)at = (int)row->low;
		return 0;
	case OPTION_TEXT:
		*(const char **)at = text;
		return 0;
	case OPTION_LIST:
		list->items = xrealloc(list->items, (list->n + 1) * sizeof(*list->items));
		list->items[list->n++] = text;
		return 0;
	case OPTION_WHOLE:
		whole->given = true;
		return number_whole(option, text, row->low, row->high, &whole->value, e);
	case OPTION_REAL:
		real->given = true;
		return number_real(option, text, (double)row->low, (double)row->high, &real->value,
				   e);
	case OPTION_RATE:
		real->given = true;
		return number_rate(option, text, &real->value, e);
	case OPTION_CHOICE:
		return store_choice(option, row->word, text, at, e);
	}
	return -1;
}

/* ---- reading ---- */

/* getopt's two tables of the rows that can still belong to the line. */
static void fill_tables(struct reader *r)
{
	size_t n = 0, k = 0;

	/* '-': in order, so that a program's options are left alone. ':' reports a missing
	 * argument. */
	r->letters[k++] = '-';
	r->letters[k++] = ':';
	r->letters[k++] = 'h';
	for (size_t i = 0; i < r->c->row_count; i++) {
		const struct option_row *row = &r->c->rows[i];
		bool argument = option_has_argument(row);

		if (!form_any_has_option(row, r->call->forms))
			continue;
		r->longs[n++] =
			(struct option){row->name, argument ? required_argument : no_argument, NULL,
					LONG_ROW + (int)i};
		if (!row->letter)
			continue;
		r->letters[k++] = row->letter;
		if (argument)
			r->letters[k++] = ':';
	}
	r->longs[n++] = (struct option){"help", no_argument, NULL, LONG_HELP};
	r->longs[n] = (struct option){0};
	r->letters[k] = '\0';
}

static const struct option_row *row_of_code(const struct reader *r, int code)
{
	for (size_t i = 0; code < LONG_ROW && i < r->c->row_count; i++)
		if (r->c->rows[i].letter == code &&
		    form_any_has_option(&r->c->rows[i], r->call->forms))
			return &r->c->rows[i];
	return &r->c->rows[code - LONG_ROW];
}

/* The first word that is neither an option nor its argument; NULL = there is none. */
static const char *first_argument(const struct reader *r, int argc, char **argv)
{
	int code;

	optind = 0; /* glibc: begin anew */
	opterr = 0;
	while ((code = getopt_long(argc, argv, r->letters, r->longs, NULL)) != -1)
		if (code == 1)
			return optarg;
	return optind < argc ? argv[optind] : NULL;
}

/* True when what follows the arguments read so far belongs to a program. */
static bool program_follows(const struct reader *r)
{
	for (size_t i = 0; i < r->c->form_count; i++) {
		const struct command_form *f = &r->c->forms[i];
		struct form_shape s = form_shape(f->arguments);

		if (s.program && !s.dashes && form_has_verb(f, r->call->arguments, r->call->n) &&
		    r->call->n == form_verb_words(f->verb) + s.fixed)
			return true;
	}
	return false;
}

/* getopt_long() refused a word. */
static int refused(const struct reader *r, int code, char **argv, struct err *e)
{
	const struct command *c = r->c;
	const char *name = "help", *word = "";
	char *where;

	if (code == '?' && optopt && optopt < LONG_ROW)
		return option_fault_letter(c, r->call->forms, (char)optopt, e);
	if (code == '?' && !optopt) {
		char *typed = xasprintf("%.*s", (int)strcspn(argv[optind - 1] + 2, "="),
					argv[optind - 1] + 2);

		option_fault_name(c, r->call->forms, typed, e);
		free(typed);
		return -1;
	}
	if (optopt != LONG_HELP) {
		const struct option_row *row = row_of_code(r, optopt);

		name = row->name;
		word = row->word;
	}
	where = form_common_label(c, r->call->forms);
	if (code == ':')
		err_set(e, "%s: option --%s needs an argument: %s", where, name, word);
	else
		err_set(e, "%s: option --%s takes no argument", where, name);
	free(where);
	return -1;
}

/* All options and arguments. 0, or -1 with @e set. */
static int read_words(struct reader *r, int argc, char **argv, struct err *e)
{
	int code = 0;

	optind = 0;
	while (!program_follows(r) &&
	       (code = getopt_long(argc, argv, r->letters, r->longs, NULL)) != -1) {
		const struct option_row *row;
		char spelled[64];

		if (code == 1) {
			r->call->arguments[r->call->n++] = optarg;
			continue;
		}
		if (code == 'h' || code == LONG_HELP) {
			r->call->help = true;
			return 0;
		}
		if (code == '?' || code == ':') {
			r->call->usage = true;
			return refused(r, code, argv, e);
		}
		row = row_of_code(r, code);
		if (code >= LONG_ROW)
			snprintf(spelled, sizeof(spelled), "--%s", row->name);
		else
			snprintf(spelled, sizeof(spelled), "-%c", code);
		if (store(r, row, spelled, optarg, e) < 0)
			return -1;
	}
	if (code == -1 && optind < argc)
		r->dash_at = r->call->n; /* only "--" ends it before the last word */
	while (optind < argc)
		r->call->arguments[r->call->n++] = argv[optind++];
	return 0;
}

/* ---- checks against the form ---- */

static bool form_selected(const struct reader *r, const struct command_form *f)
{
	for (size_t i = 0; f->selector && i < r->c->row_count; i++)
		if (!strcmp(r->c->rows[i].name, f->selector))
			return r->call->given >> i & 1;
	return !f->selector;
}

/* The form with the longest verb; among these one that an option selects. -1 = no verb fits. */
static int choose_form(const struct reader *r)
{
	int best = -1;
	size_t best_words = 0;

	for (size_t i = 0; i < r->c->form_count; i++) {
		const struct command_form *f = &r->c->forms[i];
		size_t words = form_verb_words(f->verb);

		if (f->alone && !r->call->n)
			return (int)i;
		if (!form_has_verb(f, r->call->arguments, r->call->n) || !form_selected(r, f))
			continue;
		if (best < 0 || words > best_words ||
		    (words == best_words && f->selector && !r->c->forms[best].selector)) {
			best = (int)i;
			best_words = words;
		}
	}
	return best;
}

static bool has_verbs(const struct command *c)
{
	for (size_t i = 0; i < c->form_count; i++)
		if (c->forms[i].verb)
			return true;
	return false;
}

static int check_options(const struct reader *r, const char *label, struct err *e)
{
	const struct command *c = r->c;
	const struct option_row *first = NULL;

	for (size_t i = 0; i < c->row_count; i++) {
		const struct option_row *row = &c->rows[i];

		if (!(r->call->given >> i & 1)) {
			if (row->needed & OPTION_FORM(r->call->form))
				return err_set(e, "%s: option --%s %s is missing", label, row->name,
					       row->word);
			continue;
		}
		if (!form_has_option(row, r->call->form))
			return option_fault_misplaced(c, row, label, e);
		if (row->group && first && first->group == row->group) {
			r->call->usage = false;
			return err_set(e, "%s: options --%s and --%s exclude each other", label,
				       first->name, row->name);
		}
		if (row->group)
			first = row;
	}
	return 0;
}

/* What one output holds would be lost where another is the same file. 0, or -1 with @e set. */
static int check_outputs(const struct reader *r, const char *label, struct err *e)
{
	const struct option_row *rows = r->c->rows;

	for (size_t i = 0; i < r->c->row_count; i++)
		for (size_t k = 0; k < i && rows[i].output; k++) {
			const char *a, *b;

			if (!rows[k].output) /* then it need not be a text */
				continue;
			a = *(const char **)(r->options + rows[k].at);
			b = *(const char **)(r->options + rows[i].at);
			if (!a || !b || !input_same_place(a, b))
				continue;
			r->call->usage = false;
			return err_set(e,
				       "%s: --%s %s and --%s %s are one file; give each output a "
				       "name of its own",
				       label, rows[k].name, a, rows[i].name, b);
		}
	return 0;
}

/* Takes the "--" between a form's own arguments and the program out; getopt_long() may have done so
 * already. */
static int split_program(struct reader *r, const struct command_form *f, const char *label,
			 struct err *e)
{
	struct form_shape s = form_shape(f->arguments);
	struct command_call *call = r->call;

	if (r->dash_at == s.fixed)
		return 0;
	if (call->n > s.fixed && !strcmp(call->arguments[s.fixed], "--")) {
		call->n--;
		memmove(call->arguments + s.fixed, call->arguments + s.fixed + 1,
			(call->n - s.fixed + 1) * sizeof(*call->arguments));
		return 0;
	}
	if (!s.dashes)
		return 0;
	if (r->dash_at != SIZE_MAX && r->dash_at > s.fixed)
		return err_set(e, "%s: '%s' is one argument too many", label,
			       call->arguments[s.fixed]);
	if (call->n <= s.fixed)
		return option_fault_arguments(f, label, call->n, e);
	return err_set(e, "%s: -- is missing before the program '%s', expected %s", label,
		       call->arguments[s.fixed], f->arguments);
}

static int check_arguments(struct reader *r, const char *label, struct err *e)
{
	const struct command_form *f = &r->c->forms[r->call->form];
	struct form_shape s = form_shape(f->arguments);
	size_t words = r->call->n ? form_verb_words(f->verb) : 0;

	r->call->arguments += words;
	r->call->n -= words;
	if (r->dash_at != SIZE_MAX)
		r->dash_at = r->dash_at > words ? r->dash_at - words : 0;
	if (s.program && split_program(r, f, label, e) < 0)
		return -1;
	if (r->call->n > s.most)
		return err_set(e, "%s: '%s' is one argument too many", label,
			       r->call->arguments[s.most]);
	if (r->call->n < s.least)
		return option_fault_arguments(f, label, r->call->n, e);
	return 0;
}

static char *line_of(int argc, char **argv)
{
	char *text = xstrdup("skypelab");

	for (int i = 0; i < argc; i++) {
		char *more = xasprintf("%s %s", text, quote_shell(argv[i]));

		free(text);
		text = more;
	}
	return text;
}

int options_parse(const struct command *c, int argc, char **argv, struct command_call *call,
		  struct err *e)
{
	struct reader r = {.c = c, .call = call, .dash_at = SIZE_MAX};
	char *label;
	int form, rc;

	r.options = xcalloc(1, c->size);
	if (c->defaults)
		memcpy(r.options, c->defaults, c->size);
	*call = (struct command_call){.options = r.options, .line = line_of(argc, argv)};
	call->memory = call->arguments = xcalloc((size_t)argc + 1, sizeof(char *));
	call->forms = ~0U;
	fill_tables(&r);
	call->forms = form_bits_of(c, first_argument(&r, argc, argv));
	if (!call->forms)
		call->forms = ~0U;
	fill_tables(&r);
	if (read_words(&r, argc, argv, e) < 0)
		return -1;
	if (call->help)
		return 0;
	call->usage = true;
	form = choose_form(&r);
	if (form < 0 && !has_verbs(c))
		return option_fault_form(c, e);
	if (form < 0)
		return option_fault_verb(c, call->forms, call->n ? call->arguments[0] : NULL, e);
	call->form = (size_t)form;
	label = form_label(c, call->form);
	rc = check_options(&r, label, e) < 0 || check_arguments(&r, label, e) < 0 ||
			     check_outputs(&r, label, e) < 0
		     ? -1
		     : 0;
	free(label);
	return rc;
}

void options_free(const struct command *c, struct command_call *call)
{
	for (size_t i = 0; i < c->row_count; i++)
		if (c->rows[i].type == OPTION_LIST)
			free(((const struct option_list *)((const char *)call->options +
							   c->rows[i].at))
				     ->items);
	free((void *)call->options);
	free(call->memory);
	free(call->line);
}
