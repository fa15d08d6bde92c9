// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * plot_traffic.c - plots of what the emulated users did, whatever any detector says
 *
 * Everything comes from the truth of the run: outcomes.tsv (how each login and call went) and the
 * cells' messages.tsv (every message sent). Settings are the caller's firewall and NAT; cells that
 * differ in other things (the callee's side, the login mode) are put together. A run without
 * emulated users, or without these files, has none of these plots.
 */
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <uthash.h>

#include "base/addr.h"
#include "base/path.h"
#include "base/tsv.h"
#include "results/report/plot_file.h"
#include "results/report/plot_traffic.h"

enum port_class { PORT_UDP, PORT_TCP_HIGH, PORT_TCP_443, PORT_TCP_80, PORT_TCP_LOW, PORTS };
static const char *const port_names[PORTS] = {"UDP", "TCP, port above 1023", "TCP 443", "TCP 80",
					      "TCP, other port below 1024"};

/* What happened how often; @text is the key, with tabs between its parts. */
struct tally {
	char *text; /* (owned) */
	unsigned long long n[PORTS];
	UT_hash_handle hh;
};

struct traffic {
	struct tsv *outcomes;
	struct tally *sizes;	/* "message\tversion\tsize" */
	struct tally *settings; /* "setting\tversion": flows by port class */
};

static struct tally *tally(struct tally **map, const char *text)
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

static void tally_free(struct tally **map)
{
	struct tally *t, *next;

	HASH_ITER (hh, *map, t, next) {
		HASH_DEL(*map, t);
		free(t->text);
		free(t);
	}
}

static int tally_cmp(const struct tally *a, const struct tally *b)
{
	return strverscmp(a->text, b->text);
}

static const char *cell_of(const struct tsv *f, size_t r, const char *name)
{
	return tsv_cell(f, r, tsv_column(f, name));
}

static void setting_of(const struct tsv *o, size_t r, char out[96])
{
	snprintf(out, 96, "%s/%s", cell_of(o, r, "caller_firewall"), cell_of(o, r, "caller_nat"));
}

/* Version of a client of a cell, from the outcomes. */
static const char *version_of(const struct traffic *t, const char *cell, const char *client)
{
	for (size_t r = 0; r < t->outcomes->rows; r++)
		if (!strcmp(cell_of(t->outcomes, r, "cell"), cell) &&
		    !strcmp(cell_of(t->outcomes, r, "client"), client))
			return cell_of(t->outcomes, r, "version");
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
		const char *cell = cell_of(t->outcomes, r, "cell");
		char *path, setting[96];
		struct tsv *m;

		if (tally(&done, cell)->n[0]++)
			continue;
		path = path_inf(run_dir, "cells/%s/messages.tsv", cell);
		setting_of(t->outcomes, r, setting);
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

/* ---- packet size distribution per message ---- */

static int plot_sizes(struct traffic *t, const char *dir, struct err *e)
{
	char name[64] = "";
	struct plot_file f;
	struct tally *s;
	int x = -1;

	HASH_SORT(t->sizes, tally_cmp);
	plot_begin(&f);
	fputs("x\tmessage\tversion\tsize\tcount\n", f.data);
	for (s = t->sizes; s; s = s->hh.next) {
		size_t len = strcspn(s->text, "\t");

		if (strlen(name) != len || strncmp(name, s->text, len) != 0) {
			snprintf(name, sizeof(name), "%.*s", (int)len, s->text);
			x++;
		}
		fprintf(f.data, "%d\t%s\t%llu\n", x, s->text, s->n[0]);
	}
	fprintf(f.script,
		"set title \"Sizes of the messages sent (emulated traffic; area: how many)\"\n"
		"set xlabel \"message\"\nset ylabel \"payload, bytes\"\nset logscale y\n"
		"set yrange [2:*]\nset xrange [-0.6:%d.6]\nset xtics rotate by -45\nunset key\n"
		"plot FILE skip 1 using 1:4:(0.5+0.45*log10($5+1)):xtic(2) with points pt 7 ps "
		"variable lc rgb \"#800072b2\"\n",
		x);
	return plot_end(&f, dir, "message-sizes", 300 + 34 * (x + 1), 480, e);
}

/* ---- protocol and port use per setting ---- */

static int plot_ports(struct traffic *t, const char *dir, struct err *e)
{
	static const int patterns[PORTS] = {3, 1, 2, 5, 4}; /* 3 = solid */
	struct plot_file f;
	struct tally *s;
	int n = 0;

	HASH_SORT(t->settings, tally_cmp);
	plot_begin(&f);
	fputs("label\tsetting\tversion", f.data);
	for (int k = 0; k < PORTS; k++)
		fprintf(f.data, "\t%s", port_names[k]);
	fputc('\n', f.data);
	for (s = t->settings; s; s = s->hh.next, n++) {
		int len = (int)strcspn(s->text, "\t");

		fprintf(f.data, "%s  %.*s\t%s", s->text + len + 1, len, s->text, s->text);
		for (int k = 0; k < PORTS; k++)
			fprintf(f.data, "\t%llu", s->n[k]);
		fputc('\n', f.data);
	}
	fprintf(f.script,
		"set title \"What the emulated users' flows ran over (flows with payload)\"\n"
		"set ylabel \"share of flows\"\nset yrange [0:1]\nset style data histograms\n"
		"set style histogram rowstacked\nset boxwidth 0.8\nset xtics rotate by -45\n"
		"set key outside bottom center horizontal\nset rmargin 10\n"
		"sum(x) = column(4)+column(5)+column(6)+column(7)+column(8)\nplot ");
	for (int k = 0; k < PORTS; k++) {
		/* Patterns as well as colours: print in grey tells them apart too. */
		fprintf(f.script,
			"%s%s skip 1 using (column(%d)/sum(0))%s lc rgb \"%s\" fillstyle pattern "
			"%d "
			"border lc rgb \"#444444\" title ",
			k ? ", \\\n     " : "", k ? "''" : "FILE", 4 + k, k ? "" : ":xtic(1)",
			plot_colours[k], patterns[k]);
		plot_quote(f.script, port_names[k]);
	}
	fputc('\n', f.script);
	return plot_end(&f, dir, "ports", 420 + 44 * n, 560, e);
}

/* ---- time to come in ---- */

static int plot_login(struct traffic *t, const char *dir, struct err *e)
{
	struct tally *settings = NULL, *s;
	struct plot_file f;
	size_t n = 0, points = 0;

	for (size_t r = 0; r < t->outcomes->rows; r++) {
		char setting[96];

		setting_of(t->outcomes, r, setting);
		tally(&settings, setting);
	}
	HASH_SORT(settings, tally_cmp);
	plot_begin(&f);
	fputs("set xtics rotate by -45 (", f.script);
	for (s = settings; s; s = s->hh.next) {
		fputs(n ? ", " : "", f.script);
		plot_quote(f.script, s->text);
		fprintf(f.script, " %zu", n);
		s->n[0] = n++;
	}
	fputs(")\n", f.script);
	fputs("x\tsetting\tversion\tmode\tpath\tseconds\n", f.data);
	for (size_t r = 0; r < t->outcomes->rows; r++) {
		char setting[96];

		if (strcmp(cell_of(t->outcomes, r, "kind"), "login") != 0 ||
		    strtod(cell_of(t->outcomes, r, "seconds"), NULL) <= 0)
			continue;
		setting_of(t->outcomes, r, setting);
		fprintf(f.data, "%llu\t%s\t%s\t%s\t%s\t%s\n", tally(&settings, setting)->n[0],
			setting, cell_of(t->outcomes, r, "version"),
			cell_of(t->outcomes, r, "mode"), cell_of(t->outcomes, r, "path"),
			cell_of(t->outcomes, r, "seconds"));
		points++;
	}
	tally_free(&settings);
	if (!points) {
		plot_drop(&f);
		return 0;
	}
	fprintf(f.script,
		"set title \"Time until the emulated user was in, or gave up\"\n"
		"set ylabel \"emulated seconds\"\nset logscale y\nset xrange [-0.6:%zu.6]\n"
		"manual(c) = strcol(4) eq \"automatic\" ? NaN : column(c)\n"
		"automatic(c) = strcol(4) eq \"automatic\" ? column(c) : NaN\n"
		"plot FILE skip 1 using ($1-0.12):(manual(6)) with points pt %d ps 1 lc "
		"rgb "
		"\"%s\" title \"manual login\", \\\n"
		"     '' skip 1 using ($1+0.12):(automatic(6)) with points pt %d ps 1 lc "
		"rgb "
		"\"%s\" title \"automatic login\"\n",
		n - 1, plot_points[0], plot_colours[0], plot_points[1], plot_colours[1]);
	return plot_end(&f, dir, "time-to-login", 460 + 60 * (int)n, 520, e) < 0 ? -1 : 1;
}

int plot_traffic(const char *run_dir, const char *plots_dir, char **names, size_t max,
		 struct err *e)
{
	char *path = path_in(run_dir, "outcomes.tsv");
	struct traffic t = {0};
	int n = 0, rc = 0;

	if (max < 3 || access(path, R_OK) < 0)
		goto out;
	t.outcomes = tsv_read(path, e);
	if (!t.outcomes || read_cells(&t, run_dir, e) < 0) {
		rc = -1;
		goto out;
	}
	if (t.sizes && (rc = plot_sizes(&t, plots_dir, e)) == 0)
		names[n++] = xstrdup("message-sizes");
	if (!rc && t.settings && (rc = plot_ports(&t, plots_dir, e)) == 0)
		names[n++] = xstrdup("ports");
	if (!rc) {
		rc = plot_login(&t, plots_dir, e);
		if (rc > 0)
			names[n++] = xstrdup("time-to-login");
	}
out:
	tally_free(&t.sizes);
	tally_free(&t.settings);
	tsv_free(t.outcomes);
	free(path);
	return rc < 0 ? -1 : n;
}
