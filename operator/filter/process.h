/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef OPERATOR_FILTER_PROCESS_H
#define OPERATOR_FILTER_PROCESS_H

#include "operator/filter/filter.h"

/*
 * The filter in a process of its own, which alone keeps CAP_NET_ADMIN. The functions are those of
 * filter.h, from the process that reads packets.
 */
struct filter_process;

/* Forks; to be called early, with privilege and one thread, before other descriptors are open. @user as
 * for privilege_drop(). @wish->fn is called in filter_process_read() and in the two that ask. NULL with
 * @e set, also when the filter cannot be opened. */
struct filter_process *filter_process_start(const struct filter_policy *policy,
					    const struct filter_wish *wish, const char *user,
					    struct err *e);
/* Hands a sighting over without waiting; from any thread. When the filter is behind it is lost, and
 * counted. */
void filter_process_sighting(struct filter_process *p, const struct sighting *s);
/* Readable when lines wait, or when the filter ended. */
int filter_process_fd(const struct filter_process *p);
/* Gives the lines that wait to the wish's function. 0, or -1 with @e set: the filter ended, and so must
 * this process. */
int filter_process_read(struct filter_process *p, struct err *e);
/* Asks and waits; the answer's lines go to the wish's function. How many; -1 with @e set: the filter
 * ended. @ip NULL = all. */
int filter_process_blocked(struct filter_process *p, struct err *e);
int filter_process_unblock(struct filter_process *p, const struct ip *ip, struct err *e);
/* As of the last second; @behind: sightings that were lost. */
const struct filter_totals *filter_process_totals(const struct filter_process *p, uint64_t *behind);
/* Ends it, and waits for it. NULL is allowed. */
void filter_process_stop(struct filter_process *p);

#endif
