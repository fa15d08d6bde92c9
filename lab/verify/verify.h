/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef LAB_VERIFY_VERIFY_H
#define LAB_VERIFY_VERIFY_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#include "base/err.h"

/* What to probe; none given = everything. */
struct lab_verify_options {
	bool nats, firewalls, peers, matrix;
	const char *nat, *firewall; /* only this behaviour, this policy: a name or a file */
	uint64_t seed;		    /* of the labs' NAT ports */
	bool json;		    /* not grids, but an array with an object for each check */
	bool progress;		    /* show a running count on standard error */
};

/* Builds a lab for every NAT behaviour (all mappings, filterings, hairpinning, port preservation,
 * and the presets), every firewall policy with and without NAT, every pair of peers, and every cell
 * of the paper's matrix; probes each from inside and outside; prints declared against observed as a
 * grid to @out. Needs lab_sandbox_enter(). The output depends on the seed and the policies only.
 * 0 all agree, 1 at least one difference (each marked in the grid and counted in the last line), -1
 * with @e set. */
int lab_verify(const struct lab_verify_options *o, FILE *out, struct err *e);

#endif
