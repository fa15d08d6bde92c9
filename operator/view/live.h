/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef OPERATOR_VIEW_LIVE_H
#define OPERATOR_VIEW_LIVE_H

#include "operator/watch/sinks.h"

struct live_view;

/* Takes over the terminal to show what a watch sees; @sink is then for watch_add(). NULL with @e set. */
struct live_view *live_view_open(struct watch_sink *sink, struct err *e);
/* After the watch has ended. */
void live_view_close(struct live_view *l);

#endif
