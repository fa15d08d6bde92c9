/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef OPERATOR_FILTER_ENFORCE_H
#define OPERATOR_FILTER_ENFORCE_H

#include "operator/filter/filter_private.h"

/* The element for a super node or client, with its whole time. */
struct own_element enforce_element(const struct filter *f, const struct filter_block *b);
/* Blocks @b; @before is its entry when it is blocked already. 0; or -1, and the line is written. */
int enforce_put(struct filter *f, const struct seen *v, const struct filter_block *b,
		const struct ledger_entry *before);
/* Writes down that it came into force now, and until when. */
void enforce_done(struct filter *f, struct ledger_entry *en, const struct sighting *s);
/* Takes it out of the kernel. False: the kernel refused, a line is written, and it stays. */
bool enforce_take(struct filter *f, const struct ledger_entry *en);

#endif
