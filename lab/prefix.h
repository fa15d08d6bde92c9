/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef LAB_PREFIX_H
#define LAB_PREFIX_H

#include <stdbool.h>

#include "lab/spec.h"

/* Whether two IPv4 prefixes have an address in common. */
bool prefix_overlap(const struct lab_prefix *a, const struct lab_prefix *b);

#endif
