/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef BASE_CAPTURE_PACKET_H
#define BASE_CAPTURE_PACKET_H

#include <stdint.h>

#include "base/addr.h"

/**
 * struct packet - one IP packet of a capture, decoded down to its transport payload
 * @ts_ns:	Capture time, nanoseconds since the Unix epoch; before it negative, as int64_t (1677
 *		to 2262)
 * @number:	Number of the frame in its input, from 1 (as Wireshark counts); of a reassembled
 *		datagram: the frame that completed it
 * @src, @dst:	Transport endpoints (port 0 for protocols without ports)
 * @proto:	IPPROTO_... of the payload after all IPv6 extension headers
 * @tcp_flags:	TH_... bits (TCP only)
 * @seq, @ack:	TCP only, host byte order
 * @payload:	Transport payload; valid until the next packet is decoded
 * @len:	Payload length on the wire, by the IP and UDP headers
 * @caplen:	Payload bytes that are in the capture, <= len
 * @ip_len:	Length of the IP packet (header and payload) by its header
 * @fragments:	Number of IP fragments it was put together from; 0 = was not fragmented
 * @head:	Bytes of the UDP or TCP header, which stands before @payload; 0 = not all of it does,
 *		or its checksum is still to be made (IP length 0)
 * @ip_head:	Bytes of the IPv4 header right before that one; 0 = IPv6, another header is between,
 *		or it was fragmented
 * @input:	Index of the capture input (file or interface) it came from
 */
struct packet {
	uint64_t ts_ns;
	uint64_t number;
	struct endpoint src, dst;
	uint8_t proto;
	uint8_t tcp_flags;
	uint16_t fragments;
	uint16_t input;
	uint8_t head, ip_head;
	uint32_t seq, ack;
	const uint8_t *payload;
	uint32_t len;
	uint32_t caplen;
	uint32_t ip_len;
};

#endif
