// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * step.c - rules on their way: messages are offered to them, steps are taken
 *
 * A struct inst is one rule under way on one flow, from the message that began it. Every message of
 * the flow is offered to every inst: it takes it as its next step (or, after optional steps, a
 * later one), or ignores it, or, where the rule says "next", gives up. A rule may be under way
 * several times on a flow (INSTS_PER_RULE), since what looks like its first message may not have
 * been.
 *
 * UDP: a message is a datagram. TCP, "psh": a segment with PSH. TCP, reassembled: a run of whole
 * segments inside a turn (see stream.c) that begins where the last message of this inst in the turn
 * ended, or at the turn's start; tried at each segment as it comes, and once more when the turn is
 * over, which is when "whole-turn" and "next" are decided.
 */
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <string.h>

#include "detector/engine/engine.h"

static void save_parts(const struct rule *r, struct inst *in, unsigned message,
		       const struct view *v)
{
	const struct message *m = &r->messages[message];

	for (unsigned i = 0; i < m->saves_n; i++) {
		int64_t at = m->saves[i].at < 0 ? (int64_t)v->len + m->saves[i].at : m->saves[i].at;

		if (at < 0 || at + m->saves[i].length > v->avail)
			return; /* not there: comparisons with it will fail */
		memcpy(in->save + m->saves[i].save, v->data + at, m->saves[i].length);
	}
	in->saved |= 1U << message;
}

/* "ver=1.2.0.18&" after "ver=" */
static void read_version(struct detector *d, struct inst *in, const struct message *m,
			 const struct view *v)
{
	char text[VERSION_LEN];
	size_t n, len, k = 0;

	if (m->version)
		in->version = version_number(d, m->version);
	if (!m->version_after)
		return;
	len = strlen(m->version_after);
	for (n = 0; n + len <= v->avail; n++)
		if (!memcmp(v->data + n, m->version_after, len))
			break;
	for (n += len; n < v->avail && k < sizeof(text) - 1; n++) {
		if (v->data[n] != '.' && (v->data[n] < '0' || v->data[n] > '9'))
			break;
		text[k++] = (char)v->data[n];
	}
	text[k] = '\0';
	if (k)
		in->version = version_number(d, text);
}

static void add_evidence(struct detector *d, struct inst *in, unsigned message,
			 const struct view *v, const uint16_t pos[2])
{
	unsigned k = in->ev_n < in->ev_max ? in->ev_n++ : in->ev_max - 1U; /* or the last again */

	in->ev[k] = (struct inst_ev){.ts_ns = d->mark.ts_ns,
				     .number = (uint32_t)d->mark.number,
				     .input = d->mark.input,
				     .size = v->len,
				     .pos = {pos[0], pos[1]},
				     .message = (uint8_t)message,
				     .from_client = v->from_client};
	if (!d->explain || !v->avail)
		return;
	if (!in->bytes)
		in->bytes = xcalloc(1, sizeof(*in->bytes));
	in->bytes->n[k] = (uint16_t)(v->avail < EVIDENCE_BYTES ? v->avail : EVIDENCE_BYTES);
	in->bytes->b[k] = xrealloc(in->bytes->b[k], in->bytes->n[k]);
	memcpy(in->bytes->b[k], v->data, in->bytes->n[k]);
}

static bool finished(const struct rule *r, const struct inst *in)
{
	unsigned s = in->step;

	if (s < r->steps_n && in->reps) {
		if (in->reps < r->steps[s].repeat_min)
			return false;
		s++;
	}
	while (s < r->steps_n && r->steps[s].optional)
		s++;
	return s >= r->steps_n;
}

void progress_take(struct detector *d, struct inst *in, unsigned s, unsigned m,
		   const struct view *v, const uint16_t pos[2])
{
	const struct rule *r = d->set->rules[in->rule];
	const struct step *step = &r->steps[s];

	if (s != in->step)
		in->reps = 0;
	in->step = (uint8_t)s;
	in->reps++;
	in->last_ns = d->mark.ts_ns;
	save_parts(r, in, m, v);
	add_evidence(d, in, m, v, pos);
	read_version(d, in, &r->messages[m], v);
	if (step->has_then && in->reps == step->repeat_min)
		emit_step(d, in, s);
	if (in->reps >= step->repeat_max) {
		in->step++;
		in->reps = 0;
	}
	if (finished(r, in)) {
		emit_complete(d, in);
		in->over = true;
	}
}

static bool conditions(const struct detector *d, const struct rule *r, struct inst *in)
{
	const struct flow *f = flow_at(&d->flows, in->flow);
	uint64_t n = (uint64_t)f->packets[0] + f->packets[1];

	for (unsigned i = 0; i < r->when_n; i++) {
		const struct when *w = &r->when[i];
		uint64_t count = w->tally < 0 ? n : in->tally[w->tally], v = count;

		if (w->kind == WHEN_SHARE)
			v = count * 1000 / (n ? n : 1);
		else if (w->kind == WHEN_MEAN)
			v = ((uint64_t)f->bytes[0] + f->bytes[1]) / (n ? n : 1);
		else if (w->kind == WHEN_RATIO)
			v = f->bytes[in->client_dir] ? (uint64_t)f->bytes[!in->client_dir] * 1000 /
							       f->bytes[in->client_dir]
						     : UINT32_MAX;
		if (v < w->lo || v > w->hi)
			return false;
	}
	return true;
}

bool progress_tally(struct detector *d, struct inst *in, const struct view *v)
{
	const struct rule *r = d->set->rules[in->rule];
	bool any = false;

	for (unsigned m = 0; m < r->messages_n; m++) {
		uint16_t pos[2];

		if (!match_from(&r->messages[m], v->from_client) ||
		    match_message(r, &r->messages[m], v, in, pos) != MATCH_YES)
			continue;
		any = true;
		in->tally[m]++;
		in->last_ns = d->mark.ts_ns;
		if (!(in->saved >> m & 1))
			save_parts(r, in, m, v);
		add_evidence(d, in, m, v, pos);
		read_version(d, in, &r->messages[m], v);
	}
	if (any && conditions(d, r, in)) {
		emit_complete(d, in);
		in->over = r->once;
	}
	return any;
}

/* Offers one message, complete as it stands. @whole: it is a whole turn; @starts: where in @v it
 * may begin. Returns whether it was taken. */
bool progress_steps(struct detector *d, struct inst *in, const struct view *v, bool whole,
		    const uint32_t *starts, unsigned starts_n, bool *next)
{
	const struct rule *r = d->set->rules[in->rule];

	*next = false;
	for (unsigned s = in->step; s < r->steps_n; s++) {
		const struct step *step = &r->steps[s];
		bool late = step->within && in->reps + s && d->mark.ts_ns > in->last_ns &&
			    d->mark.ts_ns - in->last_ns > step->within;

		for (unsigned m = step->first; m < step->first + step->n && !late; m++) {
			const struct message *msg = &r->messages[m];

			if (!match_from(msg, v->from_client))
				continue;
			if (msg->next)
				*next = true;
			if (msg->whole && (!whole || starts[0]))
				continue;
			for (unsigned k = 0; k < (msg->anywhere ? starts_n : 1); k++) {
				struct view part = *v;
				uint16_t pos[2];

				part.data += starts[k] < v->avail ? starts[k] : v->avail;
				part.len -= starts[k];
				part.avail = v->avail > starts[k] ? v->avail - starts[k] : 0;
				if (match_message(r, msg, &part, in, pos) != MATCH_YES)
					continue;
				progress_take(d, in, s, m, &part, pos);
				return true;
			}
		}
		if (late && !step->optional) {
			in->over = true;
			return false;
		}
		if (!step->optional && !(s == in->step && in->reps >= step->repeat_min && in->reps))
			return false;
	}
	return false;
}

bool progress_expired(const struct detector *d, const struct rule *r, struct inst *in)
{
	if (r->within && d->mark.ts_ns > in->start_ns && d->mark.ts_ns - in->start_ns > r->within)
		in->over = true;
	return in->over;
}

/* Time since the message before of this direction, as far as the match was under way then: what
 * other rules saw of the flow makes no difference. */
uint64_t progress_gap(const struct detector *d, const struct inst *in, int dir)
{
	return in->seen[dir] && d->mark.ts_ns >= in->seen[dir] ? d->mark.ts_ns - in->seen[dir]
							       : UINT64_MAX;
}

/* A datagram or a PSH segment to every inst that reads such; marks rules that took it in @took. */
static void offer_all(struct detector *d, struct ext *x, struct view *v, int dir, bool tcp,
		      uint64_t took[RULES_MAX / 64])
{
	static const uint32_t zero[1];

	for (uint32_t i = x->insts; i;) {
		struct inst *in = pool_at(&d->insts, i);
		const struct rule *r = d->set->rules[in->rule];
		bool next, done;

		i = in->next;
		if (in->over || (tcp && !r->psh) || progress_expired(d, r, in))
			continue;
		v->from_client = dir == in->client_dir;
		v->gap = progress_gap(d, in, dir);
		in->seen[dir] = d->mark.ts_ns;
		if (r->tallies) {
			done = progress_tally(d, in, v);
		} else {
			done = progress_steps(d, in, v, true, zero, 1, &next);
			if (!done && next)
				in->over = true;
		}
		if (done)
			took[r->index / 64] |= 1ULL << (r->index % 64);
	}
}

/* Starts worth trying for a payload: not those of rules that are done on the flow. @look: what was
 * seen of it before; NULL = nothing, or the payload is only a part of the packet's. */
bool progress_find(const struct dispatch_proto *dp, const struct ext *x, const struct packet *p,
		   const struct detector_look *look, unsigned way, uint32_t nth,
		   uint32_t nth_of_flow, uint64_t bits[DISPATCH_WORDS])
{
	const uint64_t *starts = look ? look->starts : bits;
	uint64_t any = 0;

	if (!look || dp->words > DETECTOR_LOOK_WORDS) {
		dispatch_payload(dp, dp->words, p, bits);
		starts = bits;
	} else if (look->none) {
		return false;
	}
	if (!dispatch_place(dp, starts, way, nth, nth_of_flow, bits))
		return false;
	for (unsigned w = 0; x && w < dp->words; w++) {
		bits[w] &= ~x->done_starts[w];
		any |= bits[w];
	}
	return !x || any;
}

void progress_datagram(struct detector *d, uint32_t flow, int dir, const struct packet *p,
		       const struct detector_look *look)
{
	const struct dispatch_proto *dp = &d->dispatch->udp;
	struct flow *f = flow_at(&d->flows, flow);
	uint64_t took[RULES_MAX / 64], bits[DISPATCH_WORDS];
	struct ext *x = ext_of(d, flow);
	bool found = progress_find(dp, x, p, look, (unsigned)dir, f->packets[dir],
				   f->packets[0] + f->packets[1], bits);
	struct view v;

	if (!found && !x)
		return;
	if (!found && !x->insts && !x->armed_n)
		return;
	v = (struct view){.data = p->payload,
			  .len = p->len,
			  .avail = p->caplen,
			  .ip_len = p->ip_len,
			  .nth = f->packets[dir],
			  .nth_of_flow = f->packets[0] + f->packets[1],
			  .gap = UINT64_MAX,
			  .sender = &p->src.ip,
			  .receiver = &p->dst.ip};
	if (x) {
		memset(took, 0, sizeof(took));
		offer_all(d, x, &v, dir, false, took);
		begin_armed(d, flow, x, &v, dir, false, took);
	}
	if (found)
		begin_found(d, dp, bits, flow, &v, dir, -1, x ? took : NULL, false);
	x = ext_of(d, flow);
	if (x)
		ext_settle(d, x);
}

static struct view segment_view(const struct flow *f, int dir, const struct packet *p, bool psh)
{
	return (struct view){.data = p->payload,
			     .len = p->len,
			     .avail = p->caplen,
			     .growing = !psh,
			     .nth = psh ? f->packets[dir] : f->turns[dir],
			     .nth_of_flow = psh ? f->packets[0] + f->packets[1]
						: (uint32_t)f->turns[0] + f->turns[1],
			     .gap = UINT64_MAX,
			     .sender = &p->src.ip,
			     .receiver = &p->dst.ip};
}

bool progress_may_start(struct detector *d, uint32_t flow, int dir, const struct packet *p,
			const struct detector_look *look)
{
	const struct dispatch_proto *dp = &d->dispatch->tcp;
	struct flow *f = flow_at(&d->flows, flow);
	uint64_t bits[DISPATCH_WORDS];
	struct view v;

	if (!progress_find(dp, ext_of(d, flow), p, look, (unsigned)dir, f->turns[dir],
			   (uint32_t)f->turns[0] + f->turns[1], bits))
		return false;
	v = segment_view(f, dir, p, false);
	return begin_found(d, dp, bits, flow, &v, dir, 0, NULL, true);
}

/* The segment as a message of its own, for the rules that read so. */
void progress_segment(struct detector *d, uint32_t flow, int dir, const struct packet *p,
		      const struct detector_look *look)
{
	const struct dispatch_proto *dp = &d->dispatch->tcp;
	struct flow *f = flow_at(&d->flows, flow);
	uint64_t took[RULES_MAX / 64], bits[DISPATCH_WORDS];
	struct ext *x = ext_of(d, flow);
	struct view v;
	bool found;

	if (!(p->tcp_flags & TH_PUSH))
		return;
	found = progress_find(dp, x, p, look, (unsigned)dir | WAY_PSH, f->packets[dir],
			      f->packets[0] + f->packets[1], bits);
	if (!found && (!x || (!x->insts && !x->armed_n)))
		return;
	v = segment_view(f, dir, p, true);
	if (x) {
		memset(took, 0, sizeof(took));
		offer_all(d, x, &v, dir, true, took);
		begin_armed(d, flow, x, &v, dir, true, took);
	}
	if (found)
		begin_found(d, dp, bits, flow, &v, dir, 1, x ? took : NULL, false);
}
