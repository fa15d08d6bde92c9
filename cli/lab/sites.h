/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef CLI_LAB_SITES_H
#define CLI_LAB_SITES_H

#include "base/err.h"
#include "lab/gateway/policies.h"
#include "lab/lab.h"

/* A lab described by options instead of a scenario. Zero it first. */
struct sites {
	struct lab_site_spec *site; /* (owned) */
	char **text;		    /* (owned) where their names stand */
	struct policies policies;   /* that the sites name */
	size_t n;
	struct lab_prefix *internet; /* (owned) */
	size_t n_internet;
	char **taps; /* (owned) every vantage there is */
	size_t n_taps;
	uint64_t seed;
};

/* NAME[,hosts=N][,firewall=F][,nat=N][,cgn=N][,delay=MS][,jitter=MS][,loss=P][,rate=BPS].
 * 0, or -1 with @e set. */
int sites_add(struct sites *s, const char *text, struct err *e);
/* ADDRESS[/LENGTH]. 0, or -1 with @e set. */
int sites_add_internet(struct sites *s, const char *text, struct err *e);
/* For lab_up(), with a tap at every vantage; valid until sites_free(). */
struct lab_spec sites_spec(struct sites *s);
void sites_free(struct sites *s);

#endif
