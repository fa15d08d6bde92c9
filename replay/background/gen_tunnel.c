// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * gen_tunnel.c - background: OpenVPN over UDP (with tls-auth off) and WireGuard
 *
 * Handshakes in the right order and size, then data packets of random content. WireGuard: message
 * layouts of its white paper, section 5.4. OpenVPN: the opcodes of its protocol draft
 * (P_CONTROL_HARD_RESET_CLIENT_V2 7, SERVER 8, P_CONTROL_V1 4, P_ACK_V1 5, P_DATA_V2 9).
 */
#include <netinet/in.h>

#include "replay/background/generator.h"
#include "replay/background/gen_tls.h"

/* --- OpenVPN ------------------------------------------------------------------------------ */

enum { VPN_A, VPN_B, VPN_PACKET_A, VPN_PACKET_B, VPN_SESSION, VPN_DATA = VPN_SESSION + 4 };

static void vpn_init(struct gen_session *s)
{
	s->word[VPN_A] = rng_u64(&s->rng);
	s->word[VPN_B] = rng_u64(&s->rng);
	for (int i = 0; i < 4; i++)
		s->word[VPN_SESSION + i] = rng_u64(&s->rng);
}

/* Head of a control packet; acks the other side's last packet. */
static void vpn_control(struct gen_session *s, struct writer *w, unsigned opcode, bool from_b,
			bool ack)
{
	put8(w, opcode << 3);
	put64(w, s->word[from_b ? VPN_B : VPN_A]);
	put8(w, ack);
	if (ack) {
		put32(w, (uint32_t)s->word[from_b ? VPN_PACKET_A : VPN_PACKET_B] - 1);
		put64(w, s->word[from_b ? VPN_A : VPN_B]);
	}
	if (opcode != 5)
		put32(w, (uint32_t)s->word[from_b ? VPN_PACKET_B : VPN_PACKET_A]++);
}

static void vpn_reset_a(struct gen_session *s, struct writer *w)
{
	vpn_control(s, w, 7, false, false);
}

static void vpn_reset_b(struct gen_session *s, struct writer *w)
{
	vpn_control(s, w, 8, true, true);
}

static void vpn_ack_a(struct gen_session *s, struct writer *w)
{
	vpn_control(s, w, 5, false, true);
}

static void vpn_hello_a(struct gen_session *s, struct writer *w)
{
	uint32_t at;

	vpn_control(s, w, 4, false, false);
	put24(w, 0x160301);
	at = w->len;
	put16(w, 0);
	put_client_hello(w, &s->rng, &s->word[VPN_SESSION], 32, "vpn.example.net", "vpn", NULL);
	set16(w, at, w->len - at - 2);
}

static void vpn_hello_b(struct gen_session *s, struct writer *w)
{
	uint32_t at;

	vpn_control(s, w, 4, true, true);
	put24(w, 0x160303);
	at = w->len;
	put16(w, 0);
	put_server_hello(w, &s->rng, &s->word[VPN_SESSION], 32);
	set16(w, at, w->len - at - 2);
	put24(w, 0x170303);
	put16(w, 900);
	put_random(w, &s->rng, 900);
}

static void vpn_data(struct gen_session *s, struct writer *w)
{
	put32(w, 0x48000000); /* P_DATA_V2, key 0, peer 0 */
	put32(w, (uint32_t)++s->word[VPN_DATA]);
	put_random(w, &s->rng, 16 + rng_range(&s->rng, 40, rng_range(&s->rng, 60, 1400)));
}

static const struct generator_step vpn_steps[] = {
	{false, 0, 0, vpn_reset_a, 0, 0, 0}, {true, 5, 60, vpn_reset_b, 0, 0, 0},
	{false, 0, 2, vpn_ack_a, 0, 0, 0},   {false, 0, 2, vpn_hello_a, 0, 0, 0},
	{true, 5, 60, vpn_hello_b, 0, 0, 0}, {false, 0, 2, vpn_ack_a, 0, 0, 0},
	{false, 5, 300, vpn_data, 0, 0, 0},  {true, 5, 60, vpn_data, 0, 0, 0},
	{true, 0, 5, vpn_data, 3, 10, 200},
};

const struct generator gen_openvpn = {
	.name = "openvpn",
	.about = "a tunnel, OpenVPN over UDP",
	.proto = IPPROTO_UDP,
	.port = 1194,
	.init = vpn_init,
	GENERATOR_STEPS(vpn_steps),
};

/* --- WireGuard ---------------------------------------------------------------------------- */

enum { WG_A, WG_B, WG_COUNT_A, WG_COUNT_B };

static void wg_init(struct gen_session *s)
{
	s->word[WG_A] = rng_u32(&s->rng);
	s->word[WG_B] = rng_u32(&s->rng);
}

static void wg_initiation(struct gen_session *s, struct writer *w)
{
	put32le(w, 1);
	put32le(w, (uint32_t)s->word[WG_A]);
	put_random(w, &s->rng, 32 + 48 + 28 + 16);
	put_zero(w, 16); /* mac2: no cookie */
}

static void wg_response(struct gen_session *s, struct writer *w)
{
	put32le(w, 2);
	put32le(w, (uint32_t)s->word[WG_B]);
	put32le(w, (uint32_t)s->word[WG_A]);
	put_random(w, &s->rng, 32 + 16 + 16);
	put_zero(w, 16);
}

static void wg_data(struct gen_session *s, struct writer *w, bool from_b)
{
	put32le(w, 4);
	put32le(w, (uint32_t)s->word[from_b ? WG_A : WG_B]);
	put32le(w, (uint32_t)s->word[from_b ? WG_COUNT_B : WG_COUNT_A]++);
	put32le(w, 0);
	put_random(w, &s->rng, 16 * rng_range(&s->rng, 0, rng_range(&s->rng, 4, 88)) + 16);
}

static void wg_up(struct gen_session *s, struct writer *w)
{
	wg_data(s, w, false);
}

static void wg_down(struct gen_session *s, struct writer *w)
{
	wg_data(s, w, true);
}

static const struct generator_step wg_steps[] = {
	{false, 0, 0, wg_initiation, 0, 0, 0}, {true, 5, 60, wg_response, 0, 0, 0},
	{false, 0, 2, wg_up, 0, 0, 0},	       {true, 5, 60, wg_down, 0, 0, 0},
	{true, 0, 5, wg_down, 3, 10, 200},
};

const struct generator gen_wireguard = {
	.name = "wireguard",
	.about = "a tunnel, WireGuard",
	.proto = IPPROTO_UDP,
	.port = 51820,
	.init = wg_init,
	GENERATOR_STEPS(wg_steps),
};
