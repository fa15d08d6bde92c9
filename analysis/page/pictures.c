// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * pictures.c - plots of an analysis by gnuplot, and charts as pictures
 *
 * gnuplot works in a folder that is removed afterwards. Of flows the time line shows the first
 * TIMELINE_FLOWS, by time since the beginning of their own capture.
 */
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>

#include "analysis/page/pictures.h"
#include "analysis/talk/chart_svg.h"
#include "analysis/talk/chart_text.h"
#include "base/moment.h"
#include "base/outfile.h"
#include "base/path.h"
#include "base/quote.h"
#include "results/report/gnuplot.h"
#include "results/report/palette.h"
#include "results/report/plot_file.h"

#define TIMELINE_FLOWS 5000

struct picture chart_picture(const struct chart *c, const char *name, const char *caption)
{
	struct picture p = {.name = name, .caption = xstrdup(caption), .wide = c->lanes_n > 3};
	size_t len;
	FILE *f = open_memstream(&p.svg, &len);

	if (f) {
		chart_svg(c, f);
		fclose(f);
	}
	f = open_memstream(&p.text, &len);
	if (f) {
		chart_text(c, f);
		fclose(f);
	}
	return p;
}

/* --- sizes -------------------------------------------------------------------------------- */

static void size_rows(FILE *f, const struct talk *t, uint64_t sum[2])
{
	sum[0] = sum[1] = 0;
	fputs("size\tudp\ttcp\n", f);
	for (int size = 0; size < TALK_SIZES; size++) {
		uint64_t udp = t->sizes[0][size], tcp = t->sizes[1][size];

		if (!udp && !tcp)
			continue;
		fprintf(f, udp ? "%d\t%llu" : "%d\t-", size, (unsigned long long)udp);
		fprintf(f, tcp ? "\t%llu\n" : "\t-\n", (unsigned long long)tcp);
		sum[0] += udp;
		sum[1] += tcp;
	}
}

static void size_series(FILE *f, const uint64_t sum[2])
{
	fputs("plot ", f);
	if (sum[0])
		fprintf(f, "FILE skip 1 using 1:2 with impulses lw 2 lc rgb \"%s\" title \"UDP\"",
			plot_colours[0]);
	if (sum[1])
		fprintf(f,
			"%sFILE skip 1 using 1:3 with points pt %d ps 0.6 lc rgb \"%s\" title "
			"\"TCP\"",
			sum[0] ? ", " : "", plot_points[1], plot_colours[1]);
	fputc('\n', f);
}

static int plot_sizes_of(const struct talk *t, const char *source, struct plot_list *list,
			 struct err *e)
{
	struct plot_file p;
	uint64_t sum[2], all;

	plot_begin(&p);
	size_rows(p.data, t, sum);
	all = sum[0] + sum[1];
	if (!sum[0] && !sum[1]) {
		plot_drop(&p);
		return 0;
	}
	fprintf(p.script,
		"set title \"Messages by size (%s traffic, %llu messages)\"\n"
		"set xlabel \"payload, bytes (the last: %d or more)\"\n"
		"set ylabel \"messages\"\nset logscale y\nset yrange [0.7:*]\n"
		"set key outside bottom center horizontal\n",
		source, (unsigned long long)all, TALK_SIZES - 1);
	size_series(p.script, sum);
	return plot_list_add(list, &p, "sizes", 760, 400, e);
}

/* --- time line ---------------------------------------------------------------------------- */

static double since_begin(const struct talk_flows *flows, size_t i, uint64_t *begin_ns)
{
	const struct message_flow *f = &flows->list[i].flow;

	if (!i || flows->list[i - 1].flow.input != f->input)
		*begin_ns = f->first_ns;
	return (double)(f->first_ns - *begin_ns) / 1e9;
}

#define TIMELINE_KINDS 4 /* protocol, answered or not */

/* *@seen: bit k = there is a flow of kind k. */
static void timeline_rows(FILE *f, const struct talk_flows *flows, unsigned *seen)
{
	uint64_t begin_ns = 0;

	*seen = 0;
	fputs("seconds\tudp\tudp_unanswered\ttcp\ttcp_unanswered\n", f);
	for (size_t i = 0; i < flows->n && i < TIMELINE_FLOWS; i++) {
		const struct message_flow *m = &flows->list[i].flow;
		int kind = (m->tuple.proto == IPPROTO_TCP) * 2 + !talk_answered(m);

		*seen |= 1U << kind;
		fprintf(f, "%.6f", since_begin(flows, i, &begin_ns));
		for (int k = 0; k < TIMELINE_KINDS; k++)
			if (k == kind)
				fprintf(f, "\t%u", m->tuple.dst.port);
			else
				fputs("\t-", f);
		putc('\n', f);
	}
}

/* A series without a point would be a complaint of gnuplot's. */
static void timeline_series(FILE *f, unsigned seen)
{
	static const char *const titles[TIMELINE_KINDS] = {"UDP, answered", "UDP, no answer",
							   "TCP, answered", "TCP, no answer"};
	static const int points[TIMELINE_KINDS] = {7, 6, 5, 4};
	bool first = true;

	fputs("plot ", f);
	for (int k = 0; k < TIMELINE_KINDS; k++) {
		if (!(seen >> k & 1))
			continue;
		fprintf(f,
			"%sFILE skip 1 using 1:%d with points pt %d ps 0.7 lc rgb \"%s\" title "
			"\"%s\"",
			first ? "" : ", \\\n     ", k + 2, points[k], plot_colours[k / 2],
			titles[k]);
		first = false;
	}
	fputc('\n', f);
}

static int plot_timeline(const struct talk *t, const char *source, struct plot_list *list,
			 struct err *e)
{
	struct plot_file p;
	unsigned seen;

	plot_begin(&p);
	timeline_rows(p.data, &t->flows, &seen);
	fprintf(p.script,
		"set title \"When flows were opened, and to which port (%s traffic, %zu%s "
		"flows)\"\n"
		"set xlabel \"seconds since the capture's first flow\"\nset ylabel \"port\"\n"
		"set logscale y\nset yrange [10:100000]\n"
		"set ytics (\"10\" 10, \"53\" 53, \"80\" 80, \"443\" 443, \"1024\" 1024, "
		"\"5000\" 5000, \"65535\" 65535)\n"
		"set key outside bottom center horizontal\n",
		source, t->flows.n < TIMELINE_FLOWS ? t->flows.n : (size_t)TIMELINE_FLOWS,
		t->flows.n > TIMELINE_FLOWS ? " first" : "");
	timeline_series(p.script, seen);
	return plot_list_add(list, &p, "timeline", 760, 440, e);
}

/* --- ports -------------------------------------------------------------------------------- */

static int port_rows(FILE *f, const struct here *h)
{
	int rows = 0;
	char text[24];

	fputs("port\tanswered\tunanswered\n", f);
	for (int tcp = 0; tcp < 2; tcp++)
		for (size_t c = 0; c < here_columns(&h->usage); c++) {
			struct here_count sum = {0};

			for (size_t k = 0; k < h->usage.configs_n; k++) {
				sum.flows += here_used(h, k, tcp, c)->flows;
				sum.answered += here_used(h, k, tcp, c)->answered;
			}
			if (!sum.flows)
				continue;
			fprintf(f, "%s %s\t%llu\t%llu\n", tcp ? "tcp" : "udp",
				here_column(&h->usage, c, text), (unsigned long long)sum.answered,
				(unsigned long long)(sum.flows - sum.answered));
			rows++;
		}
	return rows;
}

static int plot_port_bars(const struct talk *t, const char *source, struct plot_list *list,
			  struct err *e)
{
	struct plot_file p;
	int rows;

	plot_begin(&p);
	rows = port_rows(p.data, &t->here);
	if (!rows) {
		plot_drop(&p);
		return 0;
	}
	fprintf(p.script,
		"set title \"Flows by port (%s traffic, flows seen from their beginning)\"\n"
		"set ylabel \"flows\"\nset yrange [0:*]\nset style data histograms\n"
		"set style histogram rowstacked\nset boxwidth 0.7\nset xtics rotate by -45\n"
		"set key outside bottom center horizontal\nset rmargin 10\n"
		"plot FILE skip 1 using 2:xtic(1) lc rgb \"%s\" fillstyle solid border lc rgb "
		"\"" PLOT_AXES "\" title \"answered\", \\\n"
		"     '' skip 1 using 3 lc rgb \"%s\" fillstyle pattern 1 border lc rgb "
		"\"" PLOT_AXES "\" title \"no answer\"\n",
		source, plot_colours[0], plot_colours[1]);
	return plot_list_add(list, &p, "ports", 320 + 56 * rows, 420, e);
}

static int draw(const struct talk *t, const char *source, struct plot_list *list, struct err *e)
{
	if (plot_sizes_of(t, source, list, e) < 0 ||
	    (t->flows.n && plot_timeline(t, source, list, e) < 0) ||
	    plot_port_bars(t, source, list, e) < 0)
		return -1;
	return list->n ? gnuplot_run(list->dir, (const char *const *)list->names, list->n, e) : 0;
}

/* What gnuplot drew; NULL where it drew none. */
static char *drawn(const char *dir, const char *name)
{
	char *path = path_inf(dir, "%s.svg", name), *text = read_file(path, NULL, NULL);

	free(path);
	return text;
}

int plot_pictures(const struct talk *t, const char *source, struct picture out[PICTURES],
		  struct err *e)
{
	static const char *const names[] = {"sizes", "timeline", "ports"};
	static const char *const captions[] = {"Messages by size",
					       "When flows were opened, and to which port",
					       "Flows by the port to which they were opened"};
	const char *tmp = getenv("TMPDIR");
	char *dir = xasprintf("%s/skypelab-plots-XXXXXX", tmp && *tmp ? tmp : "/tmp");
	struct plot_list list = {.dir = dir};
	int rc = -1;

	for (int i = 0; i < PICTURES; i++)
		out[i] = (struct picture){.name = names[i]};
	if (!mkdtemp(dir)) {
		err_sys(e, "%s: cannot make a folder for plots", dir);
	} else {
		rc = draw(t, source, &list, e);
		for (int i = 0; i < PICTURES && rc == 0; i++) {
			out[i].svg = drawn(dir, names[i]);
			out[i].caption = xstrdup(captions[i]);
		}
		remove_tree(dir);
	}
	plot_list_clear(&list);
	free(dir);
	return rc;
}
