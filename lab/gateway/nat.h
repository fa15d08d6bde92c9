/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef LAB_GATEWAY_NAT_H
#define LAB_GATEWAY_NAT_H

#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"

/* A NAT behaviour as its file says it (skypelab-nat(5)); terms of RFC 4787 sections 4 to 6. */

enum nat_translation {
	NAT_NONE,	/* public addresses inside */
	NAT_SEEDED,	/* ports from the scenario's seed, every behaviour selectable */
	NAT_MASQUERADE, /* what Linux does by itself */
};

/* Both for mapping and for filtering, from the freest to the strictest. */
enum nat_dependence {
	NAT_ENDPOINT_INDEPENDENT,
	NAT_ADDRESS_DEPENDENT,
	NAT_ADDRESS_AND_PORT_DEPENDENT,
};
const char *nat_dependence_text(enum nat_dependence d); /* "endpoint-independent" ... */

struct nat_lifetime {
	/* seconds without a packet until a mapping is forgotten; udp_replied: of UDP flows that
	 * were answered and are older than two seconds (Linux tells the two apart) */
	unsigned udp, udp_replied, tcp;
};

struct nat_policy {
	char *name, *summary, *reproduces; /* (owned) */
	enum nat_translation translation;
	enum nat_dependence mapping, filtering;
	bool hairpinning;	/* with the external source address and port (RFC 4787 REQ-9) */
	bool port_preservation; /* the inside port when it is free, else one from the seed */
	struct nat_lifetime lifetime;
	char *path;  /* (owned) for messages */
	char *given; /* (owned) what nat_policy_load() was given: for people */
};

/* By name (scenarios/nats/NAME.yaml), by path, or written out, comma-separated, each part optional:
 * "mapping=address-dependent,filtering=endpoint-independent,hairpinning=yes,port-preservation=yes,
 * udp-lifetime=30,tcp-lifetime=7440". NULL = "public". NULL with @e set: "file:line: what",
 * EXIT_USAGE. */
struct nat_policy *nat_policy_load(const char *name, struct err *e);
/* Whether hosts inside have private addresses; false for NULL, which stands for "public". */
bool nat_translates(const struct nat_policy *n);
void nat_policy_free(struct nat_policy *n);

/* Which of nat_rules.c's dynamic sets a behaviour needs. */
bool nat_has_mappings(const struct nat_policy *n);
bool nat_has_contacted(const struct nat_policy *n);

#endif
