// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * decode.c - fuzzes packet decoding: link layers, tunnels, IP, fragments
 *
 * Input: a byte that picks the link type, then frames, each behind two bytes: its length (modulo
 * what is left) and by how much the wire length is greater. Every payload byte is read.
 */
#include <pcap/dlt.h>
#include <stdlib.h>
#include <string.h>

#include "base/capture/decode.h"
#include "base/capture/packet.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static volatile uint32_t sink;

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const int types[] = {DLT_EN10MB,	      DLT_RAW,
				    DLT_NULL,	      DLT_LOOP,
				    DLT_PPP,	      DLT_LINUX_SLL,
				    DLT_LINUX_SLL2,   DLT_PPP_PPPD,
				    DLT_C_HDLC,	      DLT_PPP_ETHER,
				    DLT_IEEE802_11,   DLT_IEEE802_11_RADIO,
				    DLT_PPI,	      DLT_NFLOG,
				    DLT_PRISM_HEADER, DLT_IEEE802_11_RADIO_AVS,
				    DLT_MPLS,	      DLT_ATM_RFC1483,
				    DLT_ENC,	      DLT_PFLOG,
				    DLT_PKTAP,	      DLT_APPLE_IP_OVER_IEEE1394};
	struct decoder *d;
	uint64_t ts = 0;

	if (size < 2)
		return 0;
	d = decoder_new(types[data[0] % ARRAY_LEN(types)], NULL);
	data++;
	size--;
	while (size >= 2) {
		uint32_t n = data[0], more = data[1];
		struct packet p;
		uint8_t *copy;

		data += 2;
		size -= 2;
		if (n > size)
			n = (uint32_t)size;
		copy = malloc(n ? n : 1); /* exactly so large: a byte too far is seen */
		memcpy(copy, data, n);
		if (decode_frame(d, ts += 1000000000, copy, n, n + more, &p) == DECODE_OK) {
			if (p.caplen > p.len)
				abort();
			for (uint32_t i = 0; i < p.caplen; i++)
				sink += p.payload[i];
		}
		free(copy);
		data += n;
		size -= n;
	}
	decoder_free(d);
	return 0;
}
