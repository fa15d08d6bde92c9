/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef BASE_CAPTURE_DECODE_IP_H
#define BASE_CAPTURE_DECODE_IP_H

#include "base/capture/decode_private.h"
#include "base/capture/span.h"

/* IPv4 or IPv6, by the version in the first byte, with everything above it. */
enum decode_result decode_ip(struct decoder *d, struct span s, struct packet *out);
/* Whether @s begins like an IP packet that fits into it, as far as its bytes were captured. */
bool decode_looks_like_ip(struct span s);

#endif
