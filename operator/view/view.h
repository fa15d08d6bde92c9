/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef OPERATOR_VIEW_VIEW_H
#define OPERATOR_VIEW_VIEW_H

#include <pthread.h>

#include "base/loop.h"
#include "operator/picture.h"
#include "operator/view/snapshot.h"

struct view;

/* Takes over the terminal to show @picture, which @lock protects; both must outlive the view. Before
 * privilege is given up. From now on messages (base/err.h) are shown in the view; view_close() prints
 * those that came meanwhile. NULL with @e set. */
struct view *view_open(const struct picture *picture, pthread_mutex_t *lock, struct err *e);
/* Reads keys and draws in @loop. When the user wants to end the program, or the terminal has gone, the
 * loop is stopped. 0, or -1 with @e set. */
int view_begin(struct view *v, struct loop *loop, struct err *e);
/* Each second, in the loop's thread. */
void view_counts(struct view *v, const struct view_counts *counts);
/* The picture has changed: it is drawn within a fifth of a second. In any thread; does not wait. */
void view_changed(struct view *v);
/* Gives the terminal back. */
void view_close(struct view *v);

#endif
