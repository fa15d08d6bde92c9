/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef OPERATOR_WATCH_EVE_FILE_H
#define OPERATOR_WATCH_EVE_FILE_H

#include <jansson.h>

#include "operator/watch/opener.h"
#include "operator/watch/sinks.h"

/* EVE lines in a file that is added to, and opened anew by @opener, for which it is the same path, when it
 * was renamed or at SIGHUP. "-" is standard output. Fills @sink, to be added to a watch; NULL with @e set. */
struct eve_file *eve_file_open(const char *path, struct opener *opener, struct watch_sink *sink,
			       struct err *e);
/* Adds a line that is no event of the detector's, and writes it at once. Takes @o over. From the main
 * thread. 0, or -1 with @e set. */
int eve_file_line(struct eve_file *f, json_t *o, struct err *e);
void eve_file_close(struct eve_file *f);

#endif
