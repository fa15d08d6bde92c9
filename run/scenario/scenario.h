/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef CLI_SCENARIO_H
#define CLI_SCENARIO_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"

/* A link's impairments; all zero = the plain veth pair. */
struct scenario_link {
	double delay_ms, jitter_ms; /* one way */
	double loss_percent;
	double rate_kbps; /* 0 = not limited */
};

struct scenario_site {
	char *name;
	unsigned hosts;
	char *firewall; /* a file in scenarios/firewalls, without .yaml */
	char *nat;	/* a file in scenarios/nats, without .yaml; "public" = none */
	char *cgn;	/* NAT behaviour of a carrier's second NAT; NULL = none */
	struct scenario_link *link;
};

struct scenario_client {
	char *name; /* with count > 1: name1, name2, ... */
	char *site;
	unsigned host; /* number of the host in the site, from 1; count clients go on from there */
	unsigned count;
	char *version; /* a file in scenarios/versions, without .yaml */
	char *login;   /* manual, automatic, wrong */
	bool fresh;
	unsigned udp_port;
	double start_s;	  /* emulated seconds */
	double spacing_s; /* between the starts of count clients */
	char **script;
	unsigned script_len;
};

struct scenario_background {
	char *site;
	unsigned host; /* 0 = every host of the site */
	char *mix;     /* a file in scenarios/mixes, without .yaml */
};

struct scenario_recording {
	char *capture; /* under SKYPELAB_CORPORA */
	char *labels;  /* under SKYPELAB_CORPORA */
	char *version; /* for the accuracy table's traffic_version */
	char *client;  /* the recorded client's address; NULL = inferred from the labels */
	char *site;    /* the site that plays the client */
	char *replay;  /* "conversation" or "frame" */
	double limit_s;
	bool keep_addresses; /* conversation: do not rewrite addresses inside Skype payloads */
	/* Frame: when each is due; at most one of them is set. */
	double factor, pps, mbps;
	bool top_speed;
	char **map, **port; /* FROM/BITS=TO; FROM=TO: what remotes' addresses and ports become */
	unsigned map_len, port_len;
};

struct scenario_axis {
	char *axis; /* "caller.firewall", "version", "login", "seed", ... */
	char **values;
	unsigned values_len;
};

/* A scenario file as loaded (libcyaml fills it); the format is in skypelab-scenario(5). */
struct scenario {
	char *scenario;
	char *description;
	uint64_t seed;
	char *clock; /* "virtual" or "real" */
	char *epoch; /* RFC 3339 UTC; emulated time at the start of every cell */
	double duration_s;
	unsigned super_nodes;
	char *internet_firewall; /* what reaches the servers; "open" = everything */
	struct scenario_site *sites;
	unsigned sites_len;
	struct scenario_client *clients;
	unsigned clients_len;
	struct scenario_background *background;
	unsigned background_len;
	struct scenario_recording *recordings;
	unsigned recordings_len;
	struct scenario_axis *matrix;
	unsigned matrix_len;
	char **exclude; /* "axis=value axis=value": cells that match are left out */
	unsigned exclude_len;
	char **include; /* the same: further cells; axes not named take their first value */
	unsigned include_len;
	char **vantages;
	unsigned vantages_len;
	char **signatures;
	unsigned signatures_len;

	char *path; /* not from the file: where it was read */
};

/* One cell of the matrix: a value for every axis, and a name made of them. */
struct scenario_cell {
	char name[192];
	char **values; /* by axis (owned, and each of them) */
	size_t axes;
};

/* NULL with @e set (file:line: what). Checks what can be checked without a lab: names of sites,
 * axes, versions, scripts, policies that exist as files. */
struct scenario *scenario_load(const char *path, struct err *e);
void scenario_free(struct scenario *s);

/* Multiplies the matrix into cells; @filters are "axis=value" (all must hold; a value may be a
 * list a,b). An (owned) array, *n long; NULL with @e set when a filter is wrong or nothing is
 * left. */
struct scenario_cell *scenario_cells(const struct scenario *s, const char *const *filters,
				     size_t filters_len, size_t *n, struct err *e);
void scenario_cells_free(struct scenario_cell *cells, size_t n);

/* A copy of @s in which the cell's values stand in their places; free with scenario_free(). The
 * path's policies have been checked by scenario_load(). */
struct scenario *scenario_apply(const struct scenario *s, const struct scenario_cell *cell,
				struct err *e);

/* The value a scenario gives a name like "caller.firewall"; "-" when there is no such site. */
const char *scenario_value(const struct scenario *s, const char *name);

#endif
