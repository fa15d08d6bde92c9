/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef BASE_CAPTURE_DECODE_DLT_H
#define BASE_CAPTURE_DECODE_DLT_H

#include "base/capture/decode_private.h"
#include "base/capture/span.h"

/* A frame of the decoder's own link type. @out is filled when the result is DECODE_OK. */
enum decode_result decode_link(struct decoder *d, struct span s, struct packet *out);
bool decode_link_known(int linktype);

#endif
