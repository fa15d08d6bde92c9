/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef BASE_INPUT_H
#define BASE_INPUT_H

#include <stdbool.h>
#include <stdio.h>

/* fopen(@path, "r") for a file that the user named, noted as an input. NULL with errno set. */
FILE *input_open(const char *path);
/* Notes the file behind @fd as an input, for those who open it by themselves. */
void input_note(int fd);
/* Notes the file behind @fd as written by this process: it is not an input, though it may be read
 * again. */
void input_own(int fd);
/* Whether the file that @path names, by whatever links, was noted as an input. */
bool input_is(const char *path);

#endif
