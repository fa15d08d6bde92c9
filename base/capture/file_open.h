/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef BASE_CAPTURE_FILE_OPEN_H
#define BASE_CAPTURE_FILE_OPEN_H

#include <stdatomic.h>

#include "base/capture/source.h"

/* A pcap or pcapng file; "-" is standard input. @stop (may be NULL) makes the source end when it
 * becomes true. @many: it is one of so many that its descriptor and much memory must not be kept
 * (@path is borrowed then). NULL with @e set. */
struct source *source_file(const char *path, const char *filter, bool many, const atomic_bool *stop,
			   struct err *e);
/* Whether @n files are too many to be open at a time; raises the limit of this process first. */
bool files_are_many(size_t n);
/* Whether a file that begins with these @n bytes (6 tell all) is a capture, or compressed as one may be. */
bool capture_begins(const uint8_t *b, size_t n);

#endif
