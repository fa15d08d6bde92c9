// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * complete.c - what a command line may go on with, from the tables of the commands
 *
 * Model: the finished words are walked over as options.c does: options with their arguments, the
 * verb, arguments. They leave the forms that are still possible; the word that is being typed is
 * then the argument of an option, an option, a word of a verb, or an argument. What an argument may
 * be follows from its name in the usage line, "FILE", "SIGNATURE|DETECTOR".
 *
 * Limits: a wrong line is completed as far as it is understood. No name with a revision
 * (NAME@REVISION), no part of a list (a,b), nothing that would read a scenario.
 */
#include <dirent.h>
#include <stdlib.h>
#include <string.h>

#include "base/datadir.h"
#include "cli/command/complete.h"
#include "cli/command/form.h"

/* The line as far as it is finished. */
struct line {
	const struct command *const *all;
	const struct command *c;
	char **arguments; /* with the words of the verb */
	size_t n;
	unsigned forms;			/* bits of those that are still possible */
	uint64_t given;			/* bits of rows */
	bool dashes;			/* "--" was there: no more options */
	bool program;			/* the rest is a program's */
	const struct option_row *waits; /* for its argument */
	const char *typed;		/* the word under way */
	complete_fn *put;
	void *arg;
};

/* ---- words that are offered ---- */

/* @prefix: "--name=", part of the word that is typed */
static void offer(const struct line *l, const char *prefix, const char *word, size_t n,
		  const char *about)
{
	char *whole = xasprintf("%s%.*s", prefix, (int)n, word);

	if (!strncmp(whole, l->typed, strlen(l->typed)))
		l->put(l->arg, whole, about);
	free(whole);
}

static void offer_data(const struct line *l, const char *prefix, const char *folder)
{
	char **names = data_names(folder, NULL);

	for (size_t i = 0; names && names[i]; i++)
		offer(l, prefix, names[i], strlen(names[i]), "");
	data_names_free(names);
}

static void offer_interfaces(const struct line *l, const char *prefix)
{
	DIR *d = opendir("/sys/class/net");
	const struct dirent *entry;

	while (d && (entry = readdir(d)))
		if (entry->d_name[0] != '.')
			offer(l, prefix, entry->d_name, strlen(entry->d_name), "");
	if (d)
		closedir(d);
}

static void offer_commands(const struct line *l, const char *prefix)
{
	for (size_t i = 0; l->all[i]; i++)
		offer(l, prefix, l->all[i]->name, strlen(l->all[i]->name), l->all[i]->help);
}

/* ---- what an argument may be ---- */

/* A word of usage lines. @of: of this command or option only; NULL = wherever it stands. */
struct meaning {
	const char *word, *of;
	const char *folder; /* of data files, whose names fit */
	enum complete_also also;
};

static const struct meaning meanings[] = {
	{"SIGNATURE", NULL, "detector/signatures", COMPLETE_FILES},
	{"NAME", "signature", "detector/signatures", COMPLETE_NOTHING},
	{"DETECTOR", NULL, "scenarios/detectors", COMPLETE_FILES},
	{"NAME", "detector", "scenarios/detectors", COMPLETE_NOTHING},
	{"SCENARIO", NULL, "scenarios", COMPLETE_FILES},
	{"NAME", "scenario", "scenarios", COMPLETE_NOTHING},
	{"VERSION", "client", "scenarios/versions", COMPLETE_FILES},
	{"NAT", NULL, "scenarios/nats", COMPLETE_FILES},
	{"POLICY", "firewall", "scenarios/firewalls", COMPLETE_FILES},
	{"NAME", "changes", "scenarios/changes", COMPLETE_NOTHING},
	{"NAME", "claims", "scenarios/claims", COMPLETE_NOTHING},
	{"ARGUMENT", NULL, NULL, COMPLETE_FILES},
	{"BASE", NULL, NULL, COMPLETE_FILES},
	{"CAPTURE", NULL, NULL, COMPLETE_FILES},
	{"FILE", NULL, NULL, COMPLETE_FILES},
	{"OUTPUT", NULL, NULL, COMPLETE_FILES},
	{"PATH", NULL, NULL, COMPLETE_FILES},
	{"PROGRAM", NULL, NULL, COMPLETE_FILES},
	{"SOCKET", NULL, NULL, COMPLETE_FILES},
	{"DIR", NULL, NULL, COMPLETE_FOLDERS},
	{"DIRECTORY", NULL, NULL, COMPLETE_FOLDERS},
	{"PART", NULL, NULL, COMPLETE_FOLDERS},
	{"RUN", NULL, NULL, COMPLETE_FOLDERS},
};

/* One of the words in "RUN|CAPTURE". */
static enum complete_also offer_one(const struct line *l, const char *prefix, const char *word,
				    size_t n, const char *of)
{
	if (n == 9 && !strncmp(word, "INTERFACE", n))
		offer_interfaces(l, prefix);
	if (n == 7 && !strncmp(word, "COMMAND", n))
		offer_commands(l, prefix);
	for (size_t i = 0; i < ARRAY_LEN(meanings); i++) {
		const struct meaning *m = &meanings[i];

		if (strlen(m->word) != n || strncmp(m->word, word, n) != 0 ||
		    (m->of && strcmp(m->of, of) != 0))
			continue;
		if (m->folder)
			offer_data(l, prefix, m->folder);
		if (!strcmp(m->word, "SIGNATURE"))
			offer(l, prefix, "all", 3, "every bundled signature for Skype");
		return m->also;
	}
	return COMPLETE_NOTHING;
}

/* @words: "RUN|CAPTURE", @n bytes, of the command or option @of */
static enum complete_also offer_argument(const struct line *l, const char *prefix,
					 const char *words, size_t n, const char *of)
{
	enum complete_also also = COMPLETE_NOTHING;

	for (const char *w = words; w < words + n;) {
		size_t len = 0;
		enum complete_also one;

		while (w + len < words + n && w[len] != '|')
			len++;
		one = offer_one(l, prefix, w, len, of);
		if (one > also)
			also = one;
		w += len + (w + len < words + n);
	}
	return also;
}

static enum complete_also offer_value(const struct line *l, const char *prefix,
				      const struct option_row *row)
{
	if (row->type != OPTION_CHOICE)
		return offer_argument(l, prefix, row->word, strlen(row->word), row->name);
	for (const char *w = row->word; *w;) {
		size_t len = strcspn(w, "|");

		offer(l, prefix, w, len, "");
		w += len + (w[len] == '|');
	}
	return COMPLETE_NOTHING;
}

/* ---- the words that are finished ---- */

/* The row of a long name or of its unmistakable beginning, @n bytes. */
static const struct option_row *row_named(const struct line *l, const char *name, size_t n)
{
	const struct option_row *found = NULL;

	for (size_t i = 0; i < l->c->row_count; i++) {
		const struct option_row *r = &l->c->rows[i];

		if (strncmp(r->name, name, n) != 0 || !form_any_has_option(r, l->forms))
			continue;
		if (!r->name[n])
			return r;
		if (found)
			return NULL;
		found = r;
	}
	return found;
}

static const struct option_row *row_lettered(const struct line *l, char letter)
{
	for (size_t i = 0; i < l->c->row_count; i++)
		if (l->c->rows[i].letter == letter && form_any_has_option(&l->c->rows[i], l->forms))
			return &l->c->rows[i];
	return NULL;
}

/* An option was given; of the forms those are left that have it. */
static void take_row(struct line *l, const struct option_row *row)
{
	unsigned left = row->forms ? l->forms & row->forms : l->forms;

	l->given |= 1ULL << (row - l->c->rows);
	if (left)
		l->forms = left;
}

static void take_option(struct line *l, const char *word)
{
	const struct option_row *row = NULL;
	bool has_value = false;

	if (word[1] == '-') {
		size_t n = strcspn(word + 2, "=");

		row = row_named(l, word + 2, n);
		has_value = word[2 + n] == '=';
		if (row)
			take_row(l, row);
	} else {
		for (word++; *word && !has_value; word++) {
			row = row_lettered(l, *word);
			if (!row)
				return;
			take_row(l, row);
			has_value = option_has_argument(row) && word[1];
		}
	}
	if (row && option_has_argument(row) && !has_value)
		l->waits = row;
}

/* Whether the arguments so far may be those of a form, whose verb has more words perhaps. */
static bool form_fits(const struct line *l, const struct command_form *f)
{
	const char *verb = f->verb ? f->verb : "";

	for (size_t i = 0; i < l->n && *verb; i++) {
		size_t len = strcspn(verb, " ");

		if (strlen(l->arguments[i]) != len || strncmp(l->arguments[i], verb, len) != 0)
			return false;
		verb += len + (verb[len] == ' ');
	}
	return true;
}

static void take_argument(struct line *l, char *word)
{
	unsigned left = 0;

	l->arguments[l->n++] = word;
	for (size_t i = 0; i < l->c->form_count; i++) {
		const struct command_form *f = &l->c->forms[i];
		struct form_shape s = form_shape(f->arguments);

		if (!(l->forms & OPTION_FORM(i)) || !form_fits(l, f))
			continue;
		left |= OPTION_FORM(i);
		l->program |= s.program && !s.dashes && l->n >= form_verb_words(f->verb) + s.fixed;
	}
	if (left)
		l->forms = left;
}

static void take_word(struct line *l, char *word)
{
	if (l->waits)
		l->waits = NULL;
	else if (l->dashes || word[0] != '-' || !word[1])
		take_argument(l, word);
	else if (strcmp(word, "--") != 0)
		take_option(l, word);
	else
		l->dashes = true;
}

/* ---- the word under way ---- */

static bool excluded(const struct line *l, const struct option_row *row)
{
	for (size_t i = 0; i < l->c->row_count; i++) {
		const struct option_row *other = &l->c->rows[i];

		if (!(l->given >> i & 1))
			continue;
		if (other == row ? row->type != OPTION_LIST
				 : row->group && other->group == row->group)
			return true;
	}
	return false;
}

static void offer_options(const struct line *l)
{
	for (size_t i = 0; i < l->c->row_count; i++) {
		const struct option_row *r = &l->c->rows[i];

		if (form_any_has_option(r, l->forms) && !excluded(l, r))
			offer(l, "--", r->name, strlen(r->name), r->help);
	}
	offer(l, "--", "help", 4, "print the usage and the options");
}

/* "--name=..." */
static enum complete_also offer_joined(const struct line *l)
{
	size_t n = strcspn(l->typed, "=");
	const struct option_row *row = row_named(l, l->typed + 2, n - 2);
	char *prefix = xasprintf("%.*s=", (int)n, l->typed);
	enum complete_also also = COMPLETE_NOTHING;

	if (row && option_has_argument(row))
		also = offer_value(l, prefix, row);
	free(prefix);
	return also;
}

/* The next word of a form's verb, if no form before it has offered the same. */
static void offer_verb(const struct line *l, size_t form)
{
	const struct command_form *f = &l->c->forms[form];
	const char *verb = f->verb;
	size_t len, before;

	for (size_t i = 0; i < l->n; i++)
		verb += strcspn(verb, " ") + 1;
	len = strcspn(verb, " ");
	before = (size_t)(verb - f->verb) + len;
	for (size_t i = 0; i < form; i++) {
		const char *other = l->c->forms[i].verb;

		if ((l->forms & OPTION_FORM(i)) && other && !strncmp(other, f->verb, before) &&
		    (!other[before] || other[before] == ' '))
			return;
	}
	offer(l, "", verb, len, verb[len] || !f->help ? "" : f->help);
}

/* The argument at place @at of a form, the last one again and again if it may be repeated. */
static enum complete_also offer_place(const struct line *l, const struct command_form *f, size_t at)
{
	const char *word = NULL;
	size_t n = 0;

	for (const char *p = f->arguments; *p;) {
		size_t len = strcspn(p, " "), end = len;
		bool dots = len > 3 && !strncmp(p + len - 3, "...", 3);
		bool dashes = !strncmp(p, "-- ", 3) || !strncmp(p, "[--] ", 5);

		end -= dots ? 3 : 0;
		end -= p[end - 1] == ']';
		if (!dashes) {
			word = p + (*p == '[');
			n = end - (*p == '[');
			if (dots || at-- == 0)
				return offer_argument(l, "", word, n, l->c->name);
		}
		p += len + (p[len] == ' ');
	}
	return COMPLETE_NOTHING;
}

static enum complete_also offer_arguments(const struct line *l)
{
	enum complete_also also = COMPLETE_NOTHING, one;

	for (size_t i = 0; i < l->c->form_count; i++) {
		const struct command_form *f = &l->c->forms[i];
		size_t words = form_verb_words(f->verb);

		if (!(l->forms & OPTION_FORM(i)) || !form_fits(l, f))
			continue;
		if (l->n < words) {
			offer_verb(l, i);
			continue;
		}
		one = offer_place(l, f, l->n - words);
		if (one > also)
			also = one;
	}
	return also;
}

/* Words before the command, and the command itself. */
static enum complete_also offer_first(const struct line *l)
{
	if (l->typed[0] == '-') {
		offer(l, "", "-v", 2, "more messages, twice for debug");
		offer(l, "", "-q", 2, "errors only");
		offer(l, "", "--help", 6, "list the commands");
		offer(l, "", "--version", 9, "print the version");
		return COMPLETE_NOTHING;
	}
	offer_commands(l, "");
	offer(l, "", "help", 4, "how a command is called");
	return COMPLETE_NOTHING;
}

static enum complete_also offer_last(const struct line *l)
{
	if (l->program)
		return COMPLETE_FILES;
	if (l->waits)
		return offer_value(l, "", l->waits);
	if (!l->dashes && !strncmp(l->typed, "--", 2) && strchr(l->typed, '='))
		return offer_joined(l);
	if (!l->dashes && l->typed[0] == '-') {
		offer_options(l);
		return COMPLETE_NOTHING;
	}
	return offer_arguments(l);
}

enum complete_also complete_line(const struct command *const *all, char **words, size_t n,
				 complete_fn *put, void *arg)
{
	struct line l = {.all = all, .forms = ~0U, .typed = words[n - 1], .put = put, .arg = arg};
	enum complete_also also;
	size_t i = 0, c = 0;

	while (i + 1 < n && (!strcmp(words[i], "-v") || !strcmp(words[i], "-q")))
		i++;
	if (i + 1 == n)
		return offer_first(&l);
	if (!strcmp(words[i], "help")) {
		if (i + 2 == n)
			offer_commands(&l, "");
		return COMPLETE_NOTHING;
	}
	while (all[c] && strcmp(all[c]->name, words[i]) != 0)
		c++;
	l.c = all[c];
	if (!l.c)
		return COMPLETE_NOTHING;
	l.arguments = xcalloc(n, sizeof(*l.arguments));
	for (i++; i + 1 < n && !l.program; i++)
		take_word(&l, words[i]);
	also = offer_last(&l);
	free(l.arguments);
	return also;
}
