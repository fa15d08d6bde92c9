/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef BASE_NEAREST_H
#define BASE_NEAREST_H

#include <stddef.h>

/* Searches for the right word nearest to a mistyped one. Zero it, set @typed. */
struct nearest {
	const char *typed;
	const char *best; /* NULL while no word is near enough */
	size_t distance;
};

/* Offers a right word. */
void nearest_try(struct nearest *n, const char *word);

#endif
