// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * record_list.c - flow records of files, in the order of their first packets
 *
 * Limits. All are held; RECORD_FILE_MAX is asked by who reads them.
 */
#include <stdlib.h>

#include "base/err.h"
#include "run/detect/record_list.h"

void record_list_add(struct record_list *l, const struct flow_record *r)
{
	if (l->n == l->room) {
		l->room = l->room ? 2 * l->room : 1024;
		l->records = xrealloc(l->records, l->room * sizeof(*l->records));
	}
	l->records[l->n++] = *r;
}

static int by_first(const void *a, const void *b)
{
	const struct flow_record *x = a, *y = b;
	int64_t t = (int64_t)x->first_ns, u = (int64_t)y->first_ns;

	if (t != u)
		return t < u ? -1 : 1;
	if (x->input != y->input)
		return x->input < y->input ? -1 : 1;
	return (x->number > y->number) - (x->number < y->number);
}

void record_list_sort(struct record_list *l)
{
	if (l->n)
		qsort(l->records, l->n, sizeof(l->records[0]), by_first);
}

void record_list_free(struct record_list *l)
{
	free(l->records);
	*l = (struct record_list){0};
}
