// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * pcaploop.c - the bare libpcap read loop: the floor that `make bench` measures against. Every
 * frame is asked for and its lengths are added up; nothing else.
 */
#include <pcap/pcap.h>
#include <stdio.h>

int main(int argc, char **argv)
{
	char buf[PCAP_ERRBUF_SIZE];
	unsigned long long n = 0, bytes = 0;
	struct pcap_pkthdr *h;
	const u_char *data;
	pcap_t *p;

	if (argc != 2) {
		fprintf(stderr, "usage: pcaploop FILE\n");
		return 2;
	}
	p = pcap_open_offline_with_tstamp_precision(argv[1], PCAP_TSTAMP_PRECISION_NANO, buf);
	if (!p) {
		fprintf(stderr, "%s\n", buf);
		return 2;
	}
	while (pcap_next_ex(p, &h, &data) == 1) {
		n++;
		bytes += h->len;
	}
	pcap_close(p);
	printf("%llu frames, %llu bytes\n", n, bytes);
	return 0;
}
