// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * tcp.c - follows a TCP connection: handshake, order of bytes, end
 *
 * Sequence numbers are followed for every flow, so that retransmissions count once and a payload is
 * known to be in order. The bytes themselves are kept only for flows under reassembly
 * (reassembly.c), which begins when a rule may start with a segment.
 *
 * A connection's state is in flow.flags and flow.flags2:
 *
 *   state      enters it                      leaves it
 *   new        its first packet               SYN, SYN+ACK, and ACK from the opener:
 *                                             handshake (FLOW_HANDSHAKE). Payload
 *                                             is read in either state.
 *   handshake  as above                       FIN, RST
 *   closing    a FIN: sessions on it end      a FIN of the other side, RST: closed
 *   closed     RST, both FINs (FLOW2_CLOSED)  forgotten after a minute; a SYN that is
 *                                             no retransmission: a new flow;
 *                                             after a RST, new payload
 *
 * Anyone may have sent a packet. One that its receiver may not take is in doubt (FLOW2_DOUBT, one at
 * a time) until something else decides:
 *
 *   in doubt                    true when                        false when
 *   FIN or RST beyond the next  the bytes before it come, or     bytes beyond it come
 *   byte (RFC 5961: a receiver  none come for a minute, or the
 *   challenges such a RST)      input ends
 *   FIN with a bad checksum     the input ends                   bytes beyond it come
 *   SYN on a connection that    a SYN+ACK acknowledges it: a     a RST does, or it is
 *   has carried payload         new flow                         followed by another doubt
 *   payload more than WINDOW    the other side acknowledges it,  followed by another doubt
 *   off the next byte           or where that is not captured
 *                               more follows on it: bytes were
 *                               lost
 *
 * What stands further off is passed over and counted. Payload that gives bytes another value than
 * they had is read both ways: reads_again() where no bytes were kept, else reassembly_again().
 */
#include <netinet/tcp.h>

#include "detector/engine/flow_state.h"
#include "detector/engine/gauge.h"
#include "detector/engine/message_burst.h"
#include "detector/engine/payload.h"
#include "detector/engine/reach.h"
#include "detector/engine/reassembly.h"
#include "detector/engine/session.h"
#include "detector/engine/tcp.h"

#define WINDOW 1048576 /* bytes that a segment may lie off the next one */

static uint8_t known_of(int dir)
{
	return dir ? FLOW_SEQ1 : FLOW_SEQ0;
}

static bool plausible(int32_t off)
{
	return off >= -WINDOW && off <= WINDOW;
}

static void set_doubt(struct flow *f, uint8_t what, int dir, uint32_t seq)
{
	f->flags2 = (uint8_t)((f->flags2 & ~FLOW2_DOUBT) | what);
	f->spoilt_end = 0;
	f->doubt = (seq & INT32_MAX) | (uint32_t)dir << 31;
}

static bool in_doubt(const struct flow *f, uint8_t what, int dir)
{
	return (f->flags2 & FLOW2_DOUBT) == what && (f->doubt >> 31) == (uint32_t)dir;
}

/* How far @seq lies behind the number in doubt. */
static int32_t past_doubt(const struct flow *f, uint32_t seq)
{
	return (int32_t)((seq - f->doubt) << 1) >> 1;
}

bool tcp_reopens(struct flow *f, int dir, const struct packet *p)
{
	uint8_t flags = p->tcp_flags & (TH_SYN | TH_ACK | TH_RST);

	if (flags == (TH_SYN | TH_ACK))
		return in_doubt(f, DOUBT_SYN, !dir) && !past_doubt(f, p->ack);
	if (flags != TH_SYN)
		return false;
	if (f->flags2 & FLOW2_CLOSED)
		return true;
	if (!(f->flags & known_of(dir)) || f->packets[0] + f->packets[1] == 0 ||
	    f->seq[dir] == p->seq + 1)
		return false;
	if (!(f->flags & known_of(!dir))) /* nobody would be seen to answer it */
		return true;
	set_doubt(f, DOUBT_SYN, dir, p->seq + 1);
	return false;
}

void tcp_reopened(struct flow *f, const struct packet *p)
{
	f->flags |= FLOW_SYN | FLOW_SEQ0;
	f->seq[0] = p->ack;
}

/* Numbers from SYN, SYN+ACK and ACK. What the other side acknowledges counts more than what this
 * side seems to have sent; once there is payload, or the opener's ACK, none of them counts. Whether
 * each side acknowledges the number that the other chose is noted before (flow.proven). */
static void handshake(struct flow *f, int dir, const struct packet *p)
{
	uint8_t flags = p->tcp_flags;

	if (flags & TH_SYN) {
		bool later = !(flags & TH_ACK) && (f->flags & FLOW_SYNACK);

		if ((flags & TH_ACK) && !(f->flags & FLOW_HANDSHAKE))
			f->proven = dir == 1 && (f->flags & FLOW_SYN) && (f->flags & FLOW_SEQ0) &&
				    p->ack == f->seq[0];
		if (!f->packets[dir] && !later && !(f->flags & FLOW_HANDSHAKE)) {
			f->seq[dir] = p->seq + 1;
			f->flags |= known_of(dir);
		}
		if ((flags & TH_ACK) && p->ack && !f->packets[!dir] &&
		    !(f->flags & FLOW_HANDSHAKE)) {
			f->seq[!dir] = p->ack;
			f->flags |= known_of(!dir);
		}
		f->flags |= (flags & TH_ACK) ? FLOW_SYNACK : FLOW_SYN;
	} else if (dir == 0 && (flags & TH_ACK) && !(f->flags & FLOW_HANDSHAKE) &&
		   (f->flags & (FLOW_SYN | FLOW_SYNACK)) == (FLOW_SYN | FLOW_SYNACK)) {
		f->proven &= p->seq == f->seq[0] && p->ack == f->seq[1];
		if (p->ack && p->seq == f->seq[0] && !f->packets[1])
			f->seq[1] = p->ack;
		f->flags |= FLOW_HANDSHAKE;
	}
}

/* The connection is closed from one side, at least. */
static void closed(struct detector *d, uint32_t i, int dir, bool reset)
{
	struct flow *f = flow_at(&d->flows, i);
	struct flow_state *x = flow_state_of(d, i);

	if (!reset)
		f->flags2 |= dir ? FLOW2_FIN1 : FLOW2_FIN0;
	if (f->flags2 & FLOW2_CLOSED)
		return;
	if (x && x->reassembly) {
		struct reassembly *s = pool_at(&d->reassemblies, x->reassembly);

		if (s->open)
			burst_ends(d, i, s);
	}
	session_flow_closed(d, i);
	if (reset || (f->flags2 & (FLOW2_FIN0 | FLOW2_FIN1)) == (FLOW2_FIN0 | FLOW2_FIN1))
		f->flags2 |= FLOW2_CLOSED;
}

/* Where a FIN or RST stands: at the next byte; beyond it, in doubt until that comes; or elsewhere,
 * where no receiver takes it. */
enum standing { STANDS_HERE, STANDS_BEYOND, STANDS_ELSEWHERE };

static enum standing standing(const struct flow *f, int dir, const struct packet *p)
{
	int32_t off = (int32_t)(p->seq + p->len - f->seq[dir]);
	bool reset = p->tcp_flags & TH_RST, after_fin = f->flags2 & (dir ? FLOW2_FIN1 : FLOW2_FIN0);

	if (!(f->flags & known_of(dir))) {
		if (!reset || !(f->flags & known_of(!dir)))
			return STANDS_HERE;
		/* the answer to a SYN, or of a side that was silent: what it acknowledges tells */
		if (!(p->tcp_flags & TH_ACK))
			return f->packets[!dir] ? STANDS_HERE : STANDS_ELSEWHERE;
		return plausible((int32_t)(p->ack - f->seq[!dir])) ? STANDS_HERE : STANDS_ELSEWHERE;
	}
	if (!off || (off == 1 && after_fin))
		return STANDS_HERE;
	if (reset && !p->seq && (p->tcp_flags & TH_ACK) && f->seq[!dir] == p->ack)
		return STANDS_HERE;
	if (!plausible(off) || (off < 0 && !reset))
		return STANDS_ELSEWHERE;
	return STANDS_BEYOND;
}

static void closing(struct detector *d, uint32_t i, int dir, const struct packet *p)
{
	struct flow *f = flow_at(&d->flows, i);
	bool reset = p->tcp_flags & TH_RST;

	if (reset && in_doubt(f, DOUBT_SYN, !dir) && !past_doubt(f, p->ack)) {
		f->flags2 &= (uint8_t)~FLOW2_DOUBT; /* it refuses that SYN */
		return;
	}
	switch (standing(f, dir, p)) {
	case STANDS_HERE:
		closed(d, i, dir, reset);
		break;
	case STANDS_BEYOND:
		if (f->flags2 & FLOW2_CLOSED)
			break;
		set_doubt(f, DOUBT_END, dir, p->seq + p->len);
		session_flow_doubted(d, i);
		break;
	case STANDS_ELSEWHERE:
		d->stats.tcp_outside++;
		break;
	}
}

void tcp_spoilt_fin(struct flow *f, int dir, const struct packet *p)
{
	int32_t off = (int32_t)(p->seq + p->len - f->seq[dir]);

	if (!f->state || (f->flags2 & (FLOW2_CLOSED | FLOW2_DOUBT)) ||
	    !(f->flags & known_of(dir)) || off < 0 || off > WINDOW)
		return;
	set_doubt(f, DOUBT_END, dir, p->seq + p->len);
	f->spoilt_end = 1;
}

/* Payload has come up to where a FIN or RST in doubt stands, or beyond it: then it was none. */
static void settle_end(struct detector *d, uint32_t i, int dir)
{
	struct flow *f = flow_at(&d->flows, i);
	int32_t past;

	if (!in_doubt(f, DOUBT_END, dir))
		return;
	past = past_doubt(f, f->seq[dir]);
	if (past < 0 || (!past && f->spoilt_end))
		return;
	f->flags2 &= (uint8_t)~FLOW2_DOUBT;
	if (!past)
		closed(d, i, dir, false);
	else
		session_flow_doubted(d, i);
}

/* A segment far off the next one. It is believed when the other side acknowledges it
 * (acknowledges()), or, where that side is not captured, when another one goes on behind it. */
static bool believed(struct detector *d, struct flow *f, int dir, const struct packet *p)
{
	bool goes_on = in_doubt(f, DOUBT_JUMP, dir) && !past_doubt(f, p->seq);

	if ((goes_on && !(f->flags & known_of(!dir))) ||
	    (!f->packets[dir] && !(f->flags & FLOW_HANDSHAKE))) {
		f->seq[dir] = p->seq;
		f->flags2 &= (uint8_t)~FLOW2_DOUBT;
		return true;
	}
	d->stats.tcp_outside++;
	if ((f->flags2 & FLOW2_DOUBT) != DOUBT_END || f->spoilt_end)
		set_doubt(f, DOUBT_JUMP, dir, p->seq + p->len);
	return false;
}

/* The other side acknowledges a segment that was not believed: the capture has lost what came
 * between. */
static void acknowledges(struct flow *f, int dir, const struct packet *p)
{
	if (!in_doubt(f, DOUBT_JUMP, !dir) || !(p->tcp_flags & TH_ACK) || past_doubt(f, p->ack))
		return;
	f->seq[!dir] = p->ack;
	f->flags2 &= (uint8_t)~FLOW2_DOUBT;
}

/* Whether a rule may start with this segment. @ahead: how far it lies beyond the next byte; of one
 * that begins before that, only what is new counts. */
static bool may_start(struct detector *d, uint32_t i, int dir, const struct packet *p,
		      const struct prefilter *pre, int32_t ahead)
{
	struct packet part;
	uint32_t old;

	if (ahead >= 0)
		return payload_may_start(d, i, dir, p, pre);
	old = (uint32_t)-ahead;
	part = *p;
	part.payload += old < p->caplen ? old : p->caplen;
	part.caplen = old < p->caplen ? p->caplen - old : 0;
	part.len -= old;
	return payload_may_start(d, i, dir, &part, NULL);
}

/* Payload of a flow without reassembly: order and message bursts are followed, no byte is kept.
 * Whether the flow should get a reassembly, for the payload to go through. @ahead: how far the
 * payload lies beyond the next byte. */
static bool needs_reassembly(struct detector *d, uint32_t i, int dir, const struct packet *p,
			     const struct prefilter *pre, int32_t ahead)
{
	struct flow *f = flow_at(&d->flows, i);
	uint8_t known = known_of(dir), flags = f->flags;
	bool burst_start = !(flags & FLOW_BURST) || ((flags & FLOW_BURST1) != 0) != (dir == 1);

	if (ahead > 0 && !f->packets[dir] && ahead < 65536 && d->dispatch->tcp.n)
		return true; /* the first bytes of this direction are still to come */
	if (burst_start) {
		if (!(f->flags2 & FLOW2_DOUBT))
			f->doubt = ahead > 0 ? f->seq[dir] : p->seq;
		f->bursts[dir] = f->bursts[dir] == UINT16_MAX ? UINT16_MAX : f->bursts[dir] + 1;
		if (may_start(d, i, dir, p, pre, ahead)) {
			f->bursts[dir]--;
			return true;
		}
		f->flags = (uint8_t)((flags & ~FLOW_BURST1) | FLOW_BURST | (dir ? FLOW_BURST1 : 0));
	}
	f->flags |= known;
	f->seq[dir] = p->seq + p->len;
	return false;
}

/* A segment that begins where the burst under way began, on a flow whose bytes are not kept: no
 * rule could start with what came there first, so if one can now, the bytes were others. The burst
 * is then read again, from here. */
static bool reads_again(struct detector *d, uint32_t i, int dir, const struct packet *p,
			const struct prefilter *pre)
{
	struct flow *f = flow_at(&d->flows, i);
	const struct flow_state *x = flow_state_of(d, i);

	if ((f->flags2 & FLOW2_DOUBT) || f->doubt != p->seq || !(f->flags & FLOW_BURST) ||
	    ((f->flags & FLOW_BURST1) != 0) != (dir == 1) || !f->bursts[dir] ||
	    (x && x->bursts == (uint32_t)f->bursts[0] + f->bursts[1]) ||
	    !payload_may_start(d, i, dir, p, pre) || !checksums_take(d, f, dir, p))
		return false;
	d->stats.tcp_conflicts++;
	f->bursts[dir]--;
	f->seq[dir] = p->seq;
	return true;
}

/* Payload that does not begin at the next byte; @ahead: how far from it. Whether it is to be read
 * on; *@again: as the burst's first bytes, in place of others. */
static __attribute__((noinline)) bool out_of_place(struct detector *d, uint32_t i, int dir,
						   const struct packet *p,
						   const struct prefilter *pre, int32_t *ahead,
						   bool *again)
{
	struct flow *f = flow_at(&d->flows, i);
	const struct flow_state *x = flow_state_of(d, i);
	bool kept = x && x->reassembly;

	if (!plausible(*ahead)) {
		*ahead = 0;
		return believed(d, f, dir, p);
	}
	if (*ahead + (int64_t)p->len <= 0 && !f->packets[dir] && p->len > 1 &&
	    !(f->flags & FLOW_HANDSHAKE)) {
		f->seq[dir] = p->seq; /* the number was another SYN's */
		*ahead = 0;
		return true;
	}
	*again = *ahead < 0 && !kept && reads_again(d, i, dir, p, pre);
	if (*again) {
		*ahead = 0;
	} else if (*ahead + (int64_t)p->len <= 0) { /* a retransmission, or a keep-alive */
		if (kept)
			reassembly_again(d, i, pool_at(&d->reassemblies, x->reassembly), dir, p);
		return false;
	}
	return true;
}

static void tcp_payload(struct detector *d, uint32_t i, int dir, const struct packet *p,
			const struct prefilter *pre)
{
	struct flow *f = flow_at(&d->flows, i);
	int32_t ahead = (f->flags & known_of(dir)) ? (int32_t)(p->seq - f->seq[dir]) : 0;
	struct flow_state *x = flow_state_of(d, i);
	struct reassembly *s = NULL;
	bool again = false;

	if (__builtin_expect(ahead != 0, 0) && !out_of_place(d, i, dir, p, pre, &ahead, &again))
		return;
	if (x && x->reassembly)
		s = pool_at(&d->reassemblies, x->reassembly);
	if (!s && (again || d->reach || needs_reassembly(d, i, dir, p, pre, ahead))) {
		if (!checksums_take(d, f, dir, p))
			return;
		x = flow_state_make(d, i);
		s = flow_state_reassemble(d, x);
		if (!s) {
			f->seq[dir] = p->seq + p->len;
			f->flags |= known_of(dir);
		}
	}
	if ((f->flags2 & (FLOW2_FIN0 | FLOW2_FIN1)) != (FLOW2_FIN0 | FLOW2_FIN1))
		f->flags2 &= (uint8_t)~FLOW2_CLOSED; /* the RST was none */
	flow_add_bytes(f, dir, p->len);
	if (d->follows)
		payload_follow(d, i, dir, p);
	if (d->tcp_inside || (x && (x->matches || x->armed_n)))
		payload_segment(d, i, dir, p, pre);
	if (s && (x = flow_state_of(d, i)) && x->reassembly)
		reassembly_segment(d, i, s, dir, p);
	settle_end(d, i, dir);
}

void tcp_packet(struct detector *d, uint32_t i, int dir, const struct packet *p,
		const struct prefilter *pre)
{
	struct flow *f = flow_at(&d->flows, i);
	struct packet behind_syn;
	struct flow_state *x;

	if (!(f->flags & FLOW_HANDSHAKE) || (p->tcp_flags & TH_SYN))
		handshake(f, dir, p);
	if (__builtin_expect((f->flags2 & FLOW2_DOUBT) == DOUBT_JUMP, 0))
		acknowledges(f, dir, p);
	if ((p->tcp_flags & TH_SYN) && p->len) { /* TCP Fast Open: a SYN takes a number */
		behind_syn = *p;
		behind_syn.seq++;
		p = &behind_syn;
	}
	if (p->len) {
		tcp_payload(d, i, dir, p, pre);
		x = flow_state_of(d, i);
		if (x)
			flow_state_settle(d, x);
	} else if (d->gauged) {
		gauge_packet(d, i, dir, 0);
	}
	if (p->tcp_flags & (TH_FIN | TH_RST))
		closing(d, i, dir, p);
}
