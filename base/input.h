/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef BASE_INPUT_H
#define BASE_INPUT_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#include "base/err.h"

/* Opens for reading a file that the user named, noted as an input. A named pipe has to be written
 * to by somebody within 5 s. NULL with @e set. */
FILE *input_open(const char *path, struct err *e);
/**
 * struct input_file - a file that is followed while somebody adds to it
 * @dev, @ino:	Which file it is
 * @regular:	It may grow, be renamed, be cut
 * @waits:	It can be waited for with poll(2): a pipe or a socket
 */
struct input_file {
	uint64_t dev, ino;
	bool regular, waits;
};

/* Opens for reading what is added to @path, without waiting for anybody, and notes it: 1 = *@fd is a
 * descriptor of *@file; 0 = nothing has the name; -1 with @e set. A named pipe does not end when its writer
 * does. */
int input_follow(const char *path, int *fd, struct input_file *file, struct err *e);
/* What stands under the name: 1 = *@file; 0 = nothing; -1 = not known. */
int input_look(const char *path, struct input_file *file);
/* Which file @fd is, which @path names, and notes it. 0, or -1 with @e set: it is a folder. */
int input_follow_open(int fd, const char *path, struct input_file *file, struct err *e);
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
