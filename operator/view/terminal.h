/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef OPERATOR_VIEW_TERMINAL_H
#define OPERATOR_VIEW_TERMINAL_H

#include "base/err.h"
#include "operator/view/canvas.h"
#include "operator/view/keys.h"

struct terminal;

/* Takes over the terminal on standard input and output; exit() gives it back. One at a time. Reads the
 * terminal's description from files: before privilege is given up. NULL with @e set. */
struct terminal *terminal_open(struct err *e);
void terminal_close(struct terminal *t);
/* Whether standard input and output are a terminal that can be taken over, by its looks. */
bool terminal_there(void);
/* The size now: it may have changed since the last call. */
void terminal_size(struct terminal *t, int *rows, int *cols);
/* Whether its locale shows more than ASCII. */
bool terminal_unicode(const struct terminal *t);
/* Shows @c; only what has changed is sent. */
void terminal_show(struct terminal *t, const struct canvas *c);
/* Sends everything anew with the next terminal_show(). */
void terminal_redraw(struct terminal *t);
/* The next key that was typed. 1; 0 = none is there; -1 = the terminal has gone. Does not wait, but for
 * the rest of a sequence (25 ms). */
int terminal_key(struct terminal *t, struct view_key *key);

#endif
