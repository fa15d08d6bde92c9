// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * traffic.c - what the emulated users of a run did, whatever any detector reports
 *
 * Everything comes from the truth of the run: outcomes.tsv (how each login and call went) and the
 * cells' messages.tsv (every message sent). A setting is the firewall and NAT of the site at which
 * the user is, and the internet's firewall; cells that differ in other things (the other side, the
 * login mode) are counted together.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/addr.h"
#include "base/path.h"
#include "results/report/setting_order.h"
#include "results/report/traffic.h"

struct tally *tally(struct tally **map, const char *text)
{
	struct tally *t;

	HASH_FIND_STR(*map, text, t);
	if (!t) {
		t = xcalloc(1, sizeof(*t));
		t->text = xstrdup(text);
		HASH_ADD_KEYPTR(hh, *map, t->text, strlen(t->text), t);
	}
	return t;
}

void tally_free(struct tally **map)
{
	struct tally *t, *next;

	HASH_ITER (hh, *map, t, next) {
		HASH_DEL(*map, t);
		free(t->text);
		free(t);
	}
}

/* Where the setting in a text ("1.4 inbound-restricted/public, x") stands in the paper's order; texts without one
 * come last. */
static unsigned setting_rank(const char *text)
{
	const char *slash = strchr(text, '/'), *from = slash;
	char firewall[SETTING_LEN];
	unsigned k;

	if (!slash)
		return 2 * FIREWALL_RANKS;
	while (from > text && from[-1] != ' ')
		from--;
	snprintf(firewall, sizeof(firewall), "%.*s", (int)(slash - from), from);
	k = firewall_rank(firewall);
	return 2 * k + (k < FIREWALL_RANKS && strncmp(slash, "/public", 7) != 0);
}

static int by_text(const struct tally *a, const struct tally *b)
{
	unsigned x = setting_rank(a->text), y = setting_rank(b->text);

	return x != y ? (x > y) - (x < y) : strverscmp(a->text, b->text);
}

void tally_sort(struct tally **map)
{
	HASH_SORT(*map, by_text);
}

const char *traffic_cell(const struct tsv *f, size_t r, const char *name)
{
	return tsv_cell(f, r, tsv_column(f, name));
}

void traffic_setting(const struct tsv *o, size_t r, char out[SETTING_LEN])
{
	bool own = tsv_column(o, "firewall") >= 0; /* runs of version 0.1.0 have not */
	const char *internet = traffic_cell(o, r, "internet_firewall");

	snprintf(out, SETTING_LEN, "%s/%s",
		 traffic_cell(o, r, own ? "firewall" : "caller_firewall"),
		 traffic_cell(o, r, own ? "nat" : "caller_nat"));
	if (*internet && strcmp(internet, "-") != 0)
		snprintf(out + strlen(out), SETTING_LEN - strlen(out), ", %s", internet);
}

#define DNS_PORT 53

/* A client of a cell, as its outcomes know it. */
struct user {
	char name[64];
	char version[32], setting[SETTING_LEN]; /* setting "" = it has no outcome */
};

static void find_user(const struct traffic *t, const char *cell, const char *name, struct user *u)
{
	*u = (struct user){.version = "-"};
	snprintf(u->name, sizeof(u->name), "%s", name);
	for (size_t r = 0; r < t->outcomes->rows; r++) {
		if (strcmp(traffic_cell(t->outcomes, r, "cell"), cell) != 0 ||
		    strcmp(traffic_cell(t->outcomes, r, "client"), name) != 0)
			continue;
		snprintf(u->version, sizeof(u->version), "%s",
			 traffic_cell(t->outcomes, r, "version"));
		traffic_setting(t->outcomes, r, u->setting);
		return;
	}
}

static enum port_class port_class(const char *proto, const char *peer)
{
	struct endpoint p;

	if (!strcmp(proto, "udp"))
		return PORT_UDP;
	if (endpoint_parse(peer, &p) < 0 || p.port >= 1024)
		return PORT_TCP_HIGH;
	return p.port == 443 ? PORT_TCP_443 : p.port == 80 ? PORT_TCP_80 : PORT_TCP_LOW;
}

/*
 * The client's question for the name ui.skype.com: the truth calls its flow "not-skype", and every
 * firewall of the testbed lets it through, so it says nothing of what Skype ran over.
 */
static bool is_look_up(const char *proto, const char *peer)
{
	struct endpoint p;

	return !strcmp(proto, "udp") && endpoint_parse(peer, &p) == 0 && p.port == DNS_PORT;
}

/* A flow counts once, where it was answered: an attempt that a firewall stopped ran over nothing. */
static void count_flow(struct traffic *t, struct tally *f, const struct user *u, bool to_opener,
		       enum port_class class)
{
	char key[SETTING_LEN + 40];

	f->n[to_opener]++;
	if (!f->n[0] || !f->n[1] || f->n[2] || !*u->setting)
		return;
	f->n[2] = 1; /* counted */
	snprintf(key, sizeof(key), "%s\t%s", u->setting, u->version);
	tally(&t->settings, key)->n[class]++;
}

/* One cell's messages; its clients are looked up once each. */
static void read_messages(struct traffic *t, const struct tsv *m, const char *cell)
{
	int client = tsv_column(m, "client"), flow = tsv_column(m, "flow");
	int name = tsv_column(m, "name"), size = tsv_column(m, "size");
	int proto = tsv_column(m, "proto"), peer = tsv_column(m, "peer");
	int direction = tsv_column(m, "direction");
	struct tally *seen = NULL;
	struct user u = {{0}, "-", ""};

	for (size_t r = 0; r < m->rows; r++) {
		const char *who = tsv_cell(m, r, client);
		char key[192];

		if (!*who || !strcmp(who, "-"))
			continue;
		if (strcmp(u.name, who) != 0)
			find_user(t, cell, who, &u);
		if (*tsv_cell(m, r, name) && strcmp(tsv_cell(m, r, name), "-") != 0) {
			snprintf(key, sizeof(key), "%s\t%s\t%s", tsv_cell(m, r, name), u.version,
				 tsv_cell(m, r, size));
			tally(&t->sizes, key)->n[0]++;
		}
		if (is_look_up(tsv_cell(m, r, proto), tsv_cell(m, r, peer)))
			continue;
		count_flow(t, tally(&seen, tsv_cell(m, r, flow)), &u,
			   !strcmp(tsv_cell(m, r, direction), "to-opener"),
			   port_class(tsv_cell(m, r, proto), tsv_cell(m, r, peer)));
	}
	tally_free(&seen);
}

static int read_cells(struct traffic *t, const char *run_dir, struct err *e)
{
	struct tally *done = NULL;
	int rc = 0;

	for (size_t r = 0; r < t->outcomes->rows && !rc; r++) {
		const char *cell = traffic_cell(t->outcomes, r, "cell");
		char *path;
		struct tsv *m;

		if (tally(&done, cell)->n[0]++)
			continue;
		path = path_inf(run_dir, "cells/%s/messages.tsv", cell);
		if (access(path, R_OK) == 0) {
			m = tsv_read(path, e);
			rc = m ? 0 : -1;
			if (m)
				read_messages(t, m, cell);
			tsv_free(m);
		}
		free(path);
	}
	tally_free(&done);
	return rc;
}

int traffic_read(struct traffic *t, const char *run_dir, struct err *e)
{
	char *path = path_in(run_dir, "outcomes.tsv");
	int rc = 0;

	memset(t, 0, sizeof(*t));
	if (access(path, R_OK) == 0) {
		t->outcomes = tsv_read(path, e);
		rc = t->outcomes && read_cells(t, run_dir, e) == 0 ? 1 : -1;
	}
	free(path);
	return rc;
}

void traffic_clear(struct traffic *t)
{
	tally_free(&t->sizes);
	tally_free(&t->settings);
	tsv_free(t->outcomes);
	memset(t, 0, sizeof(*t));
}
