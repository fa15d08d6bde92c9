/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef ANALYSIS_TALK_CHART_SVG_H
#define ANALYSIS_TALK_CHART_SVG_H

#include <stdio.h>

#include "analysis/talk/chart.h"

/* A chart as a whole SVG file, without any outside reference. */
void chart_svg(const struct chart *c, FILE *f);

#endif
