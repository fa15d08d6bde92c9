// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * labels.c - ground truth of one vantage: label files of recorded captures, truth files of runs
 *
 * Both have the same format. Label files of recorded captures lack the `client` column; there the
 * Skype client of a flow is its monitored side, the one with a private address. If both or neither
 * are private, the address with more skype rows is taken, which is right for any capture of few
 * clients and many peers.
 *
 * A tuple may be used again: then its rows have times that do not overlap, and each stands for the
 * packets of its time. Rows of one tuple that all say the same are one flow, the first row's. Rows
 * that overlap and say different things contradict each other.
 *
 * Limit: a tuple's rows are a list, which is searched from its begin.
 */
#include <errno.h>
#include <math.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>
#include <uthash.h>

#include "base/moment.h"
#include "base/outfile.h"
#include "base/tsv.h"
#include "results/score/labels.h"

/**
 * struct label_node - a row, in the map when it is the first of its tuple
 * @from, @to:	Its time, of a tuple whose rows all say the same the time of all; MOMENT_FIRST and
 *		MOMENT_LAST where it is open
 * @next:	Next row of the tuple
 * @line:	Of the file; 0 = not from a file
 * @listed:	It is one of labels_at(): the tuple's first row, or all where they differ
 */
struct label_node {
	struct flow_key key;
	struct label row;
	uint64_t from, to;
	struct label_node *next;
	unsigned line;
	bool listed;
	UT_hash_handle hh;
};

struct label_host {
	struct ip ip;
	uint64_t positive_rows;
	UT_hash_handle hh;
};

struct labels {
	struct label_node *map;
	struct label_node **rows; /* order of arrival */
	size_t n, cap;
	struct label_host *hosts; /* endpoints of positive rows */
	char target[LABEL_LEN];	  /* "" = none: rows are told apart by application */
};

struct labels *labels_new(const char *target)
{
	struct labels *l = xcalloc(1, sizeof(*l));

	label_copy(l->target, target ? target : "");
	return l;
}

const char *labels_target(const struct labels *l)
{
	return *l->target ? l->target : NULL;
}

void labels_free(struct labels *l)
{
	struct label_host *h, *next;
	struct label_node *n, *following;

	if (!l)
		return;
	HASH_ITER (hh, l->map, n, following) {
		HASH_DEL(l->map, n);
		while (n) {
			struct label_node *same = n->next;

			free(n);
			n = same;
		}
	}
	free(l->rows);
	HASH_ITER (hh, l->hosts, h, next) {
		HASH_DEL(l->hosts, h);
		free(h);
	}
	free(l);
}

static void count_host(struct labels *l, const struct ip *ip)
{
	struct label_host *h;

	HASH_FIND(hh, l->hosts, ip, sizeof(*ip), h);
	if (!h) {
		h = xcalloc(1, sizeof(*h));
		h->ip = *ip;
		HASH_ADD(hh, l->hosts, ip, sizeof(*ip), h);
	}
	h->positive_rows++;
}

static void list_row(struct labels *l, struct label_node *n)
{
	if (n->listed)
		return;
	n->listed = true;
	if (l->n == l->cap) {
		l->cap = l->cap ? l->cap * 2 : 64;
		l->rows = xrealloc(l->rows, l->cap * sizeof(struct label_node *));
	}
	l->rows[l->n++] = n;
}

static uint64_t from_of(const struct label *row)
{
	return row->opened_ns ? row->opened_ns : MOMENT_FIRST;
}

static uint64_t to_of(const struct label *row)
{
	return row->closed_ns ? row->closed_ns : MOMENT_LAST;
}

static enum label_kind kind_of(const struct labels *l, const struct label *row)
{
	return label_kind(row->application, *l->target ? l->target : LABEL_SKYPE);
}

static void set_row(struct labels *l, struct label_node *n, const struct label *row, unsigned line)
{
	n->row = *row;
	n->row.kind = kind_of(l, row);
	n->line = line;
	n->from = from_of(row);
	n->to = to_of(row);
	if (n->row.kind == KIND_POSITIVE) {
		count_host(l, &row->tuple.src.ip);
		count_host(l, &row->tuple.dst.ip);
	}
}

static bool overlap(const struct label_node *n, const struct label *row)
{
	return from_of(row) == MOMENT_FIRST || n->from == MOMENT_FIRST ||
	       (!moment_before(n->to, from_of(row)) && !moment_before(to_of(row), n->from));
}

static void widen(struct label_node *n, const struct label *row)
{
	if (moment_before(from_of(row), n->from))
		n->from = from_of(row);
	if (moment_before(n->to, to_of(row)))
		n->to = to_of(row);
}

/* Whether two rows say the same to whoever asks. */
static bool alike(const struct labels *l, const struct label *a, const struct label *b)
{
	return *l->target ? kind_of(l, a) == kind_of(l, b)
			  : label_is(a->application, b->application);
}

static bool all_alike(const struct labels *l, const struct label_node *first,
		      const struct label *row)
{
	for (; first; first = first->next)
		if (!alike(l, &first->row, row))
			return false;
	return true;
}

/* A further row of a tuple. While all rows say the same only the first is listed, with the time of
 * all; from the first that differs on each stands for itself. */
static void add_further(struct labels *l, struct label_node *first, const struct label *row,
			unsigned line)
{
	bool same = all_alike(l, first, row);
	struct label_node *n = xcalloc(1, sizeof(*n)), **end = &first->next;

	set_row(l, n, row, line);
	while (*end)
		end = &(*end)->next;
	*end = n;
	if (same) {
		widen(first, row);
		return;
	}
	first->from = from_of(&first->row);
	first->to = to_of(&first->row);
	for (n = first; n; n = n->next)
		list_row(l, n);
}

/* A row whose time meets that of @row, one that is known rather than one that is not; NULL = none. */
static struct label_node *overlapping(struct label_node *first, const struct label *row)
{
	struct label_node *found = NULL;

	for (struct label_node *n = first; n; n = n->next)
		if (overlap(n, row) && (!found || found->row.kind == KIND_UNKNOWN))
			found = n;
	return found;
}

/* The row that contradicts @row, which is then not added; NULL = added, or it adds nothing. */
static const struct label_node *add_row(struct labels *l, const struct label *row, unsigned line)
{
	enum label_kind kind = kind_of(l, row);
	struct flow_key key = flow_key(&row->tuple);
	struct label_node *first, *n;

	HASH_FIND(hh, l->map, &key, sizeof(key), first);
	n = overlapping(first, row);
	if (n) {
		if (alike(l, &n->row, row))
			widen(n, row);
		if (n->row.kind == kind || kind == KIND_UNKNOWN)
			return NULL;
		if (n->row.kind != KIND_UNKNOWN)
			return n;
		set_row(l, n, row, line);
		return NULL;
	}
	if (first) {
		add_further(l, first, row, line);
		return NULL;
	}
	n = xcalloc(1, sizeof(*n));
	n->key = key;
	set_row(l, n, row, line);
	HASH_ADD(hh, l->map, key, sizeof(key), n);
	list_row(l, n);
	return NULL;
}

void labels_add(struct labels *l, const struct label *row)
{
	add_row(l, row, 0);
}

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

/* Copies a comment, which may be cut: nothing goes by it. */
static void take_comment(const char *text, char *out, size_t size)
{
	size_t len = strlen(text), end = len < size ? len : size - 4;

	while (len >= size && end && ((unsigned char)text[end] & 0xc0) == 0x80)
		end--; /* not within a character */
	memcpy(out, text, end);
	memcpy(out + end, len < size ? "" : "...", len < size ? 1 : 4);
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
	if (out->closed_ns && moment_before(out->closed_ns, from_of(out)))
		return bad(t, r, "closed", tsv_cell(t, r, c->closed), "a time not before opened",
			   e);
	out->session = !strcmp(tsv_cell(t, r, c->session), "sn");
	if (take(t, r, c->version, out->version, sizeof(out->version), e) < 0 ||
	    take(t, r, c->node, out->node, sizeof(out->node), e) < 0 ||
	    take(t, r, c->client_host, out->client_host, sizeof(out->client_host), e) < 0 ||
	    take(t, r, c->server_host, out->server_host, sizeof(out->server_host), e) < 0 ||
	    take(t, r, c->source, out->source, sizeof(out->source), e) < 0)
		return -1;
	take_comment(tsv_cell(t, r, c->reason), out->reason, sizeof(out->reason));
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
		const struct label_node *other;
		struct label row;

		if (parse_row(t, r, &c, &row, e) < 0)
			goto fail;
		if (target && !warned && resembles_skype(row.application)) {
			warned = true;
			log_warn("%s:%u: label %s is taken for the name of another application "
				 "than skype",
				 path, t->lines[r], row.application);
		}
		other = add_row(l, &row, t->lines[r]);
		if (other) {
			err_set(e,
				"%s:%u: the flow is %s, but line %u says %s of the same time; "
				"remove one, or give both opened and closed",
				path, t->lines[r], row.application, other->line,
				other->row.application);
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

static int by_tuple(const void *a, const void *b)
{
	const struct tuple *x = &(*(struct label_node *const *)a)->row.tuple;
	const struct tuple *y = &(*(struct label_node *const *)b)->row.tuple;
	int d;

	if (x->proto != y->proto)
		return x->proto < y->proto ? 1 : -1; /* udp (17) before tcp (6) */
	d = memcmp(&x->src.ip, &y->src.ip, sizeof(struct ip));
	if (!d)
		d = (int)x->src.port - (int)y->src.port;
	if (!d)
		d = memcmp(&x->dst.ip, &y->dst.ip, sizeof(struct ip));
	return d ? d : (int)x->dst.port - (int)y->dst.port;
}

static void time_text(uint64_t ns, char out[32])
{
	if (ns)
		moment_text(ns, out);
	else
		out[0] = '\0';
}

static void write_row(FILE *f, const struct labels *l, const struct label *r)
{
	char src[IP_TEXT_LEN], dst[IP_TEXT_LEN], client[IP_TEXT_LEN] = "", from[32], to[32];
	struct ip c = labels_client(l, r);

	if (c.family)
		ip_text(&c, client);
	time_text(r->opened_ns, from);
	time_text(r->closed_ns, to);
	fprintf(f, "%s\t%s\t%u\t%s\t%u\t%s\t%s\t%s\t%s\t%s\t%s\t%s\t%s\t%s\t%s\t%s\t%s\n",
		r->tuple.proto == IPPROTO_UDP ? "udp" : "tcp", ip_text(&r->tuple.src.ip, src),
		r->tuple.src.port, ip_text(&r->tuple.dst.ip, dst), r->tuple.dst.port,
		r->application, r->reason, client, r->peer_client ? "client" : "", r->version, from,
		to, r->session ? "sn" : "", r->node, r->client_host, r->server_host, r->source);
}

int labels_write(const struct labels *l, const char *path, struct err *e)
{
	struct label_node **sorted = xmalloc((l->n + 1) * sizeof(struct label_node *));
	struct outfile o;

	if (outfile_open(&o, path, e) < 0) {
		free(sorted);
		return -1;
	}
	if (l->n)
		memcpy(sorted, l->rows, l->n * sizeof(struct label_node *));
	qsort(sorted, l->n, sizeof(struct label_node *), by_tuple);
	fputs("proto\tclient_ip\tclient_port\tserver_ip\tserver_port\tlabel\treason\tclient\tpeer\t"
	      "version\topened\tclosed\tsession\tnode\tclient_host\tserver_host\tsource\n",
	      o.f);
	for (size_t i = 0; i < l->n; i++)
		write_row(o.f, l, &sorted[i]->row);
	free(sorted);
	return outfile_commit(&o, e);
}

size_t labels_count(const struct labels *l)
{
	return l->n;
}

const struct label *labels_at(const struct labels *l, size_t i)
{
	return &l->rows[i]->row;
}

void labels_each(const struct labels *l, label_fn *fn, void *arg)
{
	for (const struct label_node *first = l->map; first; first = first->hh.next)
		for (const struct label_node *n = first; n; n = n->next)
			fn(arg, &n->row, n->line);
}

static const struct label_node *first_of(const struct labels *l, const struct tuple *t)
{
	struct flow_key key = flow_key(t);
	struct label_node *n;

	HASH_FIND(hh, l->map, &key, sizeof(key), n);
	return n;
}

const struct label *labels_find(const struct labels *l, const struct tuple *t)
{
	const struct label_node *n = first_of(l, t);

	return n ? &n->row : NULL;
}

/* Time between @ns and the row's time. */
static uint64_t distance(const struct label_node *n, uint64_t ns)
{
	if (moment_before(ns, n->from))
		return n->from - ns;
	return moment_before(n->to, ns) ? ns - n->to : 0;
}

const struct label *labels_find_at(const struct labels *l, const struct tuple *t, uint64_t ns)
{
	const struct label_node *n = first_of(l, t), *best = NULL;

	for (; n; n = n->next)
		if (n->listed &&
		    (!best || distance(n, ns) < distance(best, ns) ||
		     (distance(n, ns) == distance(best, ns) && best->row.kind == KIND_UNKNOWN)))
			best = n;
	return best && distance(best, ns) <= LABEL_SLACK_NS ? &best->row : NULL;
}

bool labels_in_time(const struct label *row, uint64_t first_ns, uint64_t last_ns)
{
	const struct label_node *n =
		(const struct label_node *)((const char *)row - offsetof(struct label_node, row));

	return distance(n, last_ns) <= LABEL_SLACK_NS || distance(n, first_ns) <= LABEL_SLACK_NS ||
	       (moment_before(first_ns, n->from) && moment_before(n->to, last_ns));
}

bool labels_tuple_shared(const struct labels *l, const struct tuple *t)
{
	const struct label_node *n = first_of(l, t);

	return n && n->next && n->next->listed;
}

static uint64_t host_rows(const struct labels *l, const struct ip *ip)
{
	struct label_host *h;

	HASH_FIND(hh, l->hosts, ip, sizeof(*ip), h);
	return h ? h->positive_rows : 0;
}

bool labels_monitored(const struct label *row)
{
	if (!*row->client_host != !*row->server_host)
		return *row->client_host;
	return ip_is_private(&row->tuple.src.ip) || !ip_is_private(&row->tuple.dst.ip);
}

struct ip labels_client(const struct labels *l, const struct label *row)
{
	const struct ip *a = &row->tuple.src.ip, *b = &row->tuple.dst.ip;
	bool pa = ip_is_private(a), pb = ip_is_private(b);

	if (row->kind != KIND_POSITIVE)
		return (struct ip){0};
	if (row->client.family)
		return row->client;
	if (!label_is(row->application, LABEL_SKYPE))
		return labels_monitored(row) ? *a : *b;
	if (pa != pb)
		return pa ? *a : *b;
	return host_rows(l, b) > host_rows(l, a) ? *b : *a;
}
