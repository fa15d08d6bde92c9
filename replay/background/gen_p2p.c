// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * gen_p2p.c - background: BitTorrent (BEP 3), its DHT (BEP 5), uTP (BEP 29), and Kademlia (eMule)
 *
 * What Skype has in common with other peer-to-peer traffic: many addresses, and ports that the
 * peers choose. Peers listen on any server address and a drawn port, unless the mix names one.
 */
#include <netinet/in.h>

#include "replay/background/generator.h"

enum {
	BT_HASH, /* 3 words: info hash */
	BT_PEER = 3,
	BT_PIECE = 6,
	DHT_ID = 7,
	DHT_TARGET = 10,
	UTP_ID = 13,
	UTP_SEQ = 14,
	UTP_ACK = 15
};

static void p2p_init(struct gen_session *s)
{
	for (int i = 0; i < SESSION_WORDS; i++)
		s->word[i] = rng_u64(&s->rng);
	s->word[BT_PIECE] = rng_range(&s->rng, 0, 900);
	s->word[UTP_ID] = rng_range(&s->rng, 1, 65000);
	s->word[UTP_SEQ] = 1;
	s->word[UTP_ACK] = rng_range(&s->rng, 1, 65000);
}

/* --- BitTorrent --------------------------------------------------------------------------- */

static void bt_handshake(struct gen_session *s, struct writer *w)
{
	put8(w, 19);
	put_text(w, "BitTorrent protocol");
	put64(w, 0x0000000000100005); /* extensions: fast, DHT, messages */
	put(w, &s->word[BT_HASH], 20);
	put_text(w, "-TR2940-");
	put_random(w, &s->rng, 12);
}

static void bt_handshake_and_field(struct gen_session *s, struct writer *w)
{
	bt_handshake(s, w);
	put32(w, 126); /* bitfield of 1,000 pieces */
	put8(w, 5);
	put_random(w, &s->rng, 125);
}

static void bt_interested(struct gen_session *s, struct writer *w)
{
	(void)s;
	put32(w, 1);
	put8(w, 2);
}

static void bt_unchoke(struct gen_session *s, struct writer *w)
{
	(void)s;
	put32(w, 1);
	put8(w, 1);
}

static void bt_request(struct gen_session *s, struct writer *w)
{
	put32(w, 13);
	put8(w, 6);
	put32(w, (uint32_t)s->word[BT_PIECE]);
	put32(w, (s->turn & 15) * 16384);
	put32(w, 16384);
}

static void bt_piece(struct gen_session *s, struct writer *w)
{
	put32(w, 9 + 16384);
	put8(w, 7);
	put32(w, (uint32_t)s->word[BT_PIECE]);
	put32(w, ((s->turn - 1) & 15) * 16384);
	put_random(w, &s->rng, 16384);
}

static const struct generator_step bt_steps[] = {
	{false, 0, 3, bt_handshake, 0, 0, 0},  {true, 20, 120, bt_handshake_and_field, 0, 0, 0},
	{false, 0, 9, bt_interested, 0, 0, 0}, {true, 20, 900, bt_unchoke, 0, 0, 0},
	{false, 0, 9, bt_request, 0, 0, 0},    {true, 20, 300, bt_piece, 2, 0, 15},
};

const struct generator gen_bittorrent = {
	.name = "bittorrent",
	.about = "pieces fetched from peers over TCP",
	.proto = IPPROTO_TCP,
	.port = 0,
	.peers = true,
	.close = CLOSE_RESET,
	.init = p2p_init,
	GENERATOR_STEPS(bt_steps),
};

/* --- uTP ---------------------------------------------------------------------------------- */

enum { UTP_DATA, UTP_FIN, UTP_STATE, UTP_RESET, UTP_SYN };

static void utp_head(struct gen_session *s, struct writer *w, unsigned type, bool from_b)
{
	unsigned id = (unsigned)s->word[UTP_ID] + (type != UTP_SYN && !from_b);

	put8(w, type << 4 | 1);
	put8(w, 0);
	put16(w, id);
	put32(w, (uint32_t)(s->now_ns / 1000));
	put32(w, s->turn ? rng_range(&s->rng, 1000, 90000) : 0);
	put32(w, 0x00100000);
	put16(w, (unsigned)s->word[from_b ? UTP_ACK : UTP_SEQ] & 0xffff);
	put16(w, s->turn ? (unsigned)(s->word[from_b ? UTP_SEQ : UTP_ACK] - 1) & 0xffff : 0);
	if (type == UTP_DATA || type == UTP_SYN || type == UTP_FIN)
		s->word[from_b ? UTP_ACK : UTP_SEQ]++;
}

static void utp_syn(struct gen_session *s, struct writer *w)
{
	utp_head(s, w, UTP_SYN, false);
}

static void utp_state_b(struct gen_session *s, struct writer *w)
{
	utp_head(s, w, UTP_STATE, true);
}

static void utp_hello(struct gen_session *s, struct writer *w)
{
	utp_head(s, w, UTP_DATA, false);
	bt_handshake(s, w);
}

static void utp_hello_b(struct gen_session *s, struct writer *w)
{
	utp_head(s, w, UTP_DATA, true);
	bt_handshake(s, w);
}

static void utp_state_a(struct gen_session *s, struct writer *w)
{
	utp_head(s, w, UTP_STATE, false);
}

static void utp_data_b(struct gen_session *s, struct writer *w)
{
	utp_head(s, w, UTP_DATA, true);
	put_random(w, &s->rng, rng_range(&s->rng, 0, 4) ? 1382 : rng_range(&s->rng, 20, 1300));
}

static void utp_fin(struct gen_session *s, struct writer *w)
{
	utp_head(s, w, UTP_FIN, false);
}

static const struct generator_step utp_steps[] = {
	{false, 0, 0, utp_syn, 0, 0, 0},     {true, 20, 120, utp_state_b, 0, 0, 0},
	{false, 0, 3, utp_hello, 0, 0, 0},   {true, 20, 120, utp_hello_b, 0, 0, 0},
	{false, 0, 3, utp_state_a, 0, 0, 0}, {true, 10, 90, utp_data_b, 2, 5, 60},
	{false, 0, 900, utp_fin, 0, 0, 0},   {true, 20, 120, utp_state_b, 0, 0, 0},
};

const struct generator gen_utp = {
	.name = "utp",
	.application = "bittorrent",
	.about = "pieces fetched from peers over uTP",
	.proto = IPPROTO_UDP,
	.port = 0,
	.peers = true,
	.init = p2p_init,
	GENERATOR_STEPS(utp_steps),
};

/* --- DHT ---------------------------------------------------------------------------------- */

static void dht_query(struct gen_session *s, struct writer *w)
{
	unsigned kind = s->turn % 3;

	put_text(w, "d1:ad2:id20:");
	put(w, &s->word[DHT_ID], 20);
	if (kind == 1)
		put_text(w, "6:target20:");
	else if (kind == 2)
		put_text(w, "9:info_hash20:");
	if (kind)
		put(w, &s->word[DHT_TARGET], 20);
	put_text(w, "e1:q%s1:t2:",
		 kind == 0   ? "4:ping"
		 : kind == 1 ? "9:find_node"
			     : "9:get_peers");
	put16(w, 0x6161 + s->turn);
	put_text(w, "1:v4:TR");
	put16(w, 0x1f01);
	put_text(w, "1:y1:qe");
}

static void dht_answer(struct gen_session *s, struct writer *w)
{
	put_text(w, "d1:rd2:id20:");
	put_random(w, &s->rng, 20);
	if (s->turn % 3 != 1) {
		put_text(w, "5:nodes208:");
		put_random(w, &s->rng, 208);
	}
	put_text(w, "e1:t2:");
	put16(w, 0x6161 + s->turn - 1);
	put_text(w, "1:y1:re");
}

static const struct generator_step dht_steps[] = {
	{false, 0, 900, dht_query, 0, 0, 0},
	{true, 20, 300, dht_answer, 2, 0, 4},
};

const struct generator gen_dht = {
	.name = "dht",
	.application = "bittorrent",
	.about = "BitTorrent's distributed table being asked",
	.proto = IPPROTO_UDP,
	.port = 0,
	.peers = true,
	.init = p2p_init,
	GENERATOR_STEPS(dht_steps),
};

/* --- Kademlia ----------------------------------------------------------------------------- */

static void kad_hello(struct gen_session *s, struct writer *w, unsigned code)
{
	put8(w, 0xe4);
	put8(w, code);
	put_random(w, &s->rng, 16);
	put16le(w, 4662);
	put8(w, 8); /* version */
	put8(w, 0); /* tags */
}

static void kad_hello_request(struct gen_session *s, struct writer *w)
{
	kad_hello(s, w, 0x11);
}

static void kad_hello_answer(struct gen_session *s, struct writer *w)
{
	kad_hello(s, w, 0x19);
}

static void kad_request(struct gen_session *s, struct writer *w)
{
	put16(w, 0xe421);
	put8(w, 0x0b); /* find node */
	put(w, &s->word[DHT_TARGET], 16);
	put_random(w, &s->rng, 16);
}

static void kad_answer(struct gen_session *s, struct writer *w)
{
	unsigned n = rng_range(&s->rng, 1, 10);

	put16(w, 0xe429);
	put(w, &s->word[DHT_TARGET], 16);
	put8(w, n);
	while (n--) {
		put_random(w, &s->rng, 16 + 4);
		put16le(w, 4672);
		put16le(w, 4662);
		put8(w, 8);
	}
}

static const struct generator_step kad_steps[] = {
	{false, 0, 0, kad_hello_request, 0, 0, 0},
	{true, 20, 300, kad_hello_answer, 0, 0, 0},
	{false, 0, 3000, kad_request, 0, 0, 0},
	{true, 20, 300, kad_answer, 2, 0, 3},
};

const struct generator gen_kademlia = {
	.name = "kademlia",
	.application = "edonkey",
	.about = "eMule's Kademlia network being asked",
	.proto = IPPROTO_UDP,
	.port = 0,
	.peers = true,
	.init = p2p_init,
	GENERATOR_STEPS(kad_steps),
};
