// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * gen_zoom.c - background: a Zoom meeting through a media server (UDP port 8801)
 *
 * Layouts as published by Michel, Sengupta, Kim, Netravali and Rexford ("Enabling Passive Measurement
 * of Zoom Performance in Production Networks", IMC 2022) and read by their Wireshark plug-in: eight
 * bytes of the server's encapsulation, a media encapsulation whose length its type decides, then RTP
 * or RTCP (RFC 3550). Bytes that they could not explain are zero, media is random, and numbers count
 * from one. What Zoom sends before the first media packet is not published and not here. The low byte
 * of the server's sequence number is the third of the datagram, so each direction has 02 there once in
 * 256 datagrams, beginning with its second.
 */
#include <netinet/in.h>

#include "replay/background/generator.h"

#define RTP_AUDIO 112
#define RTP_VIDEO 98
#define NTP_ERA	  2208988800ULL /* 1900 to 1970, seconds */

enum { ZOOM_AUDIO = 15, ZOOM_VIDEO = 16, ZOOM_RTCP = 33 };
enum { TO_SERVER = 0, FROM_SERVER = 4 };

/* By direction (from the server: + 1). */
enum {
	ZOOM_OUTER,
	ZOOM_A_SEQ = 2,
	ZOOM_V_SEQ = 4,
	ZOOM_A_SSRC = 6,
	ZOOM_V_SSRC = 8,
	ZOOM_FRAME = 10
};

static void zoom_init(struct gen_session *s)
{
	for (int i = ZOOM_A_SEQ; i < ZOOM_FRAME; i++)
		s->word[i] = rng_u32(&s->rng);
}

/* What stands in front of the media type. */
static void zoom_head(struct gen_session *s, struct writer *w, bool down, unsigned type)
{
	put8(w, 5); /* media */
	put16(w, (unsigned)++s->word[ZOOM_OUTER + down] & 0xffff);
	put32(w, 0);
	put8(w, down ? FROM_SERVER : TO_SERVER);
	put8(w, type);
	put_zero(w, 8);
}

static void zoom_rtp(struct gen_session *s, struct writer *w, unsigned type, bool mark, int seq,
		     uint32_t time, int ssrc)
{
	put8(w, 0x80);
	put8(w, (mark ? 0x80 : 0) | type);
	put16(w, (unsigned)s->word[seq] & 0xffff);
	put32(w, time);
	put32(w, (uint32_t)s->word[ssrc]);
}

static uint32_t zoom_ms(const struct gen_session *s)
{
	return (uint32_t)(s->now_ns / NS_PER_MS);
}

static void zoom_audio(struct gen_session *s, struct writer *w, bool down)
{
	int seq = ZOOM_A_SEQ + down;

	zoom_head(s, w, down, ZOOM_AUDIO);
	put16(w, (unsigned)++s->word[seq] & 0xffff);
	put32(w, zoom_ms(s));
	put_zero(w, 4);
	zoom_rtp(s, w, RTP_AUDIO, false, seq, zoom_ms(s) * 48, ZOOM_A_SSRC + down);
	put_random(w, &s->rng, rng_range(&s->rng, 40, 140));
}

static void zoom_video(struct gen_session *s, struct writer *w, bool down)
{
	int seq = ZOOM_V_SEQ + down;

	zoom_head(s, w, down, ZOOM_VIDEO);
	put16(w, (unsigned)++s->word[seq] & 0xffff);
	put32(w, zoom_ms(s));
	put_zero(w, 5);
	put8(w, 2); /* frame number and packets of the frame follow */
	put16(w, (unsigned)++s->word[ZOOM_FRAME + down] & 0xffff);
	put8(w, 1);
	zoom_rtp(s, w, RTP_VIDEO, true, seq, zoom_ms(s) * 90, ZOOM_V_SSRC + down);
	put_random(w, &s->rng, rng_range(&s->rng, 300, 1100));
}

static void zoom_report(struct gen_session *s, struct writer *w)
{
	zoom_head(s, w, false, ZOOM_RTCP);
	put_zero(w, 7);
	put32(w, 0x80c80006); /* sender report without report blocks */
	put32(w, (uint32_t)s->word[ZOOM_A_SSRC]);
	put64(w, (s->now_ns / NS_PER_SEC + NTP_ERA) << 32);
	put32(w, zoom_ms(s) * 48);
	put32(w, (uint32_t)s->word[ZOOM_OUTER]);
	put32(w, (uint32_t)s->word[ZOOM_OUTER] * 100);
}

static void zoom_audio_up(struct gen_session *s, struct writer *w)
{
	zoom_audio(s, w, false);
}

static void zoom_audio_down(struct gen_session *s, struct writer *w)
{
	zoom_audio(s, w, true);
}

static void zoom_video_up(struct gen_session *s, struct writer *w)
{
	zoom_video(s, w, false);
}

static void zoom_video_down(struct gen_session *s, struct writer *w)
{
	zoom_video(s, w, true);
}

static const struct generator_step zoom_steps[] = {
	{false, 0, 900, zoom_audio_up, 0, 0, 0},   {true, 20, 90, zoom_audio_down, 0, 0, 0},
	{false, 5, 20, zoom_report, 0, 0, 0},	   {false, 18, 21, zoom_audio_up, 0, 0, 0},
	{false, 0, 2, zoom_video_up, 0, 0, 0},	   {true, 0, 2, zoom_audio_down, 0, 0, 0},
	{true, 0, 2, zoom_video_down, 4, 80, 400},
};

const struct generator gen_zoom = {
	.name = "zoom",
	.about = "a meeting with sound and pictures, Zoom",
	.proto = IPPROTO_UDP,
	.port = 8801,
	.init = zoom_init,
	GENERATOR_STEPS(zoom_steps),
};
