/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef OPERATOR_WATCH_OPENER_H
#define OPERATOR_WATCH_OPENER_H

#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"
#include "base/input.h"
#include "base/outfile.h"
#include "detector/language/file.h"

/* A process that opens files for one that may not: what reads strangers' packets gets descriptors from
 * it, of files that were named at the start, and can name no others. */
struct opener;

/**
 * struct opener_paths - the files; each NULL when there is none
 * @eve:	Added to, and opened anew
 * @prom:	Replaced
 * @removed:	What is removed at the end
 * @signatures:	Names, as signatures_load() has them, @signatures_n
 * @inputs:	Files that are followed, @inputs_n
 * @output:	Gets its name at the end
 */
struct opener_paths {
	const char *eve, *prom, *removed[2];
	const char *const *signatures;
	size_t signatures_n;
	const char *const *inputs;
	size_t inputs_n;
	struct outfile *output;
};

/* Before there are threads, and before privilege is given up. The strings must outlive it. NULL with @e
 * set. All that follows is for the thread that started it, and waits for the answer. */
struct opener *opener_start(const struct opener_paths *paths, struct err *e);
/* Readable when the process has ended. */
int opener_fd(const struct opener *o);
/* Which file it is, as fstat(2) says it, which who reads packets may not call. */
struct opener_file {
	uint64_t dev, ino;
};

/* What stands under the name of the EVE file: 1 = *@file; 0 = nothing; -1 = not known. */
int opener_eve_look(struct opener *o, struct opener_file *file);
/* Opens it for adding, made if need be: a descriptor of *@file, or -1 with @e set. */
int opener_eve(struct opener *o, struct opener_file *file, struct err *e);
/* A file that will replace @prom: a descriptor, or -1 with @e set; and its end: it gets the name, or
 * not. 0, or -1 with @e set. */
int opener_prom_begin(struct opener *o, struct err *e);
int opener_prom_end(struct opener *o, bool keep, struct err *e);
/* Signatures as signatures_load() would load them now; NULL with @e set. */
struct signature_set *opener_signatures(struct opener *o, struct err *e);
/* As input_look() and input_follow() of input @number. */
int opener_input_look(struct opener *o, size_t number, struct input_file *file);
int opener_input(struct opener *o, size_t number, int *fd, struct input_file *file, struct err *e);
/* Gives the output its name; what was written is flushed. 0, or -1 with @e set. */
int opener_output_commit(struct opener *o, struct err *e);
/* Whether the process has ended, when no answer of it is waited for. */
bool opener_ended(const struct opener *o);
/* Removes what is to be removed at the end. */
void opener_remove(struct opener *o);
/* Ends the process. NULL is allowed. */
void opener_end(struct opener *o);

#endif
