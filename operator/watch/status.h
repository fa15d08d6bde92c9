/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef OPERATOR_WATCH_STATUS_H
#define OPERATOR_WATCH_STATUS_H

#include <jansson.h>

#include "operator/watch/stats.h"

/* What a ring, or the sum of several, has counted; a new object. */
json_t *status_captured(const struct ring_counts *all, const struct ring_counts *second);
/* The same for each interface, by its name. */
json_t *status_interfaces(const struct watch_stats *st);
/* What the detector does, for EVE's statistics. */
json_t *status_detected(const struct watch_stats *st);
/* What {"verb": "status"} answers: version, interfaces, signatures with their revision. */
json_t *status_of(const struct watch_stats *st, const struct signature_set *set);

#endif
