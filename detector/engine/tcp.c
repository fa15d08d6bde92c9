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
 *                                             no retransmission: a new flow
 */
#include <netinet/tcp.h>

#include "detector/engine/flow_state.h"
#include "detector/engine/message_burst.h"
#include "detector/engine/payload.h"
#include "detector/engine/reach.h"
#include "detector/engine/reassembly.h"
#include "detector/engine/session.h"
#include "detector/engine/tcp.h"

bool tcp_reopens(const struct flow *f, int dir, const struct packet *p)
{
	uint8_t known = dir ? FLOW_SEQ1 : FLOW_SEQ0;

	if ((p->tcp_flags & (TH_SYN | TH_ACK | TH_RST)) != TH_SYN)
		return false;
	if (f->flags2 & FLOW2_CLOSED)
		return true;
	return (f->flags & known) && f->packets[0] + f->packets[1] > 0 && f->seq[dir] != p->seq + 1;
}

static void handshake(struct flow *f, int dir, const struct packet *p)
{
	uint8_t flags = p->tcp_flags;

	if (flags & TH_SYN) {
		f->seq[dir] = p->seq + 1;
		f->flags |= (uint8_t)((dir ? FLOW_SEQ1 : FLOW_SEQ0) |
				      ((flags & TH_ACK) ? FLOW_SYNACK : FLOW_SYN));
	} else if (dir == 0 && (flags & TH_ACK) &&
		   (f->flags & (FLOW_SYN | FLOW_SYNACK)) == (FLOW_SYN | FLOW_SYNACK)) {
		f->flags |= FLOW_HANDSHAKE;
	}
}

static void closing(struct detector *d, uint32_t i, int dir, const struct packet *p)
{
	struct flow *f = flow_at(&d->flows, i);
	struct flow_state *x = flow_state_of(d, i);

	if (p->tcp_flags & TH_FIN)
		f->flags2 |= dir ? FLOW2_FIN1 : FLOW2_FIN0;
	if (f->flags2 & FLOW2_CLOSED)
		return;
	if (x && x->reassembly) {
		struct reassembly *s = pool_at(&d->reassemblies, x->reassembly);

		if (s->open)
			burst_ends(d, i, s);
	}
	if ((p->tcp_flags & TH_RST) || (f->flags2 & (FLOW2_FIN0 | FLOW2_FIN1)))
		session_flow_closed(d, i);
	if ((p->tcp_flags & TH_RST) ||
	    (f->flags2 & (FLOW2_FIN0 | FLOW2_FIN1)) == (FLOW2_FIN0 | FLOW2_FIN1))
		f->flags2 |= FLOW2_CLOSED;
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
 * Whether the flow should get a reassembly, for the payload to go through. */
static bool needs_reassembly(struct detector *d, uint32_t i, int dir, const struct packet *p,
			     const struct prefilter *pre)
{
	struct flow *f = flow_at(&d->flows, i);
	uint8_t known = dir ? FLOW_SEQ1 : FLOW_SEQ0, flags = f->flags;
	int32_t ahead = (flags & known) ? (int32_t)(p->seq - f->seq[dir]) : 0;
	bool burst_start = !(flags & FLOW_BURST) || ((flags & FLOW_BURST1) != 0) != (dir == 1);

	if (ahead > 0 && !f->packets[dir] && ahead < 65536 && d->dispatch->tcp.n)
		return true; /* the first bytes of this direction are still to come */
	if (burst_start) {
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

static void tcp_payload(struct detector *d, uint32_t i, int dir, const struct packet *p,
			const struct prefilter *pre)
{
	struct flow *f = flow_at(&d->flows, i);
	uint8_t known = dir ? FLOW_SEQ1 : FLOW_SEQ0;
	struct flow_state *x = flow_state_of(d, i);
	struct reassembly *s = NULL;

	if ((f->flags & known) && (int32_t)(p->seq + p->len - f->seq[dir]) <= 0)
		return; /* a retransmission, or a keep-alive */
	if (x && x->reassembly)
		s = pool_at(&d->reassemblies, x->reassembly);
	else if (d->reach || needs_reassembly(d, i, dir, p, pre)) {
		x = flow_state_make(d, i);
		s = flow_state_reassemble(d, x);
		if (!s) {
			f->seq[dir] = p->seq + p->len;
			f->flags |= known;
		}
	}
	flow_add_bytes(f, dir, p->len);
	if (d->reach)
		reach_payload(d, i, dir, p);
	if (d->tcp_inside || (x && (x->matches || x->armed_n)))
		payload_segment(d, i, dir, p, pre);
	if (s && (x = flow_state_of(d, i)) && x->reassembly)
		reassembly_segment(d, i, s, dir, p);
	x = flow_state_of(d, i);
	if (x)
		flow_state_settle(d, x);
}

void tcp_packet(struct detector *d, uint32_t i, int dir, const struct packet *p,
		const struct prefilter *pre)
{
	struct packet behind;

	handshake(flow_at(&d->flows, i), dir, p);
	if (__builtin_expect(p->len && (p->tcp_flags & TH_SYN), 0)) {
		behind = *p; /* data in a SYN (RFC 7413) begins behind the SYN's own number */
		behind.seq++;
		tcp_payload(d, i, dir, &behind, pre);
	} else if (p->len) {
		tcp_payload(d, i, dir, p, pre);
	}
	if (p->tcp_flags & (TH_FIN | TH_RST))
		closing(d, i, dir, p);
}
