/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef RESULTS_SUBJECT_H
#define RESULTS_SUBJECT_H

#include <stdbool.h>

#include "base/addr.h"

/* How a flow is named in claims.tsv and in baselines: "udp 1.2.3.4:5 6.7.8.9:10". */
#define SUBJECT_LEN (2 * ENDPOINT_TEXT_LEN + 8)
void subject_of_flow(const struct tuple *t, char out[SUBJECT_LEN]);
/* 0, or -1 when @text does not name a flow. */
int subject_parse_flow(const char *text, struct tuple *out);

/* Whether a host is of the vantage's own site: "caller-h1" at "caller.lan". */
bool subject_is_at(const char *host, const char *vantage);

#endif
