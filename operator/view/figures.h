/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef OPERATOR_VIEW_FIGURES_H
#define OPERATOR_VIEW_FIGURES_H

#include <stddef.h>
#include <stdint.h>

#define FIGURE_TEXT 48

/* Points in time, UTC: "19:32:19" on the day of @now_ns, "Aug 25" or "2006-08" further away. */
const char *figure_clock(uint64_t ns, uint64_t now_ns, char out[FIGURE_TEXT]);
/* "2006-08-25 19:32:19" */
const char *figure_second(uint64_t ns, char out[FIGURE_TEXT]);
/* "19:32:19.077" */
const char *figure_milli(uint64_t ns, char out[FIGURE_TEXT]);
/* From @from_ns to @to_ns: "5s", "12m", "3h", "2d" in four cells; "0s" when it is not after. */
const char *figure_age(uint64_t from_ns, uint64_t to_ns, char out[FIGURE_TEXT]);
/* "0:05", "12:03", "1:02:03", "5d 03h" */
const char *figure_lasted(uint64_t from_ns, uint64_t to_ns, char out[FIGURE_TEXT]);
/* A number in at most five cells: "999", "12.3k", "4.5M" ... */
const char *figure_count(uint64_t n, char out[FIGURE_TEXT]);

#endif
