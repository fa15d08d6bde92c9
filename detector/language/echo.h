/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef DETECTOR_ECHO_H
#define DETECTOR_ECHO_H

#include "detector/language/signature.h"

#define ECHO_BITS 16 /* bits of the request that nobody who has not seen it can know */

/* Notes in every message of @r which requests it refers to (message.echoes). After the rule was
 * read. */
void echo_settle(struct rule *r);

#endif
