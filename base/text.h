/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef BASE_TEXT_H
#define BASE_TEXT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define TEXT_PIECE 8 /* room for what stands for one character, with its NUL */

/* Moves @s over its next character and puts what stands for it into @out: the character itself, or
 * "\x1b" and "\u202e" for one that must be shown instead. False at the end. */
bool text_piece(const char **s, char out[TEXT_PIECE]);
/* Writes @c, at most U+10FFFF, as UTF-8: up to 4 bytes, without a NUL. How many. */
size_t text_encode(uint32_t c, char *out);
/* Whether @s is UTF-8 without a character that has to be shown. */
bool text_plain(const char *s);
/* As snprintf(@out, @room, "%s", @s), with every character that is not plain shown. */
void text_show(char *out, size_t room, const char *s);

/* Copies @s into @room bytes, 4 or more. Where it does not fit, it is cut between two characters, and "..." ends it. */
void text_cut(char *out, size_t room, const char *s);

/* Whether the name of a host, @n bytes long, is @domain or below it, in either case. */
bool text_is_below(const char *name, size_t n, const char *domain);

#endif
