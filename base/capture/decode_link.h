/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef BASE_CAPTURE_DECODE_LINK_H
#define BASE_CAPTURE_DECODE_LINK_H

#include "base/capture/decode_private.h"
#include "base/capture/span.h"

/* Each takes its header off the front of @s and decodes what is inside. @out is filled when the
 * result is DECODE_OK. */

enum decode_result decode_ethernet(struct decoder *d, struct span s, struct packet *out);
enum decode_result decode_mpls(struct decoder *d, struct span s, struct packet *out);
enum decode_result decode_llc(struct decoder *d, struct span s, struct packet *out);
enum decode_result decode_ppp(struct decoder *d, struct span s, struct packet *out);
enum decode_result decode_pppoe(struct decoder *d, struct span s, struct packet *out);
/* What a next protocol of NSH (RFC 8300, 2.2) or VXLAN-GPE names: both number IPv4, IPv6, Ethernet,
 * NSH and MPLS from 1 to 5. DECODE_MALFORMED for another. */
enum decode_result decode_next_protocol(struct decoder *d, uint8_t next, struct span s,
					struct packet *out);
enum decode_result decode_ethertype(struct decoder *d, uint16_t type, struct span s,
				    struct packet *out);
enum decode_result decode_gre(struct decoder *d, struct span s, struct packet *out);

#endif
