// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * baseline.c - what signatures found, flow by flow: from a table, to a file and back
 *
 * The file has one line of counts per block and below it the block's exceptions: false positives,
 * and the found or the missed subjects, whichever are fewer. So a signature that finds nearly all
 * and one that finds nearly nothing both make small files. If the truth's digest is equal, a
 * subject that is not listed is of the other kind. A line of counts names its cluster, so that figures
 * over several blocks have intervals; in a file without that column each cell is one. It names its
 * detector only where that is not this program's own.
 */
#include <stdlib.h>
#include <string.h>
#include <uthash.h>

#include "base/outfile.h"
#include "base/quote.h"
#include "base/tsv.h"
#include "results/history/baseline.h"

#define FILE_FORMAT "# skypelab baseline 1"

struct block_index {
	char *key;
	size_t block;
	UT_hash_handle hh;
};

static int item_cmp(const void *a, const void *b)
{
	const struct baseline_item *x = a, *y = b;
	int d = strcmp(x->subject, y->subject);

	return d ? d : (int)x->result - (int)y->result;
}

int baseline_block_cmp(const struct baseline_block *x, const struct baseline_block *y)
{
	int d = (int)x->source - (int)y->source; /* in the order of their names */

	d = d ? d : strcmp(x->cell, y->cell);
	d = d ? d : strcmp(x->vantage, y->vantage);
	d = d ? d : strcmp(x->detector, y->detector);
	d = d ? d : strcmp(x->signature, y->signature);
	return d ? d : (int)x->unit - (int)y->unit;
}

static int by_block(const void *a, const void *b)
{
	return baseline_block_cmp(a, b);
}

/* The cluster of a row that a cell's claims belong to: cells of one row differ in their repetition only. */
static const char *cluster_of(const struct score_row *r, const char *cell)
{
	const char *trial = strrchr(cell, '@');

	for (size_t i = 0; i < r->clusters.n; i++) {
		const char *id = r->clusters.c[i].id, *at = strrchr(id, '@');

		if (r->clusters.n == 1 || !strcmp(id, cell) || (trial && at && !strcmp(at, trial)))
			return id;
	}
	return cell;
}

/* The block of a cell and row, made when it is not there. */
static struct baseline_block *block_of(struct baseline *b, struct block_index **index,
				       const struct score_row *r, const char *cell)
{
	char *key = xasprintf("%d\t%s\t%s\t%s\t%s\t%d", (int)r->source, cell, r->vantage,
			      r->detector, r->signature, (int)r->unit);
	struct block_index *x;

	HASH_FIND_STR(*index, key, x);
	if (x) {
		free(key);
		return &b->blocks[x->block];
	}
	if (!(b->n & (b->n - 1)))
		b->blocks = xrealloc(b->blocks, (b->n ? 2 * b->n : 1) * sizeof(*b->blocks));
	x = xcalloc(1, sizeof(*x));
	x->key = key;
	x->block = b->n;
	HASH_ADD_KEYPTR(hh, *index, x->key, strlen(x->key), x);
	b->blocks[b->n] = (struct baseline_block){.source = r->source,
						  .version = xstrdup(r->traffic_version),
						  .vantage = xstrdup(r->vantage),
						  .cell = xstrdup(cell),
						  .cluster = xstrdup(cluster_of(r, cell)),
						  .detector = xstrdup(r->detector),
						  .signature = xstrdup(r->signature),
						  .revision = xstrdup(r->revision),
						  .unit = r->unit};
	return &b->blocks[b->n++];
}

static void item_add(struct baseline_block *k, const char *subject, const char *reason,
		     uint64_t packet, enum claim_result result)
{
	if (!(k->n & (k->n - 1)))
		k->items = xrealloc(k->items, (k->n ? 2 * k->n : 1) * sizeof(*k->items));
	k->items[k->n++] = (struct baseline_item){
		.subject = xstrdup(subject),
		.reason = xstrdup(reason),
		.packet = packet,
		.result = result,
	};
}

/* Counts and the truth's digest from the items. */
static void block_seal(struct baseline_block *k)
{
	char hex[65], *text = NULL;
	size_t len = 0;
	FILE *f = open_memstream(&text, &len);

	if (k->n)
		qsort(k->items, k->n, sizeof(*k->items), item_cmp);
	for (size_t i = 0; i < k->n; i++) {
		k->tp += k->items[i].result == CLAIM_TP;
		k->fp += k->items[i].result == CLAIM_FP;
		k->fn += k->items[i].result == CLAIM_FN;
		if (k->items[i].result != CLAIM_FP)
			fprintf(f, "%s\n", k->items[i].subject);
	}
	fclose(f);
	bytes_sha256(text, len, hex);
	snprintf(k->truth, sizeof(k->truth), "%.16s", hex);
	free(text);
}

struct baseline *baseline_of(const struct score_table *t, const char *vantage,
			     const char *signature)
{
	struct baseline *b = xcalloc(1, sizeof(*b));
	struct block_index *index = NULL, *x, *next;

	for (size_t i = 0; i < t->claims_n; i++) {
		const struct score_claim *c = &t->claims[i];
		const struct score_row *r = &t->rows[c->row];

		if ((vantage && strcmp(r->vantage, vantage) != 0) ||
		    (signature && strcmp(r->signature, signature) != 0))
			continue;
		if (c->result == CLAIM_TN) /* an empty block, see score_cell() */
			block_of(b, &index, r, c->cell);
		else
			item_add(block_of(b, &index, r, c->cell), c->subject, c->reason, c->packet,
				 c->result == CLAIM_WRONG_ROLE ? CLAIM_FP : c->result);
	}
	for (size_t i = 0; i < b->n; i++)
		block_seal(&b->blocks[i]);
	if (b->n)
		qsort(b->blocks, b->n, sizeof(*b->blocks), by_block);
	HASH_ITER (hh, index, x, next) {
		HASH_DEL(index, x);
		free(x->key);
		free(x);
	}
	return b;
}

static void block_free(struct baseline_block *k)
{
	for (size_t j = 0; j < k->n; j++) {
		free(k->items[j].subject);
		free(k->items[j].reason);
	}
	free(k->items);
	free(k->version);
	free(k->vantage);
	free(k->cell);
	free(k->cluster);
	free(k->detector);
	free(k->signature);
	free(k->revision);
}

struct baseline *baseline_head(struct baseline *b, size_t n)
{
	for (size_t i = n; i < b->n; i++)
		block_free(&b->blocks[i]);
	b->n = n < b->n ? n : b->n;
	qsort(b->blocks, b->n, sizeof(*b->blocks), by_block);
	return b;
}

void baseline_free(struct baseline *b)
{
	for (size_t i = 0; b && i < b->n; i++)
		block_free(&b->blocks[i]);
	if (b)
		free(b->blocks);
	free(b);
}

/* ---- file ---- */

static void write_block(FILE *f, const struct baseline_block *k)
{
	enum claim_result listed = k->tp <= k->fn ? CLAIM_TP : CLAIM_FN;

	fprintf(f, "%s\t%s\t%s\t%s\t%s\t%s\t%s\tcounts\t%llu\t%llu\t%llu\t%s\t\t\t\t%s",
		source_text(k->source), k->version, k->cell, k->vantage, k->signature, k->revision,
		score_unit_text(k->unit), (unsigned long long)k->tp, (unsigned long long)k->fp,
		(unsigned long long)k->fn, k->truth, k->cluster);
	if (strcmp(k->detector, OWN_DETECTOR) != 0)
		fprintf(f, "\t%s", k->detector);
	fputc('\n', f);
	for (size_t i = 0; i < k->n; i++) {
		const struct baseline_item *it = &k->items[i];

		if (it->result != CLAIM_FP && it->result != listed)
			continue;
		fprintf(f, "\t\t\t\t\t\t\t%s\t\t\t\t\t%s\t%s", claim_result_text(it->result),
			it->subject, it->reason);
		if (it->packet)
			fprintf(f, "\t%llu", (unsigned long long)it->packet);
		fputc('\n', f);
	}
}

int baseline_write(const struct baseline *b, const char *path, const char *about, struct err *e)
{
	struct outfile o;

	if (outfile_open(&o, path, e) < 0)
		return -1;
	fprintf(o.f, FILE_FORMAT "\n# %s\n", quote_terminal(about));
	fputs("# below a line of counts: its false positives, and its found (tp) or missed (fn) "
	      "subjects, whichever are fewer\n"
	      "source\tversion\tcell\tvantage\tsignature\trevision\tunit\twhat\ttp\tfp\tfn\ttruth\t"
	      "subject\treason\tpacket\tcluster\tdetector\n",
	      o.f);
	for (size_t i = 0; i < b->n; i++)
		write_block(o.f, &b->blocks[i]);
	return outfile_commit(&o, e);
}

enum {
	C_SOURCE,
	C_VERSION,
	C_CELL,
	C_VANTAGE,
	C_SIGNATURE,
	C_REVISION,
	C_UNIT,
	C_WHAT,
	C_TP,
	C_FP,
	C_FN,
	C_TRUTH,
	C_SUBJECT,
	C_REASON,
	C_PACKET,
	C_CLUSTER,  /* may be absent */
	C_DETECTOR, /* the same */
	C_COLUMNS
};
static const char *const columns[C_COLUMNS] = {
	"source",  "version", "cell",	"vantage", "signature", "revision",
	"unit",	   "what",    "tp",	"fp",	   "fn",	"truth",
	"subject", "reason",  "packet", "cluster", "detector"};

static int read_counts(struct baseline *b, const struct tsv *t, size_t r, const int *c,
		       struct err *e)
{
	const char *cluster = tsv_cell(t, r, c[C_CLUSTER]);
	const char *detector = tsv_cell(t, r, c[C_DETECTOR]);
	struct baseline_block *k;
	enum traffic_source source;
	enum score_unit unit;

	if (source_parse(tsv_cell(t, r, c[C_SOURCE]), &source) < 0)
		return err_set(e, "%s:%u: source is \"%s\", expected emulated or recorded", t->path,
			       t->lines[r], tsv_cell(t, r, c[C_SOURCE]));
	if (score_unit_parse(tsv_cell(t, r, c[C_UNIT]), &unit) < 0)
		return err_set(e, "%s:%u: unit is \"%s\", expected one of skypelab-accuracy(5)",
			       t->path, t->lines[r], tsv_cell(t, r, c[C_UNIT]));
	if (!(b->n & (b->n - 1)))
		b->blocks = xrealloc(b->blocks, (b->n ? 2 * b->n : 1) * sizeof(*b->blocks));
	k = &b->blocks[b->n++];
	*k = (struct baseline_block){
		.source = source,
		.version = xstrdup(tsv_cell(t, r, c[C_VERSION])),
		.vantage = xstrdup(tsv_cell(t, r, c[C_VANTAGE])),
		.cell = xstrdup(tsv_cell(t, r, c[C_CELL])),
		.cluster = xstrdup(*cluster ? cluster : tsv_cell(t, r, c[C_CELL])),
		.detector = xstrdup(*detector ? detector : OWN_DETECTOR),
		.signature = xstrdup(tsv_cell(t, r, c[C_SIGNATURE])),
		.revision = xstrdup(tsv_cell(t, r, c[C_REVISION])),
		.unit = unit,
		.partial = true};
	snprintf(k->truth, sizeof(k->truth), "%s", tsv_cell(t, r, c[C_TRUTH]));
	if (tsv_count(t, r, c[C_TP], &k->tp, e) < 0 || tsv_count(t, r, c[C_FP], &k->fp, e) < 0 ||
	    tsv_count(t, r, c[C_FN], &k->fn, e) < 0)
		return -1;
	k->listed = k->tp <= k->fn ? CLAIM_TP : CLAIM_FN;
	return 0;
}

static int read_line(struct baseline *b, const struct tsv *t, size_t r, const int *c, struct err *e)
{
	const char *what = tsv_cell(t, r, c[C_WHAT]);
	struct baseline_block *k = b->n ? &b->blocks[b->n - 1] : NULL;
	enum claim_result result;
	uint64_t packet = 0;

	if (!strcmp(what, "counts"))
		return read_counts(b, t, r, c, e);
	if (k && claim_result_parse(what, &result) == 0 && result < CLAIM_TN) {
		if (*tsv_cell(t, r, c[C_PACKET]) && tsv_count(t, r, c[C_PACKET], &packet, e) < 0)
			return -1;
		item_add(k, tsv_cell(t, r, c[C_SUBJECT]), tsv_cell(t, r, c[C_REASON]), packet,
			 result);
		return 0;
	}
	return err_set(e, "%s:%u: what is \"%s\", expected counts, tp, fp or fn%s", t->path,
		       t->lines[r], what, k ? "" : ", counts first");
}

/* The listed subjects must be as many as the counts say: else the file was edited. */
static int check_block(const struct baseline_block *k, const char *path, struct err *e)
{
	uint64_t n[CLAIM_TN] = {0};

	for (size_t i = 0; i < k->n; i++)
		n[k->items[i].result]++;
	if (n[CLAIM_FP] == k->fp && n[k->listed] == (k->listed == CLAIM_TP ? k->tp : k->fn))
		return 0;
	return err_set(e,
		       "%s: %s, %s, %s: its list does not match its counts: the file was edited; "
		       "save the baseline again",
		       path, k->cell, k->signature, score_unit_text(k->unit));
}

struct baseline *baseline_read(const char *path, struct err *e)
{
	struct tsv *t = tsv_read(path, e);
	struct baseline *b = xcalloc(1, sizeof(*b));
	int c[C_COLUMNS], rc = t ? 0 : -1;

	for (int i = 0; i < C_CLUSTER && !rc; i++)
		rc = (c[i] = tsv_need(t, columns[i], e)) < 0 ? -1 : 0;
	for (int i = C_CLUSTER; i < C_COLUMNS; i++)
		c[i] = rc ? -1 : tsv_column(t, columns[i]);
	for (size_t r = 0; !rc && r < t->rows; r++)
		rc = read_line(b, t, r, c, e);
	for (size_t i = 0; i < b->n && !rc; i++) {
		if (b->blocks[i].n)
			qsort(b->blocks[i].items, b->blocks[i].n, sizeof(struct baseline_item),
			      item_cmp);
		rc = check_block(&b->blocks[i], path, e);
	}
	if (!rc && b->n)
		qsort(b->blocks, b->n, sizeof(*b->blocks), by_block);
	tsv_free(t);
	if (!rc)
		return b;
	baseline_free(b);
	return NULL;
}
