/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef BASE_CAPTURE_FILE_OPEN_H
#define BASE_CAPTURE_FILE_OPEN_H

#include <stdatomic.h>

#include "base/capture/source.h"

/* A pcap or pcapng file; "-" is standard input. @stop (may be NULL) makes the source end when it
 * becomes true. NULL with @e set. */
struct source *source_file(const char *path, const char *filter, const atomic_bool *stop,
			   struct err *e);

#endif
