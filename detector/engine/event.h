/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef DETECTOR_EVENT_H
#define DETECTOR_EVENT_H

#include "detector/engine/engine_private.h"

/* Reports an event of @r on a flow through the detector's callback. @version: the client's, 0 =
 * what the rule says; @ev: first @n messages taken; @bytes: theirs, or NULL. */
void event_report(struct detector *d, const struct rule *r, const struct flow *f, int client_dir,
		  enum event_kind kind, uint32_t version, const struct match_evidence *ev,
		  unsigned n, const struct match_bytes *bytes);

#endif
