/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef RESULTS_COMPARE_JSON_H
#define RESULTS_COMPARE_JSON_H

#include <jansson.h>

#include "results/history/compare.h"

/* A comparison for programs: verdict, how many changes of each kind, every figure, every change. (owned) */
json_t *comparison_json(const struct comparison *c, const char *base_name, const char *now_name);

#endif
