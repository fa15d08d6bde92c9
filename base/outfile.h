/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef BASE_OUTFILE_H
#define BASE_OUTFILE_H

#include <stdbool.h>
#include <stdio.h>
#include <sys/types.h>

#include "base/err.h"

/**
 * struct outfile - a file that exists under its name only when it is whole
 * @f:		Stream to write to
 * @path:	Name it will get, links followed (owned); NULL for "-"
 * @tmp:	Temporary name where the file system lacks nameless files, else NULL (owned)
 * @through:	It is written to as data comes: a device, a pipe, what outfile_follow() opened
 * @replaces:	A regular file stands there; @mode, @uid and @gid are its
 */
struct outfile {
	FILE *f;
	char *path;
	char *tmp;
	bool through, replaces;
	mode_t mode;
	uid_t uid;
	gid_t gid;
};

/* Opens for writing; "-" means standard output. A device, pipe or terminal is written to and stays
 * what it is. 0, or -1 with @e set: also when @path is an input (base/input.h). The folder must
 * exist. */
int outfile_open(struct outfile *o, const char *path, struct err *e);
/* Opens for lines that somebody follows while they are written: added to a file that is there. */
int outfile_follow(struct outfile *o, const char *path, struct err *e);
/* Flushes, gives the file its name (replacing an older one) and frees. 0, or -1 with @e set: then
 * nothing is left. */
int outfile_commit(struct outfile *o, struct err *e);
/* Drops what was written. Safe on a zeroed or committed struct. */
void outfile_abort(struct outfile *o);

/* Sends what was printed to standard output. 0; -1 with @e set, or when an earlier write failed: what
 * is left is then dropped, so that the failure is said once. */
int outfile_flush_standard(struct err *e);

/* Writes @text at once to a file that is there, as those of /proc are. 0, or -1 with errno set. */
int write_existing(const char *path, const char *text);
/* mkdir -p. 0, or -1 with @e set. */
int make_dirs(const char *path, struct err *e);
/* rm -r, without following links; errors are ignored. */
void remove_tree(const char *path);
/* The most bytes that read_file() reads: what is not a file of ours ends there. */
#define READ_FILE_MAX (1UL << 30)
/* Whole file into a fresh NUL-terminated buffer (caller frees); *len may be NULL. NULL with @e set,
 * also when the file is longer than READ_FILE_MAX or @most bytes. */
char *read_file(const char *path, size_t *len, struct err *e);
char *read_file_within(const char *path, size_t most, size_t *len, struct err *e);
/* The same of an open file, which is closed; @path is for messages. */
char *read_stream_within(FILE *f, const char *path, size_t most, size_t *len, struct err *e);
/* SHA-256 of a regular file as 64 hex digits and NUL; of what is left of an open one, which @path
 * names. 0, or -1 with @e set. */
int file_sha256(const char *path, char hex[65], struct err *e);
int stream_sha256(FILE *f, const char *path, char hex[65], struct err *e);
/* SHA-256 of bytes. */
void bytes_sha256(const void *p, size_t n, char hex[65]);

#endif
