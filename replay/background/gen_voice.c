// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * gen_voice.c - background: the other telephone programs of the paper's negative test
 *
 * SIP (RFC 3261) with SDP (RFC 4566), whose call begins an RTP and an RTCP flow (RFC 3550), and
 * IAX2 (RFC 5456) with voice in mini frames.
 */
#include <netinet/in.h>
#include <string.h>

#include "replay/background/generator.h"

/* --- RTP and RTCP, begun by SIP ----------------------------------------------------------- */

enum { RTP_SSRC_A, RTP_SSRC_B, RTP_SEQ_A, RTP_SEQ_B, RTP_TIME, RTP_TYPE };

static void rtp_packet(struct gen_session *s, struct writer *w, int ssrc, int seq)
{
	put8(w, 0x80);
	put8(w, (unsigned)s->word[RTP_TYPE]);
	put16(w, (unsigned)s->word[seq]++ & 0xffff);
	put32(w, (uint32_t)s->word[RTP_TIME] + (uint32_t)(s->turn / 2) * 160);
	put32(w, (uint32_t)s->word[ssrc]);
	put_random(w, &s->rng, s->word[RTP_TYPE] == 18 ? 20 : 160);
}

static void rtp_up(struct gen_session *s, struct writer *w)
{
	rtp_packet(s, w, RTP_SSRC_A, RTP_SEQ_A);
}

static void rtp_down(struct gen_session *s, struct writer *w)
{
	rtp_packet(s, w, RTP_SSRC_B, RTP_SEQ_B);
}

static const struct generator_step rtp_steps[] = {
	{false, 19, 21, rtp_up, 0, 0, 0},
	{true, 0, 2, rtp_down, 2, 250, 1500},
};

static const struct generator gen_rtp = {
	.name = "rtp",
	.about = "voice of a SIP call",
	.proto = IPPROTO_UDP,
	GENERATOR_STEPS(rtp_steps),
};

static void rtcp_report(struct gen_session *s, struct writer *w, int ssrc)
{
	put32(w, 0x80c80006); /* sender report without report blocks */
	put32(w, (uint32_t)s->word[ssrc]);
	put64(w, (s->now_ns / NS_PER_SEC + 2208988800ULL) << 32);
	put32(w, (uint32_t)s->word[RTP_TIME] + s->turn * 40000);
	put32(w, s->turn * 250);
	put32(w, s->turn * 250 * 160);
	put32(w, 0x81ca0004); /* SDES with a CNAME of 8 characters */
	put32(w, (uint32_t)s->word[ssrc]);
	put_text(w, "%c%cuser@lab", 1, 8);
	put_zero(w, 2);
}

static void rtcp_up(struct gen_session *s, struct writer *w)
{
	rtcp_report(s, w, RTP_SSRC_A);
}

static void rtcp_down(struct gen_session *s, struct writer *w)
{
	rtcp_report(s, w, RTP_SSRC_B);
}

static const struct generator_step rtcp_steps[] = {
	{false, 4000, 6000, rtcp_up, 0, 0, 0},
	{true, 100, 1000, rtcp_down, 2, 0, 6},
};

static const struct generator gen_rtcp = {
	.name = "rtcp",
	.about = "reports of a SIP call",
	.proto = IPPROTO_UDP,
	GENERATOR_STEPS(rtcp_steps),
};

/* --- SIP ---------------------------------------------------------------------------------- */

enum { SIP_CALL, SIP_TAG_A, SIP_TAG_B, SIP_PORT_A, SIP_PORT_B, SIP_TYPE };

static void sip_init(struct gen_session *s)
{
	s->word[SIP_CALL] = rng_u64(&s->rng);
	s->word[SIP_TAG_A] = rng_u32(&s->rng);
	s->word[SIP_TAG_B] = rng_u32(&s->rng);
	s->word[SIP_PORT_A] = rng_range(&s->rng, 5000, 16000) * 2;
	s->word[SIP_PORT_B] = rng_range(&s->rng, 5000, 16000) * 2;
	s->word[SIP_TYPE] = rng_range(&s->rng, 0, 1) ? 18 : 8; /* G.729 or G.711 A-law */
}

static void sip_common(struct gen_session *s, struct writer *w, bool tag_b, unsigned cseq,
		       const char *method)
{
	char a[ENDPOINT_TEXT_LEN], b[IP_TEXT_LEN], tag[16] = "";
	struct writer t = {(uint8_t *)tag, 0, sizeof(tag) - 1};

	if (tag_b)
		put_text(&t, ";tag=%08x", (uint32_t)s->word[SIP_TAG_B]);
	tag[t.len] = '\0';
	put_text(w,
		 "Via: SIP/2.0/UDP %s;branch=z9hG4bK%08x%u\r\nMax-Forwards: 70\r\n"
		 "From: <sip:alice@%s>;tag=%08x\r\nTo: <sip:bob@%s>%s\r\n",
		 endpoint_text(&s->host, a), (uint32_t)s->word[SIP_CALL], cseq,
		 ip_text(&s->server.ip, b), (uint32_t)s->word[SIP_TAG_A], b, tag);
	put_text(w, "Call-ID: %016llx@lab\r\nCSeq: %u %s\r\n",
		 (unsigned long long)s->word[SIP_CALL], cseq, method);
}

static void sip_request(struct gen_session *s, struct writer *w, const char *method, unsigned cseq)
{
	char b[IP_TEXT_LEN];

	put_text(w, "%s sip:bob@%s SIP/2.0\r\n", method, ip_text(&s->server.ip, b));
	sip_common(s, w, cseq > 1 || !strcmp(method, "ACK"), cseq, method);
}

static void sip_body(struct gen_session *s, struct writer *w, const struct endpoint *at, int port)
{
	char buf[400], a[ENDPOINT_TEXT_LEN], ip[IP_TEXT_LEN];
	struct writer b = {(uint8_t *)buf, 0, sizeof(buf)};

	ip_text(&at->ip, ip);
	put_text(&b,
		 "v=0\r\no=- 1 1 IN IP4 %s\r\ns=-\r\nc=IN IP4 %s\r\nt=0 0\r\n"
		 "m=audio %u RTP/AVP %u\r\na=rtpmap:%u %s/8000\r\n",
		 ip, ip, (unsigned)s->word[port], (unsigned)s->word[SIP_TYPE],
		 (unsigned)s->word[SIP_TYPE], s->word[SIP_TYPE] == 18 ? "G729" : "PCMA");
	put_text(w,
		 "Contact: <sip:%s>\r\nContent-Type: application/sdp\r\n"
		 "Content-Length: %u\r\n\r\n",
		 endpoint_text(at, a), b.len);
	put(w, b.p, b.len);
}

static void sip_invite(struct gen_session *s, struct writer *w)
{
	sip_request(s, w, "INVITE", 1);
	sip_body(s, w, &s->host, SIP_PORT_A);
}

static void sip_answer(struct gen_session *s, struct writer *w, const char *status, bool tag,
		       unsigned cseq, const char *method)
{
	put_text(w, "SIP/2.0 %s\r\n", status);
	sip_common(s, w, tag, cseq, method);
}

static void sip_trying(struct gen_session *s, struct writer *w)
{
	sip_answer(s, w, "100 Trying", false, 1, "INVITE");
	put_text(w, "Content-Length: 0\r\n\r\n");
}

static void sip_ringing(struct gen_session *s, struct writer *w)
{
	sip_answer(s, w, "180 Ringing", true, 1, "INVITE");
	put_text(w, "Content-Length: 0\r\n\r\n");
}

static void sip_ok(struct gen_session *s, struct writer *w)
{
	sip_answer(s, w, "200 OK", true, 1, "INVITE");
	sip_body(s, w, &s->server, SIP_PORT_B);
}

static void sip_ack(struct gen_session *s, struct writer *w)
{
	uint64_t words[RTP_TYPE + 1];
	uint16_t a = (uint16_t)s->word[SIP_PORT_A], b = (uint16_t)s->word[SIP_PORT_B];

	words[RTP_SSRC_A] = rng_u32(&s->rng);
	words[RTP_SSRC_B] = rng_u32(&s->rng);
	words[RTP_SEQ_A] = rng_range(&s->rng, 0, 0xffff);
	words[RTP_SEQ_B] = rng_range(&s->rng, 0, 0xffff);
	words[RTP_TIME] = rng_u32(&s->rng);
	words[RTP_TYPE] = s->word[SIP_TYPE];
	sip_request(s, w, "ACK", 1);
	put_text(w, "Content-Length: 0\r\n\r\n");
	session_spawn(s, &gen_rtp, a, b, words, ARRAY_LEN(words));
	session_spawn(s, &gen_rtcp, a + 1, b + 1, words, ARRAY_LEN(words));
}

static void sip_bye(struct gen_session *s, struct writer *w)
{
	sip_request(s, w, "BYE", 2);
	put_text(w, "Content-Length: 0\r\n\r\n");
}

static void sip_gone(struct gen_session *s, struct writer *w)
{
	sip_answer(s, w, "200 OK", true, 2, "BYE");
	put_text(w, "Content-Length: 0\r\n\r\n");
}

static const struct generator_step sip_steps[] = {
	{false, 0, 0, sip_invite, 0, 0, 0},    {true, 2, 30, sip_trying, 0, 0, 0},
	{true, 50, 300, sip_ringing, 0, 0, 0}, {true, 500, 5000, sip_ok, 0, 0, 0},
	{false, 1, 10, sip_ack, 0, 0, 0},      {false, 12000, 36000, sip_bye, 0, 0, 0},
	{true, 2, 30, sip_gone, 0, 0, 0},
};

const struct generator gen_sip = {
	.name = "sip",
	.about = "SIP calls with RTP voice and RTCP",
	.proto = IPPROTO_UDP,
	.port = 5060,
	.init = sip_init,
	GENERATOR_STEPS(sip_steps),
};

/* --- IAX2 --------------------------------------------------------------------------------- */

enum { IAX_A, IAX_B, IAX_START, IAX_OUT_A, IAX_OUT_B };

static void iax_init(struct gen_session *s)
{
	s->word[IAX_A] = rng_range(&s->rng, 1, 0x7ffe);
	s->word[IAX_B] = rng_range(&s->rng, 1, 0x7ffe);
}

static uint32_t iax_time(struct gen_session *s)
{
	uint64_t ms = s->now_ns / NS_PER_MS;

	if (!s->word[IAX_START])
		s->word[IAX_START] = ms - 1;
	return (uint32_t)(ms - s->word[IAX_START]);
}

/* A full frame of @type and @sub, from A (the caller) or B. */
static void iax_full(struct gen_session *s, struct writer *w, bool from_b, unsigned type,
		     unsigned sub)
{
	int out = from_b ? IAX_OUT_B : IAX_OUT_A, in = from_b ? IAX_OUT_A : IAX_OUT_B;
	bool first = !from_b && !s->word[IAX_OUT_A];

	put16(w, 0x8000 | (unsigned)s->word[from_b ? IAX_B : IAX_A]);
	put16(w, first ? 0 : (unsigned)s->word[from_b ? IAX_A : IAX_B]);
	put32(w, iax_time(s));
	put8(w, (unsigned)s->word[out] & 0xff);
	put8(w, (unsigned)s->word[in] & 0xff);
	put8(w, type);
	put8(w, sub);
	if (type != 6 || sub != 4) /* an ACK has no sequence number of its own */
		s->word[out]++;
}

static void iax_new(struct gen_session *s, struct writer *w)
{
	iax_full(s, w, false, 6, 1);
	put32(w, 0x0b020002); /* version 2 */
	put16(w, 0x0104);
	put_text(w, "2001"); /* called number */
	put16(w, 0x0605);
	put_text(w, "alice");
	put16(w, 0x0904);
	put32(w, 2); /* format: GSM */
	put16(w, 0x0804);
	put32(w, 0x0e);
}

static void iax_accept(struct gen_session *s, struct writer *w)
{
	iax_full(s, w, true, 6, 7);
	put16(w, 0x0904);
	put32(w, 2);
}

static void iax_ack(struct gen_session *s, struct writer *w)
{
	iax_full(s, w, false, 6, 4);
}

static void iax_ringing(struct gen_session *s, struct writer *w)
{
	iax_full(s, w, true, 4, 3);
}

static void iax_answer(struct gen_session *s, struct writer *w)
{
	iax_full(s, w, true, 4, 4);
}

static void iax_voice_full(struct gen_session *s, struct writer *w)
{
	iax_full(s, w, false, 2, 2);
	put_random(w, &s->rng, 33);
}

static void iax_mini(struct gen_session *s, struct writer *w, bool from_b)
{
	put16(w, (unsigned)s->word[from_b ? IAX_B : IAX_A]);
	put16(w, iax_time(s) & 0xffff);
	put_random(w, &s->rng, 33);
}

static void iax_up(struct gen_session *s, struct writer *w)
{
	iax_mini(s, w, false);
}

static void iax_down(struct gen_session *s, struct writer *w)
{
	iax_mini(s, w, true);
}

static void iax_hangup(struct gen_session *s, struct writer *w)
{
	iax_full(s, w, false, 6, 5);
	put16(w, 0x1606);
	put_text(w, "normal");
}

static void iax_ack_b(struct gen_session *s, struct writer *w)
{
	iax_full(s, w, true, 6, 4);
}

static const struct generator_step iax_steps[] = {
	{false, 0, 0, iax_new, 0, 0, 0},      {true, 5, 60, iax_accept, 0, 0, 0},
	{false, 0, 2, iax_ack, 0, 0, 0},      {true, 20, 200, iax_ringing, 0, 0, 0},
	{false, 0, 2, iax_ack, 0, 0, 0},      {true, 500, 4000, iax_answer, 0, 0, 0},
	{false, 0, 2, iax_ack, 0, 0, 0},      {false, 5, 20, iax_voice_full, 0, 0, 0},
	{true, 1, 9, iax_ack_b, 0, 0, 0},     {false, 19, 21, iax_up, 0, 0, 0},
	{true, 0, 2, iax_down, 2, 250, 1500}, {false, 100, 900, iax_hangup, 0, 0, 0},
	{true, 5, 60, iax_ack_b, 0, 0, 0},
};

const struct generator gen_iax2 = {
	.name = "iax2",
	.about = "IAX2 calls with GSM voice",
	.proto = IPPROTO_UDP,
	.port = 4569,
	.init = iax_init,
	GENERATOR_STEPS(iax_steps),
};
