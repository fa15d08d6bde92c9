/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef RUN_SCENARIO_SCENARIO_H
#define RUN_SCENARIO_SCENARIO_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/dist.h"
#include "base/loop.h"
#include "lab/spec.h"
#include "replay/skype/overlay.h"

struct firewall;
struct nat_policy;
struct filter_policy;
struct mix;
struct library;

/* A data file by the name that the scenario gives it, and what the file says. The name is for
 * tables and messages. The parsed file is owned by the scenario's library. */
struct scenario_firewall {
	char *name;
	const struct firewall *policy;
};

struct scenario_nat {
	char *name;			 /* "public" and NULL stand for no NAT */
	const struct nat_policy *policy; /* NULL = no NAT */
};

struct scenario_version {
	char *name;
	const struct version *version;
};

struct scenario_mix {
	char *name;
	const struct mix *mix;
};

/* A link's impairments; all zero = the plain veth pair. */
struct scenario_link {
	double delay_ms, jitter_ms; /* one way */
	double loss_percent;
	double rate_kbps; /* 0 = not limited */
};

/* What the way to the servers does to packets. */
struct scenario_internet {
	struct dist rtt_ms; /* one draw for each server's address; all 0 = no way of any length */
	double jitter_ms;   /* one way */
	double loss_percent;
};

struct scenario_site {
	char *name;
	unsigned hosts;
	struct scenario_firewall firewall;
	struct scenario_nat nat;
	struct scenario_nat cgn; /* a carrier's NAT behind the first; name NULL = none */
	enum lab_proxy proxy;	 /* an HTTP proxy for its hosts */
	struct scenario_link *link;
};

struct scenario_client {
	char *name; /* with count > 1: name1, name2, ... */
	char *site;
	unsigned host; /* number of the host in the site, from 1; count clients go on from there */
	unsigned count;
	struct scenario_version version;
	enum login_mode login;
	bool fresh; /* the host cache is empty, as after installation */
	unsigned udp_port;
	double start_s;	  /* emulated seconds */
	double spacing_s; /* between the starts of count clients */
	char **script;
	unsigned script_len;
};

/* What one client does in an operation. */
struct scenario_part {
	char *client;
	char **script;
	unsigned script_len;
};

/* Scripts under one name, which the axis `operation` puts in the place of the clients' own. Clients
 * that have no part in it keep theirs. */
struct scenario_operation {
	char *name;
	struct scenario_part *parts;
	unsigned parts_len;
};

struct scenario_background {
	char *site;
	unsigned host; /* 0 = every host of the site */
	bool proxy;    /* instead: the site's proxy, where it has one */
	struct scenario_mix mix;
	double rate; /* how many times as often as the mix says */
};

enum scenario_replay { REPLAY_CONVERSATION, REPLAY_FRAME };

struct scenario_recording {
	char *capture; /* under SKYPELAB_CORPORA */
	char *labels;  /* under SKYPELAB_CORPORA */
	char *version; /* for the accuracy table's traffic_version */
	char *client;  /* the recorded client's address; NULL = found from the packets */
	char *site;    /* the site that plays the client */
	enum scenario_replay replay;
	double limit_s;
	bool keep_addresses; /* conversation: do not rewrite addresses inside Skype payloads */
	/* Frame: when each is due; at most one of them is set. */
	double factor, pps, mbps;
	bool top_speed;
	char **map, **port; /* FROM/BITS=TO; FROM=TO: what remotes' addresses and ports become */
	unsigned map_len, port_len;
	bool off; /* not from the file: the cell's `recording` names another one */
};

#define OPERATOR_NONE "none" /* the policy of a gateway without an operator */

/* Who sits on a site's gateway and keeps out what a signature finds. */
struct scenario_operator {
	char *at;	 /* vantage whose packets the operator sees; its gateway filters */
	char *signature; /* name or file, as for the detector; "all" = those of the target */
	char *policy;	 /* skypelab-filter(5), or OPERATOR_NONE */
	double delay_ms; /* emulated, from the packet that decides to the rule in force */
	const struct filter_policy *filter; /* owned by the library; NULL = no operator */
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
	char *target; /* the application that is looked for */
	uint64_t seed;
	unsigned repeat; /* how often every cell runs */
	bool paired;	 /* a repetition's streams are the same in all cells */
	enum loop_clock clock;
	char *epoch; /* RFC 3339 UTC; emulated time at the start of every cell */
	double duration_s;
	unsigned super_nodes;
	struct scenario_firewall internet_firewall; /* what reaches the servers */
	struct scenario_internet *internet;
	struct scenario_site *sites;
	unsigned sites_len;
	struct scenario_client *clients;
	unsigned clients_len;
	struct scenario_operation *operations;
	unsigned operations_len;
	struct scenario_background *background;
	unsigned background_len;
	struct scenario_operator *operator; /* NULL = none */
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
	char **detectors; /* see under_test_load() */
	unsigned detectors_len;
	unsigned detector_repeat; /* they look at so many repetitions of each cell; 0 = all */

	/* Not from the file. */
	char *path;		 /* where it was read */
	bool seed_by_repetition; /* repetition K has the seed that is K - 1 further on */
	char *axes;		 /* of a cell's copy: its other axes, see results/score/axes.h */
	char *cluster;		 /* of a cell's copy: the independent trial; NULL = the cell */
	struct library *library; /* the data files it names; shared with its cells' copies */
};

/* The site or client of a name, [name, name + len); NULL = there is none. */
struct scenario_site *scenario_site(const struct scenario *s, const char *name, size_t len);
struct scenario_client *scenario_client(const struct scenario *s, const char *name, size_t len);
/* What client @nth (from 0) of @c's count is called, and its host: a node's name of the lab. */
#define SCENARIO_NAME_LEN 32 /* with the NUL */
void scenario_client_names(const struct scenario_client *c, unsigned nth,
			   char name[SCENARIO_NAME_LEN], char node[SCENARIO_NAME_LEN]);

/* Does the policy let everything through, in both directions? */
bool scenario_firewall_open(const struct firewall *policy);

/* Can the site have a proxy, by its own key or by a value of the matrix? */
bool scenario_site_proxied(const struct scenario *s, const struct scenario_site *t);

/* Is nobody at a site of a scenario that plays recordings? The remotes of a recording stand on the
 * internet, so the site's firewall and NAT have nothing to do with its traffic. */
bool scenario_site_idle(const struct scenario *s, const struct scenario_site *t);

/* The settings that tables have a column for: firewalls and NATs of the sites `caller` and
 * `callee`, "-" where there is no such site, or nobody at it. Valid as long as @s. */
struct scenario_columns {
	const char *caller_firewall, *caller_nat, *callee_firewall, *callee_nat;
};
struct scenario_columns scenario_columns(const struct scenario *s);

#endif
