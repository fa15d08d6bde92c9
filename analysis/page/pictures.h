/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef ANALYSIS_PAGE_PICTURES_H
#define ANALYSIS_PAGE_PICTURES_H

#include "analysis/page/document.h"
#include "analysis/talk/chart.h"
#include "analysis/talk/talk.h"
#include "base/err.h"

/* Pictures of an analysis, as SVG in memory; their texts are the caller's (free, or
 * section_picture()). */

/* A chart; @c stays the caller's. */
struct picture chart_picture(const struct chart *c, const char *name, const char *caption);

enum plot_kind {
	PICTURE_SIZES,	  /* messages by size */
	PICTURE_TIMELINE, /* flows by time and port */
	PICTURE_PORTS,	  /* flows by port, answered or not */
	PICTURES,
};

/* Draws all plots by gnuplot in a folder of its own below $TMPDIR. A plot that has nothing to show has
 * a NULL svg. @source: "emulated" or "recorded", for titles. 0; -1 with @e set: none is there. */
int plot_pictures(const struct talk *t, const char *source, struct picture out[PICTURES],
		  struct err *e);

#endif
