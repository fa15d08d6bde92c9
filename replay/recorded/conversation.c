// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * conversation.c - a recorded client's flows played again through real sockets
 *
 * Each flow becomes a dialog (dialog.h) that opens at its recorded time: the client node binds the
 * recorded client ports, the internet node the recorded remote addresses and ports. Firewalls and
 * NAT on the way do to it what they do; the fate of every flow is kept.
 *
 * Addresses in the lab. Public remotes keep theirs. A remote on the recorded client's own network
 * (its router as DNS server) cannot stand on the internet with a private address; it gets one of
 * 198.18.0.0/15 (RFC 2544), the same one in every play. Addresses inside Skype's payloads are
 * rewritten to what holds in the lab: the client's public address as the remote really sees it, and
 * a remote that was moved (spec.keep_addresses turns this off).
 *
 * Order. Every message aims at its recorded time and goes later where what it answers was late. A
 * flow that the client opens also waits for what other flows bring it in the CAUSE_NS before.
 *
 * Flows a remote opened are sent to the address under which the internet knows the client, at the
 * recorded port. Behind a NAT or an inbound filter they do not arrive, as in life.
 */
#include <inttypes.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>

#include "base/outfile.h"
#include "replay/recorded/recording.h"

#define CAUSE_NS (20 * NS_PER_MS) /* how soon after its cause a flow is opened */
#define WAIT_NS	 (NS_PER_MS / 2)
#define WAITS	 1000

struct conversation {
	struct recording rec;
	char version[16];
	bool keep_addresses, any_ports;
	struct rec_flow **flows; /* (owned array) in order of opening */
	size_t flow_count, left;
	struct ip *remotes; /* (owned) */
	size_t remote_count;
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

/* The remote's address in the lab; each once in the list. */
static void place_remote(struct conversation *c, struct rec_flow *f, uint32_t *stand_ins)
{
	struct ip ip = f->key.remote.ip;

	f->played = f->key.remote;
	if (ip_is_private(&ip)) {
		for (size_t i = 0; i < c->flow_count; i++)
			if (c->flows[i] != f && c->flows[i]->played.ip.family &&
			    ip_eq(&c->flows[i]->key.remote.ip, &ip)) {
				f->played.ip = c->flows[i]->played.ip;
				return;
			}
		ip = ip4(STAND_INS + (*stand_ins)++);
		f->played.ip = ip;
	}
	for (size_t i = 0; i < c->remote_count; i++)
		if (ip_eq(&c->remotes[i], &ip))
			return;
	c->remotes = xrealloc(c->remotes, (c->remote_count + 1) * sizeof(ip));
	c->remotes[c->remote_count++] = ip;
}

struct conversation *conversation_load(const struct conversation_spec *spec, struct err *e)
{
	struct conversation *c = xcalloc(1, sizeof(*c));
	uint32_t stand_ins = 0;
	size_t n = 0;

	if (recording_read(&c->rec, spec, e) < 0) {
		conversation_free(c);
		return NULL;
	}
	snprintf(c->version, sizeof(c->version), "%s", spec->version ? spec->version : "");
	c->keep_addresses = spec->keep_addresses;
	c->any_ports = spec->any_ports;
	c->flow_count = HASH_COUNT(c->rec.flows);
	c->flows = xcalloc(c->flow_count, sizeof(struct rec_flow *));
	for (struct rec_flow *f = c->rec.flows; f; f = f->hh.next) {
		f->conversation = c;
		c->flows[n++] = f;
	}
	for (size_t i = 0; i < n; i++)
		if (!c->flows[i]->unplayable)
			place_remote(c, c->flows[i], &stand_ins);
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
	free(c->flows);
	free(c->remotes);
	free(c);
}

struct ip conversation_client(const struct conversation *c)
{
	return c->rec.client;
}

const struct ip *conversation_remotes(const struct conversation *c, size_t *n)
{
	*n = c->remote_count;
	return c->remotes;
}

uint64_t conversation_length_ns(const struct conversation *c)
{
	return c->rec.length_ns;
}

size_t conversation_flow_count(const struct conversation *c)
{
	return c->flow_count;
}

/* --- playing ------------------------------------------------------------------------------ */

static bool flow_next(void *arg, struct dialog_turn *turn)
{
	struct rec_flow *f = arg;
	const struct rec_message *m;

	if (f->turn >= f->message_count)
		return false;
	m = &f->messages[f->turn];
	turn->to_opener = !m->from_opener;
	turn->at_ns = f->conversation->start_ns + m->ts_ns;
	turn->gap_ns = f->turn ? m->ts_ns - m[-1].ts_ns : f->syn_seen ? m->ts_ns - f->first_ns : 0;
	return true;
}

/* Puts the lab's address in the place of a recorded one. */
static const uint8_t *readdress(struct conversation *c, const struct rec_flow *f, struct dialog *t,
				const struct rec_message *m, const uint8_t *p)
{
	bool to_client = m->from_opener == f->inbound;
	int off = payload_address(p, m->len);
	const struct ip *was, *is;

	if (off < 0 || c->keep_addresses || f->key.proto != IPPROTO_UDP ||
	    f->label == LABEL_NOT_SKYPE)
		return p;
	if (to_client) {
		was = &c->rec.public_ip;
		is = f->inbound ? &c->where.public_ip : &dialog_seen(t)->ip;
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

static uint32_t flow_build(void *arg, struct dialog *t, const uint8_t **data, const char **name)
{
	struct rec_flow *f = arg;
	const struct rec_message *m = &f->messages[f->turn++];

	(void)name;
	*data = readdress(f->conversation, f, t, m, f->data + m->at);
	return m->len;
}

static void flow_over(struct rec_flow *f)
{
	struct conversation *c = f->conversation;

	f->done = true;
	f->dialog = NULL;
	if (--c->left == 0 && c->done)
		c->done(c->done_arg);
}

static void flow_ended(void *arg, const struct dialog_result *result)
{
	struct rec_flow *f = arg;

	f->result = *result;
	flow_over(f);
}

static const struct dialog_ops flow_ops = {flow_next, flow_build, flow_ended};

/* A message to the client that the recording has shortly before @at_ns is still to come. */
static bool client_waits(const struct conversation *c, uint64_t at_ns)
{
	for (size_t i = 0; i < c->flow_count; i++) {
		const struct rec_flow *f = c->flows[i];

		if (!f->dialog)
			continue;
		if (dialog_under_way(f->dialog, !f->inbound))
			return true;
		for (uint32_t k = f->turn; k < f->message_count && f->messages[k].ts_ns < at_ns;
		     k++)
			if (f->messages[k].ts_ns + CAUSE_NS > at_ns &&
			    f->messages[k].from_opener == f->inbound)
				return true;
	}
	return false;
}

/* What carried nothing is played where there was a SYN. */
static bool plays(const struct rec_flow *f)
{
	return !f->unplayable && (f->message_count || f->syn_seen);
}

/* A SYN that the recording leaves without an answer, or that was refused: it is sent again, and its
 * acceptor does the same. */
static bool never_accepted(const struct rec_flow *f)
{
	return f->key.proto == IPPROTO_TCP && f->syn_seen && !f->accepted && !f->message_count;
}

static void flow_begin(struct rec_flow *f);

/* What the client opens may be its answer to what another flow just brought (a super node's yes, a
 * DNS answer): it waits for that, but not for ever, as it may have been dropped. */
static void flow_open(void *arg)
{
	struct rec_flow *f = arg;
	struct conversation *c = f->conversation;

	if (!f->inbound && f->waited < WAITS && client_waits(c, f->first_ns)) {
		f->waited++;
		loop_timer_after(c->loop, &f->timer, WAIT_NS);
		return;
	}
	flow_begin(f);
}

static void flow_begin(struct rec_flow *f)
{
	struct conversation *c = f->conversation;
	struct dialog_side client = {c->where.client_netns, c->client_node, f->key.client};
	struct dialog_side remote = {c->where.remote_netns, c->remote_node, f->played};
	struct dialog_spec spec = {
		.proto = f->key.proto,
		.close = f->close,
		.ops = &flow_ops,
		.arg = f,
	};
	struct err e;

	client.at.ip = c->where.client_ip;
	if (c->any_ports && !f->inbound && f->key.proto == IPPROTO_TCP)
		client.at.port = 0;
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
	spec.flow.label = f->label;
	snprintf(spec.flow.reason, sizeof(spec.flow.reason), "%s", f->reason);
	if (f->label == LABEL_SKYPE) {
		snprintf(spec.flow.client, sizeof(spec.flow.client), "%s", c->client_node);
		snprintf(spec.flow.version, sizeof(spec.flow.version), "%s", c->version);
		spec.flow.client_ip = c->where.client_ip;
	}
	f->turn = 0;
	f->dialog = dialog_open(c->dialogs, &spec, &e);
	if (!f->dialog) {
		log_warn("replay of a recorded flow: %s", e.msg);
		memset(&f->result, 0, sizeof(f->result));
		f->result.end = DIALOG_NEVER;
		flow_over(f);
	}
}

int conversation_start(struct conversation *c, struct dialogs *dialogs, uint64_t seed,
		       const struct conversation_nodes *where, void (*done)(void *arg), void *arg,
		       struct err *e)
{
	uint64_t now = loop_now(dialogs_loop(dialogs));

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
		struct rec_flow *f = c->flows[i];

		if (!plays(f))
			continue;
		c->left++;
		f->timer = (struct loop_timer){.fn = flow_open, .arg = f};
		loop_timer_set(c->loop, &f->timer,
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
		loop_timer_cancel(c->loop, &c->flows[i]->timer);
		if (c->flows[i]->dialog)
			dialog_finish(c->flows[i]->dialog);
	}
}

/* --- fates -------------------------------------------------------------------------------- */

static enum fate fate_of(const struct rec_flow *f)
{
	if (!f->done)
		return FATE_NOT_PLAYED;
	if (never_accepted(f))
		return FATE_UNANSWERED;
	if (f->result.end == DIALOG_NEVER)
		return FATE_NEVER_STARTED;
	if (f->result.end == DIALOG_COMPLETE && f->result.received == f->message_count)
		return FATE_COMPLETE;
	return FATE_CUT;
}

void conversation_fate(const struct conversation *c, size_t i, struct conversation_fate *out)
{
	const struct rec_flow *f = c->flows[i];
	const struct dialog_result *r = &f->result;

	memset(out, 0, sizeof(*out));
	out->recorded.proto = f->key.proto;
	out->recorded.src = f->inbound ? f->key.remote : f->key.client;
	out->recorded.dst = f->inbound ? f->key.client : f->key.remote;
	out->played = r->tuple;
	out->inbound = f->inbound;
	out->label = f->label;
	snprintf(out->reason, sizeof(out->reason), "%s", f->reason);
	out->fate = fate_of(f);
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
			f.inbound ? "remote" : "client", label_text(f.label), fate_text(f.fate));
		if (f.message)
			fprintf(o.f, "%u", f.message);
		else
			fputc('-', o.f);
		fprintf(o.f, "\t%u\t%" PRIu64 "\t%" PRIu64 "\t%s\t%s\n", f.messages, f.bytes,
			f.arrived, f.reason, f.note ? f.note : "-");
	}
	return outfile_commit(&o, e);
}
