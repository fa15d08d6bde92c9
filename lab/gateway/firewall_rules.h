/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef LAB_GATEWAY_FIREWALL_RULES_H
#define LAB_GATEWAY_FIREWALL_RULES_H

#include <stdbool.h>

#include "lab/gateway/rules.h"

/* The address sets that the policy's rules name. 0, or -1 with @e set. */
int firewall_sets(struct rules *p, struct err *e);
/* A chain that lets a new flow of this direction return, or ends it. */
void firewall_chain(struct rules *p, const char *chain, enum firewall_direction dir);
/* Whether the policy can end any flow of this direction. */
bool firewall_restricts(const struct firewall *f, enum firewall_direction dir);

/* Does the scenario have every address group that the policy blocks? 0, or -1 with @e set. */
int firewall_groups_check(const struct firewall *f, const struct lab_group *groups, size_t n,
			  struct err *e);

#endif
