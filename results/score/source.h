/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef RESULTS_SOURCE_H
#define RESULTS_SOURCE_H

/* Where traffic came from. Emulated and recorded traffic are never added up. */
enum traffic_source { SOURCE_NONE, SOURCE_EMULATED, SOURCE_RECORDED };
const char *source_text(enum traffic_source s); /* "-", "emulated", "recorded" */
/* "emulated" or "recorded"; 0, or -1 (@out is left alone). */
int source_parse(const char *text, enum traffic_source *out);

#endif
