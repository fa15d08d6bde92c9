// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Decoding: one UDP packet found under every link layer and tunnel, lengths from the IP header,
 * fragments, and frames cut or altered at every byte (run under sanitizers too).
 */
#include <pcap/dlt.h>
#include <stdlib.h>
#include <string.h>

#include "base/capture/decode.h"
#include "base/capture/packet.h"
#include "base/rng.h"
#include "tests/unit/unit.h"

#define H(...) ((const uint8_t[]){__VA_ARGS__}), sizeof((const uint8_t[]){__VA_ARGS__})

struct bytes {
	uint8_t b[4096];
	uint32_t n;
};

static void add(struct bytes *f, const uint8_t *p, size_t n)
{
	memcpy(f->b + f->n, p, n);
	f->n += (uint32_t)n;
}

/* UDP 1000 -> 2000 with @n bytes 0, 1, 2 ... */
static void add_udp(struct bytes *f, uint32_t n)
{
	add(f, H(1000 >> 8, 1000 & 255, 2000 >> 8, 2000 & 255, (uint8_t)((n + 8) >> 8),
		 (uint8_t)(n + 8), 0, 0));
	for (uint32_t i = 0; i < n; i++)
		f->b[f->n++] = (uint8_t)i;
}

/* IPv4 10.0.0.1 -> 10.0.0.2 around @n more bytes. */
static void add_ip4(struct bytes *f, uint8_t proto, uint32_t n, uint16_t id, uint16_t off)
{
	n += 20;
	add(f, H(0x45, 0, (uint8_t)(n >> 8), (uint8_t)n, (uint8_t)(id >> 8), (uint8_t)id,
		 (uint8_t)(off >> 8), (uint8_t)off, 64, proto, 0, 0, 10, 0, 0, 1, 10, 0, 0, 2));
}

static void add_ip6(struct bytes *f, uint8_t next, uint32_t n)
{
	add(f, H(0x60, 0, 0, 0, (uint8_t)(n >> 8), (uint8_t)n, next, 64));
	for (int i = 0; i < 2; i++)
		add(f, H(0x20, 1, 0xd, 0xb8, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, (uint8_t)(1 + i)));
}

#define ETH 2, 0, 0, 0, 0, 2, 2, 0, 0, 0, 0, 1
#define IP4_IN(proto, n)                                                                           \
	0x45, 0, 0, 20 + (n), 0, 0, 0, 0, 64, (proto), 0, 0, 192, 0, 2, 1, 192, 0, 2, 2
#define UDP_IN(port, n) IP4_IN(17, 8 + (n)), 0xc0, 1, (port) >> 8, (port)&255, 0, 8 + (n), 0, 0
#define INNER		38 /* IPv4, UDP, 10 bytes */

/* Link layers and tunnels; behind each stands the same IPv4 packet. */
static const struct {
	const char *name;
	int dlt;
	const uint8_t *head;
	size_t n;
} layers[] = {
	{"raw", DLT_RAW, NULL, 0},
	{"raw IPv4", DLT_IPV4, NULL, 0},
	{"Ethernet", DLT_EN10MB, H(ETH, 8, 0)},
	{"VLAN", DLT_EN10MB, H(ETH, 0x81, 0, 0, 5, 8, 0)},
	{"QinQ", DLT_EN10MB, H(ETH, 0x88, 0xa8, 0, 5, 0x81, 0, 0, 6, 8, 0)},
	{"old QinQ", DLT_EN10MB, H(ETH, 0x91, 0, 0, 5, 0x81, 0, 0, 6, 8, 0)},
	{"MPLS", DLT_EN10MB, H(ETH, 0x88, 0x47, 0, 1, 1, 64)},
	{"two labels", DLT_EN10MB, H(ETH, 0x88, 0x47, 0, 1, 0, 64, 0, 2, 1, 64)},
	{"pseudowire", DLT_EN10MB, H(ETH, 0x88, 0x47, 0, 1, 1, 64, 0, 0, 0, 0, ETH, 8, 0)},
	{"PPPoE", DLT_EN10MB, H(ETH, 0x88, 0x64, 0x11, 0, 0, 1, 0, INNER + 2, 0, 0x21)},
	{"VLAN, PPPoE", DLT_EN10MB,
	 H(ETH, 0x81, 0, 0, 5, 0x88, 0x64, 0x11, 0, 0, 1, 0, INNER + 2, 0, 0x21)},
	{"SNAP", DLT_EN10MB, H(ETH, 0, INNER + 8, 0xaa, 0xaa, 3, 0, 0, 0, 8, 0)},
	{"GRE", DLT_EN10MB, H(ETH, 8, 0, IP4_IN(47, 4 + INNER), 0, 0, 8, 0)},
	{"GRE with key, sum, sequence", DLT_EN10MB,
	 H(ETH, 8, 0, IP4_IN(47, 16 + INNER), 0xb0, 0, 8, 0, 0, 0, 0, 0, 0, 0, 0, 1, 0, 0, 0, 2)},
	{"GRE, Ethernet", DLT_EN10MB,
	 H(ETH, 8, 0, IP4_IN(47, 18 + INNER), 0, 0, 0x65, 0x58, ETH, 8, 0)},
	{"PPTP", DLT_EN10MB,
	 H(ETH, 8, 0, IP4_IN(47, 16 + INNER), 0x30, 1, 0x88, 0x0b, 0, INNER + 4, 0, 1, 0, 0, 0, 1,
	   0xff, 3, 0, 0x21)},
	{"ERSPAN", DLT_EN10MB,
	 H(ETH, 8, 0, IP4_IN(47, 30 + INNER), 0x10, 0, 0x88, 0xbe, 0, 0, 0, 1, 0x10, 0, 0, 0, 0, 0,
	   0, 0, ETH, 8, 0)},
	{"IP in IP", DLT_EN10MB, H(ETH, 8, 0, IP4_IN(4, INNER))},
	{"IPv4 in IPv6", DLT_RAW,
	 H(0x60, 0, 0, 0, 0, INNER, 4, 64, 0x20, 1, 0xd, 0xb8, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1,
	   0x20, 1, 0xd, 0xb8, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 2)},
	{"EtherIP", DLT_RAW, H(IP4_IN(97, 16 + INNER), 0x30, 0, ETH, 8, 0)},
	{"MPLS in IP", DLT_RAW, H(IP4_IN(137, 4 + INNER), 0, 1, 1, 64)},
	{"cooked", DLT_LINUX_SLL, H(0, 0, 0, 1, 0, 6, 1, 2, 3, 4, 5, 6, 0, 0, 8, 0)},
	{"cooked, VLAN", DLT_LINUX_SLL,
	 H(0, 0, 0, 1, 0, 6, 1, 2, 3, 4, 5, 6, 0, 0, 0x81, 0, 0, 5, 8, 0)},
	{"cooked v2", DLT_LINUX_SLL2,
	 H(8, 0, 0, 0, 0, 0, 0, 3, 0, 1, 0, 6, 1, 2, 3, 4, 5, 6, 0, 0)},
	{"null", DLT_NULL, H(2, 0, 0, 0)},
	{"null, big-endian", DLT_NULL, H(0, 0, 0, 2)},
	{"loop", DLT_LOOP, H(0, 0, 0, 2)},
	{"PPP", DLT_PPP, H(0xff, 3, 0, 0x21)},
	{"PPP, compressed", DLT_PPP, H(0x21)},
	{"PPP serial", DLT_PPP_SERIAL, H(0xff, 3, 0, 0x21)},
	{"Cisco HDLC", DLT_C_HDLC, H(0x0f, 0, 8, 0)},
	{"pppd", DLT_PPP_PPPD, H(1, 3, 0, 0x21)},
	{"PPPoE link", DLT_PPP_ETHER, H(0x11, 0, 0, 1, 0, INNER + 2, 0, 0x21)},
	{"802.11", DLT_IEEE802_11,
	 H(8, 1, 0, 0, ETH, 2, 0, 0, 0, 0, 9, 0, 0, 0xaa, 0xaa, 3, 0, 0, 0, 8, 0)},
	{"802.11 QoS", DLT_IEEE802_11,
	 H(0x88, 1, 0, 0, ETH, 2, 0, 0, 0, 0, 9, 0, 0, 7, 0, 0xaa, 0xaa, 3, 0, 0, 0, 8, 0)},
	{"radiotap", DLT_IEEE802_11_RADIO,
	 H(0, 0, 8, 0, 0, 0, 0, 0, 8, 1, 0, 0, ETH, 2, 0, 0, 0, 0, 9, 0, 0, 0xaa, 0xaa, 3, 0, 0, 0,
	   8, 0)},
	{"PPI", DLT_PPI,
	 H(0, 0, 8, 0, 105, 0, 0, 0, 8, 1, 0, 0, ETH, 2, 0, 0, 0, 0, 9, 0, 0, 0xaa, 0xaa, 3, 0, 0,
	   0, 8, 0)},
	{"802.1ad stack", DLT_EN10MB,
	 H(ETH, 0x88, 0xa8, 0, 1, 0x88, 0xa8, 0, 2, 0x93, 0, 0, 3, 0x81, 0, 0, 4, 8, 0)},
	{"802.1ah", DLT_EN10MB, H(ETH, 0x88, 0xe7, 0, 0, 0, 1, ETH, 8, 0)},
	{"802.1ah in its VLAN, with the customer's", DLT_EN10MB,
	 H(ETH, 0x88, 0xa8, 0, 9, 0x88, 0xe7, 0, 0, 0, 1, ETH, 0x81, 0, 0, 5, 8, 0)},
	{"E-tag", DLT_EN10MB, H(ETH, 0x89, 0x3f, 0, 0, 0, 1, 0, 0, 8, 0)},
	{"VN-tag, VLAN", DLT_EN10MB, H(ETH, 0x89, 0x26, 0, 1, 0, 2, 0x81, 0, 0, 5, 8, 0)},
	{"HSR", DLT_EN10MB, H(ETH, 0x89, 0x2f, 0, 44, 0, 1, 8, 0)},
	{"Cisco metadata", DLT_EN10MB, H(ETH, 0x89, 9, 1, 1, 0, 1, 0, 16, 8, 0)},
	{"Cisco metadata, two options", DLT_EN10MB,
	 H(ETH, 0x89, 9, 1, 2, 0, 1, 0, 16, 0, 2, 0, 17, 8, 0)},
	{"FabricPath", DLT_EN10MB, H(ETH, 0x89, 3, 0, 0x60, ETH, 8, 0)},
	{"TRILL with an option", DLT_EN10MB,
	 H(ETH, 0x22, 0xf3, 0, 0x50, 0, 1, 0, 2, 0, 0, 0, 0, ETH, 8, 0)},
	{"NSH, Ethernet", DLT_EN10MB, H(ETH, 0x89, 0x4f, 0, 2, 2, 3, 0, 0, 1, 255, ETH, 8, 0)},
	{"NSH with metadata, IP", DLT_EN10MB,
	 H(ETH, 0x89, 0x4f, 0, 6, 1, 1, 0, 0, 1, 255, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0,
	   0)},
	{"pseudowire without control word, address 4x", DLT_EN10MB,
	 H(ETH, 0x88, 0x47, 0, 1, 1, 64, 0x44, 0, 0xff, 0xff, 0, 2, 2, 0, 0, 0, 0, 1, 8, 0)},
	{"AH", DLT_EN10MB,
	 H(ETH, 8, 0, IP4_IN(51, 24 + INNER), 4, 4, 0, 0, 0, 0, 1, 0, 0, 0, 0, 1, 1, 2, 3, 4, 5, 6,
	   7, 8, 9, 10, 11, 12)},
	{"AH over IPv6", DLT_RAW,
	 H(0x60, 0, 0, 0, 0, 24 + INNER, 51, 64, 0x20, 1, 0xd, 0xb8, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0,
	   0, 1, 0x20, 1, 0xd, 0xb8, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 2, 4, 4, 0, 0, 0, 0, 1, 0, 0,
	   0, 0, 1, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12)},
	{"WCCP", DLT_EN10MB, H(ETH, 8, 0, IP4_IN(47, 4 + INNER), 0, 0, 0x88, 0x3e)},
	{"WCCP 2", DLT_EN10MB, H(ETH, 8, 0, IP4_IN(47, 8 + INNER), 0, 0, 0x88, 0x3e, 0, 0, 0, 0)},
	{"WCCP 2, other bucket", DLT_EN10MB,
	 H(ETH, 8, 0, IP4_IN(47, 8 + INNER), 0, 0, 0x88, 0x3e, 0x40, 80, 1, 2)},
	{"VXLAN", DLT_EN10MB,
	 H(ETH, 8, 0, UDP_IN(4789, 22 + INNER), 8, 0, 0, 0, 0, 0, 1, 0, ETH, 8, 0)},
	{"VXLAN, group policy, old port", DLT_EN10MB,
	 H(ETH, 8, 0, UDP_IN(8472, 22 + INNER), 0x88, 0, 1, 2, 0, 0, 1, 0, ETH, 8, 0)},
	{"VXLAN-GPE, IP", DLT_EN10MB,
	 H(ETH, 8, 0, UDP_IN(4790, 8 + INNER), 12, 0, 0, 1, 0, 0, 1, 0)},
	{"VXLAN-GPE, NSH, IP", DLT_EN10MB,
	 H(ETH, 8, 0, UDP_IN(4790, 16 + INNER), 12, 0, 0, 4, 0, 0, 1, 0, 0, 2, 2, 1, 0, 0, 1, 255)},
	{"GENEVE with an option", DLT_EN10MB,
	 H(ETH, 8, 0, UDP_IN(6081, 26 + INNER), 1, 0, 0x65, 0x58, 0, 0, 1, 0, 1, 2, 3, 0, ETH, 8,
	   0)},
	{"GTP-U", DLT_EN10MB,
	 H(ETH, 8, 0, UDP_IN(2152, 8 + INNER), 0x30, 255, 0, INNER, 0, 0, 0, 1)},
	{"GTP-U of 5G", DLT_EN10MB,
	 H(ETH, 8, 0, UDP_IN(2152, 16 + INNER), 0x34, 255, 0, 8 + INNER, 0, 0, 0, 1, 0, 0, 0, 0x85,
	   1, 0, 9, 0)},
	{"L2TP", DLT_EN10MB,
	 H(ETH, 8, 0, UDP_IN(1701, 12 + INNER), 0x40, 2, 0, 12 + INNER, 0, 1, 0, 2, 0xff, 3, 0,
	   0x21)},
	{"MPLS over UDP", DLT_EN10MB, H(ETH, 8, 0, UDP_IN(6635, 4 + INNER), 0, 1, 1, 64)},
	{"TZSP", DLT_EN10MB,
	 H(ETH, 8, 0, UDP_IN(37008, 23 + INNER), 1, 0, 0, 1, 0, 10, 1, 0xaa, 1, ETH, 8, 0)},
	{"radiotap with padded header", DLT_IEEE802_11_RADIO,
	 H(0, 0, 9, 0, 2, 0, 0, 0, 0x20, 0x88, 1, 0, 0, ETH, 2, 0, 0, 0, 0, 9, 0, 0, 7, 0, 0, 0,
	   0xaa, 0xaa, 3, 0, 0, 0, 8, 0)},
	{"radiotap with time, more fields, padded header", DLT_IEEE802_11_RADIO,
	 H(0, 0, 26, 0, 3, 0, 0, 0x80, 0, 0, 0, 0x80, 0, 0, 0, 0, 1, 2, 3, 4, 5, 6, 7, 8, 0x20, 0,
	   0x88, 1, 0, 0, ETH, 2, 0, 0, 0, 0, 9, 0, 0, 7, 0, 0, 0, 0xaa, 0xaa, 3, 0, 0, 0, 8, 0)},
	{"AVS", DLT_IEEE802_11_RADIO_AVS,
	 H(0x80, 0x21, 0x10, 1, 0, 0, 0, 12, 0, 0, 0, 0, 8, 1, 0, 0, ETH, 2, 0, 0, 0, 0, 9, 0, 0,
	   0xaa, 0xaa, 3, 0, 0, 0, 8, 0)},
	{"Prism", DLT_PRISM_HEADER,
	 H(0x44, 0, 0, 0, 12, 0, 0, 0, 0, 0, 0, 0, 8, 1, 0, 0, ETH, 2, 0, 0, 0, 0, 9, 0, 0, 0xaa,
	   0xaa, 3, 0, 0, 0, 8, 0)},
	{"loop of OpenBSD", DLT_RAW, H(0, 0, 0, 2)},
	{"MPLS link", DLT_MPLS, H(0, 1, 1, 64)},
	{"ATM", DLT_ATM_RFC1483, H(0xaa, 0xaa, 3, 0, 0, 0, 8, 0)},
	{"FireWire", DLT_APPLE_IP_OVER_IEEE1394,
	 H(0, 0, 0, 0, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 2, 8, 0)},
	{"enc", DLT_ENC, H(2, 0, 0, 0, 0, 0, 0, 1, 0, 0, 0, 0)},
	{"pflog", DLT_PFLOG, H(6, 2, 0, 0, 'e', 'm', 0, 0)},
	{"pktap", DLT_PKTAP, H(16, 0, 0, 0, 1, 0, 0, 0, 1, 0, 0, 0, 'e', 'n', 0, 0, ETH, 8, 0)},
	{"netfilter log", DLT_NFLOG, H(2, 0, 0, 5, 8, 0, 5, 0, 0, 0, 0, 1, INNER + 4, 0, 9, 0)},
};

static struct bytes layer_frame(size_t i)
{
	struct bytes f = {.n = 0};

	if (layers[i].n)
		add(&f, layers[i].head, layers[i].n);
	add_ip4(&f, 17, 18, 0, 0);
	add_udp(&f, 10);
	return f;
}

static enum decode_result one(int dlt, const struct bytes *f, uint32_t caplen, struct packet *out)
{
	struct decoder *d = decoder_new(dlt, NULL);
	/* a block of just that size: sanitizers see a byte too far */
	static uint8_t *copy;
	enum decode_result r;

	ck_assert_ptr_nonnull(d);
	free(copy);
	copy = malloc(caplen ? caplen : 1);
	memcpy(copy, f->b, caplen);
	r = decode_frame(d, 1, copy, caplen, f->n, out);
	decoder_free(d);
	return r;
}

static void is_the_packet(const char *name, const struct packet *p)
{
	char a[ENDPOINT_TEXT_LEN], b[ENDPOINT_TEXT_LEN];

	ck_assert_msg(!strcmp(endpoint_text(&p->src, a), "10.0.0.1:1000") &&
			      !strcmp(endpoint_text(&p->dst, b), "10.0.0.2:2000"),
		      "%s: %s > %s", name, a, b);
	ck_assert_msg(p->proto == 17 && p->len == 10 && p->ip_len == 38 && !p->fragments,
		      "%s: proto %u, %u bytes, IP %u", name, p->proto, p->len, p->ip_len);
}

START_TEST(every_layer_and_every_cut)
{
	for (size_t i = 0; i < ARRAY_LEN(layers); i++) {
		struct bytes f = layer_frame(i);
		struct packet p;
		uint32_t whole = f.n;

		ck_assert_msg(one(layers[i].dlt, &f, f.n, &p) == DECODE_OK, "%s", layers[i].name);
		is_the_packet(layers[i].name, &p);
		ck_assert_uint_eq(p.caplen, 10);
		ck_assert_uint_eq(p.payload[9], 9);
		/* what Ethernet pads with is not payload */
		memset(f.b + f.n, 0xee, 30);
		f.n += 30;
		ck_assert_int_eq(one(layers[i].dlt, &f, f.n, &p), DECODE_OK);
		is_the_packet(layers[i].name, &p);
		f.n = whole;
		for (uint32_t cut = 0; cut < whole; cut++) {
			enum decode_result r = one(layers[i].dlt, &f, cut, &p);

			if (cut < whole - 10) {
				ck_assert_msg(r == DECODE_TRUNCATED, "%s cut at %u: %d",
					      layers[i].name, cut, r);
				continue;
			}
			ck_assert_int_eq(r, DECODE_OK);
			is_the_packet(layers[i].name, &p);
			ck_assert_uint_eq(p.caplen, cut - (whole - 10));
		}
	}
}
END_TEST

/* MACsec has 16 bytes behind the packet, which the table of layers cannot say. */
START_TEST(macsec_in_clear_is_read)
{
	const struct {
		const uint8_t *head;
		size_t n;
	} heads[] = {
		{H(ETH, 0x88, 0xe5, 0x20, 0, 0, 0, 0, 1, 2, 0, 0, 0, 0, 1, 0, 1, 8, 0)},
		{H(ETH, 0x88, 0xe5, 0, 40, 0, 0, 0, 1, 8, 0)},
	};
	struct packet p;

	for (size_t i = 0; i < ARRAY_LEN(heads); i++) {
		struct bytes f = {.n = 0};

		add(&f, heads[i].head, heads[i].n);
		add_ip4(&f, 17, 18, 0, 0);
		add_udp(&f, 10);
		f.n += 16;
		for (uint32_t cut = f.n - 16; cut <= f.n; cut++) {
			ck_assert_int_eq(one(DLT_EN10MB, &f, cut, &p), DECODE_OK);
			is_the_packet("MACsec", &p);
			ck_assert_uint_eq(p.caplen, 10);
		}
		for (uint32_t cut = 0; cut < heads[i].n + 28; cut++)
			ck_assert_int_eq(one(DLT_EN10MB, &f, cut, &p), DECODE_TRUNCATED);
		f.b[14] |= 0x0c;
		ck_assert_int_eq(one(DLT_EN10MB, &f, f.n, &p), DECODE_ENCRYPTED);
	}
}
END_TEST

/* Payloads to a tunnel's port that are not the tunnel's stay what they are. */
START_TEST(datagrams_to_ports_of_tunnels_stay)
{
	static const uint16_t ports[] = {1701, 2152, 4789, 4790, 6081, 6635, 8472, 37008};
	struct rng r;

	rng_init(&r, 3, "tunnels");
	for (unsigned round = 0; round < 20000; round++) {
		uint16_t port = ports[round % ARRAY_LEN(ports)];
		uint32_t n = rng_range(&r, 0, 60);
		struct bytes f = {.n = 0};
		struct packet p;

		add(&f, H(ETH, 8, 0));
		add_ip4(&f, 17, 8 + n, 0, 0);
		add_udp(&f, n);
		f.b[36] = (uint8_t)(port >> 8);
		f.b[37] = (uint8_t)port;
		for (uint32_t i = 0; i < n; i++)
			f.b[42 + i] = (uint8_t)rng_u32(&r);
		ck_assert_int_eq(one(DLT_EN10MB, &f, f.n, &p), DECODE_OK);
		ck_assert_uint_eq(p.dst.port, port);
		ck_assert_uint_eq(p.len, n);
	}
}
END_TEST

static enum decode_result wifi_part(struct decoder *d, uint8_t seq, unsigned part, bool more,
				    const uint8_t *body, size_t n, struct packet *out)
{
	struct bytes f = {.n = 0};
	static uint8_t *copy;
	static uint64_t ts;

	add(&f, H(0x88, (uint8_t)(1 | (more ? 4 : 0)), 0, 0, ETH, 2, 0, 0, 0, 0, 9,
		  (uint8_t)(part | (unsigned)(seq & 15) << 4), (uint8_t)(seq >> 4), 0, 0));
	add(&f, body, n);
	free(copy);
	copy = malloc(f.n);
	memcpy(copy, f.b, f.n);
	return decode_frame(d, ts += 1000000, copy, f.n, f.n, out);
}

START_TEST(frames_of_80211_in_parts)
{
	struct decoder *d = decoder_new(DLT_IEEE802_11, NULL);
	struct bytes f = {.n = 0};
	struct packet p;

	add(&f, H(0xaa, 0xaa, 3, 0, 0, 0, 8, 0));
	add_ip4(&f, 17, 18, 0, 0);
	add_udp(&f, 10);
	/* three parts, the first and second repeated, another frame's between */
	ck_assert_int_eq(wifi_part(d, 7, 0, true, f.b, 20, &p), DECODE_FRAGMENT);
	ck_assert_int_eq(wifi_part(d, 7, 0, true, f.b, 20, &p), DECODE_FRAGMENT);
	ck_assert_int_eq(wifi_part(d, 8, 0, true, f.b, 16, &p), DECODE_FRAGMENT);
	ck_assert_int_eq(wifi_part(d, 7, 1, true, f.b + 20, 20, &p), DECODE_FRAGMENT);
	ck_assert_int_eq(wifi_part(d, 7, 1, true, f.b + 20, 20, &p), DECODE_FRAGMENT);
	ck_assert_int_eq(wifi_part(d, 7, 2, false, f.b + 40, f.n - 40, &p), DECODE_OK);
	ck_assert_uint_eq(p.fragments, 3);
	p.fragments = 0;
	is_the_packet("802.11 in parts", &p);
	ck_assert_uint_eq(p.payload[9], 9);
	/* one is missing: nothing comes of it */
	ck_assert_int_eq(wifi_part(d, 9, 0, true, f.b, 20, &p), DECODE_FRAGMENT);
	ck_assert_int_eq(wifi_part(d, 9, 2, false, f.b + 40, f.n - 40, &p), DECODE_FRAGMENT);
	ck_assert_int_eq(wifi_part(d, 8, 1, false, f.b + 16, f.n - 16, &p), DECODE_OK);
	/* more frames at once than places: the oldest goes */
	for (uint8_t i = 0; i < 100; i++)
		ck_assert_int_eq(wifi_part(d, i, 0, true, f.b, 20, &p), DECODE_FRAGMENT);
	ck_assert_int_eq(wifi_part(d, 1, 1, false, f.b + 20, f.n - 20, &p), DECODE_FRAGMENT);
	ck_assert_int_eq(wifi_part(d, 99, 1, false, f.b + 20, f.n - 20, &p), DECODE_OK);
	decoder_free(d);
}
END_TEST

static uint64_t frames_because(const struct decoder *d, const char *what, uint32_t value,
			       enum decode_result r)
{
	const struct decode_cause *c;
	size_t n = decoder_causes(d, &c);

	for (size_t i = 0; i < n; i++)
		if (!strcmp(c[i].what, what) && c[i].value == value && c[i].result == r)
			return c[i].frames;
	return 0;
}

static void ethertype(struct decoder *d, uint16_t type)
{
	struct bytes f = {.n = 0};
	struct packet p;

	add(&f, H(ETH, (uint8_t)(type >> 8), (uint8_t)type));
	memset(f.b + f.n, 0xff, 46);
	decode_frame(d, 1, f.b, f.n + 46, f.n + 46, &p);
}

START_TEST(causes_are_counted)
{
	struct decoder *d = decoder_new(DLT_EN10MB, NULL);
	struct bytes f = {.n = 0};
	struct packet p;

	ethertype(d, 0x0806);
	ethertype(d, 0x88b5);
	ethertype(d, 0x88b5);
	ethertype(d, 0x0800);
	add(&f, H(ETH, 8, 0, IP4_IN(50, 20)));
	f.n += 20;
	ck_assert_int_eq(decode_frame(d, 1, f.b, f.n, f.n, &p), DECODE_OK);
	ck_assert_uint_eq(frames_because(d, "EtherType", 0x0806, DECODE_NOT_IP), 1);
	ck_assert_uint_eq(frames_because(d, "EtherType", 0x88b5, DECODE_UNKNOWN), 2);
	ck_assert_uint_eq(
		frames_because(d, "impossible lengths", DECODE_NO_VALUE, DECODE_MALFORMED), 1);
	ck_assert_uint_eq(frames_because(d, "encrypted IP (ESP)", DECODE_NO_VALUE, DECODE_OK), 1);
	/* as many as a hostile capture likes */
	for (uint16_t t = 0xa000; t < 0xa100; t++)
		ethertype(d, t);
	ck_assert_uint_eq(frames_because(d, "EtherType", 0xa000, DECODE_UNKNOWN), 1);
	ck_assert_uint_eq(frames_because(d, "other causes", DECODE_NO_VALUE, DECODE_UNKNOWN),
			  256 - (DECODE_CAUSES - 4));
	decoder_free(d);
}
END_TEST

START_TEST(nothing_is_read_beyond_altered_frames)
{
	struct decoder *ds[ARRAY_LEN(layers)];
	struct rng r;
	uint64_t n = 0, sum = 0;

	rng_init(&r, 1, "decode");
	for (size_t i = 0; i < ARRAY_LEN(layers); i++)
		ds[i] = decoder_new(layers[i].dlt, NULL);
	for (int round = 0; round < 2000; round++)
		for (size_t i = 0; i < ARRAY_LEN(layers); i++) {
			struct bytes f = layer_frame(i);
			uint32_t cut = rng_range(&r, 0, f.n);
			uint8_t *copy = malloc(cut ? cut : 1);
			struct packet p;

			memcpy(copy, f.b, cut);
			for (uint32_t k = rng_range(&r, 0, 4); cut && k; k--)
				copy[rng_range(&r, 0, cut - 1)] = (uint8_t)rng_u32(&r);
			if (decode_frame(ds[i], n++, copy, cut, f.n, &p) == DECODE_OK) {
				ck_assert_uint_le(p.caplen, p.len);
				for (uint32_t k = 0; k < p.caplen; k++)
					sum += p.payload[k];
			}
			free(copy);
		}
	for (size_t i = 0; i < ARRAY_LEN(layers); i++) {
		const uint64_t *c = decoder_counts(ds[i]);
		uint64_t all = 0;

		for (int k = 0; k < DECODE_RESULTS; k++)
			all += c[k];
		ck_assert_uint_eq(all, 2000);
		decoder_free(ds[i]);
	}
	ck_assert_uint_gt(sum, 0);
}
END_TEST

START_TEST(nesting_without_end_is_malformed)
{
	struct bytes f = {.n = 0};
	struct packet p;

	for (int i = 0; i < 60; i++)
		add_ip4(&f, 4, (uint32_t)(59 - i) * 20, 0, 0);
	ck_assert_int_eq(one(DLT_RAW, &f, f.n, &p), DECODE_MALFORMED);
}
END_TEST

START_TEST(lengths_that_cannot_be)
{
	struct bytes f;
	struct packet p;

#define BUILD()                                                                                    \
	do {                                                                                       \
		f.n = 0;                                                                           \
		add_ip4(&f, 17, 18, 0, 0);                                                         \
		add_udp(&f, 10);                                                                   \
	} while (0)
	BUILD();
	f.b[0] = 0x44; /* header of 16 bytes */
	ck_assert_int_eq(one(DLT_RAW, &f, f.n, &p), DECODE_MALFORMED);
	BUILD();
	f.b[3] = 19; /* whole packet shorter than its header */
	ck_assert_int_eq(one(DLT_RAW, &f, f.n, &p), DECODE_MALFORMED);
	BUILD();
	f.b[25] = 7; /* UDP length below 8 */
	ck_assert_int_eq(one(DLT_RAW, &f, f.n, &p), DECODE_MALFORMED);
	BUILD();
	f.b[25] = 19; /* UDP reaches past the IP packet */
	ck_assert_int_eq(one(DLT_RAW, &f, f.n, &p), DECODE_MALFORMED);
	BUILD();
	f.b[25] = 12; /* UDP ends before the IP packet: as the kernel, what UDP says */
	ck_assert_int_eq(one(DLT_RAW, &f, f.n, &p), DECODE_OK);
	ck_assert_uint_eq(p.len, 4);
	BUILD();
	f.b[2] = f.b[3] = 0; /* left to the network card: the frame's length */
	ck_assert_int_eq(one(DLT_RAW, &f, f.n, &p), DECODE_OK);
	ck_assert_uint_eq(p.len, 10);
	BUILD();
	f.b[0] = 0x55; /* IP version 5 */
	ck_assert_int_eq(one(DLT_RAW, &f, f.n, &p), DECODE_MALFORMED);
	f.n = 0; /* TCP with a header longer than the packet */
	add_ip4(&f, 6, 20, 0, 0);
	add(&f, H(0, 1, 0, 2, 0, 0, 0, 3, 0, 0, 0, 4, 0x60, 2, 0, 0, 0, 0, 0, 0));
	ck_assert_int_eq(one(DLT_RAW, &f, f.n, &p), DECODE_MALFORMED);
	f.b[32] = 0x50;
	ck_assert_int_eq(one(DLT_RAW, &f, f.n, &p), DECODE_OK);
	ck_assert(p.proto == 6 && p.seq == 3 && p.ack == 4 && p.tcp_flags == 2 && !p.len);
	ck_assert(p.src.port == 1 && p.dst.port == 2);
	f.n = 0;
	add(&f, H(ETH, 8, 6, 0, 1)); /* ARP */
	ck_assert_int_eq(one(DLT_EN10MB, &f, f.n, &p), DECODE_NOT_IP);
	ck_assert_ptr_null(decoder_new(DLT_USB_LINUX, NULL));
}
END_TEST

START_TEST(ipv6_extension_headers)
{
	struct bytes f = {.n = 0};
	struct packet p;
	char text[ENDPOINT_TEXT_LEN];

	/* hop-by-hop, routing (16 bytes), destination options, AH (16 bytes), UDP */
	add_ip6(&f, 0, 8 + 16 + 8 + 16 + 18);
	add(&f, H(43, 0, 1, 4, 0, 0, 0, 0));
	add(&f, H(60, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0));
	add(&f, H(51, 0, 1, 4, 0, 0, 0, 0));
	add(&f, H(17, 2, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0));
	add_udp(&f, 10);
	ck_assert_int_eq(one(DLT_RAW, &f, f.n, &p), DECODE_OK);
	ck_assert_str_eq(endpoint_text(&p.src, text), "[2001:db8::1]:1000");
	ck_assert_uint_eq(p.len, 10);
	ck_assert_uint_eq(p.ip_len, f.n);
	f.b[40 + 1] = 200; /* reaches past the packet */
	ck_assert_int_eq(one(DLT_RAW, &f, f.n, &p), DECODE_MALFORMED);
	f.n = 0;
	add_ip6(&f, 58, 4); /* ICMPv6: a packet without ports */
	add(&f, H(128, 0, 0, 0));
	ck_assert_int_eq(one(DLT_RAW, &f, f.n, &p), DECODE_OK);
	ck_assert(p.proto == 58 && !p.src.port && p.len == 4);
}
END_TEST

/* A datagram of UDP with 1000 bytes, to cut fragments from. */
static struct bytes datagram(void)
{
	struct bytes d = {.n = 0};

	add_udp(&d, 1000);
	return d;
}

/* Bytes [@from, @to) of the datagram as an IPv4 fragment. */
static enum decode_result part(struct decoder *dec, uint64_t ts, uint16_t id, uint32_t from,
			       uint32_t to, struct packet *p)
{
	struct bytes d = datagram(), f = {.n = 0};

	add_ip4(&f, 17, to - from, id, (uint16_t)(from / 8 | (to < d.n ? 0x2000 : 0)));
	add(&f, d.b + from, to - from);
	return decode_frame(dec, ts, f.b, f.n, f.n, p);
}

static void is_the_datagram(const struct packet *p, unsigned fragments)
{
	ck_assert_uint_eq(p->len, 1000);
	ck_assert_uint_eq(p->caplen, 1000);
	ck_assert_uint_eq(p->ip_len, 1028);
	ck_assert_uint_eq(p->fragments, fragments);
	ck_assert_uint_eq(p->src.port, 1000);
	for (int i = 0; i < 1000; i++)
		ck_assert_uint_eq(p->payload[i], (uint8_t)i);
}

START_TEST(fragments_in_any_order)
{
	static const int orders[][4] = {{0, 1, 2, 3}, {3, 2, 1, 0}, {2, 0, 3, 1}, {1, 3, 0, 2}};
	static const uint32_t cuts[] = {0, 256, 512, 520, 1008};

	for (size_t o = 0; o < ARRAY_LEN(orders); o++) {
		struct decoder *d = decoder_new(DLT_RAW, NULL);
		struct packet p;

		for (int k = 0; k < 4; k++) {
			int i = orders[o][k];
			enum decode_result r = part(d, 1, 7, cuts[i], cuts[i + 1], &p);

			ck_assert_int_eq(r, k == 3 ? DECODE_OK : DECODE_FRAGMENT);
			if (k < 2) /* a repeat changes nothing */
				ck_assert_int_eq(part(d, 1, 7, cuts[i], cuts[i + 1], &p),
						 DECODE_FRAGMENT);
		}
		is_the_datagram(&p, 4);
		decoder_free(d);
	}
}
END_TEST

START_TEST(fragments_that_lie_drop_the_datagram)
{
	struct decoder *d = decoder_new(DLT_RAW, NULL);
	struct packet p;

	/* overlap with the same bytes */
	ck_assert_int_eq(part(d, 1, 1, 0, 512, &p), DECODE_FRAGMENT);
	ck_assert_int_eq(part(d, 1, 1, 0, 504, &p), DECODE_FRAGMENT);
	ck_assert_int_eq(part(d, 1, 1, 504, 1008, &p), DECODE_OK);
	is_the_datagram(&p, 2);
	ck_assert(!decoder_second(d, &p));
	/* another end */
	struct bytes end = {.n = 0}, dg = datagram();

	ck_assert_int_eq(part(d, 1, 2, 512, 1008, &p), DECODE_FRAGMENT);
	add_ip4(&end, 17, 488, 2, 512 / 8);
	add(&end, dg.b + 512, 488);
	ck_assert_int_eq(decode_frame(d, 1, end.b, end.n, end.n, &p), DECODE_MALFORMED);
	/* a middle that is no multiple of 8 */
	ck_assert_int_eq(part(d, 1, 3, 0, 511, &p), DECODE_MALFORMED);
	/* other identification, other datagram */
	ck_assert_int_eq(part(d, 1, 4, 0, 512, &p), DECODE_FRAGMENT);
	ck_assert_int_eq(part(d, 1, 5, 512, 1008, &p), DECODE_FRAGMENT);
	ck_assert_int_eq(part(d, 1, 4, 512, 1008, &p), DECODE_OK);
	is_the_datagram(&p, 2);
	/* too late */
	ck_assert_int_eq(part(d, 1, 6, 0, 512, &p), DECODE_FRAGMENT);
	ck_assert_int_eq(part(d, 60000000000ULL, 6, 512, 1008, &p), DECODE_FRAGMENT);
	/* nothing: fragments of 0 bytes, and past 65,535 */
	ck_assert_int_eq(part(d, 1, 9, 8, 8, &p), DECODE_MALFORMED);
	struct bytes f = {.n = 0};

	add_ip4(&f, 17, 800, 10, 0x1fff);
	f.n += 800;
	ck_assert_int_eq(decode_frame(d, 1, f.b, f.n, f.n, &p), DECODE_MALFORMED);
	decoder_free(d);
}
END_TEST

/* Overlapping fragments with other bytes: both readings, whichever came first. */
START_TEST(fragments_that_conflict_are_read_both_ways)
{
	struct decoder *d = decoder_new(DLT_RAW, NULL);
	struct bytes dg = datagram(), f = {.n = 0};
	struct packet p, q;

	ck_assert_int_eq(part(d, 1, 1, _i ? 256 : 0, 512, &p), DECODE_FRAGMENT);
	add_ip4(&f, 17, 256, 1, 0x2000 | 256 / 8);
	add(&f, dg.b + 256, 256);
	f.b[f.n - 1] ^= 0xff;
	ck_assert_int_eq(decode_frame(d, 1, f.b, f.n, f.n, &p), DECODE_FRAGMENT);
	if (_i)
		ck_assert_int_eq(part(d, 1, 1, 0, 256, &p), DECODE_FRAGMENT);
	ck_assert_int_eq(part(d, 1, 1, 512, 1008, &p), DECODE_OK);
	ck_assert(decoder_second(d, &q));
	ck_assert(!decoder_second(d, &q));
	is_the_datagram(&p, _i ? 3 : 2);
	ck_assert_uint_eq(q.len, 1000);
	ck_assert_uint_eq(q.payload[511 - 8], (uint8_t)(503 ^ 0xff));
	ck_assert_int_eq(memcmp(q.payload, p.payload, 503), 0);
	ck_assert_int_eq(memcmp(q.payload + 504, p.payload + 504, 496), 0);
	ck_assert_uint_eq(decoder_fragments(d).conflicts, 1);
	decoder_free(d);
}
END_TEST

START_TEST(fragment_store_is_bounded)
{
	struct decoder *d = decoder_new(DLT_RAW, NULL);
	struct packet p;

	/* far more datagrams than are kept: the newest still completes, the oldest is gone */
	for (uint32_t i = 0; i < 60000; i++)
		ck_assert_int_eq(part(d, 1, (uint16_t)i, 0, 512, &p), DECODE_FRAGMENT);
	ck_assert_int_eq(part(d, 1, 59999, 512, 1008, &p), DECODE_OK);
	is_the_datagram(&p, 2);
	ck_assert_int_eq(part(d, 1, 0, 512, 1008, &p), DECODE_FRAGMENT);
	decoder_free(d);
}
END_TEST

START_TEST(fragments_cut_by_the_snap_length)
{
	struct decoder *d = decoder_new(DLT_RAW, NULL);
	struct bytes dg = datagram(), f = {.n = 0};
	struct packet p;

	add_ip4(&f, 17, 512, 1, 0x2000);
	add(&f, dg.b, 512);
	ck_assert_int_eq(decode_frame(d, 1, f.b, 100, f.n, &p), DECODE_FRAGMENT);
	ck_assert_int_eq(part(d, 1, 1, 512, 1008, &p), DECODE_OK);
	ck_assert_uint_eq(p.len, 1000);
	ck_assert_uint_eq(p.caplen, 100 - 20 - 8);
	decoder_free(d);
}
END_TEST

START_TEST(ipv6_fragments)
{
	struct decoder *d = decoder_new(DLT_RAW, NULL);
	struct bytes dg = datagram(), f = {.n = 0};
	struct packet p;

	add_ip6(&f, 44, 8 + 512);
	add(&f, H(17, 0, 0, 1, 0, 0, 0, 9));
	add(&f, dg.b, 512);
	ck_assert_int_eq(decode_frame(d, 1, f.b, f.n, f.n, &p), DECODE_FRAGMENT);
	f.n = 0;
	add_ip6(&f, 44, 8 + 496);
	add(&f, H(17, 0, 512 >> 8, 512 & 255, 0, 0, 0, 9));
	add(&f, dg.b + 512, 496);
	ck_assert_int_eq(decode_frame(d, 1, f.b, f.n, f.n, &p), DECODE_OK);
	ck_assert(p.len == 1000 && p.fragments == 2 && p.ip_len == 1048 && p.src.ip.family == 6);
	/* RFC 6946: a fragment header on a whole packet */
	f.n = 0;
	add_ip6(&f, 44, 8 + 18);
	add(&f, H(17, 0, 0, 0, 0, 0, 0, 9));
	add_udp(&f, 10);
	ck_assert_int_eq(decode_frame(d, 1, f.b, f.n, f.n, &p), DECODE_OK);
	ck_assert_uint_eq(p.len, 10);
	decoder_free(d);
}
END_TEST

/* The short way of the usual packet says what the general way says: behind a VLAN tag the same
 * bytes take that one. Packets of all sizes, cut and altered. */
START_TEST(the_short_way_is_the_general_way)
{
	struct decoder *d = decoder_new(DLT_EN10MB, NULL), *tagged = decoder_new(DLT_EN10MB, NULL);
	struct rng r;
	int usual = 0;

	rng_init(&r, 4, "decode");
	for (int i = 0; i < 300000; i++) {
		struct bytes f = {.n = 0}, g = {.n = 0};
		struct packet p = {0}, q = {0};
		uint32_t n = rng_range(&r, 0, 120), cap, len;
		bool udp = rng_range(&r, 0, 1);
		enum decode_result a, b;

		add(&f, H(ETH, 8, 0));
		add_ip4(&f, udp ? 17 : 6, udp ? n + 8 : n + 20, (uint16_t)i, 0);
		if (udp) {
			add_udp(&f, n);
		} else {
			add(&f,
			    H(4, 0, 8, 0, 1, 2, 3, 4, 5, 6, 7, 8, 0x50, 0x18, 0, 0, 0, 0, 0, 0));
			for (uint32_t k = 0; k < n; k++)
				f.b[f.n++] = (uint8_t)k;
		}
		f.n += rng_range(&r, 0, 3) ? 0 : rng_range(&r, 0, 20); /* padding of the link */
		for (uint32_t k = rng_range(&r, 0, 3); k > 1; k--)     /* often none */
			f.b[rng_range(&r, 14, 53)] = (uint8_t)rng_u32(&r);
		len = f.n;
		cap = rng_range(&r, 0, 3) ? len : rng_range(&r, 1, len);
		add(&g, f.b, 12);
		add(&g, H(0x81, 0, 0, 5));
		add(&g, f.b + 12, f.n - 12);
		a = decode_frame(d, 1, f.b, cap, len, &p);
		b = decode_frame(tagged, 1, g.b, cap + 4, len + 4, &q);
		if (cap < 14)
			continue;
		ck_assert_int_eq(a, b);
		if (a != DECODE_OK)
			continue;
		usual += !memcmp(f.b + 14, "\x45", 1) && cap == len;
		ck_assert_uint_eq(p.proto, q.proto);
		ck_assert(endpoint_eq(&p.src, &q.src) && endpoint_eq(&p.dst, &q.dst));
		ck_assert_uint_eq(p.tcp_flags, q.tcp_flags);
		ck_assert_uint_eq(p.seq, q.seq);
		ck_assert_uint_eq(p.ack, q.ack);
		ck_assert_uint_eq(p.len, q.len);
		ck_assert_uint_eq(p.caplen, q.caplen);
		ck_assert_uint_eq(p.ip_len, q.ip_len);
		ck_assert_uint_eq(p.fragments, q.fragments);
		if (!p.fragments)
			ck_assert_int_eq(p.payload - f.b + 4, q.payload - g.b);
	}
	ck_assert_int_gt(usual, 100000);
	decoder_free(d);
	decoder_free(tagged);
}
END_TEST

UNIT(decode)
{
	unit_case(tc, the_short_way_is_the_general_way);
	unit_case(tc, every_layer_and_every_cut);
	unit_case(tc, macsec_in_clear_is_read);
	unit_case(tc, datagrams_to_ports_of_tunnels_stay);
	unit_case(tc, frames_of_80211_in_parts);
	unit_case(tc, causes_are_counted);
	unit_case(tc, nothing_is_read_beyond_altered_frames);
	unit_case(tc, nesting_without_end_is_malformed);
	unit_case(tc, lengths_that_cannot_be);
	unit_case(tc, ipv6_extension_headers);
	unit_case(tc, fragments_in_any_order);
	unit_case(tc, fragments_that_lie_drop_the_datagram);
	unit_loop(tc, fragments_that_conflict_are_read_both_ways, 0, 2);
	unit_case(tc, fragment_store_is_bounded);
	unit_case(tc, fragments_cut_by_the_snap_length);
	unit_case(tc, ipv6_fragments);
}
