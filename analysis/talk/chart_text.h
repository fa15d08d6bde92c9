/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef ANALYSIS_TALK_CHART_TEXT_H
#define ANALYSIS_TALK_CHART_TEXT_H

#include <stdio.h>

#include "analysis/talk/chart.h"

/* A chart as lines of text, without colour. */
void chart_text(const struct chart *c, FILE *f);

#endif
