// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * setting_order.c - the order in which pages and plots show settings: the paper's
 *
 * By the firewall, from open to fully restricted, then by the NAT, public first. What the paper does not have comes
 * behind, by name.
 */
#include <string.h>

#include "base/err.h"
#include "results/report/setting_order.h"

unsigned firewall_rank(const char *firewall)
{
	static const char *const order[FIREWALL_RANKS] = {"open", "inbound-restricted",
							  "full-restricted"};
	unsigned k = 0;

	while (k < FIREWALL_RANKS && strcmp(order[k], firewall) != 0)
		k++;
	return k;
}

unsigned nat_rank(const char *nat)
{
	return strcmp(nat, "public") != 0;
}

int site_order(const char *firewall, const char *nat, const char *other, const char *other_nat)
{
	unsigned a = firewall_rank(firewall), b = firewall_rank(other);
	int d = (a > b) - (a < b);

	if (!d)
		d = strcmp(firewall, other);
	if (!d)
		d = (int)nat_rank(nat) - (int)nat_rank(other_nat);
	return d ? d : strcmp(nat, other_nat);
}
