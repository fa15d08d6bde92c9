/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef OPERATOR_FILTER_QUESTION_H
#define OPERATOR_FILTER_QUESTION_H

#include <jansson.h>

#include "base/err.h"

/* Asks the watch that listens at @path (operator/watch/control.h). Its answer, a new reference; NULL with
 * @e set, also when it says no. */
json_t *question_ask(const char *path, const json_t *request, struct err *e);

#endif
