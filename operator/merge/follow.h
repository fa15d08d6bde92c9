/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef OPERATOR_FOLLOW_H
#define OPERATOR_FOLLOW_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "operator/watch/opener.h"

/* A file, named pipe or standard input ("-") that somebody adds lines to. */
struct follow;

/**
 * struct follow_counts - what became of an input's lines
 * @lines:	Whole lines given out
 * @torn:	Lines without a newline at their file's end, given out, or at which it was cut
 * @long_lines:	Lines over the limit, passed over
 * @replaced, @cut: How often the file was another one, or shorter, than before
 */
struct follow_counts {
	uint64_t lines, torn, long_lines, replaced, cut;
};

/* Opens @path, of whose lines the longest has @most bytes. @once: what is there is read to its end, and
 * must be there; else a file that is not there is waited for, and none ends. (owned) by the caller; NULL
 * with @e set. */
struct follow *follow_open(const char *path, size_t most, bool once, struct err *e);
/* From now on @opener looks up and opens the name, which is its input @number. */
void follow_opener(struct follow *f, struct opener *opener, size_t number);
void follow_close(struct follow *f);

/* The next line, without its newline and NUL-terminated, *n bytes; valid until the next call. NULL =
 * none now. @now_ms: a clock that goes on evenly. Never waits. */
const char *follow_line(struct follow *f, size_t *n, uint64_t now_ms);
/* A descriptor that becomes readable when there is more; -1 = it has to be asked from time to time. */
int follow_fd(const struct follow *f);
/* Nothing will come any more. */
bool follow_ended(const struct follow *f);
const char *follow_path(const struct follow *f);
struct follow_counts follow_counts(const struct follow *f);

#endif
