/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef BASE_TEXT_H
#define BASE_TEXT_H

#include <stdbool.h>
#include <stddef.h>

#define TEXT_PIECE 8 /* room for what stands for one character, with its NUL */

/* Moves @s over its next character and puts what stands for it into @out: the character itself, or
 * "\x1b" and "\u202e" for one that must be shown instead. False at the end. */
bool text_piece(const char **s, char out[TEXT_PIECE]);
/* Whether @s is UTF-8 without a character that has to be shown. */
bool text_plain(const char *s);
/* As snprintf(@out, @room, "%s", @s), with every character that is not plain shown. */
void text_show(char *out, size_t room, const char *s);

#endif
