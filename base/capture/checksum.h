/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef BASE_CAPTURE_CHECKSUM_H
#define BASE_CAPTURE_CHECKSUM_H

#include "base/capture/packet.h"

enum checksum_result {
	CHECKSUM_GOOD,
	CHECKSUM_BAD,
	CHECKSUM_PARTIAL, /* only the pseudo-header's sum stands there: left to the network card */
	CHECKSUM_UNKNOWN, /* none was sent, or not all of the packet is there */
};

/* Verifies the checksums of a UDP or TCP packet: of the IPv4 header (RFC 791), and over the packet
 * with its pseudo-header (RFC 768, RFC 9293, RFC 8200). */
enum checksum_result checksum_verify(const struct packet *p);

#endif
