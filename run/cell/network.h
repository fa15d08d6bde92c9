/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef RUN_CELL_NETWORK_H
#define RUN_CELL_NETWORK_H

#include "base/addr.h"
#include "base/err.h"
#include "run/scenario/scenario.h"
#include "lab/lab.h"
#include "replay/skype/overlay.h"

#define NETWORK_SERVERS 32	   /* addresses of servers that are not Skype's */
#define NETWORK_GUESTS	32	   /* addresses of Skype clients that are not the scenario's */
#define INTERNET_NODE	"internet" /* the lab node that holds the servers */

/**
 * struct network - the lab that a cell's scenario asks for
 * @spec:	For lab_up(); valid until network_free()
 * @servers:	The Skype servers, netns and node not set yet (owned)
 * @others:	Addresses of the other servers (198.51.100.0/24); the first resolves names
 * @guests:	The first of the addresses of clients from elsewhere, in the same net
 */
struct network {
	struct lab_spec spec;
	struct overlay_server_spec *servers;
	size_t n_servers;
	struct ip others[NETWORK_SERVERS];
	struct ip guests;
	/* private */
	struct lab_site_spec *sites;
	struct lab_prefix *prefixes;
	struct ip *group_ips, dns[2];
	struct lab_group groups[4];
	char **vantages;
	size_t n_vantages;
};

/* Remotes of recordings: @ips are servers of the internet; @silent are addresses that only recorded
 * frames use and that nobody answers. */
struct network_remotes {
	struct ip *ips, *silent;
	size_t n, n_silent;
};

/* Fills @n from a cell's scenario (scenario_apply()). @remotes may be NULL; it must be valid until
 * lab_up(). Free with network_free(). */
void network_plan(struct network *n, const struct scenario *s, const char *name,
		  const struct network_remotes *remotes);
void network_free(struct network *n);

/* The vantages a cell is captured at: the scenario's, or lan and wan of every site. An (owned)
 * array of (owned) texts, *n long. */
char **network_vantages(const struct scenario *s, size_t *n);
void network_vantages_free(char **v, size_t n);

#endif
