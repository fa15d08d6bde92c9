/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef ANALYSIS_COVERAGE_PATHS_H
#define ANALYSIS_COVERAGE_PATHS_H

#include "analysis/coverage/internet.h"

/* The shortest valley-free paths from one network to all others. */
struct paths;

struct paths *paths_new(const struct internet *x); /* @x must outlive it. Never NULL */
void paths_free(struct paths *p);		   /* NULL is allowed */
/* From now on paths begin at @source. */
void paths_from(struct paths *p, unsigned source);

#define PATH_MAX_NETS 64

/* The networks from @to back to the source, both included, into @out. How many; 0 = there is no such
 * path, or it has more than PATH_MAX_NETS. */
unsigned paths_to(const struct paths *p, unsigned to, uint16_t out[PATH_MAX_NETS]);

#endif
