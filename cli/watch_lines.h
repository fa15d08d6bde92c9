/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef CLI_WATCH_LINES_H
#define CLI_WATCH_LINES_H

#include "operator/watch/watch.h"

/* The events of `watch` as lines on standard output, as `detect -i` prints them. Fills @sink, to be
 * added to a watch. @ifaces: more than one is said with each line. Free it after the watch has ended. */
struct watch_lines *watch_lines_new(const struct signature_set *set, size_t ifaces,
				    struct watch_sink *sink);
void watch_lines_free(struct watch_lines *l);

#endif
