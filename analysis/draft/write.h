/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef ANALYSIS_DRAFT_WRITE_H
#define ANALYSIS_DRAFT_WRITE_H

#include "analysis/draft/draft.h"

/**
 * struct draft_head - what a drafted file says of itself
 * @name, @application: A signature's name, a label
 * @date:	"2026-11-29"
 * @source:	The command line that made it; any text
 * @notes:	Lines; any text. Each is written as one line of the notes
 */
struct draft_head {
	const char *name, *application, *date, *source, *notes;
};

/* Writes the signature file: skypelab-signature(5). */
void draft_write(const struct draft *d, const struct draft_head *head, FILE *f);
/* Writes every rule and constraint with its figures, as a table for a person. */
void draft_table(const struct draft *d, FILE *f);

#endif
