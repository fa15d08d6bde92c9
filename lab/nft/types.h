/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef LAB_NFT_TYPES_H
#define LAB_NFT_TYPES_H

/* nft(8)'s own type numbers; a concatenation is (a << 6) | b. */
#define NFTYPE_IPV4_ADDR    7u
#define NFTYPE_IPV6_ADDR    8u
#define NFTYPE_INET_PROTO   12u
#define NFTYPE_INET_SERVICE 13u

/* The sets of a gateway's table: nat_rules.c makes them, conntrack_aging.c ages their elements and
 * text.c prints them. */
#define NAT_MAPPINGS   "mappings"   /* map: protocol . outside port -> inside address . port */
#define NAT_OWNERS_UDP "owners-udp" /* set: outside port . what the mapping is made of */
#define NAT_OWNERS_TCP "owners-tcp"
#define NAT_CONTACTED  "contacted" /* set: protocol . inside address . port . outside address */

#endif
