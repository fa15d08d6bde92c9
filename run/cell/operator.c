// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * operator.c - the operator on a gateway: what it sees, it blocks
 *
 * Model. A detector of our own reads the frames of one tap, and what it reports goes to a filter in
 * that gateway's namespace. Both work in the cell's thread. Whenever the kernel is at rest and the
 * planned time is about to move on, the tap is read to its end and the filter acts: what one timer
 * has caused, the answer of a client to what has just reached it among it, has passed; what the next
 * timer causes meets the rule. So the number of packets that pass until a block depends on the
 * detector and on the seed, and not on what the machine is busy with. With a delay the rule comes
 * into force so much later in emulated time.
 *
 * The detector's packets carry the planned time, not the stamp of the capture, for the same reason.
 *
 *	a sighting is	entered when				left when
 *	new		the detector reports			the kernel is at rest
 *	waiting		it was: what it says is kept		the delay is over (0: at once)
 *	done		filter_sighting() has answered		-
 *
 * Limits. The timeouts of the filter's sets are the kernel's, in real time, and a cell takes
 * seconds of that: what is blocked stays so to the cell's end, however short the policy's time is in
 * emulated time. A real operator is quicker than a client only where its reaction takes less time
 * than the client's: this one is always slower than a client that answers at once.
 */
#include <pcap/dlt.h>
#include <stdlib.h>
#include <string.h>
#include <uthash.h>

#include "base/capture/decode.h"
#include "detector/detector.h"
#include "operator/filter/filter.h"
#include "run/cell/operator.h"
#include "run/scenario/operator.h"

/* Packets so far, of a flow or of a host. */
struct count {
	struct flow_key key; /* of a host: its address alone */
	uint64_t packets;
	UT_hash_handle hh;
};

struct cell_operator {
	const struct scenario_operator *spec;
	struct lab *lab;
	struct loop *loop;
	struct signature_set *set;
	struct detector *detector;
	struct decoder *decoder;
	struct filter *filter;	     /* NULL = it only looks on */
	struct operator_act *acting; /* what the filter is asked about */
	uint64_t frames;
	struct operator_act *acts; /* (owned) */
	size_t n, room;
	size_t waiting; /* the first that is not done */
	struct loop_timer delayed;
	struct count *counts; /* (owned) */
	struct err failure;   /* what the filter reported */
};

static struct flow_key host_key(const struct ip *ip)
{
	struct tuple t = {.proto = 0, .src = {.ip = *ip}, .dst = {.ip = *ip}};

	return flow_key(&t);
}

static struct count *count_of(struct cell_operator *o, const struct flow_key *key)
{
	struct count *c;

	HASH_FIND(hh, o->counts, key, sizeof(*key), c);
	if (!c) {
		c = xcalloc(1, sizeof(*c));
		c->key = *key;
		HASH_ADD(hh, o->counts, key, sizeof(c->key), c);
	}
	return c;
}

/* ------------------------------------------------------------------ what it sees */

static void on_event(void *arg, const struct detection_event *ev)
{
	struct cell_operator *o = arg;
	struct operator_act *a;

	if (o->n == o->room) {
		o->room = o->room ? 2 * o->room : 64;
		o->acts = xrealloc(o->acts, o->room * sizeof(*o->acts));
	}
	a = &o->acts[o->n++];
	*a = (struct operator_act){.seen_ns = loop_due(o->loop)};
	sighting_from_event(&a->s, ev, o->spec->at, false);
}

static void on_frame(void *arg, const void *frame, size_t len)
{
	struct cell_operator *o = arg;
	struct packet p;
	struct tuple t;
	struct flow_key key;

	o->frames++;
	if (decode_frame(o->decoder, loop_due(o->loop), frame, (uint32_t)len, (uint32_t)len, &p) !=
	    DECODE_OK)
		return;
	p.number = o->frames;
	p.ts_ns = loop_due(o->loop);
	t = (struct tuple){p.proto, p.src, p.dst};
	key = flow_key(&t);
	count_of(o, &key)->packets++;
	key = host_key(&p.src.ip);
	count_of(o, &key)->packets++;
	key = host_key(&p.dst.ip);
	count_of(o, &key)->packets++;
	detector_packet(o->detector, &p);
}

/* ------------------------------------------------------------------ what it does */

/* A line of the filter. Of the blocks that one sighting makes, the widest stands in the act. */
static void on_line(void *arg, const struct filter_block *b)
{
	struct cell_operator *o = arg;
	struct operator_act *a = o->acting;

	if (b->outcome == FILTER_REPORT && !o->failure.code)
		err_set(&o->failure, "the operator's filter: %s", b->why);
	if (!a)
		return;
	if (b->outcome == FILTER_REFUSED)
		snprintf(a->refused, sizeof(a->refused), "%.63s", b->why);
	if (b->outcome != FILTER_BLOCKED)
		return;
	a->what = !a->blocked || b->what > a->what ? b->what : a->what;
	a->blocked = true;
}

static void act(struct cell_operator *o, struct operator_act *a)
{
	struct flow_key flow = flow_key(&a->s.flow), client = host_key(&a->s.flow.src.ip);

	o->acting = a;
	if (o->filter)
		filter_sighting(o->filter, &a->s);
	o->acting = NULL;
	a->done_ns = loop_due(o->loop);
	a->flow_packets = count_of(o, &flow)->packets;
	a->client_packets = count_of(o, &client)->packets;
}

static uint64_t due_of(const struct cell_operator *o, const struct operator_act *a)
{
	return a->seen_ns + (uint64_t)(o->spec->delay_ms * (double)NS_PER_MS);
}

static void act_on_waiting(void *arg)
{
	struct cell_operator *o = arg;

	while (o->waiting < o->n && due_of(o, &o->acts[o->waiting]) <= loop_due(o->loop))
		act(o, &o->acts[o->waiting++]);
	if (o->waiting < o->n)
		loop_timer_set(o->loop, &o->delayed, due_of(o, &o->acts[o->waiting]));
}

/* The kernel is at rest, and time is about to move on. */
static void at_rest(void *arg, uint64_t jump_ns)
{
	struct cell_operator *o = arg;

	(void)jump_ns;
	lab_tap_read(o->lab);
	if (o->waiting < o->n && !loop_timer_armed(&o->delayed))
		act_on_waiting(o);
}

/* ------------------------------------------------------------------ its life */

void cell_operator_plan(const struct cell_job *job, struct lab *lab)
{
	if (job->scenario->operator)
		lab_tap_prompt(lab, job->scenario->operator->at);
}

static int open_filter(struct cell_operator *o, struct err *e)
{
	const struct lab_vantage *v = lab_vantage(o->lab, o->spec->at);
	struct filter_wish wish = {.fn = on_line, .arg = o};

	if (!o->spec->filter)
		return 0;
	wish.netns = lab_node_netns(o->lab, v->node);
	o->filter = filter_open(o->spec->filter, &wish, e);
	return o->filter ? 0 : -1;
}

int cell_operator_start(struct cell_operator **out, const struct cell_job *job, struct lab *lab,
			struct loop *loop, struct err *e)
{
	const struct scenario_operator *spec = job->scenario->operator;
	struct cell_operator *o;

	*out = NULL;
	if (!spec)
		return 0;
	o = xcalloc(1, sizeof(*o));
	*out = o;
	*o = (struct cell_operator){.spec = spec, .lab = lab, .loop = loop};
	o->delayed = (struct loop_timer){.fn = act_on_waiting, .arg = o};
	o->set = operator_signatures(job->scenario, spec->signature, e);
	o->decoder = decoder_new(DLT_EN10MB, e);
	if (!o->set || !o->decoder || open_filter(o, e) < 0)
		return -1;
	o->detector = detector_new(o->set, NULL, on_event, o);
	if (!lab_tap_mirror(lab, spec->at, on_frame, o))
		return err_set(e, "no frames at %s", spec->at);
	loop_on_jump(loop, at_rest, o);
	return 0;
}

int cell_operator_finish(struct cell_operator *o, struct err *e)
{
	if (!o)
		return 0;
	loop_off_jump(o->loop, o);
	loop_timer_cancel(o->loop, &o->delayed);
	if (o->filter && !o->failure.code)
		filter_settle(o->filter, &o->failure);
	while (o->filter && filter_tend(o->filter))
		;
	filter_close(o->filter);
	o->filter = NULL;
	o->n = o->waiting; /* what was seen after the last packet that could be stopped */
	if (o->failure.code && e)
		*e = o->failure;
	return o->failure.code ? -1 : 0;
}

size_t cell_operator_acts(const struct cell_operator *o, const struct operator_act **out)
{
	*out = o ? o->acts : NULL;
	return o ? o->n : 0;
}

void cell_operator_free(struct cell_operator *o)
{
	struct count *c, *tmp;

	if (!o)
		return;
	(void)cell_operator_finish(o, NULL);
	HASH_ITER (hh, o->counts, c, tmp) {
		HASH_DEL(o->counts, c); // NOLINT(clang-analyzer-unix.Malloc): uthash's own links
		free(c);
	}
	detector_free(o->detector);
	decoder_free(o->decoder);
	signatures_free(o->set);
	free(o->acts);
	free(o);
}
