/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef OPERATOR_FILTER_OWN_TABLE_H
#define OPERATOR_FILTER_OWN_TABLE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "operator/filter/policy.h"

#define OWN_TABLE "skypelab-watch" /* family inet */

/**
 * struct own_element - a blocked super node or client in the kernel's set
 * @what:	FILTER_SUPER_NODE or FILTER_CLIENT
 * @who, @proto: The endpoint and IPPROTO_...; a client has neither port nor protocol
 * @timeout_ms, @left_ms: Its whole time, and what is left of it
 * @packets, @bytes: Stopped so far
 * @comment:	Why, which listings show
 */
struct own_element {
	enum filter_what what;
	struct endpoint who;
	uint8_t proto;
	uint64_t timeout_ms, left_ms, packets, bytes;
	char comment[120];
};

typedef void own_element_fn(void *arg, const struct own_element *el);

struct own_table;

/* A socket to nftables of @netns (-1 = this thread's), no table yet. NULL with @e set. */
struct own_table *own_table_open(const struct filter_policy *p, int netns, bool persist,
				 struct err *e);
/* Is there a table that another start left? 1: yes, each of its elements was given to @fn; 0: there is
 * none; -1 with @e set: it has an owner who runs, or is not ours. */
int own_table_orphan(struct own_table *t, own_element_fn *fn, void *arg, struct err *e);
/* Makes the table with @n elements, in the place of one that is there, at once. 0, or -1 with @e set. */
int own_table_make(struct own_table *t, const struct own_element *els, size_t n, struct err *e);
/* Is it there, and ours? */
bool own_table_stands(struct own_table *t);

enum own_added { OWN_ADDED, OWN_FULL, OWN_FAILED };
/* Adds @el, or gives it its new time when it is there (@again). OWN_FAILED sets @e. */
enum own_added own_table_add(struct own_table *t, const struct own_element *el, bool again,
			     struct err *e);
/* 0, also when it is not there; or -1 with @e set. */
int own_table_remove(struct own_table *t, const struct own_element *el, struct err *e);
/* Calls @fn for every element. 0, or -1 with @e set. */
int own_table_each(struct own_table *t, own_element_fn *fn, void *arg, struct err *e);
/* What the rules of that kind stopped. */
bool own_table_counter(struct own_table *t, enum filter_what what, uint64_t *packets,
		       uint64_t *bytes);
/* The socket closes: the kernel removes the table, or keeps it when it is to persist. */
void own_table_close(struct own_table *t);

#endif
