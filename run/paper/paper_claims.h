/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef RUN_PAPER_PAPER_CLAIMS_H
#define RUN_PAPER_PAPER_CLAIMS_H

#include <stdio.h>

#include "run/paper/material.h"

/* The claims of the request's file on all that @m has, tested once and kept in @m. NULL with @e
 * set. */
struct claim_results *paper_claims(struct paper_material *m, struct err *e);
void paper_claims_free(struct paper_material *m);
/* The table claims. 0, or -1 with @e set. */
int paper_claims_put(struct paper_material *m, FILE *f, struct err *e);

#endif
