/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef BASE_CAPTURE_LIVE_H
#define BASE_CAPTURE_LIVE_H

#include "base/capture/pcap.h"
#include <stdbool.h>
#include <stddef.h>

#include "base/err.h"

/**
 * struct live_wish - how an interface is to be read
 * @filter:	tcpdump expression, or NULL
 * @snaplen:	Bytes of each frame; 0 = 262144
 * @buffer:	Bytes of the kernel's buffer; 0 = 32 MiB
 * @immediate:	Every frame is there as soon as it was received (a ring of slots); else the kernel
 *		collects some for at most 50 ms
 */
struct live_wish {
	const char *filter;
	int snaplen;
	size_t buffer;
	bool immediate;
};

/* An interface of the current network namespace, in non-blocking mode, time stamps in nanoseconds, the
 * filter in place; its descriptor can be waited on. NULL with @e set: one line that names the interface. */
pcap_t *live_open(const char *iface, const struct live_wish *wish, struct err *e);

#endif
