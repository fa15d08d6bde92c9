/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef OPERATOR_FILTER_WATCH_FILTER_H
#define OPERATOR_FILTER_WATCH_FILTER_H

#include <jansson.h>

#include "operator/filter/filter.h"
#include "operator/watch/sinks.h"

/**
 * struct watch_filter_wish - the filter of a watch
 * @policy:	File, or NULL
 * @user:	As for privilege_drop()
 * @dry_run, @fail_closed: As in struct filter_wish
 * @fn, @arg:	Called for each line but those that only answer somebody, in the main thread
 * @forget:	Called where lines were lost: what @fn heard before is forgotten, and a line "in force" of each block
 *		follows; NULL is allowed
 */
struct watch_filter_wish {
	const char *policy, *user;
	bool dry_run, fail_closed;
	filter_fn *fn;
	void (*forget)(void *arg);
	void *arg;
};

struct watch_filter;

/* Starts the filter's process: before interfaces are open and threads
 * run. NULL with @e set. */
struct watch_filter *watch_filter_open(const struct watch_filter_wish *wish, struct err *e);
/* As it was opened. */
const struct watch_filter_wish *watch_filter_wish(const struct watch_filter *f);
/* As of the last second; *@behind (NULL is allowed): sightings that were not handed over. */
const struct filter_totals *watch_filter_totals(const struct watch_filter *f, uint64_t *behind);
/* The sink that hands sightings over. */
void watch_filter_sink(struct watch_filter *f, struct watch_sink *sink);
/* Answers of the control socket to "blocked" and "unblock" (operator/watch/control.h). */
json_t *watch_filter_blocked(void *arg, const json_t *request, struct err *e);
json_t *watch_filter_unblock(void *arg, const json_t *request, struct err *e);
void watch_filter_close(struct watch_filter *f); /* NULL is allowed */

#endif
