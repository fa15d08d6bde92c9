/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef RUN_PAPER_RUN_MESSAGES_H
#define RUN_PAPER_RUN_MESSAGES_H

#include "run/paper/message_book.h"

/* Adds to @b the messages of a run: those that the truth of its cells names, as the capture at
 * @vantage has them. Cells without emulated messages add nothing. 0, or -1 with @e set. */
int run_messages(struct message_book *b, const char *dir, const char *vantage, struct err *e);
/* The file of a cell's capture at @vantage (owned); NULL: it has none there. */
char *cell_capture_at(const char *dir, const char *vantage);

#endif
