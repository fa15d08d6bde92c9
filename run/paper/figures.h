/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef RUN_PAPER_FIGURES_H
#define RUN_PAPER_FIGURES_H

#include <stdbool.h>

#include "run/paper/material.h"

/* What a figure is about: the section that shows it. */
enum figure_about { FIGURE_FLOW, FIGURE_MESSAGES, FIGURE_ACCURACY, FIGURE_RECORDED };

/**
 * struct figure - a picture of the document
 * @drawn:	By gnuplot: beside NAME.svg there are NAME.tsv and NAME.gp
 * @name:	Of its file (owned)
 * @caption, @command: What it shows, and what makes its data (owned)
 */
struct figure {
	enum figure_about about;
	bool drawn;
	char *name, *caption, *command;
};

struct figures {
	struct figure *f;
	size_t n;
	char *missing; /* why there are none, or NULL (owned) */
};

/* Draws all figures into the folder @dir; tables are read from the folder @tables. Where gnuplot is
 * missing @out has none, and says so. 0, or -1 with @e set; figures_clear() in either case. */
int figures_draw(struct figures *out, struct paper_material *m, const char *dir, const char *tables,
		 struct err *e);
void figures_clear(struct figures *l);

#endif
