// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * score_matrix.c - every signature, and foreign detectors, on every recorded capture, as one Markdown page
 *
 * Positives are the captures in $SKYPELAB_CORPORA/positives that have a label file; negatives is
 * the folder of that name, in which no flow is Skype. Each signature runs by itself, as `regress`
 * runs it. Where both of the project's own signatures run, a further line scores them together: a
 * flow counts as found when either claims it.
 */
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/datadir.h"
#include "base/fan.h"
#include "base/outfile.h"
#include "base/path.h"
#include "base/quote.h"
#include "base/tsv.h"
#include "results/score/labels_file.h"
#include "run/cell/transfer.h"
#include "run/score_matrix.h"
#include "run/detect/captures.h"
#include "run/detect/detect_score.h"
#include "run/detect/reach_table.h"
#include "run/under_test/score.h"
#include "results/history/baseline.h"
#include "results/report/plot.h"
#include "results/score/intervals.h"
#include "results/score/measures.h"
#include "results/score/row_intervals.h"

#define TOGETHER "skypelab-2006 + skypelab-2013"

enum flow_kind { UDP, TCP_PAYLOAD, TCP_EMPTY, KINDS };

/* What one signature found in one capture: flows by kind, clients. */
struct found {
	unsigned hit[KINDS], all[KINDS];
	unsigned clients, all_clients, fp, not_skype;
};

struct page {
	FILE *f;
	struct signature_set **sets; /* one per signature, in the order of @names */
	size_t n_sets;
	const struct signature_set *set; /* all of them */
	struct signature_list names;	 /* with TOGETHER last when both are there */
	bool together;
	struct under_test foreign;
	size_t *failures;	  /* (owned) by foreign detector: captures that it failed with */
	bool *failed;		  /* (owned) the same: with this one */
	struct tsv *corpus;	  /* corpus.tsv, or NULL */
	struct score_table *kept; /* everything, cell by capture, for a baseline */
};

static bool has(const struct signature_list *l, const char *name)
{
	for (size_t i = 0; i < l->n; i++)
		if (!strcmp(l->names[i], name))
			return true;
	return false;
}

/* Adds to @v a copy of every detection of our own two signatures, under the name of both. */
static void add_together(struct detections *v)
{
	size_t n = detections_count(v);

	for (size_t i = 0; i < n; i++) {
		struct detection one = *detections_at(v, i);

		if (strcmp(one.signature, "skypelab-2006") != 0 &&
		    strcmp(one.signature, "skypelab-2013") != 0)
			continue;
		snprintf(one.signature, sizeof(one.signature), "%s", TOGETHER);
		snprintf(one.revision, sizeof(one.revision), "-");
		detections_add(v, &one);
	}
}

static enum flow_kind kind_of(const struct flow_index *x, const char *subject)
{
	char a[ENDPOINT_TEXT_LEN], b[ENDPOINT_TEXT_LEN];
	const struct flow_seen *seen;
	struct tuple t = {.proto = 6};

	if (!strncmp(subject, "udp", 3))
		return UDP;
	if (sscanf(subject, "tcp %55s %55s", a, b) != 2 || endpoint_parse(a, &t.src) < 0 ||
	    endpoint_parse(b, &t.dst) < 0)
		return TCP_EMPTY;
	seen = flow_index_find(x, &t);
	return seen && seen->bytes ? TCP_PAYLOAD : TCP_EMPTY;
}

static void count_found(const struct score_table *t, const struct flow_index *x, const char *name,
			struct found *out)
{
	memset(out, 0, sizeof(*out));
	for (size_t i = 0; i < t->claims_n; i++) {
		const struct score_claim *c = &t->claims[i];
		const struct score_row *r = &t->rows[c->row];
		enum flow_kind k;

		if (r->unit != UNIT_FLOW || strcmp(r->signature, name) != 0 ||
		    (c->result != CLAIM_TP && c->result != CLAIM_FN))
			continue;
		k = kind_of(x, c->subject);
		out->all[k]++;
		out->hit[k] += c->result == CLAIM_TP;
	}
	for (size_t i = 0; i < t->n; i++) {
		const struct score_row *r = &t->rows[i];

		if (strcmp(r->signature, name) != 0)
			continue;
		if (r->unit == UNIT_CLIENT) {
			out->clients = (unsigned)r->tp;
			out->all_clients = (unsigned)(r->tp + r->fn);
		} else if (r->unit == UNIT_FLOW) {
			out->fp = (unsigned)r->fp;
			out->not_skype = (unsigned)(r->fp + r->tn);
		}
	}
}

static void put_ratio(FILE *f, uint64_t k, uint64_t n)
{
	struct interval i = wilson95(k, n);

	if (n)
		fprintf(f, " | %.3f [%.2f, %.2f]", score_share(k, n), i.low, i.high);
	else
		fputs(" | -", f);
}

/* What @name found in a capture; @version "" = it is one of ours. */
static void put_found(FILE *f, const struct score_table *t, const struct flow_index *x,
		      const char *name, const char *version)
{
	struct found n;
	unsigned tp, all;

	count_found(t, x, name, &n);
	tp = n.hit[UDP] + n.hit[TCP_PAYLOAD] + n.hit[TCP_EMPTY];
	all = n.all[UDP] + n.all[TCP_PAYLOAD] + n.all[TCP_EMPTY];
	fprintf(f, "| %s%s%s | %u/%u | %u/%u | %u/%u | %u/%u | %u/%u", quote_markdown(name),
		*version ? " " : "", quote_markdown(version), n.hit[UDP], n.all[UDP],
		n.hit[TCP_PAYLOAD], n.all[TCP_PAYLOAD], n.hit[TCP_EMPTY], n.all[TCP_EMPTY],
		n.clients, n.all_clients, n.fp, n.not_skype);
	put_ratio(f, tp, all);
	put_ratio(f, tp, tp + n.fp);
	fputs(" |\n", f);
}

static void put_capture(struct page *p, const struct score_table *t, const struct flow_index *x)
{
	fputs("\n| signature | UDP | TCP with payload | TCP without | clients | false flows | "
	      "recall "
	      "| precision |\n|---|---:|---:|---:|---:|---:|---|---|\n",
	      p->f);
	for (size_t i = 0; i < p->names.n; i++)
		put_found(p->f, t, x, p->names.names[i], "");
	for (size_t i = 0; i < p->foreign.n; i++) {
		const struct foreign_detector *d = &p->foreign.d[i];

		if (p->failed[i])
			fprintf(p->f, "| %s %s | failed | | | | | | |\n",
				quote_markdown(foreign_name(d)), quote_markdown(d->version));
		else
			put_found(p->f, t, x, foreign_name(d), d->version);
	}
}

/* Scores @in into the table of this capture and into the one that is kept, in which captures without
 * Skype are one cell. @kept_n: how many of its signatures are kept. */
static void score_both(struct page *p, struct score_table *t, const struct score_input *in,
		       const char *path, size_t kept_n)
{
	struct score_input kept = *in;
	size_t from = p->kept->claims_n;

	score_cell(t, in, NULL);
	kept.n = kept_n;
	kept.setting.cell = kept.setting.traffic_version =
		in->labels ? capture_name(path) : NEGATIVES_CELL;
	score_cell(p->kept, &kept, NULL);
	if (!in->labels)
		name_negatives(p->kept, from, path);
}

static int score_foreign(struct page *p, struct score_table *t, const char *path,
			 const struct score_input *in, struct err *e)
{
	int rc = 0;

	for (size_t i = 0; rc == 0 && i < p->foreign.n; i++) {
		struct detections *v = detections_new();
		struct score_input one = *in;

		p->failed[i] = false;
		one.detections = v;
		signature_list_use(&p->foreign.d[i].list, &one);
		rc = foreign_say(&p->foreign.d[i], path, in->flows, v, &p->failed[i], e);
		if (rc == 0 && !p->failed[i])
			score_both(p, t, &one, path, one.n);
		p->failures[i] += p->failed[i];
		detections_free(v);
	}
	return rc;
}

static int score_into(struct page *p, struct score_table *t, const char *path,
		      const struct labels *l, struct flow_index *x, struct err *e)
{
	struct detections *v = detections_new();
	struct score_input in = {.setting = {.source = SOURCE_RECORDED, .cell = path},
				 .labels = l,
				 .detections = v,
				 .flows = x,
				 .signatures = p->names.names,
				 .revisions = p->names.revisions,
				 .n = p->names.n};
	int rc = detect_sets(p->set, p->sets, p->n_sets, path, v, x, e);

	if (p->together)
		add_together(v);
	if (rc == 0 || flow_index_count(x)) {
		score_both(p, t, &in, path,
			   in.n - p->together); /* two are no signature of their own */
		if (score_foreign(p, t, path, &in, e) < 0)
			rc = -1;
	}
	detections_free(v);
	return rc;
}

static const char *about(const struct page *p, const char *name)
{
	int path = p->corpus ? tsv_column(p->corpus, "path") : -1;
	int version = p->corpus ? tsv_column(p->corpus, "skype_version") : -1;

	for (size_t r = 0; path >= 0 && r < p->corpus->rows; r++) {
		const char *cell = tsv_cell(p->corpus, r, path), *slash = strrchr(cell, '/');

		if (!strcmp(slash ? slash + 1 : cell, name))
			return tsv_cell(p->corpus, r, version);
	}
	return "";
}

static int put_positives(struct page *p, struct err *e)
{
	char *dir = path_in(corpora_dir(), "positives");
	const char *dirs[] = {dir};
	char **list = capture_list(dirs, 1, e);
	int rc = list ? 0 : -1;

	for (size_t i = 0; list && list[i] && !rc; i++) {
		struct score_table *t = score_table_new();
		struct flow_index *x = flow_index_new();
		const char *name = strrchr(list[i], '/') + 1;
		char *labels = labels_path_of(list[i], e);
		struct labels *l = labels ? labels_read(labels, LABEL_SKYPE, e) : NULL;

		rc = l ? score_into(p, t, list[i], l, x, e) : -1;
		if (!rc) {
			fprintf(p->f, "\n## %s\n\n%s\n", quote_markdown(name), about(p, name));
			put_capture(p, t, x);
		}
		labels_free(l);
		free(labels);
		flow_index_free(x);
		score_table_free(t);
	}
	capture_list_free(list);
	free(dir);
	return rc;
}

static void put_negative_table(struct page *p, const struct score_table *t)
{
	fputs("\n| signature | false flows | false hosts | rate | exact 95 % upper bound | "
	      "captures with any "
	      "| exact 95 % upper bound |\n|---|---:|---:|---:|---:|---:|---:|\n",
	      p->f);
	for (size_t i = 0; i < t->n; i++) {
		const struct score_row *r = &t->rows[i];
		struct fp_clusters of = row_fp_clusters(r);
		unsigned long long hosts = 0;

		if (r->unit != UNIT_FLOW)
			continue;
		for (size_t k = 0; k < t->n; k++)
			if (t->rows[k].unit == UNIT_CLIENT &&
			    !strcmp(t->rows[k].signature, r->signature))
				hosts = t->rows[k].fp;
		fprintf(p->f, "| %s | %llu | %llu | %.3g | %.3g | %llu/%llu | %.3g |\n",
			quote_markdown(r->signature), (unsigned long long)r->fp, hosts,
			score_fpr(r) < 0 ? 0 : score_fpr(r), row_fpr_upper(r),
			(unsigned long long)of.fp, (unsigned long long)of.of,
			row_fp_clusters_upper(r));
	}
}

static void put_reach(const struct page *p, const struct reach_table *t)
{
	fprintf(p->f,
		"\n## How far these flows came in each rule\n\n"
		"The columns are those of `skypelab score --reach --not-skype "
		"$SKYPELAB_CORPORA/negatives`:"
		" flows of the\nrule's protocol; on which it was asked at all; that had all of its "
		"first message but one\ncondition; all of it; its second step, third step and so "
		"on; "
		"on which it acted, which need not claim\nthe flow. A rule is `blind` when no flow "
		"came near to it, and then its zero says nothing: %zu of %zu.\n\n",
		reach_table_blind(t), t->n);
	reach_table_markdown(t, p->f);
}

/* The captures without Skype, scored by several processes (base/fan.h). */
struct negatives {
	const struct page *p;
	char **list;
	struct score_table *t;
	struct reach_table *reach;
	struct reach_table *one; /* of the capture at hand, in each process */
	struct flow_totals sum;
	unsigned unread;
};

/* The figures of a capture's flows that the page names. */
static void totals_numbers(struct flow_totals *t, uint64_t *numbers[4])
{
	uint64_t *own[] = {&t->udp_flows, &t->tcp_flows, &t->packets, &t->bytes};

	memcpy(numbers, own, sizeof(own));
}

/* A fan's work: whether the capture was unreadable, its flows, its scores twice, how far flows came. */
static void negative_item(void *arg, size_t i, FILE *out)
{
	const struct negatives *n = arg;
	struct page one = *n->p;
	struct score_table *t = score_table_new();
	struct flow_index *x = flow_index_new();
	struct flow_totals sum;
	uint64_t *numbers[4];
	struct err why;
	int rc;

	one.kept = score_table_new();
	rc = score_into(&one, t, n->list[i], NULL, x, &why);
	if (rc < 0)
		log_warn("%s", why.msg);
	reach_table_capture(n->one, n->list[i], NULL, "", &why); /* what is bad was said */
	flow_index_totals(x, &sum);
	totals_numbers(&sum, numbers);
	transfer_put_number(out, rc < 0);
	for (size_t k = 0; k < ARRAY_LEN(numbers); k++)
		transfer_put_number(out, *numbers[k]);
	transfer_send(t, out);
	transfer_send(one.kept, out);
	reach_table_send(n->one, out);
	reach_table_clear(n->one);
	flow_index_free(x);
	score_table_free(one.kept);
	score_table_free(t);
}

static int take_negative(void *arg, size_t i, FILE *in, struct err *e)
{
	struct negatives *n = arg;
	struct flow_totals one = {0};
	uint64_t *numbers[4], unread = 0;
	bool ok = transfer_get_number(in, &unread);

	totals_numbers(&one, numbers);
	for (size_t k = 0; ok && k < ARRAY_LEN(numbers); k++)
		ok = transfer_get_number(in, numbers[k]);
	n->unread += unread != 0;
	flow_totals_add(&n->sum, &one);
	if (ok && transfer_add(n->t, in) && transfer_add(n->p->kept, in) &&
	    reach_table_add(n->reach, in))
		return 0;
	return err_env(e, "%s: its scores are not whole", n->list[i]);
}

static void put_negative_page(struct page *p, const struct negatives *n, size_t captures)
{
	fprintf(p->f,
		"\n## Captures without Skype\n\n%zu captures (%u of them not readable to "
		"the "
		"end), %llu UDP and %llu TCP flows, %llu packets, %llu bytes.\nFlows of "
		"one capture "
		"resemble each other, so a capture is one trial: the last bound is of the "
		"share of captures"
		"\nwith any false flow, among those that have flows.\n",
		captures, n->unread, (unsigned long long)n->sum.udp_flows,
		(unsigned long long)n->sum.tcp_flows, (unsigned long long)n->sum.packets,
		(unsigned long long)n->sum.bytes);
	put_negative_table(p, n->t);
	put_reach(p, n->reach);
}

static int put_negatives(struct page *p, struct err *e)
{
	char *dir = path_in(corpora_dir(), "negatives");
	const char *dirs[] = {dir};
	struct negatives n = {.p = p,
			      .list = capture_list(dirs, 1, e),
			      .t = score_table_new(),
			      .reach = reach_table_new(p->set),
			      .one = reach_table_new(p->set)};
	struct fan fan = {.workers = p->foreign.n ? 1 : 0, /* these are processes already */
			  .work = negative_item,
			  .take = take_negative,
			  .arg = &n};
	int rc = n.list ? 0 : -1;

	while (n.list && n.list[fan.n])
		fan.n++;
	if (rc == 0)
		rc = fan_run(&fan, e);
	if (rc == 0)
		put_negative_page(p, &n, fan.n);
	reach_table_free(n.one);
	reach_table_free(n.reach);
	capture_list_free(n.list);
	score_table_free(n.t);
	free(dir);
	return rc;
}

static void put_head(const struct page *p)
{
	fputs("# Signatures on recorded captures\n\nMade by `skypelab score --matrix", p->f);
	for (size_t i = 0; i < p->foreign.n; i++)
		fprintf(p->f, " -D %s", quote_markdown(p->foreign.d[i].word));
	fputs(" -o docs/signatures.md` from the captures and label files in\n`SKYPELAB_CORPORA`; "
	      "do not edit. Every figure is recorded traffic. `n/m` is found of all that the\n"
	      "labels call Skype; false flows are flows that the labels call not Skype (or do not "
	      "name) and the\nsignature claims. Brackets are Wilson 95 % intervals: each\nspeaks "
	      "of "
	      "its one capture only. A signature that finds clients by one\nexchange is not meant "
	      "to find every flow: look at the clients.\n",
	      p->f);
}

/* Signatures whose notes say "not readable": their figures are not those of the published detectors. */
static void put_known_in_part(const struct page *p)
{
	bool any = false;

	for (size_t i = 0; i < p->n_sets; i++) {
		const struct signature_info *s = signatures_info(p->sets[i], 0);

		if (!strcasestr(s->notes, "not readable"))
			continue;
		fprintf(p->f, "%s%s",
			any ? ", "
			    : "\nOf some detectors only a part was readable. What was decided in "
			      "place of the rest, "
			      "limits too, the notes\nsay that `skypelab signature show NAME` "
			      "prints; these "
			      "figures are not those of the published detectors: ",
			s->name);
		any = true;
	}
	fputs(any ? ".\n" : "", p->f);
}

/* Captures that say nothing of a detector. */
static void put_failures(const struct page *p)
{
	for (size_t i = 0; i < p->foreign.n; i++)
		if (p->failures[i])
			fprintf(p->f,
				"\n%s failed with %zu captures, which are not in its figures.\n",
				quote_markdown(foreign_name(&p->foreign.d[i])), p->failures[i]);
}

static int load_each(struct page *p, const struct signature_set *set, struct err *e)
{
	p->sets = xcalloc(p->names.n + 1, sizeof(*p->sets));
	for (; p->n_sets < p->names.n; p->n_sets++) {
		const char *path = signatures_info(set, p->n_sets)->path;

		p->sets[p->n_sets] = signatures_load(&path, 1, e);
		if (!p->sets[p->n_sets])
			return -1;
	}
	return 0;
}

static int keep_baseline(const struct page *p, const char *path, struct err *e)
{
	struct baseline *b = baseline_of(p->kept, NULL, NULL);
	int rc = baseline_write(
		b, path, "recorded captures; made by skypelab score --matrix --baseline FILE", e);

	baseline_free(b);
	return rc;
}

/* The subjects of the page. 0, or -1 with @e set; page_clear() in either case. */
static int page_load(struct page *p, const struct matrix_request *r, struct signature_set *set,
		     struct err *e)
{
	char *corpus = path_in(corpora_dir(), "corpus.tsv");

	p->corpus = tsv_read(corpus, NULL);
	free(corpus);
	p->kept = score_table_new();
	p->set = set;
	signature_list_of(set, &p->names);
	for (size_t i = 0; i < p->names.n; i++)
		if (!label_is(p->names.applications[i], LABEL_SKYPE))
			return err_set(e, "score --matrix is about Skype; %s is for %s",
				       p->names.names[i], p->names.applications[i]);
	if (load_each(p, set, e) < 0 ||
	    under_test_load(&p->foreign, r->detectors, r->detectors_n, set, e) < 0)
		return -1;
	p->failures = xcalloc(p->foreign.n + 1, sizeof(*p->failures));
	p->failed = xcalloc(p->foreign.n + 1, sizeof(*p->failed));
	p->together = has(&p->names, "skypelab-2006") && has(&p->names, "skypelab-2013");
	if (p->together) { /* the arrays have room for one more */
		p->names.names[p->names.n] = TOGETHER;
		p->names.revisions[p->names.n++] = xstrdup("-");
	}
	return 0;
}

static void page_clear(struct page *p)
{
	for (size_t i = 0; i < p->n_sets; i++)
		signatures_free(p->sets[i]);
	free(p->sets);
	signature_list_free(&p->names);
	under_test_free(&p->foreign);
	free(p->failures);
	free(p->failed);
	score_table_free(p->kept);
	tsv_free(p->corpus);
}

static int put_page(struct page *p, const struct matrix_request *r, struct err *e)
{
	put_head(p);
	put_known_in_part(p);
	if (put_positives(p, e) < 0 || put_negatives(p, e) < 0)
		return -1;
	put_failures(p);
	if (r->plots && plot_run(p->kept, r->plots, e) < 0)
		return -1;
	return r->baseline ? keep_baseline(p, r->baseline, e) : 0;
}

int score_matrix(const struct matrix_request *r, bool *failed, struct err *e)
{
	static const char *const all[] = {"all"};
	struct signature_set *set = signatures_load(r->n ? r->signatures : all, r->n ? r->n : 1, e);
	struct page p = {0};
	struct outfile o;
	int rc = set ? page_load(&p, r, set, e) : -1;

	if (rc == 0 && (rc = outfile_open(&o, r->out ? r->out : "-", e)) == 0) {
		p.f = o.f;
		rc = put_page(&p, r, e);
		if (rc < 0)
			outfile_abort(&o);
		else
			rc = outfile_commit(&o, e);
	}
	for (size_t i = 0; i < p.foreign.n && p.failures; i++)
		*failed |= p.failures[i] > 0;
	page_clear(&p);
	signatures_free(set);
	return rc;
}
