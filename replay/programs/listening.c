// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * listening.c - whether a server has opened its port
 *
 * The kernel lists a namespace's sockets in /proc/net/tcp and udp: after a header, one line each,
 * with the local address as it lies in memory and the port, both in hexadecimal, the remote end,
 * and the state (0A = listening).
 */
#include <netinet/in.h>
#include <stdio.h>
#include <string.h>

#include "base/netns.h"
#include "replay/programs/listening.h"

#define STATE_LISTEN 0x0a

static bool is_at(const char *line, uint8_t proto, const struct endpoint *at)
{
	unsigned address, port, state;
	uint32_t want;

	memcpy(&want, at->ip.b, sizeof(want));
	if (sscanf(line, " %*u: %8x:%4x %*8x:%*4x %2x", &address, &port, &state) != 3)
		return false;
	return port == at->port && (!address || address == want) &&
	       (proto == IPPROTO_UDP || state == STATE_LISTEN);
}

bool listening_at(int netns, uint8_t proto, const struct endpoint *at)
{
	struct err e;
	int home = netns_enter(netns, &e);
	FILE *f;
	char line[256];
	bool found = false;

	if (home < 0)
		return false;
	f = fopen(proto == IPPROTO_TCP ? "/proc/thread-self/net/tcp" : "/proc/thread-self/net/udp",
		  "re");
	while (f && !found && fgets(line, sizeof(line), f))
		found = is_at(line, proto, at);
	if (f)
		fclose(f);
	netns_leave(home);
	return found;
}
