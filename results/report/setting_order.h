/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef RESULTS_SETTING_ORDER_H
#define RESULTS_SETTING_ORDER_H

/* The paper's firewalls have the ranks 0 to FIREWALL_RANKS - 1, from the least to the most restricted. */
#define FIREWALL_RANKS 3

/* A firewall's or a NAT's place in the paper's order; other names come behind, all with one rank. */
unsigned firewall_rank(const char *firewall);
unsigned nat_rank(const char *nat);
/* Compares two sites' settings in that order, then by name: negative, 0, positive. */
int site_order(const char *firewall, const char *nat, const char *other, const char *other_nat);

#endif
