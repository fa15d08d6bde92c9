/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef LAB_GATEWAY_NAT_RULES_H
#define LAB_GATEWAY_NAT_RULES_H

#include "lab/gateway/rules.h"

void nat_sets(struct rules *p);
void nat_forward_rules(struct rules *p); /* memory: in the forward chain, on outbound packets */
void nat_filter_rules(struct rules *p);	 /* filter: in the forward chain, on new inbound flows */
void nat_translation_rules(struct rules *p); /* prerouting and postrouting chains */

#endif
