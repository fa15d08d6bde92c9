/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef RESULTS_HELD_H
#define RESULTS_HELD_H

#include <stdbool.h>

#include "results/score/detections.h"
#include "results/score/flows.h"
#include "results/score/labels.h"

/* Whether the capture holds the flow of @row, which is one of labels_at(@l, ...): packets of its
 * tuple at its time. True where no capture is known (@x NULL). */
bool label_held(const struct labels *l, const struct label *row, const struct flow_index *x);
/* Rows of the labels that meet no packet of the capture: when that is all of them, they are another
 * capture's. */
struct unmet_rows {
	size_t rows, unmet;
	unsigned first; /* line of the first that meets none */
};
struct unmet_rows labels_unmet(const struct labels *l, const struct flow_index *x);
/* The row of the labels that an event's flow has at the event's time; NULL when there is none.
 * @l, @x: NULL = not known */
const struct label *label_of_event(const struct labels *l, const struct detection *v,
				   const struct flow_index *x);

#endif
