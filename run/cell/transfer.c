// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * transfer.c - a cell's scores on their way from its worker to who adds them up
 *
 * That is the parent, or the merge of a sweep, perhaps on another machine. Both know the same form (the number of a part's
 * format says so), so it is the simplest there is: first rows, then claims, then the confusion;
 * numbers of 64 bits, the lowest byte first, texts with their length before them. The order of rows and
 * claims is kept. Stages of claims are not sent: they are added to whole runs.
 *
 * A merge reads what anybody may have written: numbers that choose something are checked, texts go into
 * tables and on terminals and are plain, or shown as such, axes are those that axes.c writes, and what is
 * allocated is never more than what was read.
 */
#include <endian.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "base/quote.h"
#include "base/text.h"
#include "run/cell/transfer.h"

void transfer_put_number(FILE *f, uint64_t n)
{
	n = htole64(n);
	fwrite(&n, sizeof(n), 1, f);
}

static void put_text(FILE *f, const char *text)
{
	transfer_put_number(f, strlen(text));
	fwrite(text, strlen(text), 1, f);
}

static void put_cluster(FILE *f, const struct score_cluster *c)
{
	put_text(f, c->id);
	for (int k = 0; k < COUNTS; k++)
		transfer_put_number(f, c->n[k]);
}

static void send_rows(const struct score_table *t, FILE *f)
{
	transfer_put_number(f, t->n);
	for (size_t i = 0; i < t->n; i++) {
		const struct score_row *r = &t->rows[i];
		const char *texts[] = {r->traffic_version, r->vantage,	       r->caller_firewall,
				       r->caller_nat,	   r->callee_firewall, r->callee_nat,
				       r->signature,	   r->revision,	       r->axes,
				       r->detector};
		uint64_t numbers[] = {r->source, r->unit, r->clusters.n};

		for (size_t k = 0; k < ARRAY_LEN(texts); k++)
			put_text(f, texts[k]);
		for (size_t k = 0; k < ARRAY_LEN(numbers); k++)
			transfer_put_number(f, numbers[k]);
		for (size_t k = 0; k < r->clusters.n; k++)
			put_cluster(f, &r->clusters.c[k]);
	}
}

static void send_claims(const struct score_table *t, FILE *f)
{
	transfer_put_number(f, t->claims_n);
	for (size_t i = 0; i < t->claims_n; i++) {
		const struct score_claim *c = &t->claims[i];
		uint64_t numbers[] = {c->row,
				      c->result,
				      c->packet,
				      (uint64_t)c->detect_ns,
				      c->detect_packets,
				      c->detect_bytes};

		put_text(f, c->cell);
		put_text(f, c->subject);
		put_text(f, c->reason);
		for (size_t k = 0; k < ARRAY_LEN(numbers); k++)
			transfer_put_number(f, numbers[k]);
	}
}

static void send_confusion(const struct confusion *c, FILE *f)
{
	transfer_put_number(f, c->n);
	for (size_t i = 0; i < c->n; i++) {
		for (int k = 0; k < CONFUSION_WORDS; k++)
			put_text(f, c->cells[i].words[k]);
		transfer_put_number(f, c->cells[i].source);
		transfer_put_number(f, c->cells[i].flows);
	}
}

void transfer_send(const struct score_table *t, FILE *f)
{
	send_rows(t, f);
	send_claims(t, f);
	send_confusion(&t->confusion, f);
}

bool transfer_get_number(FILE *f, uint64_t *n)
{
	if (fread(n, sizeof(*n), 1, f) != 1)
		return false;
	*n = le64toh(*n);
	return true;
}

/* Text without control characters; tabs divide the parts of a row's axes. */
static bool is_text(const char *text, size_t len)
{
	for (size_t i = 0; i < len; i++)
		if ((unsigned char)text[i] < ' ' && text[i] != '\t')
			return false;
	return true;
}

/* (owned), or NULL */
static char *get_text(FILE *f)
{
	uint64_t len;
	char *text;

	if (!transfer_get_number(f, &len) || len > UINT16_MAX)
		return NULL;
	text = xcalloc(1, len + 1);
	if (len && (fread(text, len, 1, f) != 1 || !is_text(text, len))) {
		free(text);
		return NULL;
	}
	return text;
}

/* A text that is not plain is shown. */
static void show(char **text)
{
	const char *shown = quote_terminal(*text);

	if (shown != *text) {
		free(*text);
		*text = xstrdup(shown);
	}
}

/* Pairs "name=value" with tabs between them, each plain; none are good, too. */
static bool is_axes(const char *text)
{
	char *plain = xstrdup(text);
	bool ok = true;

	for (const char *at = text; ok && *at;) {
		size_t k = strcspn(at, "\t"), name = strcspn(at, "=");

		ok = name && name < k && (!at[k] || at[k + 1]);
		if (at[k])
			plain[at - text + (ptrdiff_t)k] = ' ';
		at += k + (at[k] != '\0');
	}
	ok = ok && text_plain(plain);
	free(plain);
	return ok;
}

/* Reads @n texts and @k numbers; false when they are not all there. The texts are owned either
 * way. */
static bool get_all(FILE *f, char **texts, size_t n, uint64_t *numbers, size_t k)
{
	for (size_t i = 0; i < n; i++) {
		if (!(texts[i] = get_text(f)))
			return false;
		show(&texts[i]);
	}
	for (size_t i = 0; i < k; i++)
		if (!transfer_get_number(f, &numbers[i]))
			return false;
	return true;
}

static void free_all(char **texts, size_t n)
{
	for (size_t i = 0; i < n; i++)
		free(texts[i]);
}

/* A row's counts are the sum of its clusters'. */
static bool get_cluster(struct score_table *t, uint32_t row, FILE *f)
{
	struct score_setting s = {0};
	char *id = NULL;
	uint64_t n[COUNTS];
	bool ok = get_all(f, &id, 1, n, ARRAY_LEN(n));

	s.cluster = id;
	for (int k = 0; ok && k < COUNTS; k++)
		score_count(t, row, &s, (enum score_count)k, n[k]);
	free(id);
	return ok;
}

/* *out is the row's index in @t. */
static bool get_row(struct score_table *t, uint32_t *out, FILE *f)
{
	char *w[10] = {NULL};
	uint64_t n[3];
	bool ok = get_all(f, w, 8, NULL, 0) && (w[8] = get_text(f)) && is_axes(w[8]) &&
		  get_all(f, &w[9], 1, n, ARRAY_LEN(n)) && n[0] <= SOURCE_RECORDED && n[1] < UNITS;

	if (ok) {
		struct score_setting s = {.source = (enum traffic_source)n[0],
					  .detector = w[9],
					  .traffic_version = w[0],
					  .vantage = w[1],
					  .caller_firewall = w[2],
					  .caller_nat = w[3],
					  .callee_firewall = w[4],
					  .callee_nat = w[5],
					  .axes = w[8]};

		*out = score_row_of(t, &s, w[6], w[7], (enum score_unit)n[1]);
		for (uint64_t i = 0; ok && i < n[2]; i++)
			ok = get_cluster(t, *out, f);
	}
	free_all(w, ARRAY_LEN(w));
	return ok;
}

/* A claim of one of @n_rows rows, whose indices in @t are @rows. */
static bool get_claim(struct score_table *t, const uint32_t *rows, size_t n_rows, FILE *f)
{
	char *w[3] = {NULL};
	uint64_t n[6];
	bool ok = get_all(f, w, ARRAY_LEN(w), n, ARRAY_LEN(n)) && n[0] < n_rows &&
		  n[1] < CLAIM_RESULTS;

	if (ok) {
		struct score_claim *c =
			score_claim_add(t, rows[n[0]], w[0], w[1], w[2], (enum claim_result)n[1]);

		c->packet = n[2];
		c->detect_ns = (int64_t)n[3];
		c->detect_packets = n[4];
		c->detect_bytes = n[5];
	}
	free_all(w, ARRAY_LEN(w));
	return ok;
}

static bool get_confused(struct confusion *c, FILE *f)
{
	char *w[CONFUSION_WORDS] = {NULL};
	uint64_t n[2];
	bool ok = get_all(f, w, ARRAY_LEN(w), n, ARRAY_LEN(n)) && n[0] <= SOURCE_RECORDED;

	if (ok)
		confusion_add(c, (enum traffic_source)n[0], (const char *const *)w, n[1]);
	free_all(w, ARRAY_LEN(w));
	return ok;
}

/* The indices in @t of the rows that were read (owned), *n of them; NULL when they are not whole. */
static uint32_t *get_rows(struct score_table *t, size_t *n, FILE *f)
{
	uint32_t *rows = xcalloc(1, sizeof(*rows));
	size_t cap = 1;
	uint64_t many;
	bool ok = transfer_get_number(f, &many);

	*n = 0;
	while (ok && *n < many) {
		if (*n == cap)
			rows = xrealloc(rows, (cap *= 2) * sizeof(*rows));
		ok = get_row(t, &rows[*n], f);
		*n += ok;
	}
	if (ok)
		return rows;
	free(rows);
	return NULL;
}

bool transfer_add(struct score_table *t, FILE *f)
{
	uint64_t claims, confused;
	size_t n;
	uint32_t *rows = get_rows(t, &n, f);
	bool ok = rows && transfer_get_number(f, &claims);

	for (uint64_t i = 0; ok && i < claims; i++)
		ok = get_claim(t, rows, n, f);
	ok = ok && transfer_get_number(f, &confused);
	for (uint64_t i = 0; ok && i < confused; i++)
		ok = get_confused(&t->confusion, f);
	free(rows);
	return ok;
}

struct score_table *transfer_receive(FILE *f)
{
	struct score_table *t = score_table_new();

	if (transfer_add(t, f))
		return t;
	score_table_free(t);
	return NULL;
}
