/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef RUN_DETECT_RECORD_FILE_H
#define RUN_DETECT_RECORD_FILE_H

#include <stddef.h>

#include "base/err.h"
#include "detector/engine/flow_record.h"

#define RECORD_FILE_MAX 20000000UL /* records in one call */

/* Flow records of somebody else's exporter; times are ns since 1970. */
struct record_list {
	struct flow_record *records; /* (owned) first @n */
	size_t n, room;
};

/* Adds the UDP and TCP records of a file, as input number @input: what `nfdump -o json` or `nfdump -o csv`
 * prints. 0, or -1 with @e set: "file:line: what", or "file: record N: what". */
int record_file_read(const char *path, uint16_t input, struct record_list *out, struct err *e);
/* By their first packets. */
void record_list_sort(struct record_list *l);
void record_list_free(struct record_list *l);

#endif
