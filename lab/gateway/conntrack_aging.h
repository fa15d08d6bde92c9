/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef LAB_GATEWAY_CONNTRACK_AGING_H
#define LAB_GATEWAY_CONNTRACK_AGING_H

#include <stdint.h>

#include <libnetfilter_conntrack/libnetfilter_conntrack.h>

#include "base/err.h"
#include "base/loop.h"
#include "lab/gateway/gateway.h"

/* Ageing of a gateway's conntrack entries and NAT sets in emulated time. Private to
 * conntrack.c. */

struct ctage;

/* Called for each entry that is removed, with the emulated time at which it expired. */
typedef void ctage_expired_fn(void *arg, struct nf_conntrack *ct, uint64_t at_ns);

/* NULL with @e set. */
struct ctage *ctage_new(const struct gateway_ctx *g, struct loop *loop, ctage_expired_fn *expired,
			void *arg, struct err *e);
void ctage_free(struct ctage *a);
/* An entry that was confirmed, and one that is gone: from conntrack's events. */
void ctage_track(struct ctage *a, const struct nf_conntrack *ct);
void ctage_untrack(struct ctage *a, const struct nf_conntrack *ct);
/* Calls @fn for each live entry as the kernel has it now. */
void ctage_each(struct ctage *a, void (*fn)(void *arg, struct nf_conntrack *ct), void *arg);
/* First failure while ageing, or NULL: the lifetimes of this gateway cannot be trusted then. */
const char *ctage_failure(const struct ctage *a);

#endif
