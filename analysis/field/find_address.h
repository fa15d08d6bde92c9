/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef ANALYSIS_FIELD_FIND_ADDRESS_H
#define ANALYSIS_FIELD_FIND_ADDRESS_H

#include "analysis/field/board.h"

/* Addresses and ports, those of the packet's header and others that go with a host. */
void find_addresses(struct board *b, const struct look *l);

#endif
