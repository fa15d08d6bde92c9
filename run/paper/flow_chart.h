/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef RUN_PAPER_FLOW_CHART_H
#define RUN_PAPER_FLOW_CHART_H

#include "base/err.h"
#include "detector/detector.h"

/* Draws the message flow of the client with most messages that @set has names for, as SVG at @out.
 * 1; 0 when @set names none in the capture; -1 with @e set. */
int flow_chart(const char *capture, const struct signature_set *set, const char *out,
	       struct err *e);

#endif
