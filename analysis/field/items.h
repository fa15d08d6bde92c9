/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef ANALYSIS_FIELD_ITEMS_H
#define ANALYSIS_FIELD_ITEMS_H

#include <stdbool.h>
#include <stdint.h>

/* Items one after the other, each with its length in it. */

/* Strings from byte @from of @n on, each with its length in the byte before it: where they and a zero
 * after several of them end, and how many they are. */
uint32_t strings_run(const uint8_t *p, uint32_t from, uint32_t n, uint32_t *items);

/* Options from byte @from on: a type that is not zero, a length that is not zero, so many bytes.
 * How many there are when they, or one more byte and zeros, end with the message of @size bytes, of
 * which @kept are at @p; 0 = they do not. @begins (may be NULL) of @n: set where one of their
 * fields begins. */
uint32_t options_run(const uint8_t *p, uint32_t from, uint32_t kept, uint32_t size, bool *begins,
		     uint32_t n);

#define RECORD_LEAST 16 /* bytes of a record */

/* How many records there are from @from on in what is kept of a message, each with the distance to
 * the next in its first four bytes, the last with 0; 0 = a distance leads out of the message. Where
 * the first @most of them begin: @at, or NULL. One that begins beyond what is kept counts as well,
 * if one before it led there. */
uint32_t records_run(const uint8_t *p, uint32_t from, uint32_t kept, uint32_t size, bool little,
		     uint32_t *at, uint32_t most);

#endif
