/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef BASE_INPUT_H
#define BASE_INPUT_H

#include <stdbool.h>
#include <stdio.h>

#include "base/err.h"

/* Opens for reading a file that the user named, noted as an input. A named pipe has to be written
 * to by somebody within 5 s. NULL with @e set. */
FILE *input_open(const char *path, struct err *e);
/* Notes every file below the folder @dir, a run's: no output takes the place of one of them. 0; -1
 * with @e set for the first that cannot be, as a pipe at which a reader would wait. */
int input_folder(const char *dir, struct err *e);
/* Notes the file behind @fd as an input, for those who open it by themselves. */
void input_note(int fd);
/* Notes the file behind @fd as written by this process: it is not an input, though it may be read
 * again. */
void input_own(int fd);
/* Whether the file that @path names, by whatever links, was noted as an input. */
bool input_is(const char *path);
/* Whether files written to these paths, "-" or not there yet, would be one: by whatever spelling or
 * link. Devices and pipes are nobody's: false. */
bool input_same_place(const char *a, const char *b);

#endif
