/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef LAB_GATEWAY_POLICIES_H
#define LAB_GATEWAY_POLICIES_H

#include "base/err.h"

struct firewall;
struct nat_policy;

/* Firewall policies and NAT behaviours by name, each loaded once. What comes out is owned by the
 * collection and lives as long as it does. Zero it first. */
struct policies {
	struct policy_entry *entries; /* (owned) */
	size_t n;
};

/* A name as firewall_load() and nat_policy_load() take it. NULL with @e set. */
const struct firewall *policies_firewall(struct policies *p, const char *name, struct err *e);
const struct nat_policy *policies_nat(struct policies *p, const char *name, struct err *e);
void policies_free(struct policies *p);

#endif
