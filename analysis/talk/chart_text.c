// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * chart_text.c - a sequence chart in characters
 *
 *	 seconds   192.0.2.1           198.51.100.7        3 others
 *	   0.000   |----- U1 18 B ---->|                   |
 *	   0.126   |<---- U2 11 B -----|                   |
 */
#include <stdlib.h>
#include <string.h>

#include "analysis/talk/chart_text.h"

#define WIDTH 22 /* of a lane */

static size_t column(uint32_t lane)
{
	return (size_t)lane * WIDTH;
}

/* @text into @line at @at, cut at @room characters. */
static void write_at(char *line, size_t at, const char *text, size_t room)
{
	size_t n = strlen(text);

	memcpy(line + at, text, n < room ? n : room);
}

/* What stands on the arrow: "U1 18 B x5". */
static void words(const struct chart_row *r, char out[CHART_TEXT + 64])
{
	snprintf(out, CHART_TEXT + 64, "%s%s%s", r->name, *r->name ? " " : "", r->label);
	if (r->times > 1) {
		size_t n = strlen(out);

		snprintf(out + n, CHART_TEXT + 64 - n, " x%llu", (unsigned long long)r->times);
	}
}

static void arrow(char *line, const struct chart_row *r)
{
	size_t a = column(r->from < r->to ? r->from : r->to) + 1;
	size_t b = column(r->from < r->to ? r->to : r->from), room = b - a - 2, n;
	char text[CHART_TEXT + 64];

	memset(line + a, '-', b - a);
	line[r->from < r->to ? b - 1 : a] = r->from < r->to ? '>' : '<';
	words(r, text);
	n = strlen(text);
	n = n < room - 2 ? n : room - 2;
	line[a + 1 + (room - n) / 2 - 1] = ' ';
	write_at(line, a + 1 + (room - n) / 2, text, n);
	line[a + 1 + (room - n) / 2 + n] = ' ';
}

static void put_line(FILE *f, const char *head, char *line, size_t width)
{
	while (width && line[width - 1] == ' ')
		width--;
	fprintf(f, "%10s  %.*s\n", head, (int)width, line);
}

static void put_row(FILE *f, const struct chart *c, const struct chart_row *r, char *line,
		    size_t width)
{
	char head[32] = "";

	memset(line, ' ', width);
	for (size_t i = 0; i < c->lanes_n; i++)
		line[column((uint32_t)i)] = '|';
	if (r->from != r->to)
		arrow(line, r);
	if (r->s >= 0)
		snprintf(head, sizeof(head), "%.3f", r->s);
	put_line(f, head, line, width);
}

static bool any_note(const struct chart *c)
{
	for (size_t i = 0; i < c->lanes_n; i++)
		if (*c->lanes[i].note)
			return true;
	return false;
}

void chart_text(const struct chart *c, FILE *f)
{
	size_t width = column(CHART_LANES);
	char *line = xmalloc(width);

	memset(line, ' ', width);
	for (size_t i = 0; i < c->lanes_n; i++)
		write_at(line, column((uint32_t)i), c->lanes[i].name, WIDTH - 2);
	put_line(f, "seconds", line, width);
	memset(line, ' ', width);
	for (size_t i = 0; i < c->lanes_n; i++)
		write_at(line, column((uint32_t)i), c->lanes[i].note, WIDTH - 2);
	if (any_note(c))
		put_line(f, "", line, width);
	for (size_t i = 0; i < c->n; i++)
		put_row(f, c, &c->rows[i], line, width);
	if (c->more)
		fprintf(f, "%10s  ... it goes on\n", "");
	free(line);
}
