// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * labels.c - ground truth of one vantage: label files of recorded captures, truth files of runs
 *
 * Both have the same format. Label files of recorded captures lack the `client` column; there the
 * Skype client of a flow is its monitored side, the one with a private address. If both or neither
 * are private, the address with more skype rows is taken, which is right for any capture of few
 * clients and many peers.
 *
 * A tuple may be used again: then its rows have times that do not meet, and each stands for the
 * packets of its time. Rows of one tuple that meet and say the same are one row, with the time of
 * all; one that is known takes the place of the unknown ones that it meets; others that meet
 * contradict each other. Rows of one tuple that all say the same are one flow, the first row's.
 *
 * Limit: a tuple's rows are a list, which is searched from its begin.
 */
#include <stdlib.h>
#include <string.h>
#include <uthash.h>

#include "base/err.h"
#include "base/moment.h"
#include "results/score/labels.h"
#include "results/score/source.h"

/**
 * struct label_node - a row
 * @from, @to:	Its time, of a tuple whose rows all say the same the time of all; MOMENT_FIRST and
 *		MOMENT_LAST where it is open
 * @next:	Next row of the tuple
 * @line:	Of the file; 0 = not from a file
 * @listed:	It is one of labels_at(): the tuple's first row, or all where they differ
 * @at:		Where it is listed
 */
struct label_node {
	struct label row;
	uint64_t from, to;
	struct label_node *next;
	unsigned line;
	bool listed;
	size_t at;
};

/* The rows of one tuple, in order of arrival; never none. */
struct label_tuple {
	struct flow_key key;
	struct label_node *first;
	UT_hash_handle hh;
};

struct label_host {
	struct ip ip;
	uint64_t positive_rows;
	UT_hash_handle hh;
};

struct labels {
	struct label_tuple *map;
	struct label_node **rows; /* those that are listed */
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
	struct label_tuple *t, *following;

	if (!l)
		return;
	HASH_ITER (hh, l->map, t, following) {
		HASH_DEL(l->map, t);
		for (struct label_node *n = t->first, *after; n; n = after) {
			after = n->next;
			free(n);
		}
		free(t);
	}
	free(l->rows);
	HASH_ITER (hh, l->hosts, h, next) {
		HASH_DEL(l->hosts, h);
		free(h);
	}
	free(l);
}

static void count_host(struct labels *l, const struct ip *ip, int rows)
{
	struct label_host *h;

	HASH_FIND(hh, l->hosts, ip, sizeof(*ip), h);
	if (!h) {
		h = xcalloc(1, sizeof(*h));
		h->ip = *ip;
		HASH_ADD(hh, l->hosts, ip, sizeof(*ip), h);
	}
	h->positive_rows += (uint64_t)rows;
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
	if (n->row.kind == KIND_POSITIVE) {
		count_host(l, &row->tuple.src.ip, 1);
		count_host(l, &row->tuple.dst.ip, 1);
	}
}

/* Whether the times of two rows meet; one that does not say when it began is of all time. */
static bool meet(const struct label *a, const struct label *b)
{
	return from_of(a) == MOMENT_FIRST || from_of(b) == MOMENT_FIRST ||
	       (!moment_before(to_of(a), from_of(b)) && !moment_before(to_of(b), from_of(a)));
}

static void add_number(struct label *to, uint32_t number)
{
	for (unsigned i = 0; i < LABEL_FLOWS; i++) {
		if (to->flows[i] == number)
			return;
		if (!to->flows[i]) {
			to->flows[i] = number;
			return;
		}
	}
}

/* Gives @a the time and the numbers of both. */
static void widen(struct label *a, const struct label *b)
{
	for (unsigned i = 0; i < LABEL_FLOWS && b->flows[i]; i++)
		add_number(a, b->flows[i]);
	if (moment_before(from_of(b), from_of(a)))
		a->opened_ns = b->opened_ns;
	if (moment_before(to_of(a), to_of(b)))
		a->closed_ns = b->closed_ns;
}

/* Whether two rows say the same to whoever asks. */
static bool alike(const struct labels *l, const struct label *a, const struct label *b)
{
	return *l->target ? kind_of(l, a) == kind_of(l, b)
			  : label_is(a->application, b->application);
}

static void list_row(struct labels *l, struct label_node *n)
{
	n->from = from_of(&n->row);
	n->to = to_of(&n->row);
	if (n->listed)
		return;
	n->listed = true;
	if (l->n == l->cap) {
		l->cap = l->cap ? l->cap * 2 : 64;
		l->rows = xrealloc(l->rows, l->cap * sizeof(struct label_node *));
	}
	n->at = l->n;
	l->rows[l->n++] = n;
}

/* The last one listed takes its place. */
static void unlist_row(struct labels *l, struct label_node *n)
{
	if (!n->listed)
		return;
	n->listed = false;
	l->n--;
	l->rows[n->at] = l->rows[l->n];
	l->rows[n->at]->at = n->at;
}

/* Lists the rows of a tuple: while all say the same the first, with the time of all, else each. */
static void list_tuple(struct labels *l, const struct label_tuple *t)
{
	struct label_node *first = t->first;
	bool same = true;

	for (struct label_node *n = first->next; n && same; n = n->next)
		same = alike(l, &first->row, &n->row);
	list_row(l, first);
	for (struct label_node *n = first->next; n; n = n->next) {
		if (!same) {
			list_row(l, n);
			continue;
		}
		unlist_row(l, n);
		if (moment_before(from_of(&n->row), first->from))
			first->from = from_of(&n->row);
		if (moment_before(first->to, to_of(&n->row)))
			first->to = to_of(&n->row);
	}
}

static struct label_node *append_row(struct labels *l, struct label_tuple *t,
				     const struct label *row, unsigned line)
{
	struct label_node *n = xcalloc(1, sizeof(*n)), **link = &t->first;

	set_row(l, n, row, line);
	while (*link)
		link = &(*link)->next;
	return *link = n;
}

static void drop_row(struct labels *l, struct label_tuple *t, struct label_node *n)
{
	struct label_node **link = &t->first;

	unlist_row(l, n);
	if (n->row.kind == KIND_POSITIVE) {
		count_host(l, &n->row.tuple.src.ip, -1);
		count_host(l, &n->row.tuple.dst.ip, -1);
	}
	while (*link != n)
		link = &(*link)->next;
	*link = n->next;
	free(n);
}

/* The row that says something else than @row, which is of @kind, of a time that both have. */
static const struct label_node *contradicting(const struct label_tuple *t, const struct label *row,
					      enum label_kind kind)
{
	for (const struct label_node *n = t->first; n && kind != KIND_UNKNOWN; n = n->next)
		if (n->row.kind != kind && n->row.kind != KIND_UNKNOWN && meet(&n->row, row))
			return n;
	return NULL;
}

/* A row other than @but whose time meets that of @row, one that is known rather than one that is not;
 * NULL = none. */
static struct label_node *meeting(const struct label_tuple *t, const struct label *row,
				  const struct label_node *but)
{
	struct label_node *found = NULL;

	for (struct label_node *n = t->first; n; n = n->next)
		if (n != but && meet(&n->row, row) && (!found || found->row.kind == KIND_UNKNOWN))
			found = n;
	return found;
}

static struct label_tuple *tuple_in(struct labels *l, const struct tuple *tuple)
{
	struct flow_key key = flow_key(tuple);
	struct label_tuple *t;

	HASH_FIND(hh, l->map, &key, sizeof(key), t);
	if (!t) {
		t = xcalloc(1, sizeof(*t));
		t->key = key;
		HASH_ADD(hh, l->map, key, sizeof(key), t);
	}
	return t;
}

/* The row that contradicts @row, which is then not added, or NULL. No two rows of a tuple meet. */
static const struct label_node *add_row(struct labels *l, const struct label *row, unsigned line)
{
	const enum label_kind kind = kind_of(l, row);
	struct label_tuple *t = tuple_in(l, &row->tuple);
	const struct label_node *against = contradicting(t, row, kind);
	struct label_node *n = meeting(t, row, NULL), *other;

	if (against || (n && n->row.kind != kind && kind == KIND_UNKNOWN))
		return against;
	if (!n)
		n = append_row(l, t, row, line);
	else if (n->row.kind != kind)
		set_row(l, n, row, line);
	else if (alike(l, &n->row, row))
		widen(&n->row, row);
	/* What @row met besides, alike or unknown, is now this row's. */
	while ((other = meeting(t, &n->row, n))) {
		if (alike(l, &n->row, &other->row))
			widen(&n->row, &other->row);
		drop_row(l, t, other);
	}
	list_tuple(l, t);
	return NULL;
}

void labels_add(struct labels *l, const struct label *row)
{
	add_row(l, row, 0);
}

const struct label *labels_add_line(struct labels *l, const struct label *row, unsigned line,
				    unsigned *other_line)
{
	const struct label_node *other = add_row(l, row, line);

	*other_line = other ? other->line : 0;
	return other ? &other->row : NULL;
}

size_t labels_count(const struct labels *l)
{
	return l->n;
}

size_t labels_emulated(const struct labels *l)
{
	size_t n = 0;

	for (size_t i = 0; i < labels_count(l); i++)
		n += !strcmp(labels_at(l, i)->source, source_text(SOURCE_EMULATED));
	return n;
}

const struct label *labels_at(const struct labels *l, size_t i)
{
	return &l->rows[i]->row;
}

void labels_each(const struct labels *l, label_fn *fn, void *arg)
{
	for (const struct label_tuple *t = l->map; t; t = t->hh.next)
		for (const struct label_node *n = t->first; n; n = n->next)
			fn(arg, &n->row, n->line);
}

static const struct label_node *first_of(const struct labels *l, const struct tuple *tuple)
{
	struct flow_key key = flow_key(tuple);
	struct label_tuple *t;

	HASH_FIND(hh, l->map, &key, sizeof(key), t);
	return t ? t->first : NULL;
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
