// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * plot_containment.c - which clients an operator kept out, by policy, version and setting
 *
 * A heat map for each signature: the share of logins that were out at the end. Each field has the
 * numbers in it: out of all, and of these the clients that were never in.
 */
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/path.h"
#include "base/quote.h"
#include "results/report/palette.h"
#include "results/report/plot_containment.h"
#include "results/score/containment.h"

#define LABEL_LEN 128
#define NAMES_MAX 256

/* The rows or columns of the map, in the order of the table. */
struct names {
	char text[NAMES_MAX][LABEL_LEN];
	size_t row[NAMES_MAX]; /* a row of the table that it stands for */
	size_t n;
};

static const enum containment_column down[] = {CONT_POLICY, CONT_VERSION, CONT_DELAY};
static const enum containment_column across[] = {CONT_CALLER_FIREWALL, CONT_CALLER_NAT,
						 CONT_CALLEE_FIREWALL, CONT_CALLEE_NAT, CONT_PROXY};

static void client_label(const struct containment *c, size_t row, char out[LABEL_LEN])
{
	const char *delay = containment_cell(c, row, CONT_DELAY);

	snprintf(out, LABEL_LEN, "%.60s  %.20s%s%.20s%s", containment_cell(c, row, CONT_POLICY),
		 containment_cell(c, row, CONT_VERSION), strcmp(delay, "0") ? "  +" : "",
		 strcmp(delay, "0") ? delay : "", strcmp(delay, "0") ? " ms" : "");
}

static void setting_label(const struct containment *c, size_t row, char out[LABEL_LEN])
{
	const char *callee = containment_cell(c, row, CONT_CALLEE_FIREWALL);
	const char *proxy = containment_cell(c, row, CONT_PROXY);

	snprintf(out, LABEL_LEN, "%.30s/%.20s", containment_cell(c, row, CONT_CALLER_FIREWALL),
		 containment_cell(c, row, CONT_CALLER_NAT));
	if (strcmp(callee, "-") != 0)
		snprintf(out + strlen(out), LABEL_LEN - strlen(out), " > %.30s/%.20s", callee,
			 containment_cell(c, row, CONT_CALLEE_NAT));
	if (strcmp(proxy, "none") != 0)
		snprintf(out + strlen(out), LABEL_LEN - strlen(out), " proxy in %.10s", proxy);
}

static struct names *names_of(const struct containment *c, const struct containment_key *key,
			      const enum containment_column *by, size_t n,
			      void (*label)(const struct containment *c, size_t row,
					    char out[LABEL_LEN]))
{
	struct names *names = xcalloc(1, sizeof(*names));

	for (size_t i = 0; i < c->t->rows && names->n < NAMES_MAX; i++) {
		if (!containment_first(c, i, key, by, n))
			continue;
		names->row[names->n] = i;
		label(c, i, names->text[names->n++]);
	}
	return names;
}

static void narrow(const struct containment *c, struct containment_key *key, size_t row,
		   const enum containment_column *by, size_t n)
{
	for (size_t i = 0; i < n; i++)
		key->value[by[i]] = containment_cell(c, row, by[i]);
}

static void put_data(FILE *f, const struct containment *c, const struct containment_key *all,
		     const struct names *y, const struct names *x)
{
	fputs("x\ty\tshare\tlow\thigh\tout\tlogins\tnever_in\ttext\tclient\tsetting\n", f);
	for (size_t i = 0; i < y->n; i++)
		for (size_t k = 0; k < x->n; k++) {
			struct containment_key key = *all;
			struct containment_share out, kept;

			narrow(c, &key, y->row[i], down, ARRAY_LEN(down));
			narrow(c, &key, x->row[k], across, ARRAY_LEN(across));
			out = containment_share(c, &key, NULL);
			kept = containment_share(c, &key, "kept out");
			if (out.of)
				fprintf(f,
					"%zu\t%zu\t%.4f\t%.4f\t%.4f\t%zu\t%zu\t%zu\t%zu/%zu (%zu)\t"
					"%s\t%s\n",
					k, y->n - 1 - i, (double)out.n / (double)out.of, out.ci.low,
					out.ci.high, out.n, out.of, kept.n, out.n, out.of, kept.n,
					y->text[i], x->text[k]);
		}
}

static void put_tics(FILE *f, const char *axis, const struct names *names, bool down_up)
{
	fprintf(f, "set %stics (", axis);
	for (size_t i = 0; i < names->n; i++) {
		fputs(i ? ", " : "", f);
		fputs(quote_gnuplot(names->text[i]), f);
		fprintf(f, " %zu", down_up ? names->n - 1 - i : i);
	}
	fputs(")\n", f);
}

static void put_script(FILE *f, const char *signature, const struct names *y, const struct names *x)
{
	char *title = xasprintf("%s on the gateway: clients out at the end\nemulated traffic; in "
				"each field: out/logins (never in)",
				signature);

	fprintf(f, "set title %s\n", quote_gnuplot(title));
	free(title);
	put_tics(f, "x", x, false);
	fputs("set xtics rotate by -35\n", f);
	put_tics(f, "y", y, true);
	fprintf(f,
		"unset grid\nset border 0\nset tics scale 0\nset xrange [-0.5:%zu.5]\nset yrange "
		"[-0.5:%zu.5]\n"
		"set cbrange [0:1]\nset cblabel \"share of logins\"\n"
		"set palette defined (" PLOT_HEAT ")\nunset key\n"
		"plot FILE skip 1 using 1:2:($1-0.5):($1+0.5):($2-0.5):($2+0.5):3 "
		"with boxxyerror lc palette fs solid noborder, \\\n"
		"     '' skip 1 using 1:2:9:($3 > %.1f ? " PLOT_HEAT_ON_DARK
		" : " PLOT_HEAT_ON_LIGHT ") with labels tc rgb variable\n",
		x->n - 1, y->n - 1, PLOT_HEAT_DARK_FROM);
}

static int plot_one(const struct containment *c, const char *signature, struct plot_list *list,
		    struct err *e)
{
	struct containment_key key = {
		.value = {[CONT_STAGE] = "all", [CONT_SIGNATURE] = signature}};
	struct names *y = names_of(c, &key, down, ARRAY_LEN(down), client_label);
	struct names *x = names_of(c, &key, across, ARRAY_LEN(across), setting_label);
	char *name = xasprintf("containment-%s", signature);
	struct plot_file p;
	int rc;

	plot_begin(&p);
	put_data(p.data, c, &key, y, x);
	put_script(p.script, signature, y, x);
	rc = plot_list_add(list, &p, name, 360 + 90 * (int)x->n, 260 + 26 * (int)y->n, e);
	free(name);
	free(y);
	free(x);
	return rc;
}

int plot_containment(const char *run_dir, struct plot_list *list, struct err *e)
{
	static const enum containment_column by[] = {CONT_SIGNATURE};
	struct containment_key all = {.value = {[CONT_STAGE] = "all"}};
	char *path = path_in(run_dir, "containment.tsv");
	struct containment c = {0};
	int rc = access(path, R_OK) == 0 ? containment_read(&c, path, e) : 0;

	for (size_t i = 0; rc == 0 && c.t && i < c.t->rows; i++)
		if (containment_first(&c, i, &all, by, 1))
			rc = plot_one(&c, containment_cell(&c, i, CONT_SIGNATURE), list, e);
	containment_clear(&c);
	free(path);
	return rc;
}
