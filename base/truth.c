// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * truth.c - what the traffic sources report about their own flows and messages
 *
 * Flows and messages are appended as they are opened and sent. A hash finds a flow by its tuple,
 * whichever side is named first. A pair of ports may be used again later (by a client that wraps
 * its source ports): then the newest flow is found.
 *
 * The canonical digest omits times and the order between flows, which depend on the machine's
 * speed. It keeps what the seed decides: per flow, each direction's messages in order.
 */
#include <inttypes.h>
#include <nettle/sha2.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>
#include <uthash.h>

#include "base/hash.h"
#include "base/outfile.h"
#include "base/truth.h"

struct index {
	struct flow_key key;
	uint32_t flow; /* newest flow with this key */
	UT_hash_handle hh;
};

struct truth_log {
	struct truth_flow *flows;
	size_t flow_count, flow_cap;
	struct truth_message *messages;
	size_t message_count, message_cap;
	struct truth_event *events;
	size_t event_count, event_cap;
	struct index *index;
};

struct truth_log *truth_new(void)
{
	return xcalloc(1, sizeof(struct truth_log));
}

void truth_free(struct truth_log *t)
{
	struct index *i, *next;

	if (!t)
		return;
	HASH_ITER (hh, t->index, i, next) {
		HASH_DEL(t->index, i);
		free(i);
	}
	free(t->flows);
	free(t->messages);
	free(t->events);
	free(t);
}

static struct index *lookup(const struct truth_log *t, const struct flow_key *k)
{
	struct index *i;

	HASH_FIND(hh, t->index, k, sizeof(*k), i);
	return i;
}

uint32_t truth_flow(struct truth_log *t, const struct truth_flow *f)
{
	struct flow_key k = flow_key(&f->tuple);
	struct index *i;

	i = lookup(t, &k);
	if (i && !t->flows[i->flow].closed_ns)
		return i->flow;
	if (!i) {
		i = xcalloc(1, sizeof(*i));
		i->key = k;
		HASH_ADD(hh, t->index, key, sizeof(i->key), i);
	}
	if (t->flow_count == t->flow_cap) {
		t->flow_cap = t->flow_cap ? t->flow_cap * 2 : 256;
		t->flows = xrealloc(t->flows, t->flow_cap * sizeof(*t->flows));
	}
	t->flows[t->flow_count] = *f;
	i->flow = (uint32_t)t->flow_count++;
	return i->flow;
}

void truth_close(struct truth_log *t, uint32_t flow, uint64_t now_ns)
{
	t->flows[flow].closed_ns = now_ns;
}

long truth_open_flow(const struct truth_log *t, const struct tuple *tuple)
{
	struct flow_key k = flow_key(tuple);
	const struct index *i = lookup(t, &k);

	return i && !t->flows[i->flow].closed_ns ? (long)i->flow : -1;
}

void truth_carry(struct truth_log *t, uint32_t flow, uint32_t by)
{
	t->flows[flow].carried_by = by + 1;
	t->flows[by].carries = flow + 1;
}

void truth_message(struct truth_log *t, uint32_t flow, bool to_opener, const char *name,
		   uint64_t now_ns, const void *payload, uint32_t size)
{
	struct truth_message *m;

	if (t->message_count == t->message_cap) {
		t->message_cap = t->message_cap ? t->message_cap * 2 : 1024;
		t->messages = xrealloc(t->messages, t->message_cap * sizeof(*t->messages));
	}
	m = &t->messages[t->message_count++];
	memset(m, 0, sizeof(*m));
	m->ts_ns = now_ns;
	m->flow = flow;
	m->to_opener = to_opener;
	m->size = size;
	snprintf(m->name, sizeof(m->name), "%s", name ? name : "");
	m->digest = fnv1a(payload, size);
	t->flows[flow].messages++;
}

const char *truth_message_name(const struct truth_log *t, uint32_t flow, bool to_opener,
			       const void *payload, uint32_t size)
{
	uint64_t digest = fnv1a(payload, size);

	for (size_t i = t->message_count; i-- > 0;) {
		const struct truth_message *m = &t->messages[i];

		if (m->ts_ns < t->flows[flow].opened_ns)
			break;
		if (m->flow == flow && m->to_opener == to_opener && m->size == size &&
		    m->digest == digest)
			return m->name;
	}
	return "";
}

size_t truth_flow_count(const struct truth_log *t)
{
	return t->flow_count;
}

struct truth_flow *truth_flow_at(const struct truth_log *t, size_t i)
{
	return &t->flows[i];
}

size_t truth_message_count(const struct truth_log *t)
{
	return t->message_count;
}

const struct truth_message *truth_message_at(const struct truth_log *t, size_t i)
{
	return &t->messages[i];
}

void truth_event(struct truth_log *t, uint32_t flow, const char *kind, uint64_t now_ns)
{
	struct truth_event *v;

	if (t->event_count == t->event_cap) {
		t->event_cap = t->event_cap ? t->event_cap * 2 : 64;
		t->events = xrealloc(t->events, t->event_cap * sizeof(*t->events));
	}
	v = &t->events[t->event_count++];
	*v = (struct truth_event){.ts_ns = now_ns, .flow = flow};
	snprintf(v->kind, sizeof(v->kind), "%s", kind);
}

size_t truth_event_count(const struct truth_log *t)
{
	return t->event_count;
}

const struct truth_event *truth_event_at(const struct truth_log *t, size_t i)
{
	return &t->events[i];
}

static void tuple_write(FILE *f, const struct tuple *t)
{
	char a[ENDPOINT_TEXT_LEN], b[ENDPOINT_TEXT_LEN];

	fprintf(f, "%s\t%s\t%s", t->proto == IPPROTO_TCP ? "tcp" : "udp", endpoint_text(&t->src, a),
		endpoint_text(&t->dst, b));
}

int truth_write_messages(const struct truth_log *t, const char *path, struct err *e)
{
	struct outfile o;

	if (outfile_open(&o, path, e) < 0)
		return -1;
	fprintf(o.f, "time\tnode\tclient\tflow\tdirection\tname\tsize\tproto\topener\tpeer\n");
	for (size_t i = 0; i < t->message_count; i++) {
		const struct truth_message *m = &t->messages[i];
		const struct truth_flow *f = &t->flows[m->flow];

		fprintf(o.f, "%" PRIu64 ".%09" PRIu64 "\t%s\t%s\t%u\t%s\t%s\t%u\t",
			m->ts_ns / 1000000000, m->ts_ns % 1000000000, f->node,
			f->client[0] ? f->client : "-", m->flow,
			m->to_opener ? "to-opener" : "from-opener", m->name[0] ? m->name : "-",
			m->size);
		tuple_write(o.f, &f->tuple);
		fputc('\n', o.f);
	}
	return outfile_commit(&o, e);
}

/* A flow's line of the digest: its tuple, then one hash per direction over its messages. */
struct digest_line {
	char text[256];
};

static int by_text(const void *a, const void *b)
{
	return strcmp(((const struct digest_line *)a)->text, ((const struct digest_line *)b)->text);
}

void truth_digest(const struct truth_log *t, char hex[65])
{
	/* as in runs before labels named other applications */
	static const char *const kinds[] = {LABEL_SKYPE, LABEL_NOT_SKYPE, LABEL_UNKNOWN};
	struct digest_line *lines = xcalloc(t->flow_count, sizeof(*lines));
	uint64_t(*h)[2] = xcalloc(t->flow_count, sizeof(*h));
	size_t total = t->flow_count * sizeof(*lines);

	for (size_t i = 0; i < t->message_count; i++) {
		const struct truth_message *m = &t->messages[i];
		uint64_t part[4] = {h[m->flow][m->to_opener], m->digest, m->size,
				    fnv1a(m->name, strlen(m->name))};

		h[m->flow][m->to_opener] = fnv1a(part, sizeof(part));
	}
	for (size_t i = 0; i < t->flow_count; i++) {
		const struct truth_flow *f = &t->flows[i];
		char a[ENDPOINT_TEXT_LEN], b[ENDPOINT_TEXT_LEN];

		snprintf(lines[i].text, sizeof(lines[i].text),
			 "%s %u %s %s %s %016" PRIx64 " %016" PRIx64, f->node, f->tuple.proto,
			 endpoint_text(&f->tuple.src, a), endpoint_text(&f->tuple.dst, b),
			 kinds[label_kind(f->label, LABEL_SKYPE)], h[i][0], h[i][1]);
	}
	qsort(lines, t->flow_count, sizeof(*lines), by_text);
	bytes_sha256(lines, total, hex);
	free(lines);
	free(h);
}
