/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef RESULTS_INVOKE_H
#define RESULTS_INVOKE_H

#include "results/adapter/adapter.h"

/* What the placeholders of a command stand for; NULL = nothing. */
struct adapter_places {
	const char *capture, *interface, *out, *rules;
};

/* The arguments (owned, free with adapter_arguments_free()) that a command or live command makes,
 * ended by NULL. Without rules an argument that holds {rules} is left out, and with it the option
 * before it ("-S", "{rules}"). */
char **adapter_arguments(const struct adapter_list *command, const struct adapter_places *p);
void adapter_arguments_free(char **argv); /* NULL is allowed */
/* The version in what the version command printed: the first number with a dot in it, "4.2.0"; "-"
 * where there is none. */
void adapter_version(const char *printed, char version[16]);

#endif
