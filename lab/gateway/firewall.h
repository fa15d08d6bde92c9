/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef LAB_GATEWAY_FIREWALL_H
#define LAB_GATEWAY_FIREWALL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"

/* A firewall policy as its file says it (skypelab-firewall(5)). Directions and addresses are those
 * of a flow's first packet: "outbound" flows are opened from inside. */

enum firewall_direction { FIREWALL_OUTBOUND, FIREWALL_INBOUND };
enum firewall_protocol { FIREWALL_ANY, FIREWALL_UDP, FIREWALL_TCP, FIREWALL_ICMP };
enum firewall_action { FIREWALL_ALLOW, FIREWALL_BLOCK };
enum firewall_default { FIREWALL_OPEN, FIREWALL_CLOSED };
enum firewall_blocked { FIREWALL_DROP, FIREWALL_REJECT };

struct port_range {
	uint16_t lo, hi;
};

struct firewall_rule {
	char *label; /* (owned) letters, digits, '-'; names the counter "blocked-<label>" */
	enum firewall_direction direction;
	enum firewall_protocol protocol;
	char **ports; /* (owned) as written: "80", "1025-65535"; none = all */
	unsigned n_ports;
	char *to, *from; /* (owned) address group of the destination, source, or NULL */
	enum firewall_action action;
	/* from here on filled by firewall_load(), not from the file */
	struct port_range *ranges; /* (owned) n_ports of them */
	unsigned line;
};

struct firewall {
	char *name, *summary, *reproduces; /* (owned) */
	enum firewall_default inbound, outbound;
	enum firewall_blocked blocked_with;
	struct firewall_rule *rules;
	unsigned n_rules;
	char *path;  /* (owned) for messages */
	char *given; /* (owned) what firewall_load() was given: for people */
};

/* By name (scenarios/firewalls/NAME.yaml) or path; NULL = "open". A last ":drop" or ":reject" takes
 * the place of the file's blocked-with: "full-restricted:reject". NULL with @e set: "file:line:
 * what", EXIT_USAGE. Checks that every rule can match and that none contradicts an earlier one. */
struct firewall *firewall_load(const char *name, struct err *e);
void firewall_free(struct firewall *f);

#endif
