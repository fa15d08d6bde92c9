/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef CLI_DEFAULT_SIGNATURES_H
#define CLI_DEFAULT_SIGNATURES_H

#include <stddef.h>

#include "detector/detector.h"

#define DEFAULT_SIGNATURES_MAX 2

/* The names of the signatures to use without -s: the project's own, or the paper's if those are missing.
 * How many, or -1 with @e set. */
int default_signatures(const char *names[DEFAULT_SIGNATURES_MAX], struct err *e);
/* These, loaded. NULL with @e set. */
struct signature_set *default_signatures_load(struct err *e);

#endif
