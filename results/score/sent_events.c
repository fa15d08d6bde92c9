// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * sent_events.c - what truly happened at a vantage: events.VANTAGE.tsv, and what labels say of it
 *
 * Emulated sources report each event by the message that did it. Labels of recorded captures mark
 * sessions at most: their opening is a session-start, their closing, where it is given, a
 * session-end.
 */
#include <inttypes.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>

#include "base/outfile.h"
#include "base/tsv.h"
#include "results/score/sent_events.h"

struct sent_events {
	struct sent_event *all; /* (owned) */
	size_t n, cap;
};

struct sent_events *sent_events_new(void)
{
	return xcalloc(1, sizeof(struct sent_events));
}

void sent_events_free(struct sent_events *l)
{
	if (l)
		free(l->all);
	free(l);
}

void sent_events_add(struct sent_events *l, const struct sent_event *one)
{
	if (l->n == l->cap) {
		l->cap = l->cap ? l->cap * 2 : 64;
		l->all = xrealloc(l->all, l->cap * sizeof(*l->all));
	}
	l->all[l->n++] = *one;
}

size_t sent_events_count(const struct sent_events *l)
{
	return l->n;
}

const struct sent_event *sent_events_at(const struct sent_events *l, size_t i)
{
	return &l->all[i];
}

struct sent_events *sent_events_of_labels(const struct labels *l)
{
	struct sent_events *out = sent_events_new();

	for (size_t i = 0; l && i < labels_count(l); i++) {
		const struct label *r = labels_at(l, i);
		struct sent_event v = {.kind = DETECTION_SESSION_START,
				       .ts_ns = r->opened_ns,
				       .tuple = r->tuple,
				       .client = labels_client(l, r),
				       .super_node = r->tuple.dst};

		if (!r->session || r->kind != KIND_POSITIVE)
			continue;
		v.number = (unsigned)out->n + 1;
		sent_events_add(out, &v);
		if (!r->closed_ns)
			continue;
		v.number++;
		v.kind = DETECTION_SESSION_END;
		v.ts_ns = r->closed_ns;
		sent_events_add(out, &v);
	}
	return out;
}

/* ---- the file ---- */

#define HEADER                                                                                     \
	"event\ttime\tkind\tproto\tclient_ip\tclient_port\tserver_ip\tserver_port\tclient\tsuper_" \
	"node\n"

int sent_events_write(const struct sent_events *l, const char *path, struct err *e)
{
	struct outfile o;

	if (outfile_open(&o, path, e) < 0)
		return -1;
	fputs(HEADER, o.f);
	for (size_t i = 0; i < l->n; i++) {
		const struct sent_event *v = &l->all[i];
		char src[IP_TEXT_LEN], dst[IP_TEXT_LEN], client[IP_TEXT_LEN];
		char sn[ENDPOINT_TEXT_LEN] = "-";

		if (v->super_node.ip.family)
			endpoint_text(&v->super_node, sn);
		fprintf(o.f, "%u\t%" PRIu64 ".%09" PRIu64 "\t%s\t%s\t%s\t%u\t%s\t%u\t%s\t%s\n",
			v->number, v->ts_ns / 1000000000, v->ts_ns % 1000000000,
			detection_kind_text(v->kind), v->tuple.proto == IPPROTO_UDP ? "udp" : "tcp",
			ip_text(&v->tuple.src.ip, src), v->tuple.src.port,
			ip_text(&v->tuple.dst.ip, dst), v->tuple.dst.port,
			ip_text(&v->client, client), sn);
	}
	return outfile_commit(&o, e);
}

enum column {
	C_EVENT,
	C_TIME,
	C_KIND,
	C_PROTO,
	C_CIP,
	C_CPORT,
	C_SIP,
	C_SPORT,
	C_CLIENT,
	C_SN,
	COLUMNS
};

static const char *const column_names[COLUMNS] = {
	"event",       "time",	    "kind",	   "proto",  "client_ip",
	"client_port", "server_ip", "server_port", "client", "super_node",
};

static int bad(const struct tsv *t, size_t r, const char *const *cell, enum column c,
	       const char *expected, struct err *e)
{
	return err_set(e, "%s:%u: %s is \"%s\", expected %s", t->path, t->lines[r], column_names[c],
		       cell[c], expected);
}

static int parse_end(const char *ip, const char *port, struct endpoint *out)
{
	char *end;
	unsigned long v = strtoul(port, &end, 10);

	out->port = (uint16_t)v;
	return *port < '0' || *port > '9' || *end || v > 65535 ? -1 : ip_parse(ip, &out->ip);
}

static int parse_time(const char *text, uint64_t *ns)
{
	unsigned long long s, fraction;
	int used = 0;

	if (sscanf(text, "%llu.%9llu%n", &s, &fraction, &used) != 2 || text[used] || *text == '-')
		return -1;
	*ns = s * 1000000000ULL + fraction;
	return strlen(strchr(text, '.')) == 10 ? 0 : -1;
}

static int parse_event(const struct tsv *t, size_t r, const int *at, struct sent_event *v,
		       struct err *e)
{
	const char *cell[COLUMNS];
	char *end;

	for (size_t c = 0; c < COLUMNS; c++)
		cell[c] = tsv_cell(t, r, at[c]);
	*v = (struct sent_event){.kind = detection_kind_of(cell[C_KIND])};
	v->number = (unsigned)strtoul(cell[C_EVENT], &end, 10);
	if (*cell[C_EVENT] < '0' || *cell[C_EVENT] > '9' || *end)
		return bad(t, r, cell, C_EVENT, "a number", e);
	if (parse_time(cell[C_TIME], &v->ts_ns) < 0)
		return bad(t, r, cell, C_TIME, "seconds since the epoch with nine decimals", e);
	if (v->kind == DETECTION_CLAIM)
		return bad(t, r, cell, C_KIND, "session-start or another kind of event", e);
	if (strcmp(cell[C_PROTO], "udp") != 0 && strcmp(cell[C_PROTO], "tcp") != 0)
		return bad(t, r, cell, C_PROTO, "udp or tcp", e);
	v->tuple.proto = *cell[C_PROTO] == 'u' ? IPPROTO_UDP : IPPROTO_TCP;
	if (parse_end(cell[C_CIP], cell[C_CPORT], &v->tuple.src) < 0)
		return bad(t, r, cell, C_CIP, "an address, and a port in client_port", e);
	if (parse_end(cell[C_SIP], cell[C_SPORT], &v->tuple.dst) < 0)
		return bad(t, r, cell, C_SIP, "an address, and a port in server_port", e);
	if (ip_parse(cell[C_CLIENT], &v->client) < 0)
		return bad(t, r, cell, C_CLIENT, "an IP address", e);
	if (strcmp(cell[C_SN], "-") != 0 && endpoint_parse(cell[C_SN], &v->super_node) < 0)
		return bad(t, r, cell, C_SN, "an address and port, or -", e);
	return 0;
}

struct sent_events *sent_events_read(const char *path, struct err *e)
{
	struct tsv *t = tsv_read(path, e);
	struct sent_events *l = sent_events_new();
	int at[COLUMNS], rc = t ? 0 : -1;

	for (size_t c = 0; c < COLUMNS && rc == 0; c++)
		rc = (at[c] = tsv_need(t, column_names[c], e)) < 0 ? -1 : 0;
	for (size_t r = 0; rc == 0 && r < t->rows; r++) {
		struct sent_event one;

		rc = parse_event(t, r, at, &one, e);
		if (rc == 0)
			sent_events_add(l, &one);
	}
	tsv_free(t);
	if (rc == 0)
		return l;
	sent_events_free(l);
	return NULL;
}
