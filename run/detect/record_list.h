/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef RUN_DETECT_RECORD_LIST_H
#define RUN_DETECT_RECORD_LIST_H

#include <stddef.h>

#include "detector/engine/flow_record.h"

#define RECORD_FILE_MAX 20000000UL /* records in one call */

/* Flow records of somebody else's exporter; times are ns since 1970. */
struct record_list {
	struct flow_record *records; /* (owned) first @n */
	size_t n, room;
};

/* Adds @r. */
void record_list_add(struct record_list *l, const struct flow_record *r);
/* By their first packets. */
void record_list_sort(struct record_list *l);
void record_list_free(struct record_list *l);

#endif
