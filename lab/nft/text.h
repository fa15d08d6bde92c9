/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef LAB_NFT_TEXT_H
#define LAB_NFT_TEXT_H

#include <stdio.h>

#include <libnftnl/rule.h>
#include <libnftnl/set.h>

/* Prints a rule as nft(8) would write it, without line end. An expression that our builders do not
 * make is printed as [name]. */
void nft_rule_text(FILE *f, const struct nftnl_rule *r);
/* Prints a set's element: "udp . 5000 counter packets 1 bytes 32 : 10.0.0.1 . 5000". */
void nft_element_text(FILE *f, const struct nftnl_set *s, const struct nftnl_set_elem *el);
/* "inet" of a table's family; "?" of one that nft(8) does not have. */
const char *nft_family_text(uint32_t family);
/* "inet_proto . inet_service" of a concatenated type number. */
void nft_type_text(FILE *f, uint32_t type);

/* "2h4m" of milliseconds; whole seconds only. */
void nft_time_text(FILE *f, uint64_t ms);

#endif
