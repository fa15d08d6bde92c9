// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * mdoc.c - `skypelab help --mdoc COMMAND`: what a manual page has to say of a command's options
 *
 * Words of usage lines become macros: FILE is ".Ar file", punctuation inside a word is joined with
 * Ns, brackets become Oo and Oc, the words of a choice are Cm.
 */
#include <ctype.h>
#include <string.h>

#include "cli/command/mdoc.h"
#include "cli/command/usage.h"

static bool is_letter(char c)
{
	return isalnum((unsigned char)c) || c == '-';
}

/* "ADDRESS[/LENGTH]" as "Ar address Ns Oo / Ns Ar length Oc", @n bytes of it. */
static void put_word(FILE *f, const char *word, size_t n)
{
	bool first = true;

	for (size_t i = 0; i < n; first = false) {
		if (is_letter(word[i])) {
			fprintf(f, first ? "Ar " : word[i - 1] == '[' ? " Ar " : " Ns Ar ");
			for (; i < n && is_letter(word[i]); i++)
				fputc(tolower((unsigned char)word[i]), f);
		} else {
			if (word[i] == '[')
				fputs(" Ns Oo", f);
			else if (word[i] == ']')
				fputs(" Oc", f);
			else if (!strncmp(word + i, "..", 2))
				fputs(" Ns ..", f), i++;
			else
				fprintf(f, "%s%c", word[i - 1] == '[' ? " " : " Ns ", word[i]);
			i++;
		}
	}
}

static void put_argument(FILE *f, const struct option_row *r)
{
	const char *gap = " Cm ";

	if (!r->word)
		return;
	if (r->type != OPTION_CHOICE) {
		fputc(' ', f);
		put_word(f, r->word, strlen(r->word));
		return;
	}
	for (const char *w = r->word; *w; gap = " | ") {
		size_t len = strcspn(w, "|");

		fprintf(f, "%s%.*s", gap, (int)len, w);
		w += len + (w[len] == '|');
	}
}

static void put_option(FILE *f, const struct option_row *r)
{
	if (usage_by_letter(r))
		fprintf(f, "Fl %c", r->letter);
	else
		fprintf(f, "Fl -%s", r->name);
	put_argument(f, r);
}

static void put_options(FILE *f, const struct command *c, size_t form)
{
	const struct option_row *rows[64];
	bool others;
	size_t n = usage_rows(c, form, rows, &others);

	for (size_t i = 0; i < n; i++) {
		const struct option_row *r = rows[i];
		bool needed = r->needed & OPTION_FORM(form), many = r->type == OPTION_LIST;

		fputs(needed ? "." : many ? ".Oo " : ".Op ", f);
		put_option(f, r);
		for (; r->group && i + 1 < n && rows[i + 1]->group == r->group; i++) {
			fputs(" | ", f);
			put_option(f, rows[i + 1]);
		}
		fputs(many && !needed ? " Oc Ns ...\n" : many ? " ...\n" : "\n", f);
	}
	if (others)
		fputs(".Op Ar option ...\n", f);
}

/* "SCENARIO [CELL]": a line for each word. */
static void put_arguments(FILE *f, const char *text)
{
	for (const char *p = text; *p;) {
		size_t len = strcspn(p, " "), n = len;
		bool dots = n > 3 && !strncmp(p + n - 3, "...", 3), option;

		n -= dots ? 3 : 0;
		option = *p == '[' && p[n - 1] == ']';
		if (!strncmp(p, "--", len) || !strncmp(p, "[--]", len)) {
			fputs(option ? ".Op Cm --\n" : ".Cm --\n", f);
		} else {
			fputs(option ? ".Op " : ".", f);
			put_word(f, p + option, n - 2 * option);
			fputs(dots ? " ...\n" : "\n", f);
		}
		p += len + (p[len] == ' ');
	}
}

void mdoc_print(FILE *f, const struct command *c)
{
	fprintf(f, ".Sh NAME\n.Nm skypelab-%s\n.Nd %s\n.Sh SYNOPSIS\n", c->name, c->help);
	for (size_t i = 0; i < c->form_count; i++) {
		const struct command_form *what = &c->forms[i];

		fprintf(f, ".Nm skypelab %s%s%s\n", c->name, what->verb ? " " : "",
			what->verb ? what->verb : "");
		put_options(f, c, i);
		put_arguments(f, what->arguments);
	}
	fputs(".Sh DESCRIPTION\n", f);
	for (size_t i = 0; i < c->row_count; i++) {
		const struct option_row *r = &c->rows[i];

		fputs(".It ", f);
		if (r->letter) {
			fprintf(f, "Fl %c", r->letter);
			if (r->type != OPTION_CHOICE) /* its words are long: only once */
				put_argument(f, r);
			fputs(" , ", f);
		}
		fprintf(f, "Fl -%s", r->name);
		put_argument(f, r);
		fputc('\n', f);
	}
}
