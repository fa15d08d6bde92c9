/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef BASE_CAPTURE_DECODE_TUNNEL_H
#define BASE_CAPTURE_DECODE_TUNNEL_H

#include "base/capture/decode_private.h"
#include "base/capture/span.h"

/* UDP ports of tunnels, as IANA lists them. Most tunnels send to theirs from any port. */
enum tunnel_port {
	TUNNEL_L2TP = 1701, /* of either side: a NAT may have changed the client's */
	TUNNEL_GTP_U = 2152,
	TUNNEL_VXLAN = 4789,
	TUNNEL_VXLAN_GPE = 4790,
	TUNNEL_GENEVE = 6081,
	TUNNEL_MPLS = 6635,
	TUNNEL_VXLAN_OLD = 8472, /* Linux' default before IANA gave a number */
	TUNNEL_TZSP = 37008, /* no number of IANA's; what MikroTik's and others' sniffers send */
};

/* Whether a datagram between these ports may be one of a tunnel. Inline: once per packet. */
static inline bool decode_tunnel_ports(uint16_t src, uint16_t dst)
{
	switch (dst) {
	case TUNNEL_L2TP:
	case TUNNEL_GTP_U:
	case TUNNEL_VXLAN:
	case TUNNEL_VXLAN_GPE:
	case TUNNEL_GENEVE:
	case TUNNEL_MPLS:
	case TUNNEL_VXLAN_OLD:
	case TUNNEL_TZSP:
		return true;
	default:
		return src == TUNNEL_L2TP;
	}
}

/* The packet in a UDP payload @s between such ports. @out may be overwritten with any result.
 * DECODE_MALFORMED also when it is no tunnel's. */
enum decode_result decode_tunnel(struct decoder *d, uint16_t src, uint16_t dst, struct span s,
				 struct packet *out);

#endif
