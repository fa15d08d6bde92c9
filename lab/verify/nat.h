/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef LAB_VERIFY_NAT_H
#define LAB_VERIFY_NAT_H

#include "lab/gateway/nat.h"
#include "lab/verify/tally.h"

/* Each: 0, or -1 with @e set. */
int verify_nats(struct verify *v, struct err *e);
unsigned verify_nats_labs(const struct verify *v); /* how many labs it builds */
/* One behaviour, UDP and TCP: builds @built and compares with what @nat declares. */
int verify_nat(struct verify *v, const char *label, const struct nat_policy *built,
	       const struct nat_policy *nat, struct err *e);

#endif
