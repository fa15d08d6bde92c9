/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef BASE_CAPTURE_DECODE_WIFI_H
#define BASE_CAPTURE_DECODE_WIFI_H

#include "base/capture/decode_private.h"
#include "base/capture/span.h"

/* A frame of @dlt, one of the link types of 802.11: plain, or behind radiotap, PPI, Prism or AVS. */
enum decode_result decode_wifi(struct decoder *d, int dlt, struct span s, struct packet *out);
void wifi_parts_free(struct wifi_parts *w);

#endif
