/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef DETECTOR_ENGINE_MATCH_TEXT_H
#define DETECTOR_ENGINE_MATCH_TEXT_H

#include "detector/engine/match.h"

/* Whether a test of that kind holds of a message. */
enum match_result match_http(const struct test *t, const struct view *v);
enum match_result match_dns(const struct test *t, const struct view *v);
/* @pos gets the place of what matched. */
enum match_result match_regex(const struct test *t, const struct view *v, uint16_t *pos);

#endif
