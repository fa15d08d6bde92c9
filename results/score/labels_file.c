// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * labels_file.c - reads and writes label files
 *
 * A label file is a table with a row for each flow, or for each time of a flow whose tuple is used
 * again; labels.h says what its columns mean. What labels.c makes one flow is one row when it is
 * written, so a file that was written is read as the same flows.
 *
 * Limit: comments, unknown columns and the run's numbers of flows are not kept of a file that is read.
 */
#include <errno.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>

#include "base/moment.h"
#include "base/outfile.h"
#include "base/text.h"
#include "base/tsv.h"
#include "results/score/labels.h"
#include "results/score/labels_file.h"

struct columns {
	int proto, cip, cport, sip, sport, label, reason;
	int client, peer, version, opened, closed, session, node, client_host, server_host,
		source; /* -1 = absent */
};

static int find_columns(const struct tsv *t, struct columns *c, struct err *e)
{
	if ((c->proto = tsv_need(t, "proto", e)) < 0 ||
	    (c->cip = tsv_need(t, "client_ip", e)) < 0 ||
	    (c->cport = tsv_need(t, "client_port", e)) < 0 ||
	    (c->sip = tsv_need(t, "server_ip", e)) < 0 ||
	    (c->sport = tsv_need(t, "server_port", e)) < 0 ||
	    (c->label = tsv_need(t, "label", e)) < 0)
		return -1;
	c->reason = tsv_column(t, "reason");
	c->client = tsv_column(t, "client");
	c->peer = tsv_column(t, "peer");
	c->version = tsv_column(t, "version");
	c->opened = tsv_column(t, "opened");
	c->closed = tsv_column(t, "closed");
	c->session = tsv_column(t, "session");
	c->node = tsv_column(t, "node");
	c->client_host = tsv_column(t, "client_host");
	c->server_host = tsv_column(t, "server_host");
	c->source = tsv_column(t, "source");
	return 0;
}

static int bad(const struct tsv *t, size_t row, const char *column, const char *value,
	       const char *expected, struct err *e)
{
	return err_set(e, "%s:%u: %s is \"%s\", expected %s", t->path, t->lines[row], column, value,
		       expected);
}

static int parse_endpoint(const struct tsv *t, size_t r, int ip, int port, struct endpoint *out,
			  struct err *e)
{
	const char *text = tsv_cell(t, r, port);
	char *end;
	unsigned long v;

	if (ip_parse(tsv_cell(t, r, ip), &out->ip) < 0)
		return bad(t, r, t->names[ip], tsv_cell(t, r, ip), "an IP address", e);
	errno = 0;
	v = strtoul(text, &end, 10);
	if (*text < '0' || *text > '9' || *end || errno || v > 65535)
		return bad(t, r, t->names[port], text, "a port, 0 to 65535", e);
	out->port = (uint16_t)v;
	return 0;
}

/* Seconds since the epoch with a fraction, "-1.5" before it; exact to the nanosecond, which a double is
 * not. */
static int parse_time(const struct tsv *t, size_t r, int col, uint64_t *out, struct err *e)
{
	const char *text = tsv_cell(t, r, col);
	char *end;
	uint64_t sec, scale = 100000000;
	bool before = *text == '-';

	*out = 0;
	if (!*text || !strcmp(text, "-"))
		return 0;
	errno = 0;
	text += before;
	sec = strtoull(text, &end, 10);
	if (errno || sec > INT64_MAX / 1000000000 - 1)
		return bad(t, r, t->names[col], text - before,
			   "seconds since the epoch, before 2262", e);
	*out = sec * 1000000000ULL;
	if (end != text && *end == '.')
		for (end++; *end >= '0' && *end <= '9'; end++, scale /= 10)
			*out += (uint64_t)(*end - '0') * scale;
	if (*text < '0' || *text > '9' || *end)
		return bad(t, r, t->names[col], text - before, "seconds since the epoch", e);
	if (before)
		*out = -*out;
	return 0;
}

/* Copies a cell whole. 0, or -1 with @e set. */
static int take(const struct tsv *t, size_t row, int column, char *out, size_t size, struct err *e)
{
	const char *text = tsv_cell(t, row, column);

	if (strlen(text) >= size)
		return err_set(e, "%s:%u: %s \"%.40s...\" has %zu bytes, at most %zu are allowed",
			       t->path, t->lines[row], t->names[column], text, strlen(text),
			       size - 1);
	memcpy(out, text, strlen(text) + 1);
	return 0;
}

static int parse_row(const struct tsv *t, size_t r, const struct columns *c, struct label *out,
		     struct err *e)
{
	const char *proto = tsv_cell(t, r, c->proto), *label = tsv_cell(t, r, c->label);
	const char *client = tsv_cell(t, r, c->client), *peer = tsv_cell(t, r, c->peer);

	memset(out, 0, sizeof(*out));
	if (!strcasecmp(proto, "udp"))
		out->tuple.proto = IPPROTO_UDP;
	else if (!strcasecmp(proto, "tcp"))
		out->tuple.proto = IPPROTO_TCP;
	else
		return bad(t, r, "proto", proto, "udp or tcp", e);
	if (parse_endpoint(t, r, c->cip, c->cport, &out->tuple.src, e) < 0 ||
	    parse_endpoint(t, r, c->sip, c->sport, &out->tuple.dst, e) < 0)
		return -1;
	if (!label_valid(label))
		return bad(t, r, "label", label,
			   "skype, not-skype, unknown or another application: " LABEL_FORM, e);
	label_copy(out->application, label);
	if (*client && strcmp(client, "-") != 0 && ip_parse(client, &out->client) < 0)
		return bad(t, r, "client", client, "an IP address or nothing", e);
	out->peer_client = !strcmp(peer, "client");
	if (*peer && strcmp(peer, "-") != 0 && !out->peer_client)
		return bad(t, r, "peer", peer, "client or nothing", e);
	if (parse_time(t, r, c->opened, &out->opened_ns, e) < 0 ||
	    parse_time(t, r, c->closed, &out->closed_ns, e) < 0)
		return -1;
	if (out->opened_ns && out->closed_ns && moment_before(out->closed_ns, out->opened_ns))
		return bad(t, r, "closed", tsv_cell(t, r, c->closed), "a time not before opened",
			   e);
	out->session = !strcmp(tsv_cell(t, r, c->session), "sn");
	if (take(t, r, c->version, out->version, sizeof(out->version), e) < 0 ||
	    take(t, r, c->node, out->node, sizeof(out->node), e) < 0 ||
	    take(t, r, c->client_host, out->client_host, sizeof(out->client_host), e) < 0 ||
	    take(t, r, c->server_host, out->server_host, sizeof(out->server_host), e) < 0 ||
	    take(t, r, c->source, out->source, sizeof(out->source), e) < 0)
		return -1;
	text_cut(out->reason, sizeof(out->reason),
		 tsv_cell(t, r, c->reason)); /* nothing goes by it */
	return 0;
}

/* "no-skype" may be a slip of the pen, and counts as something that is not Skype. */
static bool resembles_skype(const char *label)
{
	return strstr(label, "skype") && !label_is(label, LABEL_SKYPE) &&
	       !label_is(label, LABEL_NOT_SKYPE);
}

struct labels *labels_read(const char *path, const char *target, struct err *e)
{
	struct tsv *t = tsv_read(path, e);
	struct labels *l = NULL;
	struct columns c;
	bool warned = false;

	if (!t)
		return NULL;
	if (find_columns(t, &c, e) < 0)
		goto fail;
	l = labels_new(target);
	for (size_t r = 0; r < t->rows; r++) {
		const struct label *other;
		unsigned other_line;
		struct label row;

		if (parse_row(t, r, &c, &row, e) < 0)
			goto fail;
		if (target && !warned && resembles_skype(row.application)) {
			warned = true;
			log_warn("%s:%u: label %s is taken for the name of another application "
				 "than skype",
				 path, t->lines[r], row.application);
		}
		other = labels_add_line(l, &row, t->lines[r], &other_line);
		if (other) {
			err_set(e,
				"%s:%u: the flow is %s, but line %u says %s of the same time; "
				"remove one, or give both opened and closed",
				path, t->lines[r], row.application, other_line, other->application);
			goto fail;
		}
	}
	tsv_free(t);
	return l;
fail:
	labels_free(l);
	tsv_free(t);
	return NULL;
}

struct sorted_row {
	const struct label *row;
	size_t order; /* of one tuple's rows */
};

static int by_tuple(const void *a, const void *b)
{
	const struct sorted_row *p = a, *q = b;
	const struct tuple *x = &p->row->tuple, *y = &q->row->tuple;
	int d;

	if (x->proto != y->proto)
		return x->proto < y->proto ? 1 : -1; /* udp (17) before tcp (6) */
	d = memcmp(&x->src.ip, &y->src.ip, sizeof(struct ip));
	if (!d)
		d = (int)x->src.port - (int)y->src.port;
	if (!d)
		d = memcmp(&x->dst.ip, &y->dst.ip, sizeof(struct ip));
	if (!d)
		d = (int)x->dst.port - (int)y->dst.port;
	return d ? d : (p->order > q->order) - (p->order < q->order);
}

struct sorted {
	struct sorted_row *rows;
	size_t n, cap;
};

static void sort_row(void *arg, const struct label *row, unsigned line)
{
	struct sorted *s = arg;

	(void)line;
	if (s->n == s->cap) {
		s->cap = s->cap ? s->cap * 2 : 64;
		s->rows = xrealloc(s->rows, s->cap * sizeof(*s->rows));
	}
	s->rows[s->n] = (struct sorted_row){row, s->n};
	s->n++;
}

static void time_text(uint64_t ns, char out[32])
{
	if (ns)
		moment_text(ns, out);
	else
		out[0] = '\0';
}

/* "3", or "3 57" of several. */
static void write_numbers(FILE *f, const struct label *r)
{
	for (unsigned i = 0; i < LABEL_FLOWS && r->flows[i]; i++)
		fprintf(f, "%s%u", i ? " " : "", r->flows[i] - 1);
}

static void write_row(FILE *f, const struct labels *l, const struct label *r)
{
	char src[IP_TEXT_LEN], dst[IP_TEXT_LEN], client[IP_TEXT_LEN] = "", from[32], to[32];
	struct ip c = labels_client(l, r);

	if (c.family)
		ip_text(&c, client);
	time_text(r->opened_ns, from);
	time_text(r->closed_ns, to);
	fprintf(f, "%s\t%s\t%u\t%s\t%u\t%s\t%s\t%s\t%s\t%s\t%s\t%s\t%s\t%s\t%s\t%s\t%s",
		r->tuple.proto == IPPROTO_UDP ? "udp" : "tcp", ip_text(&r->tuple.src.ip, src),
		r->tuple.src.port, ip_text(&r->tuple.dst.ip, dst), r->tuple.dst.port,
		r->application, r->reason, client, r->peer_client ? "client" : "", r->version, from,
		to, r->session ? "sn" : "", r->node, r->client_host, r->server_host, r->source);
	fputc('\t', f);
	write_numbers(f, r);
	fputc('\n', f);
}

int labels_write(const struct labels *l, const char *path, struct err *e)
{
	struct sorted s = {0};
	struct outfile o;

	if (outfile_open(&o, path, e) < 0)
		return -1;
	labels_each(l, sort_row, &s);
	if (s.n)
		qsort(s.rows, s.n, sizeof(*s.rows), by_tuple);
	fputs("proto\tclient_ip\tclient_port\tserver_ip\tserver_port\tlabel\treason\tclient\tpeer\t"
	      "version\topened\tclosed\tsession\tnode\tclient_host\tserver_host\tsource\tflow\n",
	      o.f);
	for (size_t i = 0; i < s.n; i++)
		write_row(o.f, l, s.rows[i].row);
	free(s.rows);
	return outfile_commit(&o, e);
}
