// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * chart_svg.c - a sequence chart as SVG
 *
 * Lanes are vertical lines, arrows go from one to another, time runs down: by rows, not to scale. The
 * picture has its own background, as the plots have, and nothing outside of it. A signature's name is
 * bold; nothing is said by colour alone.
 */
#include "analysis/talk/chart_svg.h"
#include "base/quote.h"
#include "results/report/palette.h"

#define LANE   180 /* from lane to lane, pixels */
#define LEFT   150 /* of the first lane */
#define TOP    96  /* of the first row */
#define ROW    28
#define MARGIN 110 /* right of the last lane */

static unsigned x_of(uint32_t lane)
{
	return LEFT + LANE * lane;
}

static void put_lane(FILE *f, const struct chart_lane *l, uint32_t i, unsigned bottom)
{
	fprintf(f,
		"<text x=\"%u\" y=\"56\" class=\"lane\">%s</text>\n"
		"<text x=\"%u\" y=\"72\" class=\"dim mid\">%s</text>\n"
		"<line x1=\"%u\" y1=\"80\" x2=\"%u\" y2=\"%u\" class=\"life\"/>\n",
		x_of(i), quote_html(l->name), x_of(i), quote_html(l->note), x_of(i), x_of(i),
		bottom);
}

static void put_words(FILE *f, const struct chart_row *r, unsigned middle, unsigned y)
{
	fprintf(f, "<text x=\"%u\" y=\"%u\" class=\"word\">", middle, y - 5);
	if (*r->name)
		fprintf(f, "<tspan class=\"name\">%s</tspan> ", quote_html(r->name));
	fputs(quote_html(r->label), f);
	if (r->times > 1)
		fprintf(f, " \xc3\x97%llu", (unsigned long long)r->times);
	fputs("</text>\n", f);
}

static void put_row(FILE *f, const struct chart_row *r, unsigned y)
{
	bool right = r->from < r->to;
	unsigned from = x_of(r->from), to = x_of(r->to);
	unsigned tip = right ? to - 1 : to + 1, tail = right ? to - 10 : to + 10;

	if (r->s >= 0)
		fprintf(f, "<text x=\"64\" y=\"%u\" class=\"time\">%.3f s</text>\n", y + 4, r->s);
	if (from == to)
		return;
	fprintf(f,
		"<line x1=\"%u\" y1=\"%u\" x2=\"%u\" y2=\"%u\" class=\"%s\"/>\n"
		"<path d=\"M%u %uL%u %uL%u %uz\" class=\"tip\"/>\n",
		from, y, tail, y, *r->name ? "arrow named" : "arrow", tip, y, tail, y - 4, tail,
		y + 4);
	put_words(f, r, (from + to) / 2, y);
}

void chart_svg(const struct chart *c, FILE *f)
{
	unsigned lanes = c->lanes_n ? (unsigned)c->lanes_n - 1 : 0;
	unsigned width = x_of(lanes) + MARGIN;
	unsigned bottom = TOP + ROW * (unsigned)c->n + 8, height = bottom + (c->more ? 28 : 12);

	fprintf(f,
		"<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"%u\" height=\"%u\" viewBox=\"0 "
		"0 %u %u\" font-family=\"sans-serif\" font-size=\"13\">\n<title>%s</title>\n"
		"<style>.lane{text-anchor:middle;font-weight:bold}.mid{text-anchor:middle}"
		".time{text-anchor:end;font-size:11px;fill:" PLOT_AXES "}.dim{fill:" PLOT_AXES
		";font-size:11px}.life{stroke:" PLOT_AXES ";stroke-width:1}"
		".arrow{stroke:#000;stroke-width:1.2}.named{stroke-width:2.2}.tip{fill:#000}"
		".word{text-anchor:middle;font-size:12px;paint-order:stroke;stroke:" PLOT_BACKGROUND
		";stroke-width:4px}.name{font-weight:bold}.title{font-size:15px}</style>\n"
		"<rect width=\"100%%\" height=\"100%%\" fill=\"" PLOT_BACKGROUND "\"/>\n"
		"<text x=\"12\" y=\"24\" class=\"title\">%s</text>\n",
		width, height, width, height, quote_html(c->title), quote_html(c->title));
	for (size_t i = 0; i < c->lanes_n; i++)
		put_lane(f, &c->lanes[i], (uint32_t)i, bottom);
	for (size_t i = 0; i < c->n; i++)
		put_row(f, &c->rows[i], TOP + ROW * (unsigned)i + 16);
	if (c->more)
		fprintf(f, "<text x=\"%u\" y=\"%u\" class=\"dim\">it goes on</text>\n", x_of(0),
			bottom + 16);
	fputs("</svg>\n", f);
}
