// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * killtable.c - kill -9, and how long a table of nftables is then there
 *
 *	killtable NAME gone|orphan PID...	kills the first process, and asks for table inet NAME until it
 *						is gone, or has no owner
 *
 * Prints the microseconds from the signal to the first answer that says so. Exit 1 when all the processes
 * have ended and it is not so. Asking takes some microseconds; to begin nft takes tens of milliseconds,
 * and it begins again whenever the rules change.
 */
#include <errno.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <arpa/inet.h>
#include <libmnl/libmnl.h>
#include <linux/netfilter.h>
#include <linux/netfilter/nf_tables.h>
#include <linux/netfilter/nfnetlink.h>

#include "base/clock.h"

#define OWNER 0x2u /* the table's flag, which Debian 12's headers lack */

enum state { GONE, ORPHAN, OWNED, STATES };

static int table_cb(const struct nlmsghdr *h, void *arg)
{
	enum state *state = arg;
	const struct nlattr *a;

	*state = ORPHAN;
	mnl_attr_for_each (a, h, sizeof(struct nfgenmsg))
		if (mnl_attr_get_type(a) == NFTA_TABLE_FLAGS && ntohl(mnl_attr_get_u32(a)) & OWNER)
			*state = OWNED;
	return MNL_CB_OK;
}

static enum state ask(struct mnl_socket *nl, const char *name)
{
	static unsigned seq;
	char buf[8192];
	struct nlmsghdr *h = mnl_nlmsg_put_header(buf);
	struct nfgenmsg *nf = mnl_nlmsg_put_extra_header(h, sizeof(*nf));
	enum state state = GONE;
	int rc = MNL_CB_OK;

	h->nlmsg_type = NFNL_SUBSYS_NFTABLES << 8 | NFT_MSG_GETTABLE;
	h->nlmsg_flags = NLM_F_REQUEST | NLM_F_ACK;
	h->nlmsg_seq = ++seq;
	nf->nfgen_family = NFPROTO_INET;
	mnl_attr_put_strz(h, NFTA_TABLE_NAME, name);
	if (mnl_socket_sendto(nl, h, h->nlmsg_len) < 0)
		return STATES;
	while (rc > MNL_CB_STOP) {
		ssize_t got = mnl_socket_recvfrom(nl, buf, sizeof(buf));

		if (got < 0)
			return STATES;
		rc = mnl_cb_run(buf, (size_t)got, seq, mnl_socket_get_portid(nl), table_cb, &state);
	}
	return rc < 0 && errno != ENOENT ? STATES : state;
}

/* A zombie has closed all that it had. */
static bool ended(const char *pid)
{
	char path[64], line[512], *end;
	FILE *f;

	snprintf(path, sizeof(path), "/proc/%.20s/stat", pid);
	f = fopen(path, "r");
	if (!f)
		return true;
	end = fgets(line, sizeof(line), f) ? strrchr(line, ')') : NULL;
	fclose(f);
	return !end || end[2] == 'Z' || end[2] == 'X';
}

static bool all_ended(char **pids)
{
	for (; *pids; pids++)
		if (!ended(*pids))
			return false;
	return true;
}

int main(int argc, char **argv)
{
	struct mnl_socket *nl = mnl_socket_open(NETLINK_NETFILTER);
	struct timespec pause = {.tv_nsec = 200000};
	enum state wanted, now = STATES;
	uint64_t before;
	bool over = false;

	if (argc < 4 || !nl || mnl_socket_bind(nl, 0, MNL_SOCKET_AUTOPID) < 0) {
		fprintf(stderr, "usage: killtable NAME gone|orphan PID...\n");
		return 2;
	}
	wanted = strcmp(argv[2], "gone") ? ORPHAN : GONE;
	before = clock_ns(CLOCK_MONOTONIC);
	if (kill(atoi(argv[3]), SIGKILL) < 0) {
		perror("killtable: kill");
		return 2;
	}
	while (!over) {
		over = all_ended(argv + 3); /* asked before */
		now = ask(nl, argv[1]);
		if (now == wanted)
			break;
		nanosleep(&pause, NULL);
	}
	printf("%llu\n", (unsigned long long)((clock_ns(CLOCK_MONOTONIC) - before) / 1000));
	mnl_socket_close(nl);
	return now == wanted ? 0 : 1;
}
