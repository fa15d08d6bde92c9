// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * third02.c - real traffic with the unlucky value: copies captures with the third byte of every UDP
 * payload set to 02, both ways
 *
 *	third02 DIR FILE...
 *
 * Writes DIR/1.pcap, DIR/2.pcap ...; files that cannot be opened and payloads under three bytes or
 * put together from fragments are left as they are. Prints how many packets were changed. What a
 * signature then still tells from Skype it tells by more than that byte.
 */
#include <limits.h>
#include <netinet/in.h>
#include <pcap/pcap.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/capture/decode.h"
#include "base/capture/packet.h"

static long copy(const char *from, const char *to)
{
	char why[PCAP_ERRBUF_SIZE];
	pcap_t *p = pcap_open_offline(from, why);
	pcap_dumper_t *out = p ? pcap_dump_open(p, to) : NULL;
	struct err e = {0};
	struct decoder *d = out ? decoder_new(pcap_datalink(p), &e) : NULL;
	struct pcap_pkthdr *h;
	const u_char *data;
	long changed = 0;

	while (d && pcap_next_ex(p, &h, &data) == 1) {
		uint8_t *frame = malloc(h->caplen + 1UL);
		struct packet pk;

		if (!frame)
			abort();
		memcpy(frame, data, h->caplen);
		if (decode_frame(d, 0, frame, h->caplen, h->len, &pk) == DECODE_OK &&
		    pk.proto == IPPROTO_UDP && pk.caplen > 2 && !pk.fragments) {
			frame[pk.payload - frame + 2] = 2;
			changed++;
		}
		pcap_dump((u_char *)out, h, frame);
		free(frame);
	}
	if (d)
		decoder_free(d);
	if (out)
		pcap_dump_close(out);
	if (p)
		pcap_close(p);
	return changed;
}

int main(int argc, char **argv)
{
	long changed = 0;

	if (argc < 3) {
		fprintf(stderr, "usage: third02 DIR FILE...\n");
		return 2;
	}
	for (int i = 2; i < argc; i++) {
		char to[PATH_MAX];

		snprintf(to, sizeof(to), "%s/%d.pcap", argv[1], i - 1);
		changed += copy(argv[i], to);
	}
	printf("%ld packets\n", changed);
	return 0;
}
