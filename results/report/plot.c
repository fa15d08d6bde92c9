// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * plot.c - the plots of a run that come from its accuracy table and claims
 *
 * Each function makes one plot, or none when the data has nothing to say (one signature has no
 * comparison). Emulated and recorded traffic are never in one plot: the title says which; a table
 * that holds both gives two plots. The vantage of plots that show one is the first of caller.lan,
 * caller.wan, core or what the table has: adding up vantages would count each flow several times.
 */
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/outfile.h"
#include "base/path.h"
#include "results/report/plot.h"
#include "results/report/plot_file.h"
#include "results/report/plot_traffic.h"
#include "results/score/measures.h"
#include "results/score/intervals.h"

#define PLOTS_MAX 64

struct plots {
	const struct score_table *t;
	enum traffic_source source; /* of the rows to take */
	const char *vantage;
	char at[80]; /* ", at VANTAGE", or "" where there are none */
	char *dir;
	char *names[PLOTS_MAX]; /* (owned) */
	size_t n;
};

static int finish(struct plots *p, struct plot_file *f, const char *name, int w, int h,
		  struct err *e)
{
	char *full = xasprintf("%s-%s", name, source_text(p->source));

	for (char *c = full; *c; c++)
		if (strchr("/ .@+", *c))
			*c = '-';
	if (p->n == PLOTS_MAX) {
		plot_drop(f);
		free(full);
		return 0;
	}
	p->names[p->n++] = full;
	return plot_end(f, p->dir, full, w, h, e);
}

/* Rows of this source and unit, at the plots' vantage or at all (@every). */
static bool wanted(const struct plots *p, const struct score_row *r, enum score_unit unit,
		   bool every)
{
	return r->unit == unit && r->source == p->source &&
	       (every || !strcmp(r->vantage, p->vantage));
}

/* Distinct texts in order of first appearance. */
struct words {
	const char *w[256];
	size_t n;
};

static size_t word(struct words *l, const char *text)
{
	for (size_t i = 0; i < l->n; i++)
		if (!strcmp(l->w[i], text))
			return i;
	if (l->n < ARRAY_LEN(l->w))
		l->w[l->n++] = text;
	return l->n - 1;
}

static int by_text(const void *a, const void *b)
{
	return strcmp(*(const char *const *)a, *(const char *const *)b);
}

static void collect(const struct plots *p, enum score_unit unit, struct words *signatures,
		    struct words *versions, struct words *vantages)
{
	for (size_t i = 0; i < p->t->n; i++) {
		const struct score_row *r = &p->t->rows[i];

		if (!wanted(p, r, unit, true))
			continue;
		word(signatures, r->signature);
		if (r->tp + r->fn)
			word(versions, r->traffic_version);
		word(vantages, r->vantage);
	}
	qsort(signatures->w, signatures->n, sizeof(char *), by_text);
	qsort(versions->w, versions->n, sizeof(char *), by_text);
}

/* ---- precision and recall per version and configuration ---- */

static void config_label(const struct score_row *r, char out[160])
{
	snprintf(out, 160, "%s", r->traffic_version);
	if (strcmp(r->caller_firewall, "-") != 0)
		snprintf(out + strlen(out), 160 - strlen(out), "  %s/%s", r->caller_firewall,
			 r->caller_nat);
	if (strcmp(r->callee_firewall, "-") != 0)
		snprintf(out + strlen(out), 160 - strlen(out), " > %s/%s", r->callee_firewall,
			 r->callee_nat);
}

static int by_label(const void *a, const void *b)
{
	char x[160], y[160];

	config_label(*(const struct score_row *const *)a, x);
	config_label(*(const struct score_row *const *)b, y);
	return strcmp(y, x);
}

static int plot_settings(struct plots *p, const char *signature, struct err *e)
{
	const struct score_row **rows = xcalloc(p->t->n + 1, sizeof(*rows));
	struct plot_file f;
	char *name;
	size_t n = 0, recalls = 0, precisions = 0;
	int rc;

	for (size_t i = 0; i < p->t->n; i++)
		if (wanted(p, &p->t->rows[i], UNIT_FLOW, false) &&
		    !strcmp(p->t->rows[i].signature, signature) &&
		    (score_recall(&p->t->rows[i]) >= 0 || score_precision(&p->t->rows[i]) >= 0)) {
			recalls += score_recall(&p->t->rows[i]) >= 0;
			precisions += score_precision(&p->t->rows[i]) >= 0;
			rows[n++] = &p->t->rows[i];
		}
	if (!n) { /* nothing to find and nothing claimed */
		free(rows);
		return 0;
	}
	qsort(rows, n, sizeof(*rows), by_label);
	plot_begin(&f);
	fputs("y\tsetting\trecall\trecall_low\trecall_high\tprecision\tprecision_low\t"
	      "precision_high\n",
	      f.data);
	for (size_t i = 0; i < n; i++) {
		struct interval q = wilson95(rows[i]->tp, rows[i]->tp + rows[i]->fn);
		struct interval d = wilson95(rows[i]->tp, rows[i]->tp + rows[i]->fp);
		char label[160];

		config_label(rows[i], label);
		fprintf(f.data, "%zu\t%s", i + 1, label);
		if (score_recall(rows[i]) < 0)
			fputs("\t-\t-\t-", f.data);
		else
			fprintf(f.data, "\t%.4f\t%.4f\t%.4f", score_recall(rows[i]), q.low, q.high);
		if (score_precision(rows[i]) < 0)
			fputs("\t-\t-\t-\n", f.data);
		else
			fprintf(f.data, "\t%.4f\t%.4f\t%.4f\n", score_precision(rows[i]), d.low,
				d.high);
	}
	free(rows);
	fputs("set title ", f.script);
	name = xasprintf("%s: flows found per setting\\n%s traffic%s", signature,
			 source_text(p->source), p->at);
	plot_quote(f.script, name);
	free(name);
	fprintf(f.script,
		"\nset xlabel \"share of flows, with 95 %% interval (Wilson)\"\n"
		"set lmargin at screen 0.54\nset rmargin at screen 0.95\n"
		"set xrange [-0.02:1.02]\nset yrange [0.4:%zu.6]\nset key outside bottom center "
		"horizontal height 1\n"
		"plot ",
		n);
	if (recalls)
		fprintf(f.script,
			"FILE skip 1 using 3:($1+0.13):4:5:ytic(2) with xerrorbars lw 1.5 pt %d ps "
			"0.7 lc rgb \"%s\" title \"recall\"%s",
			plot_points[0], plot_colours[0], precisions ? ", \\\n     " : "\n");
	if (precisions)
		fprintf(f.script,
			"FILE skip 1 using 6:($1-0.13):7:8%s with xerrorbars lw 1.5 pt %d ps 0.7 "
			"lc rgb \"%s\" title \"precision\"\n",
			recalls ? "" : ":ytic(2)", plot_points[1], plot_colours[1]);
	name = xasprintf("settings-%s", signature);
	rc = finish(p, &f, name, 960, 170 + (int)n * 20, e);
	free(name);
	return rc;
}

/* ---- signature × traffic version ---- */

static int plot_versions(struct plots *p, const struct words *sig, const struct words *ver,
			 enum score_unit unit, struct err *e)
{
	const char *what = unit == UNIT_FLOW ? "flows" : "clients";
	struct plot_file f;
	size_t longest = 0;
	char *text;
	int rc;

	for (size_t v = 0; v < ver->n; v++)
		longest = strlen(ver->w[v]) > longest ? strlen(ver->w[v]) : longest;
	plot_begin(&f);
	fputs("x\ty\tversion\tsignature\trecall\ttp\tfn\tlabel\n", f.data);
	for (size_t s = 0; s < sig->n; s++)
		for (size_t v = 0; v < ver->n; v++) {
			unsigned long long tp = 0, fn = 0;

			for (size_t i = 0; i < p->t->n; i++) {
				const struct score_row *r = &p->t->rows[i];

				if (!wanted(p, r, unit, false) ||
				    strcmp(r->signature, sig->w[s]) != 0 ||
				    strcmp(r->traffic_version, ver->w[v]) != 0)
					continue;
				tp += r->tp;
				fn += r->fn;
			}
			fprintf(f.data, "%zu\t%zu\t%s\t%s\t", v, sig->n - 1 - s, ver->w[v],
				sig->w[s]);
			if (tp + fn)
				fprintf(f.data, "%.4f\t%llu\t%llu\t%.2f (%llu/%llu)\n",
					(double)tp / (double)(tp + fn), tp, fn,
					(double)tp / (double)(tp + fn), tp, tp + fn);
			else
				fputs("-\t0\t0\tno such traffic\n", f.data);
		}
	text = xasprintf("Recall by %s\\n%s traffic%s", what, source_text(p->source), p->at);
	fputs("set title ", f.script);
	plot_quote(f.script, text);
	free(text);
	/* Light to dark blue in even steps of lightness: readable in grey and by the colour-blind.
	 */
	fprintf(f.script,
		"\nset xlabel \"version of the traffic\"\nunset grid\nunset key\nset border 0\n"
		"set tics scale 0\n"
		"set palette defined (0 \"#f7fbff\", 0.25 \"#c6dbef\", 0.5 \"#6baed6\", 0.75 "
		"\"#2171b5\", 1 \"#08306b\")\n"
		"set cbrange [0:1]\nset cblabel \"recall\"\n"
		"set xrange [-0.5:%zu.5]\nset yrange [-0.5:%zu.5]\n"
		"plot FILE skip 1 using 1:2:($1-0.5):($1+0.5):($2-0.5):($2+0.5):5:xtic(3):ytic(4) "
		"with boxxyerror lc palette fs solid noborder, \\\n"
		"     '' skip 1 using 1:2:8:($5 > 0.6 ? 0xffffff : 0x000000) with labels tc rgb "
		"variable\n",
		ver->n - 1, sig->n - 1);
	text = xasprintf("versions-%s", what);
	rc = finish(p, &f, text, 420 + (longest > 14 ? 9 * (int)longest : 130) * (int)ver->n,
		    170 + 44 * (int)sig->n, e);
	free(text);
	return rc;
}

/* ---- recall by vantage ---- */

static int plot_vantages(struct plots *p, const struct words *sig, const struct words *van,
			 struct err *e)
{
	static const char *const order[] = {"caller.lan", "caller.wan", "core", "callee.wan",
					    "callee.lan"};
	struct words sorted = {0};
	struct plot_file f;

	for (size_t i = 0; i < ARRAY_LEN(order); i++)
		for (size_t k = 0; k < van->n; k++)
			if (!strcmp(van->w[k], order[i]))
				word(&sorted, van->w[k]);
	for (size_t k = 0; k < van->n; k++)
		word(&sorted, van->w[k]);
	plot_begin(&f);
	fputs("x\tvantage\tsignature\trecall\tlow\thigh\n", f.data);
	for (size_t s = 0; s < sig->n; s++) {
		for (size_t v = 0; v < sorted.n; v++) {
			unsigned long long tp = 0, fn = 0;
			struct interval w;

			for (size_t i = 0; i < p->t->n; i++) {
				const struct score_row *r = &p->t->rows[i];

				if (wanted(p, r, UNIT_FLOW, true) &&
				    !strcmp(r->signature, sig->w[s]) &&
				    !strcmp(r->vantage, sorted.w[v])) {
					tp += r->tp;
					fn += r->fn;
				}
			}
			w = wilson95(tp, tp + fn);
			fprintf(f.data, "%zu\t%s\t%s", v, sorted.w[v], sig->w[s]);
			if (tp + fn)
				fprintf(f.data, "\t%.4f\t%.4f\t%.4f\n",
					(double)tp / (double)(tp + fn), w.low, w.high);
			else
				fputs("\t-\t-\t-\n", f.data);
		}
		fputs("\n\n", f.data);
	}
	fprintf(f.script,
		"set title \"Recall by vantage (flows, %s traffic, all settings)\"\n"
		"set ylabel \"recall, with 95 %% interval\"\nset yrange [-0.02:1.02]\n"
		"set xrange [-0.4:%zu.4]\nset xtics (",
		source_text(p->source), sorted.n - 1);
	for (size_t v = 0; v < sorted.n; v++) {
		fputs(v ? ", " : "", f.script);
		plot_quote(f.script, sorted.w[v]);
		fprintf(f.script, " %zu", v);
	}
	fputs(")\nplot ", f.script);
	for (size_t s = 0; s < sig->n; s++) {
		fprintf(f.script,
			"%s%s skip 1 index %zu using ($1+%.3f):4:5:6 with yerrorlines lw "
			"1.5 pt "
			"%d lc rgb \"%s\" dt %zu title ",
			s ? ", \\\n     " : "", s ? "''" : "FILE", s,
			((double)s - (double)(sig->n - 1) / 2) * 0.06, plot_points[s % PLOT_SHAPES],
			plot_colours[s % PLOT_COLOURS], 1 + s / PLOT_COLOURS);
		plot_quote(f.script, sig->w[s]);
	}
	fputc('\n', f.script);
	return finish(p, &f, "vantages", 980, 300 + 20 * (int)sig->n, e);
}

/* ---- time to detect ---- */

struct sample {
	double seconds;
	unsigned long long packets;
};

static int by_seconds(const void *a, const void *b)
{
	double x = ((const struct sample *)a)->seconds, y = ((const struct sample *)b)->seconds;

	return (x > y) - (x < y);
}

static int by_packets(const void *a, const void *b)
{
	unsigned long long x = ((const struct sample *)a)->packets,
			   y = ((const struct sample *)b)->packets;

	return (x > y) - (x < y);
}

static size_t samples_of(const struct plots *p, const char *signature, struct sample *out)
{
	size_t n = 0;

	for (size_t i = 0; i < p->t->claims_n; i++) {
		const struct score_claim *c = &p->t->claims[i];
		const struct score_row *r = &p->t->rows[c->row];

		if (c->result == CLAIM_TP && c->detect_ns >= 0 && wanted(p, r, UNIT_FLOW, false) &&
		    !strcmp(r->signature, signature))
			out[n++] = (struct sample){(double)c->detect_ns / 1e9, c->detect_packets};
	}
	return n;
}

static int plot_delay(struct plots *p, const struct words *sig, bool packets, struct err *e)
{
	struct sample *s = xcalloc(p->t->claims_n + 1, sizeof(*s));
	struct plot_file f;
	size_t blocks = 0;

	plot_begin(&f);
	fprintf(f.data, "%s\tshare\tsignature\n", packets ? "packets" : "seconds");
	fprintf(f.script,
		"set title \"How soon a flow is recognised (found flows, %s traffic%s)\"\n"
		"set xlabel \"%s\"\nset ylabel \"share of the found flows\"\n"
		"set yrange [0:1.02]\nset logscale x\n%splot ",
		source_text(p->source), p->at,
		packets ? "packets of the flow up to the verdict"
			: "seconds from the flow's first packet to the verdict (0 is drawn at "
			  "0.001)",
		packets ? "" : "set xrange [0.0009:*]\n");
	for (size_t k = 0; k < sig->n; k++) {
		size_t n = samples_of(p, sig->w[k], s);

		if (!n)
			continue;
		qsort(s, n, sizeof(*s), packets ? by_packets : by_seconds);
		for (size_t i = 0; i < n; i++) {
			double x = packets		  ? (double)s[i].packets
				   : s[i].seconds < 0.001 ? 0.001
							  : s[i].seconds;

			if (i + 1 == n || i % (1 + n / 400) == 0)
				fprintf(f.data, "%.6g\t%.5f\t%s\n", x, (double)(i + 1) / (double)n,
					sig->w[k]);
		}
		fputs("\n\n", f.data);
		fprintf(f.script,
			"%s%s skip 1 index %zu using 1:2 with steps lw 2.2 dt %zu lc rgb \"%s\" "
			"title ",
			blocks ? ", \\\n     " : "", blocks ? "''" : "FILE", blocks, 1 + k % 5,
			plot_colours[k % PLOT_COLOURS]);
		plot_quote(f.script, sig->w[k]);
		blocks++;
	}
	fputc('\n', f.script);
	free(s);
	if (!blocks) {
		plot_drop(&f);
		return 0;
	}
	return finish(p, &f, packets ? "time-to-detect-packets" : "time-to-detect", 980, 440, e);
}

/* ---- all signatures: false-positive rate against recall ---- */

static int plot_compare(struct plots *p, const struct words *sig, struct err *e)
{
	struct plot_file f;
	size_t points = 0;

	plot_begin(&f);
	fputs("fp_per_1000\tfp_upper\trecall\trecall_low\trecall_high\tsignature\n", f.data);
	fprintf(f.script,
		"set title \"Signatures compared: what they find, what they wrongly claim (flows, "
		"%s"
		"%s)\"\n"
		"set xlabel \"false positives per 1,000 flows that are not Skype (bar: exact 95 %% "
		"upper bound)\"\n"
		"set ylabel \"recall\"\nset yrange [-0.03:1.03]\n"
		"set nonlinear x via asinh(x) inverse sinh(x)\n"
		"set xrange [-0.15:*]\nset xtics (0, 0.2, 0.5, 1, 2, 5, 10, 20, 50, 100, 200, 500, "
		"1000)\nplot ",
		source_text(p->source), p->at);
	for (size_t s = 0; s < sig->n; s++) {
		struct score_row sum = {0};
		struct interval w;

		for (size_t i = 0; i < p->t->n; i++) {
			const struct score_row *r = &p->t->rows[i];

			if (wanted(p, r, UNIT_FLOW, false) && !strcmp(r->signature, sig->w[s])) {
				sum.tp += r->tp;
				sum.fp += r->fp;
				sum.fn += r->fn;
				sum.tn += r->tn;
			}
		}
		if (score_recall(&sum) < 0 || score_fpr(&sum) < 0)
			continue;
		w = wilson95(sum.tp, sum.tp + sum.fn);
		fprintf(f.data, "%.5f\t%.5f\t%.4f\t%.4f\t%.4f\t%s\n", 1000 * score_fpr(&sum),
			1000 * exact_upper95(sum.fp, sum.fp + sum.tn), score_recall(&sum), w.low,
			w.high, sig->w[s]);
		fprintf(f.script,
			"%s%s skip 1 every ::%zu::%zu using 1:3:1:2:4:5 with xyerrorbars lw 1.5 pt "
			"%d "
			"ps 1.2 lc rgb \"%s\" title ",
			points ? ", \\\n     " : "", points ? "''" : "FILE", points, points,
			plot_points[s % PLOT_SHAPES], plot_colours[s % PLOT_COLOURS]);
		plot_quote(f.script, sig->w[s]);
		points++;
	}
	fputc('\n', f.script);
	if (points < 2) {
		plot_drop(&f);
		return 0;
	}
	return finish(p, &f, "signatures", 980, 360 + 20 * (int)points, e);
}

/* ---- all of them ---- */

static int plot_source(struct plots *p, struct err *e)
{
	struct words sig = {0}, ver = {0}, van = {0};

	collect(p, UNIT_FLOW, &sig, &ver, &van);
	if (!sig.n)
		return 0;
	p->vantage = van.w[0];
	for (size_t i = 0; i < van.n; i++)
		if (!strcmp(van.w[i], "caller.lan"))
			p->vantage = van.w[i];
	snprintf(p->at, sizeof(p->at), ", at %s", p->vantage);
	if (!strcmp(p->vantage, "-"))
		p->at[0] = '\0';
	for (size_t i = 0; i < sig.n; i++)
		if (plot_settings(p, sig.w[i], e) < 0)
			return -1;
	/* No version: no Skype anywhere, recall is nothing to draw. */
	if ((ver.n && (plot_versions(p, &sig, &ver, UNIT_FLOW, e) < 0 ||
		       plot_versions(p, &sig, &ver, UNIT_CLIENT, e) < 0 ||
		       (van.n > 1 && plot_vantages(p, &sig, &van, e) < 0))) ||
	    plot_delay(p, &sig, false, e) < 0 || plot_delay(p, &sig, true, e) < 0)
		return -1;
	return plot_compare(p, &sig, e);
}

int plot_run(const struct score_table *t, const char *run_dir, struct err *e)
{
	struct plots p = {.t = t, .dir = path_in(run_dir, "plots")};
	int rc = make_dirs(p.dir, e);

	for (int s = SOURCE_EMULATED; s <= SOURCE_RECORDED && !rc; s++) {
		p.source = (enum traffic_source)s;
		rc = plot_source(&p, e);
	}
	if (!rc) {
		int more = plot_traffic(run_dir, p.dir, p.names + p.n, PLOTS_MAX - p.n, e);

		rc = more < 0 ? -1 : 0;
		p.n += more > 0 ? (size_t)more : 0;
	}
	if (!rc && p.n)
		rc = plot_execute(p.dir, (const char *const *)p.names, p.n, e);
	for (size_t i = 0; i < p.n; i++)
		free(p.names[i]);
	free(p.dir);
	return rc < 0 ? -1 : (int)p.n;
}
