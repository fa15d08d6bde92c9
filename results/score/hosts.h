/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef RESULTS_HOSTS_H
#define RESULTS_HOSTS_H

#include <stdbool.h>
#include <stddef.h>
#include <uthash.h>

#include "results/score/detections.h"
#include "results/score/flows.h"
#include "results/score/labels.h"

/* What a host is at a vantage; the first that is true of it. */
enum host_role {
	HOST_CLIENT = 1,   /* an end of a Skype flow that was seen, and runs a client */
	HOST_PEER = 2,	   /* the other side of a Skype flow, if it runs no client */
	HOST_UNKNOWN = 4,  /* a side of a flow with label unknown */
	HOST_NEGATIVE = 8, /* the monitored side of a flow that is not Skype, and was seen */
};

/* A host at a vantage: by the name that the labels give it, else by its address. */
struct host {
	char name[64];
	unsigned roles;		       /* all that it has */
	bool held;		       /* a flow of it was seen */
	const struct flow_seen **seen; /* (owned) the Skype flows that make it a client */
	size_t n, cap;
	UT_hash_handle hh;
};

struct hosts;

/* The hosts of labels, or without labels (NULL) of the capture's flows: their monitored sides. @x may be
 * NULL: every labelled flow counts as seen. */
struct hosts *hosts_new(const struct labels *l, const struct flow_index *x);
void hosts_free(struct hosts *h);
/* In order of first appearance: a uthash list of all; NULL = none. */
const struct host *hosts_all(const struct hosts *h);
enum host_role host_role(const struct host *h);
/* Whose address an event names as client; where the detector does not say, the client of the flow's
 * label, or its monitored side. */
struct ip hosts_client(const struct hosts *h, const struct detection *v);
/* Whom an event names as client: by the end of its flow that has the address. Where the flow is in no row,
 * by the endpoint, and else by the address alone. NULL: none; *@several = the address is that of
 * several hosts. */
__attribute__((nonnull)) const struct host *hosts_named(const struct hosts *h,
							const struct detection *v, bool *several);

#endif
