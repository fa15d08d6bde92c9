/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef CLI_LABSITES_H
#define CLI_LABSITES_H

#include "base/err.h"
#include "lab/gateway/policies.h"
#include "lab/lab.h"

/* A lab described by options instead of a scenario. Zero it first. */
struct labsites {
	struct lab_site_spec *site; /* (owned) */
	char **text;		    /* (owned) where their names stand */
	struct policies policies;   /* theirs */
	size_t n;
	struct lab_prefix *internet; /* (owned) */
	size_t n_internet;
	char **taps; /* (owned) every vantage there is */
	size_t n_taps;
	uint64_t seed;
};

/* NAME[,hosts=N][,firewall=F][,nat=N][,cgn=N][,delay=MS][,jitter=MS][,loss=P][,rate=BPS].
 * 0, or -1 with @e set, as the others. */
int labsites_site(struct labsites *s, const char *text, struct err *e);
int labsites_internet(struct labsites *s, const char *text, struct err *e);
int labsites_seed(struct labsites *s, const char *text, struct err *e);
/* For lab_up(), with a tap at every vantage; valid until labsites_free(). */
struct lab_spec labsites_spec(struct labsites *s);
void labsites_free(struct labsites *s);

/* labjoin.c: runs a program inside a node of a lab and returns its exit code (128 + signal when
 * killed), or that of the error. @argv[0] is searched in PATH. */
int labjoin_run(const char *lab, const char *node, char *const argv[]);

#endif
