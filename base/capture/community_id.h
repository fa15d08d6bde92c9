/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef BASE_CAPTURE_COMMUNITY_ID_H
#define BASE_CAPTURE_COMMUNITY_ID_H

#include "base/addr.h"

/* Community ID v1 (seed 0) of a flow, "1:..." with NUL; the same for both directions. */
#define COMMUNITY_ID_LEN 31
void community_id(const struct tuple *t, char out[COMMUNITY_ID_LEN]);

#endif
