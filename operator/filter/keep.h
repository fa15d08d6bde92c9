/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef OPERATOR_FILTER_KEEP_H
#define OPERATOR_FILTER_KEEP_H

#include "operator/filter/filter_private.h"

/* Makes the table at the start, with what was left in force. 0, or -1 with @e set. */
int keep_begin(struct filter *f, struct err *e);
/* Makes it with all that the ledger says, in the place of what is there. 0, or -1 with @e set. */
int keep_make(struct filter *f, struct err *e);
/* Closes it, and clears marks unless all is to stay. */
void keep_end(struct filter *f);

#endif
