/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef BASE_CAPTURE_LIBPCAP_H
#define BASE_CAPTURE_LIBPCAP_H

#include "base/capture/capture.h"
#include "base/capture/source.h"

/* Each: NULL with @e set. Any file that libpcap opens; an interface of the current network
 * namespace. */
struct source *source_libpcap(const char *path, const char *filter, struct err *e);
struct source *source_live(const char *iface, const char *filter, int snaplen, struct err *e);
int source_live_fd(const struct source *s);
void source_live_stats(struct source *s, struct capture_stats *out);

#endif
