/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef RUN_VARY_ADDRESSES_H
#define RUN_VARY_ADDRESSES_H

#include <stdbool.h>
#include <stdint.h>

#include "base/addr.h"

/* The addresses and ports of one copy, and the way back. */
struct vary_addresses;

/* @keep: addresses stay what they are, except those of several hosts. Never NULL. */
struct vary_addresses *vary_addresses_new(uint64_t seed, bool keep);
void vary_addresses_free(struct vary_addresses *v);
/* A port with a meaning of its own, which stays. */
bool vary_port_is_fixed(uint16_t port);
/* Gives a Skype endpoint another port, once. @ephemeral: the system chose it for one connection. Call
 * it for all endpoints before vary_port(). */
void vary_addresses_port(struct vary_addresses *v, const struct endpoint *end, bool ephemeral);
/* What an address becomes: the same each time. One that stands for several hosts has one for each
 * number @of, from 1; @of is 0 for all others. */
struct ip vary_address_of(struct vary_addresses *v, const struct ip *ip, uint32_t of);
/* More private networks were asked for than there are: the copy is of no use. */
bool vary_addresses_full(const struct vary_addresses *v);
/* The same in place, for IPv4 in network byte order; a vary_ip_fn, whose argument is a vary_addresses. */
void vary_address_bytes(void *addresses, uint8_t ip[4]);
/* What the port of an endpoint of the original becomes. */
uint16_t vary_port(const struct vary_addresses *v, const struct endpoint *end);
/* Turns an endpoint of the copy into the original's. */
void vary_addresses_restore(const struct vary_addresses *v, struct endpoint *end);

#endif
