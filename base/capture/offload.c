// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * offload.c - whether packets are merged before they are captured
 *
 * Generic receive offload (the kernel) and large receive offload (the card) merge several packets
 * of a flow into one. A capture then shows other packets than the wire had: their sizes, boundaries and
 * number differ. The old ethtool requests are enough to ask, and every driver answers them.
 */
#include <linux/ethtool.h>
#include <linux/sockios.h>
#include <net/if.h>
#include <stdio.h>
#include <stdbool.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/capture/offload.h"

/* The answer to an ethtool request without argument; 0 when there is none. */
static unsigned ask(int fd, const char *iface, unsigned request)
{
	struct ethtool_value value = {.cmd = request};
	struct ifreq req = {.ifr_data = (char *)&value};

	snprintf(req.ifr_name, sizeof(req.ifr_name), "%s", iface);
	return ioctl(fd, SIOCETHTOOL, &req) == 0 ? value.data : 0;
}

const char *offload_merging(const char *iface)
{
	bool gro, lro;
	int fd;

	if (strlen(iface) >= IFNAMSIZ)
		return NULL;
	fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	if (fd < 0)
		return NULL;
	gro = ask(fd, iface, ETHTOOL_GGRO) != 0;
	lro = (ask(fd, iface, ETHTOOL_GFLAGS) & ETH_FLAG_LRO) != 0;
	close(fd);
	return gro && lro ? "gro and lro" : gro ? "gro" : lro ? "lro" : NULL;
}
