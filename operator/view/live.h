/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef OPERATOR_VIEW_LIVE_H
#define OPERATOR_VIEW_LIVE_H

#include "operator/filter/watch_filter.h"
#include "operator/watch/sinks.h"

struct live_view;

/* Takes over the terminal to show what a watch sees; @sink is then for watch_add(). NULL with @e set. */
struct live_view *live_view_open(struct watch_sink *sink, struct err *e);
/* Before the watch begins: what @f blocks is shown, too. */
void live_view_filter(struct live_view *l, const struct watch_filter *f);
/* A line of the filter; in the main thread. */
void live_view_block(struct live_view *l, const struct filter_block *b);
/* The filter's lines begin anew. */
void live_view_blocks_forget(struct live_view *l);
/* After the watch has ended. */
void live_view_close(struct live_view *l);

#endif
