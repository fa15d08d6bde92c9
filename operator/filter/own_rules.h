/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef OPERATOR_FILTER_OWN_RULES_H
#define OPERATOR_FILTER_OWN_RULES_H

#include <libnftnl/set.h>

#include "lab/nft/batch.h"
#include "operator/filter/policy.h"

extern const struct nft_table own_table_name;

/* Counters, sets without elements, the allow list, chains and rules of a new table. */
void own_rules(struct nft_batch *b, const struct filter_policy *p);
/* The name of the set for @what and a family (4 or 6). */
const char *own_set(enum filter_what what, uint8_t family);
const char *own_counter(enum filter_what what);

#endif
