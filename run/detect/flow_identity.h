/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef RUN_DETECT_FLOW_IDENTITY_H
#define RUN_DETECT_FLOW_IDENTITY_H

#include <stdint.h>

#include "base/addr.h"

/* A number by which a recorded flow is known again in another capture: of its ends, in either order,
 * when it began, and the @kept bytes of its @first message. Captures that a program made may all begin
 * at 0, so the time alone says little. */
uint64_t flow_identity(const struct tuple *t, uint64_t first_ns, const uint8_t *first,
		       uint32_t kept);

#endif
