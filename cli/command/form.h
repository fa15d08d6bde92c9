/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef CLI_COMMAND_FORM_H
#define CLI_COMMAND_FORM_H

#include "cli/command/command.h"

/* What the text of a form's arguments asks for. */
struct form_shape {
	size_t least, most; /* arguments; SIZE_MAX = no limit */
	size_t fixed;	    /* arguments before the program */
	bool program;	    /* what follows those belongs to a program */
	bool dashes;	    /* "--" must stand before the program */
};

struct form_shape form_shape(const char *arguments);
/* Words of a verb: "baseline save" has 2, NULL has none. */
size_t form_verb_words(const char *verb);
/* True when @words, @n of them, begin with the form's verb. */
bool form_has_verb(const struct command_form *f, char **words, size_t n);
/* The forms whose verb begins with @word, as bits, and those without a verb. */
unsigned form_bits_of(const struct command *c, const char *word);
bool form_has_option(const struct option_row *r, size_t form);
/* True when one of the forms in @forms has the option. */
bool form_any_has_option(const struct option_row *r, unsigned forms);
/* "results show", "score --eve": how messages name a form. (owned) */
char *form_label(const struct command *c, size_t form);
/* The same for several forms that are still possible: "lab up", or the command's name. (owned) */
char *form_common_label(const struct command *c, unsigned forms);

#endif
