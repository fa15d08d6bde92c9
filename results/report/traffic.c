// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * traffic.c - what the emulated users of a run did, whatever any detector reports
 *
 * Everything comes from the truth of the run: outcomes.tsv (how each login and call went) and the
 * cells' messages.tsv (every message sent). A setting is the caller's firewall and NAT; cells that
 * differ in other things (the callee's side, the login mode) are counted together.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/addr.h"
#include "base/path.h"
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

static int by_text(const struct tally *a, const struct tally *b)
{
	return strverscmp(a->text, b->text);
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
	snprintf(out, SETTING_LEN, "%s/%s", traffic_cell(o, r, "caller_firewall"),
		 traffic_cell(o, r, "caller_nat"));
}

/* Version of a client of a cell, from the outcomes. */
static const char *version_of(const struct traffic *t, const char *cell, const char *client)
{
	for (size_t r = 0; r < t->outcomes->rows; r++)
		if (!strcmp(traffic_cell(t->outcomes, r, "cell"), cell) &&
		    !strcmp(traffic_cell(t->outcomes, r, "client"), client))
			return traffic_cell(t->outcomes, r, "version");
	return "-";
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

/* One cell's messages; its clients' versions are asked once per client. */
static void read_messages(struct traffic *t, const struct tsv *m, const char *cell,
			  const char *setting)
{
	int client = tsv_column(m, "client"), flow = tsv_column(m, "flow");
	int name = tsv_column(m, "name"), size = tsv_column(m, "size");
	int proto = tsv_column(m, "proto"), peer = tsv_column(m, "peer");
	struct tally *seen = NULL;
	char last[64] = "", version[32] = "-";

	for (size_t r = 0; r < m->rows; r++) {
		const char *who = tsv_cell(m, r, client);
		char key[192];
		struct tally *f;

		if (!*who || !strcmp(who, "-"))
			continue;
		if (strcmp(last, who) != 0) {
			snprintf(last, sizeof(last), "%s", who);
			snprintf(version, sizeof(version), "%s", version_of(t, cell, who));
		}
		if (*tsv_cell(m, r, name) && strcmp(tsv_cell(m, r, name), "-") != 0) {
			snprintf(key, sizeof(key), "%s\t%s\t%s", tsv_cell(m, r, name), version,
				 tsv_cell(m, r, size));
			tally(&t->sizes, key)->n[0]++;
		}
		f = tally(&seen, tsv_cell(m, r, flow));
		if (f->n[0]++)
			continue;
		snprintf(key, sizeof(key), "%s\t%s", setting, version);
		tally(&t->settings, key)
			->n[port_class(tsv_cell(m, r, proto), tsv_cell(m, r, peer))]++;
	}
	tally_free(&seen);
}

static int read_cells(struct traffic *t, const char *run_dir, struct err *e)
{
	struct tally *done = NULL;
	int rc = 0;

	for (size_t r = 0; r < t->outcomes->rows && !rc; r++) {
		const char *cell = traffic_cell(t->outcomes, r, "cell");
		char *path, setting[SETTING_LEN];
		struct tsv *m;

		if (tally(&done, cell)->n[0]++)
			continue;
		path = path_inf(run_dir, "cells/%s/messages.tsv", cell);
		traffic_setting(t->outcomes, r, setting);
		if (access(path, R_OK) == 0) {
			m = tsv_read(path, e);
			rc = m ? 0 : -1;
			if (m)
				read_messages(t, m, cell, setting);
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
