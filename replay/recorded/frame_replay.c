// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * frame_replay.c - a capture's frames sent between two nodes of a lab
 *
 * Model. The recorded client's address becomes that of its node. A private remote gets a stand-in
 * (STAND_INS), as in replay by conversation; the user's maps change the rest. Each frame leaves the
 * side that sent it in the recording, addressed to the interface at the other end of that side's
 * link, at its time on the loop's clock (frame_pacing.h); top speed means BATCH frames per turn of
 * the loop. Checksums are repaired, because rewriting spoils them and connection tracking ignores a
 * packet with a bad one. A packet longer than the MTU is cut (frame_cut.c). A TTL that would
 * expire inside the lab, and cause an ICMP answer that was not recorded, is raised (HOPS).
 *
 * Truth. Flows and labels are those of the recording; a flow's tuple is what the rules make of it.
 * It is logged when its first frame is sent, and it holds at every vantage: each end sends
 * regardless of what the gateways did to the other's frames, so conntrack cannot locate the flow.
 *
 * Limits. There is no conversation: an answer is sent whether or not its request arrived, and ports
 * do not follow a NAT's choice. Only IPv4 between the client and unicast remotes can cross the lab;
 * other frames of the capture are counted. Addresses in payloads stay.
 */
#include <inttypes.h>
#include <pcap/dlt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/netns.h"
#include "base/capture/decode.h"
#include "base/capture/packet.h"
#include "replay/recorded/flows.h"
#include "replay/recorded/frame_cut.h"
#include "replay/recorded/frame_edit.h"
#include "replay/recorded/frame_read.h"
#include "replay/recorded/frame_replay.h"
#include "replay/recorded/frame_send.h"
#include "replay/recorded/recording.h"

#define BATCH  64 /* frames per turn of the loop at top speed */
#define TTL_AT 22 /* of an untagged IPv4 frame */
#define HOPS   5  /* TTL to cross a lab: a switch, two gateways and the core take one each */

struct frame_side {
	struct frame_replay_side at;
	char node[32];
	struct frame_sender *sender;
};

struct frame_replay {
	char *capture;
	struct recording rec;
	char version[16];
	struct frame_rules rules;
	struct frame_pacing pacing;
	uint64_t to_ns;
	struct ip *remotes; /* (owned) in the lab */
	size_t remote_count;
	/* play */
	struct loop *loop;
	struct truth_log *truth;
	struct frame_side side[2]; /* the client's, the remotes' */
	struct ip client_ip;
	struct frame_reader *reader;
	struct frame_editor *editor;
	struct decoder *decoder;
	struct frame frame, piece;
	unsigned mtu;
	struct frame_cuts cuts;
	bool ready; /* @frame is the next to send */
	uint64_t first_ts, last_due, planned;
	double planned_bits;
	uint64_t start_ns;
	struct loop_timer timer;
	void (*done)(void *arg);
	void *done_arg;
	struct frame_replay_stats stats;
	struct err broken; /* why frames could not be sent to the end; code 0 = they could */
};

/* --- loading ------------------------------------------------------------------------------ */

static void add_remote(struct frame_replay *p, const struct ip *ip)
{
	for (size_t i = 0; i < p->remote_count; i++)
		if (ip_eq(&p->remotes[i], ip))
			return;
	p->remotes = xrealloc(p->remotes, (p->remote_count + 1) * sizeof(*ip));
	p->remotes[p->remote_count++] = *ip;
}

/* A remote that is still private after the user's maps gets a map of its own. */
static int place_remotes(struct frame_replay *p, struct err *e)
{
	uint32_t stand_ins = 0;

	for (struct rec_flow *f = p->rec.flows; f; f = f->hh.next) {
		if (f->unplayable)
			continue;
		f->played = frame_rules_apply(&p->rules, &f->key.remote);
		if (ip_is_private(&f->played.ip)) {
			char map[2 * IP_TEXT_LEN + 2], from[IP_TEXT_LEN], to[IP_TEXT_LEN];
			struct ip ip = ip4(STAND_INS + stand_ins++);

			snprintf(map, sizeof(map), "%s=%s", ip_text(&f->key.remote.ip, from),
				 ip_text(&ip, to));
			if (frame_rules_map(&p->rules, map, e) < 0)
				return err_push(e, "%s: a private remote", p->capture);
			f->played = frame_rules_apply(&p->rules, &f->key.remote);
			if (ip_is_private(&f->played.ip))
				return err_set(e, "map: %s stays private, expected a public one",
					       ip_text(&f->key.remote.ip, from));
		}
		add_remote(p, &f->played.ip);
	}
	return 0;
}

struct frame_replay *frame_replay_load(const struct frame_replay_spec *spec, struct err *e)
{
	struct frame_replay *p = xcalloc(1, sizeof(*p));
	struct recording_spec read = {.capture = spec->capture,
				      .labels = spec->labels,
				      .client = spec->client,
				      .no_payloads = true,
				      .to_s = spec->to_s};

	p->capture = xstrdup(spec->capture);
	p->rules = spec->rules;
	p->rules.repair = true;
	p->pacing = spec->pacing;
	p->to_ns = spec->to_s > 0 ? (uint64_t)(spec->to_s * 1e9) : UINT64_MAX;
	snprintf(p->version, sizeof(p->version), "%s", spec->version ? spec->version : "");
	if (recording_read(&p->rec, &read, e) < 0 || place_remotes(p, e) < 0) {
		frame_replay_free(p);
		return NULL;
	}
	return p;
}

const char *frame_replay_damage(const struct frame_replay *p)
{
	return p->rec.damage[0] ? p->rec.damage : NULL;
}

void frame_replay_free(struct frame_replay *p)
{
	if (!p)
		return;
	if (p->loop)
		loop_timer_cancel(p->loop, &p->timer);
	for (int i = 0; i < 2; i++)
		frame_sender_close(p->side[i].sender);
	frame_reader_close(p->reader);
	frame_editor_free(p->editor);
	decoder_free(p->decoder);
	recording_free(&p->rec);
	free(p->frame.data);
	free(p->piece.data);
	free(p->remotes);
	free(p->capture);
	free(p);
}

const struct ip *frame_replay_remotes(const struct frame_replay *p, size_t *n)
{
	*n = p->remote_count;
	return p->remotes;
}

int frame_replay_ended(const struct frame_replay *p, struct err *e)
{
	if (!p->broken.msg[0])
		return 0;
	*e = p->broken;
	return -1;
}

void frame_replay_stats(const struct frame_replay *p, struct frame_replay_stats *out)
{
	*out = p->stats;
	for (int i = 0; i < 2; i++) {
		struct frame_sender_stats st = {0};

		if (p->side[i].sender)
			frame_sender_stats(p->side[i].sender, &st);
		out->failed += st.failed;
	}
	out->segmented = p->cuts.frames[CUT_SEGMENTS];
	out->fragmented = p->cuts.frames[CUT_FRAGMENTS];
	out->too_long = p->cuts.frames[CUT_CANNOT];
	if (p->reader)
		out->not_ipv4 += frame_reader_stats(p->reader)->not_frames;
}

/* --- truth -------------------------------------------------------------------------------- */

/* Puts the flow of the frame at hand, and its payload as a message, into the truth log. */
static void log_frame(struct frame_replay *p)
{
	struct truth_flow t = {.opened_ns = loop_now(p->loop), .unasked = true};
	struct endpoint client;
	struct rec_flow *f;
	struct packet k;
	uint32_t flow;

	if (decode_frame(p->decoder, p->frame.ts_ns, p->frame.data, p->frame.len, p->frame.len,
			 &k) != DECODE_OK)
		return;
	f = rec_flow_find(&p->rec, k.proto, &k.src, &k.dst);
	if (!f || f->unplayable)
		return;
	client = frame_rules_apply(&p->rules, &f->key.client);
	client.ip = p->client_ip;
	t.tuple.proto = k.proto;
	t.tuple.src = f->inbound ? f->played : client;
	t.tuple.dst = f->inbound ? client : f->played;
	label_copy(t.label, f->label);
	t.recorded = true;
	snprintf(t.node, sizeof(t.node), "%s", p->side[f->inbound].node);
	snprintf(t.reason, sizeof(t.reason), "%s", f->reason);
	if (label_is(f->label, LABEL_SKYPE)) {
		snprintf(t.client, sizeof(t.client), "%s", p->side[0].node);
		snprintf(t.version, sizeof(t.version), "%s", p->version);
		t.client_ip = p->client_ip;
	}
	flow = truth_flow(p->truth, &t);
	if (k.caplen)
		truth_message(p->truth, flow, endpoint_eq(&k.src, &f->key.client) == f->inbound,
			      "frame", loop_now(p->loop), k.payload, k.caplen);
}

/* --- playing ------------------------------------------------------------------------------ */

/* Which side sends the frame: 0 the client's, 1 the remotes'; -1 = it cannot cross the lab. */
static int side_of(struct frame_replay *p)
{
	struct ip src, dst;
	bool out, in;

	if (!frame_addresses(&p->frame, &src, &dst) || src.family != 4) {
		p->stats.not_ipv4++;
		return -1;
	}
	out = ip_eq(&src, &p->rec.client);
	in = ip_eq(&dst, &p->rec.client);
	if (!is_host_address(&src) || !is_host_address(&dst)) {
		p->stats.multicast++;
		return -1;
	}
	if (out == in) {
		p->stats.other_hosts++;
		return -1;
	}
	return out ? 0 : 1;
}

static int send_frame(struct frame_replay *p, struct err *e)
{
	enum frame_cut how;
	struct frame_side *s;
	int from;

	frame_untag(&p->frame);
	from = side_of(p);
	if (from < 0)
		return 0;
	log_frame(p);
	s = &p->side[from];
	if (p->frame.data[TTL_AT] < HOPS)
		p->frame.data[TTL_AT] = HOPS;
	frame_edit(p->editor, &p->frame);
	memcpy(p->frame.data, s->at.peer_mac, 6);
	memcpy(p->frame.data + 6, s->at.own_mac, 6);
	how = frame_cut(&p->frame, p->mtu);
	p->cuts.frames[how]++;
	for (unsigned i = 0; frame_piece(&p->frame, how, p->mtu, i, &p->piece); i++)
		if (frame_send(s->sender, &p->piece, e) < 0)
			return -1;
	p->stats.sent += how != CUT_CANNOT;
	return frame_flush(s->sender, e);
}

/* Reads the next frame. false = there is none. */
static bool read_frame(struct frame_replay *p)
{
	struct err e;
	int got;

	while ((got = frame_reader_next(p->reader, &p->frame, &e)) < 0)
		; /* frame_replay_load() has reported it */
	if (got && !p->first_ts)
		p->first_ts = p->frame.ts_ns;
	p->ready = got && (p->frame.ts_ns < p->first_ts || p->frame.ts_ns - p->first_ts < p->to_ns);
	return p->ready;
}

/* When the frame that is ready is due, in ns after the start; never before its predecessor. */
static uint64_t due_ns(struct frame_replay *p)
{
	uint64_t recorded = p->frame.ts_ns > p->first_ts ? p->frame.ts_ns - p->first_ts : 0;
	uint64_t due = frame_due_ns(&p->pacing, recorded, p->planned, p->planned_bits);

	if (due > p->last_due)
		p->last_due = due;
	return p->last_due;
}

/* A recording of which a part was not sent is not what its labels say. */
static void look_back(struct frame_replay *p)
{
	struct frame_replay_stats st;

	frame_replay_stats(p, &st);
	frame_cuts_say(&p->cuts, p->mtu, p->capture);
	if (!p->broken.msg[0] && st.failed + st.too_long)
		err_set(&p->broken, "%s: %" PRIu64 " of %" PRIu64 " frames could not be sent",
			p->capture, st.failed + st.too_long, p->planned);
}

static void end(struct frame_replay *p)
{
	void (*done)(void *arg) = p->done;

	look_back(p);
	p->done = NULL;
	if (done)
		done(p->done_arg);
}

static void on_timer(void *arg)
{
	struct frame_replay *p = arg;
	struct err e = {0};

	for (unsigned n = 0; p->ready; n++) {
		uint64_t at = p->start_ns + due_ns(p);

		if (at > loop_now(p->loop) || n == BATCH) {
			loop_timer_set(p->loop, &p->timer, at);
			return;
		}
		p->planned++;
		p->planned_bits += p->frame.len * 8.0;
		if (send_frame(p, &e) < 0) {
			err_set(&p->broken, "%s: %s", p->capture, e.msg);
			break;
		}
		read_frame(p);
	}
	end(p);
}

static int open_side(struct frame_side *s, const struct frame_replay_side *at, struct err *e)
{
	static const struct frame_pacing now = {.pace = PACE_TOP};
	int home = netns_enter(at->netns, e);

	if (home < 0)
		return -1;
	s->at = *at;
	snprintf(s->node, sizeof(s->node), "%s", at->node);
	s->sender = frame_sender_open("eth0", NULL, &now, e);
	netns_leave(home);
	return s->sender ? 0 : err_push(e, "%s", s->node);
}

int frame_replay_start(struct frame_replay *p, struct loop *loop, struct truth_log *truth,
		       const struct frame_replay_side *client,
		       const struct frame_replay_side *remote, const struct ip *client_ip,
		       void (*done)(void *arg), void *arg, struct err *e)
{
	const char *paths[] = {p->capture};
	struct frame_rules rules = p->rules;
	struct address_map first = {p->rec.client, *client_ip, 32};

	p->loop = loop;
	p->truth = truth;
	p->client_ip = *client_ip;
	p->done = done;
	p->done_arg = arg;
	if (rules.map_count == ARRAY_LEN(rules.maps))
		return err_set(e, "%s: too many maps", p->capture);
	memmove(rules.maps + 1, rules.maps, rules.map_count * sizeof(first));
	rules.maps[0] = first;
	rules.map_count++;
	if (open_side(&p->side[0], client, e) < 0 || open_side(&p->side[1], remote, e) < 0)
		return -1;
	p->mtu = frame_sender_mtu(p->side[0].sender);
	p->editor = frame_editor_new(&rules);
	p->decoder = decoder_new(DLT_EN10MB, e);
	p->reader = p->decoder ? frame_reader_open(paths, 1, e) : NULL;
	if (!p->reader)
		return -1;
	p->frame.data = xmalloc(FRAME_MAX);
	p->piece.data = xmalloc(FRAME_MAX);
	if (!read_frame(p))
		return err_set(e, "%s: no frame to send", p->capture);
	p->start_ns = loop_now(loop);
	p->timer = (struct loop_timer){.fn = on_timer, .arg = p};
	loop_timer_set(loop, &p->timer, p->start_ns);
	return 0;
}
