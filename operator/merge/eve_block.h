/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef OPERATOR_EVE_BLOCK_H
#define OPERATOR_EVE_BLOCK_H

#include <jansson.h>

#include "operator/filter/filter.h"

/* What a line of EVE with event_type "drop" says of a block that begins, is prolonged or ends, into @b. 1;
 * 0 = a line of Suricata's, or of what was not blocked; -1 with @e set. */
int eve_block(const json_t *o, struct filter_block *b, struct err *e);

#endif
