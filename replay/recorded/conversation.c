// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * conversation.c - a recorded client's flows played again through real sockets
 *
 * Each flow becomes a dialog (dialog.h) that opens at its recorded time: the client's node binds
 * the recorded client ports, the internet's node the recorded remote addresses and ports. The
 * firewalls and NATs between them do what they do, and the fate of every flow is kept.
 *
 * States of a flow:
 *
 *  state    | what enters it                      | what leaves it
 *  ---------+-------------------------------------+---------------------------------------------
 *  unplayed | loading; it stays so if plays() is  | conversation_start() -> armed
 *           | false                               |
 *  armed    | a timer at its recorded time        | the timer -> waiting or open
 *  waiting  | its cause has not arrived yet (see  | it has arrived, or WAITS checks -> open
 *           | Order); checked every WAIT_NS       |
 *  open     | dialog_open()                       | the dialog's end, or no socket -> done
 *  done     |                                     | -
 *
 * Addresses in the lab. Public remotes keep theirs. A remote on the recorded client's own network
 * (its router as DNS server) cannot have a private address on the internet; it gets one of
 * 198.18.0.0/15 (RFC 2544), the same one in every play. Addresses inside Skype's payloads are
 * rewritten to what is true in the lab: the client's public address as the remote really sees it,
 * and the new address of a remote that was moved (spec.keep_addresses turns this off).
 *
 * Order. Every message aims at its recorded time, and is later if the message that it answers was
 * late. A flow that the client opens also waits for what other flows bring it in the CAUSE_NS
 * before.
 *
 * Flows that a remote opened are sent to the address under which the internet knows the client, at
 * the recorded port. Behind a NAT or an inbound filter they do not arrive, as in life.
 */
#include <inttypes.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>
#include <utlist.h>

#include "base/hash.h"
#include "base/outfile.h"
#include "replay/recorded/conversation.h"
#include "replay/recorded/endpoints.h"
#include "replay/recorded/recording.h"

#define CAUSE_NS (20 * NS_PER_MS) /* how soon after its cause a flow is opened */
#define WAIT_NS	 (NS_PER_MS / 2)
#define WAITS	 1000

/* A recorded flow and its play. */
struct play {
	struct rec_flow *flow;
	struct conversation *conversation;
	struct loop_timer timer;
	uint32_t turn;		     /* the next message */
	uint32_t waited;	     /* times its opening was put off */
	struct dialog *dialog;	     /* while it is open */
	struct play *before, *after; /* in the list of plays that are open */
	bool done;
	struct dialog_result result;
};

/* Addresses, each once, numbered from 0. */
struct addresses {
	struct ip *ip; /* (owned) */
	size_t n;
	uint32_t *slots; /* (owned) numbers + 1, by hash; 0 = free */
	size_t slots_n;	 /* a power of two */
};

struct conversation {
	struct recording rec;
	char version[16];
	bool keep_addresses;
	struct play *plays; /* (owned) in order of the flows' first packets */
	size_t flow_count, left;
	struct play *open;	  /* those whose dialog is open */
	struct addresses remotes; /* in the lab */
	struct addresses private; /* of remotes in the recording */
	struct conversation_nodes where;
	char client_node[32], remote_node[32];
	struct loop *loop; /* of @dialogs */
	struct dialogs *dialogs;
	uint64_t start_ns; /* emulated time of the recording's first packet */
	uint64_t seed;
	void (*done)(void *arg);
	void *done_arg;
	uint8_t scratch[65536]; /* a datagram with its addresses rewritten */
};

/* --- loading ------------------------------------------------------------------------------ */

/* The slot of an address: where it is, or the free one where it belongs. */
static uint32_t *slot_of(const struct addresses *a, const struct ip *ip)
{
	size_t at = fnv1a(ip->b, ip->family == 4 ? 4 : 16) & (a->slots_n - 1);

	while (a->slots[at] && !ip_eq(&a->ip[a->slots[at] - 1], ip))
		at = (at + 1) & (a->slots_n - 1);
	return &a->slots[at];
}

/* The number of an address, which is added when it is new. */
static uint32_t number_of(struct addresses *a, const struct ip *ip)
{
	uint32_t *slot;

	if (2 * a->n >= a->slots_n) {
		free(a->slots);
		a->slots_n = a->slots_n ? 2 * a->slots_n : 64;
		a->slots = xcalloc(a->slots_n, sizeof(*a->slots));
		a->ip = xrealloc(a->ip, a->slots_n * sizeof(*a->ip));
		for (size_t i = 0; i < a->n; i++)
			*slot_of(a, &a->ip[i]) = (uint32_t)i + 1;
	}
	slot = slot_of(a, ip);
	if (!*slot) {
		a->ip[a->n++] = *ip;
		*slot = (uint32_t)a->n;
	}
	return *slot - 1;
}

/* The remote's address in the lab; that of a private one is a stand-in. */
static void place_remote(struct conversation *c, struct rec_flow *f)
{
	f->played = f->key.remote;
	if (ip_is_private(&f->played.ip))
		f->played.ip = ip4(STAND_INS + number_of(&c->private, &f->key.remote.ip));
	number_of(&c->remotes, &f->played.ip);
}

struct conversation *conversation_load(const struct conversation_spec *spec, struct err *e)
{
	struct conversation *c = xcalloc(1, sizeof(*c));
	struct recording_spec read = {.capture = spec->capture,
				      .labels = spec->labels,
				      .client = spec->client,
				      .to_s = spec->to_s};
	size_t n = 0;

	if (recording_read(&c->rec, &read, e) < 0) {
		conversation_free(c);
		return NULL;
	}
	snprintf(c->version, sizeof(c->version), "%s", spec->version ? spec->version : "");
	c->keep_addresses = spec->keep_addresses;
	c->flow_count = HASH_COUNT(c->rec.flows);
	c->plays = xcalloc(c->flow_count, sizeof(*c->plays));
	for (struct rec_flow *f = c->rec.flows; f; f = f->hh.next)
		c->plays[n++] = (struct play){.flow = f, .conversation = c};
	for (size_t i = 0; i < n; i++)
		if (!c->plays[i].flow->unplayable)
			place_remote(c, c->plays[i].flow);
	return c;
}

const char *conversation_damage(const struct conversation *c)
{
	return c->rec.damage[0] ? c->rec.damage : NULL;
}

void conversation_free(struct conversation *c)
{
	if (!c)
		return;
	c->done = NULL;
	conversation_finish(c);
	recording_free(&c->rec);
	free(c->plays);
	free(c->remotes.ip);
	free(c->remotes.slots);
	free(c->private.ip);
	free(c->private.slots);
	free(c);
}

const struct ip *conversation_remotes(const struct conversation *c, size_t *n)
{
	*n = c->remotes.n;
	return c->remotes.ip;
}

size_t conversation_flow_count(const struct conversation *c)
{
	return c->flow_count;
}

/* --- playing ------------------------------------------------------------------------------ */

static bool play_next(void *arg, struct dialog_turn *turn)
{
	struct play *p = arg;
	const struct rec_flow *f = p->flow;
	const struct rec_message *m;

	if (p->turn >= f->message_count)
		return false;
	m = &f->messages[p->turn];
	turn->to_opener = !m->from_opener;
	turn->at_ns = p->conversation->start_ns + m->ts_ns;
	turn->gap_ns = p->turn ? m->ts_ns - m[-1].ts_ns : f->syn_seen ? m->ts_ns - f->first_ns : 0;
	return true;
}

/* The payload with the lab's address in place of a recorded one. */
static const uint8_t *readdress(struct conversation *c, const struct rec_flow *f, struct dialog *d,
				const struct rec_message *m, const uint8_t *p)
{
	bool to_client = m->from_opener == f->inbound;
	int off = payload_address(p, m->len);
	const struct ip *was, *is;

	if (off < 0 || c->keep_addresses || f->key.proto != IPPROTO_UDP ||
	    label_kind(f->label, LABEL_SKYPE) == KIND_NEGATIVE)
		return p;
	if (to_client) {
		was = &c->rec.public_ip;
		is = f->inbound ? &c->where.public_ip : &dialog_seen(d)->ip;
	} else {
		was = &f->key.remote.ip;
		is = &f->played.ip;
	}
	if (was->family != 4 || is->family != 4 || memcmp(p + off, was->b, 4) != 0)
		return p;
	memcpy(c->scratch, p, m->len);
	memcpy(c->scratch + off, is->b, 4);
	return c->scratch;
}

static uint32_t play_build(void *arg, struct dialog *d, const uint8_t **data, const char **name)
{
	struct play *p = arg;
	const struct rec_flow *f = p->flow;
	const struct rec_message *m = &f->messages[p->turn++];

	(void)name;
	*data = readdress(p->conversation, f, d, m, f->data + m->at);
	return m->len;
}

static void play_over(struct play *p)
{
	struct conversation *c = p->conversation;

	p->done = true;
	if (p->dialog)
		DL_DELETE2(c->open, p, before, after);
	p->dialog = NULL;
	if (--c->left == 0 && c->done)
		c->done(c->done_arg);
}

static void play_ended(void *arg, const struct dialog_result *result)
{
	struct play *p = arg;

	p->result = *result;
	play_over(p);
}

static const struct dialog_ops play_ops = {play_next, play_build, play_ended};

/* A message to the client that was recorded shortly before @at_ns has not arrived yet. */
static bool client_waits(const struct conversation *c, uint64_t at_ns)
{
	for (const struct play *p = c->open; p; p = p->after) {
		const struct rec_flow *f = p->flow;

		if (dialog_under_way(p->dialog, !f->inbound))
			return true;
		for (uint32_t k = p->turn; k < f->message_count && f->messages[k].ts_ns < at_ns;
		     k++)
			if (f->messages[k].ts_ns + CAUSE_NS > at_ns &&
			    f->messages[k].from_opener == f->inbound)
				return true;
	}
	return false;
}

/* A flow without payload is played only if it has a SYN. */
static bool plays(const struct rec_flow *f)
{
	return !f->unplayable && (f->message_count || f->syn_seen);
}

/* Its SYN was not answered in the recording, or refused: the SYN is replayed and, as in the
 * capture, ignored or reset. */
static bool never_accepted(const struct rec_flow *f)
{
	return f->key.proto == IPPROTO_TCP && f->syn_seen && !f->accepted && !f->message_count;
}

static void play_begin(struct play *p);

/* A flow that the client opens may follow from what another flow has just brought it (a super
 * node's consent, a DNS answer). It waits for that, but not for ever, as a gateway may have dropped
 * it. */
static void on_play_due(void *arg)
{
	struct play *p = arg;
	struct conversation *c = p->conversation;

	if (!p->flow->inbound && p->waited < WAITS && client_waits(c, p->flow->first_ns)) {
		p->waited++;
		loop_timer_after(c->loop, &p->timer, WAIT_NS);
		return;
	}
	play_begin(p);
}

static void play_begin(struct play *p)
{
	struct conversation *c = p->conversation;
	const struct rec_flow *f = p->flow;
	struct dialog_side client = {c->where.client_netns, c->client_node, f->key.client};
	struct dialog_side remote = {c->where.remote_netns, c->remote_node, f->played};
	struct dialog_spec spec = {
		.proto = f->key.proto,
		.close = f->close,
		.ops = &play_ops,
		.arg = p,
	};
	struct err e;

	client.at.ip = c->where.client_ip;
	if (f->key.proto == IPPROTO_TCP)
		spec.rest_ns =
			(f->ended ? f->end_ns : c->rec.length_ns) -
			(f->message_count ? f->messages[f->message_count - 1].ts_ns : f->first_ns);
	if (never_accepted(f))
		spec.answer = f->refused ? ANSWER_REFUSE : ANSWER_SILENT;
	spec.opener = f->inbound ? remote : client;
	spec.acceptor = f->inbound ? client : remote;
	if (f->inbound)
		spec.target = (struct endpoint){c->where.public_ip, f->key.client.port};
	spec.seed = c->seed ^ (uint64_t)f->key.client.port << 32 ^ ip4_host(&f->key.remote.ip) ^
		    (uint64_t)f->key.remote.port << 48;
	label_copy(spec.flow.label, f->label);
	spec.flow.recorded = true;
	snprintf(spec.flow.reason, sizeof(spec.flow.reason), "%s", f->reason);
	if (label_is(f->label, LABEL_SKYPE)) {
		snprintf(spec.flow.client, sizeof(spec.flow.client), "%s", c->client_node);
		snprintf(spec.flow.version, sizeof(spec.flow.version), "%s", c->version);
		spec.flow.client_ip = c->where.client_ip;
	}
	p->turn = 0;
	p->dialog = dialog_open(c->dialogs, &spec, &e);
	if (p->dialog) {
		DL_APPEND2(c->open, p, before, after);
	} else {
		log_warn("replay of a recorded flow: %s", e.msg);
		memset(&p->result, 0, sizeof(p->result));
		p->result.end = DIALOG_NEVER;
		play_over(p);
	}
}

int conversation_start(struct conversation *c, struct dialogs *dialogs, uint64_t seed,
		       const struct conversation_nodes *where, void (*done)(void *arg), void *arg,
		       struct err *e)
{
	uint64_t now = loop_due(dialogs_loop(dialogs));

	if (c->dialogs)
		return err_set(e, "this conversation was started before");
	c->dialogs = dialogs;
	c->loop = dialogs_loop(dialogs);
	c->seed = seed;
	c->where = *where;
	c->done = done;
	c->done_arg = arg;
	snprintf(c->client_node, sizeof(c->client_node), "%s", where->client_node);
	snprintf(c->remote_node, sizeof(c->remote_node), "%s", where->remote_node);
	c->start_ns = now;
	for (size_t i = 0; i < c->flow_count; i++) {
		struct play *p = &c->plays[i];
		const struct rec_flow *f = p->flow;

		if (!plays(f))
			continue;
		c->left++;
		p->timer = (struct loop_timer){.fn = on_play_due, .arg = p};
		loop_timer_set(c->loop, &p->timer,
			       now + (f->syn_seen || !f->message_count ? f->first_ns
								       : f->messages[0].ts_ns));
	}
	if (!c->left)
		return err_set(e, "no flow of the recording has anything to play");
	return 0;
}

void conversation_finish(struct conversation *c)
{
	for (size_t i = 0; i < c->flow_count && c->loop; i++) {
		loop_timer_cancel(c->loop, &c->plays[i].timer);
		if (c->plays[i].dialog)
			dialog_finish(c->plays[i].dialog);
	}
}

/* --- fates -------------------------------------------------------------------------------- */

static enum fate fate_of(const struct play *p)
{
	const struct rec_flow *f = p->flow;

	if (!p->done)
		return FATE_NOT_PLAYED;
	if (never_accepted(f))
		return FATE_UNANSWERED;
	if (p->result.end == DIALOG_NEVER)
		return FATE_NEVER_STARTED;
	if (p->result.end == DIALOG_COMPLETE && p->result.received == f->message_count)
		return FATE_COMPLETE;
	return FATE_CUT;
}

void conversation_fate(const struct conversation *c, size_t i, struct conversation_fate *out)
{
	const struct play *p = &c->plays[i];
	const struct rec_flow *f = p->flow;
	const struct dialog_result *r = &p->result;

	memset(out, 0, sizeof(*out));
	out->recorded.proto = f->key.proto;
	out->recorded.src = f->inbound ? f->key.remote : f->key.client;
	out->recorded.dst = f->inbound ? f->key.client : f->key.remote;
	out->played = r->tuple;
	out->inbound = f->inbound;
	label_copy(out->label, f->label);
	snprintf(out->reason, sizeof(out->reason), "%s", f->reason);
	out->fate = fate_of(p);
	if (out->fate == FATE_NOT_PLAYED)
		out->note = f->unplayable ? f->unplayable
			    : !plays(f)	  ? "nothing-to-send"
					  : "not-begun";
	else if (f->key.proto == IPPROTO_TCP && !f->syn_seen)
		out->note = "from-its-middle";
	if (out->fate == FATE_CUT)
		out->message = r->first_lost ? r->first_lost : r->sent + 1;
	out->messages = f->message_count;
	out->bytes = f->bytes;
	out->arrived = r->received_bytes;
	out->opened_ns = r->opened_ns;
	out->ended_ns = r->ended_ns;
}

int conversation_write_fates(const struct conversation *c, const char *path, struct err *e)
{
	char a[ENDPOINT_TEXT_LEN], b[ENDPOINT_TEXT_LEN], p[ENDPOINT_TEXT_LEN], q[ENDPOINT_TEXT_LEN];
	struct outfile o;

	if (outfile_open(&o, path, e) < 0)
		return -1;
	fprintf(o.f, "proto\trecorded_opener\trecorded_peer\tplayed_opener\tplayed_peer\topened_by"
		     "\tlabel\tfate\tmessage\tmessages\tbytes\tarrived\treason\tnote\n");
	for (size_t i = 0; i < c->flow_count; i++) {
		struct conversation_fate f;
		bool played;

		conversation_fate(c, i, &f);
		played = f.played.proto != 0;
		fprintf(o.f, "%s\t%s\t%s\t%s\t%s\t%s\t%s\t%s\t",
			f.recorded.proto == IPPROTO_TCP ? "tcp" : "udp",
			endpoint_text(&f.recorded.src, a), endpoint_text(&f.recorded.dst, b),
			played ? endpoint_text(&f.played.src, p) : "-",
			played ? endpoint_text(&f.played.dst, q) : "-",
			f.inbound ? "remote" : "client", f.label, fate_text(f.fate));
		if (f.message)
			fprintf(o.f, "%u", f.message);
		else
			fputc('-', o.f);
		fprintf(o.f, "\t%u\t%" PRIu64 "\t%" PRIu64 "\t%s\t%s\n", f.messages, f.bytes,
			f.arrived, f.reason, f.note ? f.note : "-");
	}
	return outfile_commit(&o, e);
}
