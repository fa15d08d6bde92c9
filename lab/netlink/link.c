// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * link.c - links, addresses, routes, neighbours and settings of a node
 *
 * Links are veth pairs created in place: one end in the namespace the request is sent in, the peer
 * born in its own, so that a dying process never leaves an interface in another namespace. Each end
 * has one /32 address; everything else is routes "via X dev Y onlink" and permanent neighbours.
 * There is no bridge (a fresh one forwards nothing for a second) and no ARP.
 *
 * An interface that is up still drops what it sends until the kernel has noticed its carrier, which
 * happens later, in a work queue (linkwatch). link_wait_up() waits for that; otherwise the first
 * packet of a lab would sometimes be lost.
 *
 * Settings are written to /proc/sys/net, which shows the namespace of the opening thread.
 *
 * TCP: time stamps are off because they would carry real time into emulated time. Routes carry
 * quickack because a delayed acknowledgement would only cost real milliseconds.
 */
#include <errno.h>
#include <fcntl.h>
#include <linux/ethtool.h>
#include <linux/if_link.h>
#include <linux/neighbour.h>
#include <linux/rtnetlink.h>
#include <linux/sockios.h>
#include <linux/veth.h>
#include <net/if.h>
#include <libmnl/libmnl.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <time.h>
#include <unistd.h>

#include "base/outfile.h"
#include "lab/netlink/link.h"

static size_t ip_bytes(const struct ip *a)
{
	return a->family == 6 ? 16 : 4;
}

static uint8_t ip_af(const struct ip *a)
{
	return a->family == 6 ? AF_INET6 : AF_INET;
}

/* An end gets a queue per processor otherwise, and all but one are taken back at once, which waits for every processor. */
static void one_queue(struct nlmsghdr *h)
{
	mnl_attr_put_u32(h, IFLA_NUM_TX_QUEUES, 1);
	mnl_attr_put_u32(h, IFLA_NUM_RX_QUEUES, 1);
}

void link_add_veth(struct nl *n, const struct link_end *here, const struct link_end *there,
		   int peer_netns)
{
	struct nlmsghdr *h = nl_add(n, RTM_NEWLINK, NLM_F_CREATE | NLM_F_EXCL,
				    "create link %s - %s", here->ifname, there->ifname);
	struct ifinfomsg *i = mnl_nlmsg_put_extra_header(h, sizeof(*i));
	struct nlattr *info, *data, *peer;

	i->ifi_family = AF_UNSPEC;
	i->ifi_index = here->ifindex;
	mnl_attr_put_strz(h, IFLA_IFNAME, here->ifname);
	mnl_attr_put(h, IFLA_ADDRESS, 6, here->mac);
	mnl_attr_put_u32(h, IFLA_MTU, LAB_MTU);
	one_queue(h);
	info = mnl_attr_nest_start(h, IFLA_LINKINFO);
	mnl_attr_put_strz(h, IFLA_INFO_KIND, "veth");
	data = mnl_attr_nest_start(h, IFLA_INFO_DATA);
	peer = mnl_attr_nest_start(h, VETH_INFO_PEER);
	i = mnl_nlmsg_put_extra_header(h, sizeof(*i));
	i->ifi_family = AF_UNSPEC;
	i->ifi_index = there->ifindex;
	mnl_attr_put_strz(h, IFLA_IFNAME, there->ifname);
	mnl_attr_put(h, IFLA_ADDRESS, 6, there->mac);
	mnl_attr_put_u32(h, IFLA_MTU, LAB_MTU);
	one_queue(h);
	mnl_attr_put_u32(h, IFLA_NET_NS_FD, (uint32_t)peer_netns);
	mnl_attr_nest_end(h, peer);
	mnl_attr_nest_end(h, data);
	mnl_attr_nest_end(h, info);
}

void link_set_up(struct nl *n, int ifindex, const char *ifname)
{
	struct nlmsghdr *h = nl_add(n, RTM_NEWLINK, 0, "bring up %s", ifname);
	struct ifinfomsg *i = mnl_nlmsg_put_extra_header(h, sizeof(*i));

	i->ifi_family = AF_UNSPEC;
	i->ifi_index = ifindex;
	i->ifi_flags = IFF_UP;
	i->ifi_change = IFF_UP;
}

void link_add_address(struct nl *n, int ifindex, const struct ip *ip)
{
	char text[IP_TEXT_LEN];
	struct nlmsghdr *h = nl_add(n, RTM_NEWADDR, NLM_F_CREATE | NLM_F_EXCL, "add address %s",
				    ip_text(ip, text));
	struct ifaddrmsg *a = mnl_nlmsg_put_extra_header(h, sizeof(*a));

	a->ifa_family = ip_af(ip);
	a->ifa_prefixlen = (uint8_t)(8 * ip_bytes(ip));
	a->ifa_scope = RT_SCOPE_UNIVERSE;
	a->ifa_index = (uint32_t)ifindex;
	mnl_attr_put(h, IFA_LOCAL, ip_bytes(ip), ip->b);
	mnl_attr_put(h, IFA_ADDRESS, ip_bytes(ip), ip->b);
}

void link_add_neighbour(struct nl *n, int ifindex, const struct ip *ip, const uint8_t mac[6])
{
	char text[IP_TEXT_LEN];
	struct nlmsghdr *h = nl_add(n, RTM_NEWNEIGH, NLM_F_CREATE | NLM_F_REPLACE,
				    "add neighbour %s", ip_text(ip, text));
	struct ndmsg *d = mnl_nlmsg_put_extra_header(h, sizeof(*d));

	d->ndm_family = ip_af(ip);
	d->ndm_ifindex = ifindex;
	d->ndm_state = NUD_PERMANENT;
	mnl_attr_put(h, NDA_DST, ip_bytes(ip), ip->b);
	mnl_attr_put(h, NDA_LLADDR, 6, mac);
}

static struct nlmsghdr *route_start(struct nl *n, const struct lab_prefix *to, uint8_t type)
{
	char text[IP_TEXT_LEN];
	/* The same address may be given twice. */
	uint16_t again = type == RTN_LOCAL ? NLM_F_REPLACE : NLM_F_EXCL;
	struct nlmsghdr *h = nl_add(n, RTM_NEWROUTE, NLM_F_CREATE | again, "add route %s/%u",
				    ip_text(&to->ip, text), to->len);
	struct rtmsg *r = mnl_nlmsg_put_extra_header(h, sizeof(*r));

	r->rtm_family = ip_af(&to->ip);
	r->rtm_dst_len = (uint8_t)to->len;
	r->rtm_table = type == RTN_LOCAL ? RT_TABLE_LOCAL : RT_TABLE_MAIN;
	r->rtm_protocol = RTPROT_STATIC;
	r->rtm_scope = type == RTN_LOCAL ? RT_SCOPE_HOST : RT_SCOPE_UNIVERSE;
	r->rtm_type = type;
	if (to->len)
		mnl_attr_put(h, RTA_DST, ip_bytes(&to->ip), to->ip.b);
	return h;
}

void link_add_route(struct nl *n, int ifindex, const struct lab_prefix *to, const struct ip *via,
		    unsigned rto_min_ms)
{
	struct nlmsghdr *h = route_start(n, to, RTN_UNICAST);
	struct rtmsg *r = mnl_nlmsg_get_payload(h);
	struct nlattr *metrics;

	if (via->family) {
		r->rtm_flags |= RTNH_F_ONLINK;
		mnl_attr_put(h, RTA_GATEWAY, ip_bytes(via), via->b);
	} else {
		r->rtm_scope = RT_SCOPE_LINK;
	}
	mnl_attr_put_u32(h, RTA_OIF, (uint32_t)ifindex);
	metrics = mnl_attr_nest_start(h, RTA_METRICS);
	mnl_attr_put_u32(h, RTAX_QUICKACK, 1);
	if (rto_min_ms) {
		mnl_attr_put_u32(h, RTAX_RTO_MIN, rto_min_ms);
		mnl_attr_put_u32(h, RTAX_LOCK, 1U << RTAX_RTO_MIN); /* heeded only when locked */
	}
	mnl_attr_nest_end(h, metrics);
}

void link_add_local(struct nl *n, const struct lab_prefix *to)
{
	struct nlmsghdr *h = route_start(n, to, RTN_LOCAL);

	mnl_attr_put_u32(h, RTA_OIF, 1); /* lo is always the first */
}

void link_add_unreachable(struct nl *n, const struct lab_prefix *to)
{
	route_start(n, to, RTN_UNREACHABLE);
}

int link_offloads_off(int fd, const char *node, const char *ifname, struct err *e)
{
	static const struct {
		uint32_t cmd;
		const char *what;
	} offloads[] = {
		{ETHTOOL_STXCSUM, "transmit checksum"},
		{ETHTOOL_SRXCSUM, "receive checksum"},
		{ETHTOOL_SGSO, "generic segmentation"},
		{ETHTOOL_SGRO, "generic receive"},
	};

	for (size_t i = 0; i < ARRAY_LEN(offloads); i++) {
		struct ethtool_value v = {.cmd = offloads[i].cmd};
		struct ifreq r = {0};

		snprintf(r.ifr_name, sizeof(r.ifr_name), "%s", ifname);
		r.ifr_data = (void *)&v;
		if (ioctl(fd, SIOCETHTOOL, &r) < 0)
			return err_env(e, "%s: %s: cannot turn %s offload off: %s", node, ifname,
				       offloads[i].what, strerror(errno));
	}
	return 0;
}

int link_wait_up(int fd, const char *node, const char *ifname, struct err *e)
{
	struct timespec pause = {.tv_nsec = 200000};

	for (int tries = 0; tries < 10000; tries++) {
		struct ethtool_value v = {.cmd = ETHTOOL_GLINK};
		struct ifreq r = {0};

		snprintf(r.ifr_name, sizeof(r.ifr_name), "%s", ifname);
		r.ifr_data = (void *)&v;
		ioctl(fd, SIOCETHTOOL, &r); /* makes newer kernels do the pending work now */
		r.ifr_data = NULL;
		if (ioctl(fd, SIOCGIFFLAGS, &r) < 0)
			return err_env(e, "%s: %s: %s", node, ifname, strerror(errno));
		if (r.ifr_flags & IFF_RUNNING)
			return 0;
		nanosleep(&pause, NULL);
	}
	return err_env(e, "%s: %s has no carrier after 2 s", node, ifname);
}

static int sysctl_write(const char *node, const char *name, const char *value, struct err *e)
{
	char path[128];

	snprintf(path, sizeof(path), "/proc/sys/net/%s", name);
	if (write_existing(path, value) == 0)
		return 0;
	return err_env(e, "%s: cannot set %s to %s: %s", node, path, value, strerror(errno));
}

int node_sysctls(const char *node, bool forward, struct err *e)
{
	static const struct {
		const char *name, *value;
		bool router_only, optional;
	} settings[] = {
		/* No neighbour discovery and multicast noise; a kernel without IPv6 has none. */
		{"ipv6/conf/all/disable_ipv6", "1", false, true},
		{"ipv6/conf/default/disable_ipv6", "1", false, true},
		/* A new namespace inherits these from the host, so each is set. */
		{"ipv4/conf/all/rp_filter", "0", false, false},
		{"ipv4/conf/default/rp_filter", "0", false, false},
		{"ipv4/tcp_timestamps", "0", false, false},
		{"ipv4/tcp_ecn", "0", false, false},
		{"ipv4/tcp_autocorking", "0", false, true},
		/* Paced by acknowledgements alone. Some hosts have BBR, which paces by a timer in real
		 * time: the emulated clock, seeing nothing under way, would jump past what waits. */
		{"ipv4/tcp_congestion_control", "reno", false, false},
		/* Sends what the window allows, at once. A sender that waits for a larger window does
		 * so only for a millisecond of real time after its last segment. */
		{"ipv4/tcp_tso_win_divisor", "255", false, true},
		/* As many segments at a time as the window allows. By default their number follows
		 * from the round trip as the kernel measures it, and the growth of the window from it. */
		{"ipv4/tcp_min_tso_segs", "255", false, true},
		/* No tail loss probes: they come after a multiple of the round trip as the kernel
		 * measures it in real time, and would be seen where nothing was lost. */
		{"ipv4/tcp_early_retrans", "0", false, true},
		/* Idle is a time on the kernel's clock: a host that stands still for a moment would
		 * shrink the window, and what is sent would differ from a run of the same seed. */
		{"ipv4/tcp_slow_start_after_idle", "0", false, true},
		{"ipv4/tcp_no_metrics_save", "1", false, true},
		{"ipv4/icmp_ratelimit", "0", false, true},
		{"ipv4/conf/all/send_redirects", "0", true, false},
		{"ipv4/conf/default/send_redirects", "0", true, false},
		{"ipv4/ip_forward", "1", true, false},
	};

	for (size_t i = 0; i < ARRAY_LEN(settings); i++) {
		struct err why = {0};

		if (settings[i].router_only && !forward)
			continue;
		if (sysctl_write(node, settings[i].name, settings[i].value, &why) < 0 &&
		    !settings[i].optional) {
			if (e)
				*e = why;
			return -1;
		}
	}
	return 0;
}
