// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * step.c - matches go on: messages are offered to them, steps are taken
 *
 * A struct match is one rule under way on one flow, from the message that started it. Every message
 * of the flow is offered to every match: it takes the message as its next step (or, after optional
 * steps, as a later one), or ignores it, or, where the rule says "next", gives up. A rule may be
 * under way several times on a flow (MATCHES_PER_RULE), since what looked like its first message
 * may not have been.
 *
 * UDP: a message is a datagram. TCP, "segments: psh": a segment with PSH. TCP, reassembled: a run
 * of whole segments inside a message burst, see message_burst.c.
 *
 *   state of a match    enters it                     leaves it
 *   starting            start_rule(): the first       step_take(), at once: at a step, or
 *                       message is right              complete; most on UDP: a bit
 *                                                     until the second (begun.c)
 *   at step n, taken k  a message that fits the step  the next message that fits step n (again,
 *   times               (match.step, match.reps)      up to "repeat"), or, when k is enough or
 *                                                     the step optional, a later step
 *   counting (tallies)  start_rule(): a rule with     its "when" conditions hold: complete;
 *                       "tally" instead of steps      "once: no" goes on counting
 *   complete            all steps that must be taken  action.c: acts at once, or is held
 *                       are
 *   held                complete, but what it must    remembered in time: acts. "hold" over, or
 *                       know is not known yet, and    its flow is gone: freed without acting
 *                       the rule says "hold"
 *   over                complete; "within" exceeded;  flow_state_settle() frees it after the
 *                       "next" was another message;   packet
 *                       a message lacks its "growth"
 *                       alone; too many of its rule
 *
 * A match that is at a step when its flow leaves the table, or when the pool needs the room, is
 * freed without a word.
 */
#include <string.h>

#include "base/err.h"
#include "detector/engine/action.h"
#include "detector/engine/answer.h"
#include "detector/engine/gauge.h"
#include "detector/engine/reach.h"
#include "detector/engine/statistic.h"
#include "detector/engine/step.h"

static void save_parts(const struct rule *r, struct match *in, unsigned message,
		       const struct view *v)
{
	const struct message *m = &r->messages[message];

	for (unsigned i = 0; i < m->saves_n; i++) {
		int64_t at = m->saves[i].at < 0 ? (int64_t)v->len + m->saves[i].at : m->saves[i].at;

		if (at < 0 || at + m->saves[i].length > v->avail)
			return; /* not there: tests that compare with it will fail */
		memcpy(in->save + m->saves[i].save, v->data + at, m->saves[i].length);
	}
	in->saved |= 1U << message;
}

/* The version that the message tells: the rule's word for it, or the number in the payload behind a
 * text, such as 1.2.0.18 in "ver=1.2.0.18&". */
static void read_version(struct detector *d, struct match *in, const struct message *m,
			 const struct view *v)
{
	char text[VERSION_LEN];
	size_t n, len, k = 0;

	if (m->version)
		in->version = client_version_seen(&d->versions, m->version);
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
		in->version = client_version_seen(&d->versions, text);
}

static void add_evidence(struct detector *d, struct match *in, unsigned message,
			 const struct view *v, const uint16_t pos[2])
{
	unsigned k = in->ev_n < in->ev_max
			     ? in->ev_n++
			     : in->ev_max - 1U; /* full: the last one is overwritten */

	in->ev[k] = (struct match_evidence){.ts_ns = d->packet.ts_ns,
					    .number = (uint32_t)d->packet.number,
					    .input = d->packet.input,
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

/* The match takes a message: its evidence, and what later messages and events need of it. Of a
 * message that is counted, the first is kept. */
static inline void take(struct detector *d, const struct rule *r, struct match *in, unsigned m,
			const struct view *v, const uint16_t pos[2])
{
	const struct message *msg = &r->messages[m];
	bool compared = !r->tallies || !(in->saved >> m & 1);

	if (!msg->saves_n)
		in->saved |= 1U << m;
	else if (compared)
		save_parts(r, in, m, v);
	answer_take(d, in, m, v->from_client, compared);
	add_evidence(d, in, m, v, pos);
	if (msg->version || msg->version_after)
		read_version(d, in, msg, v);
}

/* Whether all steps that must be taken are. */
static bool finished(const struct rule *r, const struct match *in)
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

void step_take(struct detector *d, struct match *in, unsigned s, unsigned m, const struct view *v,
	       const uint16_t pos[2])
{
	const struct rule *r = d->set->rules[in->rule];
	const struct step *step = &r->steps[s];

	if (s != in->step)
		in->reps = 0;
	in->step = (uint8_t)s;
	in->reps++;
	in->last_ns = d->packet.ts_ns;
	take(d, r, in, m, v, pos);
	if (d->reach && in->reps == step->repeat_min)
		reach_step(d, in, s);
	if (step->has_then && in->reps == step->repeat_min)
		action_step(d, in, s);
	if (in->reps >= step->repeat_max) {
		in->step++;
		in->reps = 0;
	}
	if (finished(r, in)) {
		action_complete(d, in);
		in->over = true;
	}
}

bool step_tally(struct detector *d, struct match *in, const struct view *v)
{
	const struct rule *r = d->set->rules[in->rule];
	bool any = false;

	if (r->gauges_n)
		gauge_message(d, in, v);
	for (unsigned m = 0; m < r->messages_n; m++) {
		uint16_t pos[2];

		if (!match_from(&r->messages[m], v->from_client) ||
		    match_message(r, &r->messages[m], v, in, pos) != MATCH_YES)
			continue;
		any = true;
		in->tally[m]++;
		for (unsigned k = 0; r->messages[m].resets >> k; k++)
			if (r->messages[m].resets >> k & 1)
				in->tally[k] = 0;
		in->last_ns = d->packet.ts_ns;
		take(d, r, in, m, v, pos);
		if (r->statistics_n)
			statistic_message(d, in, m, v);
	}
	if (any && gauge_conditions(d, r, in)) {
		action_complete(d, in);
		in->over = r->once;
	}
	return any;
}

/* Whether the time since the last message taken has grown as asked, compared with the time between
 * the two before: a ratio, so it is the same at any speed. */
static bool grown(const struct detector *d, const struct match *in, const struct message *m)
{
	uint64_t before, now;

	if (!m->growth.n)
		return true;
	if (in->ev_n < 2 || d->packet.ts_ns < in->last_ns)
		return false;
	before = in->last_ns - in->ev[in->ev_n - 2].ts_ns;
	now = (d->packet.ts_ns - in->last_ns) / 10; /* in tenths, so that no product overflows */
	return before >= 10 && now * 100 / (before / 10) <= UINT32_MAX &&
	       numset_has(&m->growth, (uint32_t)(now * 100 / (before / 10)));
}

bool step_offer(struct detector *d, struct match *in, const struct view *v, bool whole,
		const uint32_t *starts, unsigned starts_n, bool *next)
{
	const struct rule *r = d->set->rules[in->rule];

	*next = false;
	for (unsigned s = in->step; s < r->steps_n; s++) {
		const struct step *step = &r->steps[s];
		bool late = step->within && in->reps + s && d->packet.ts_ns > in->last_ns &&
			    d->packet.ts_ns - in->last_ns > step->within;

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
				if (!grown(d, in, msg)) {
					in->over = true;
					return false;
				}
				step_take(d, in, s, m, &part, pos);
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

bool step_expired(const struct detector *d, const struct rule *r, struct match *in)
{
	if (r->within && d->packet.ts_ns > in->start_ns &&
	    d->packet.ts_ns - in->start_ns > r->within)
		in->over = true;
	return in->over;
}

uint64_t step_gap(const struct detector *d, const struct match *in, int dir)
{
	return in->seen[dir] && d->packet.ts_ns >= in->seen[dir] ? d->packet.ts_ns - in->seen[dir]
								 : UINT64_MAX;
}
