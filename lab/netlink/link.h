/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef LAB_NETLINK_LINK_H
#define LAB_NETLINK_LINK_H

#include <stdbool.h>
#include <stdint.h>

#include "base/addr.h"
#include "base/err.h"
#include "lab/netlink/netlink.h"
#include "lab/spec.h"

#define LAB_MTU 1500

/* One end of a link. Index and MAC are chosen by the plan, so that neighbours and routes can be
 * written before the link exists. */
struct link_end {
	int node; /* index of its node in the plan */
	char ifname[16];
	int ifindex;
	uint8_t mac[6];
	struct ip ip; /* /32 on the interface; family 0 = none */
};

/* Each queues requests on the node's rtnetlink socket; nl_commit() sends. */

/* A veth pair, this end here and the peer born in @peer_netns. Both are down. */
void link_add_veth(struct nl *n, const struct link_end *here, const struct link_end *there,
		   int peer_netns);
void link_set_up(struct nl *n, int ifindex, const char *ifname);
void link_add_address(struct nl *n, int ifindex, const struct ip *ip);
/* A permanent neighbour: no ARP on the wire. */
void link_add_neighbour(struct nl *n, int ifindex, const struct ip *ip, const uint8_t mac[6]);
/* A route out of an interface, through @via when it has a family. The next hop need not be on the
 * link. Acknowledgements are sent at once over it ("quickack"), and TCP waits at least @rto_min_ms
 * of real time before it sends a segment again (0 = the kernel's 200 ms). */
void link_add_route(struct nl *n, int ifindex, const struct lab_prefix *to, const struct ip *via,
		    unsigned rto_min_ms);
/* Every address of the prefix is this node's own: sockets bind to any of them. */
void link_add_local(struct nl *n, const struct lab_prefix *to);

/* Packets for addresses that no longer route covers are answered with ICMP host unreachable. */
void link_add_unreachable(struct nl *n, const struct lab_prefix *to);

/* Turns checksum and segmentation offloads off, so that captures show what a wire would. @fd is any
 * socket of the namespace. 0, or -1 with @e set. */
int link_offloads_off(int fd, const char *node, const char *ifname, struct err *e);

/* Returns when what the interface sends really leaves. 0, or -1 with @e set. */
int link_wait_up(int fd, const char *node, const char *ifname, struct err *e);

/* Writes the network settings of a fresh node; the thread is inside it. @forward: a router. */
int node_sysctls(const char *node, bool forward, struct err *e);

#endif
