// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * cmd_score.c - `skypelab score`: how good are signatures on recorded captures
 *
 * Three ways in: captures with label files (the detector runs here), an EVE file that some detector
 * wrote with the labels of its capture, and negative captures, in which every flow is not Skype.
 * Everything it prints is "recorded": emulated runs are scored by `skypelab run`. A capture that
 * cannot be read to its end is said, what was read counts, and the exit code is 2.
 */
#include <getopt.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/number.h"
#include "cli/commands.h"
#include "run/score_matrix.h"
#include "run/detect/captures.h"
#include "run/detect/detect_score.h"
#include "results/report/plot.h"
#include "results/score/intervals.h"
#include "results/score/accuracy_tsv.h"
#include "results/score/claims_tsv.h"
#include "results/score/measures.h"
#include "results/report/text_table.h"

#define ERRORS_SHOWN 20 /* claims printed by --errors without -v */

struct options {
	const char *labels, *eve, *version, *vantage, *out, *claims, *baseline, *plots;
	const char **signatures;
	size_t n_signatures;
	struct table_options table;
	bool not_skype, matrix, errors;
	double min_recall; /* negative = not asked */
	long long max_fp;  /* negative = not asked */
	const char *const *paths;
	size_t n_paths;
};

static const struct option longopts[] = {
	{"labels", required_argument, NULL, 'l'},
	{"eve", required_argument, NULL, 'e'},
	{"signature", required_argument, NULL, 's'},
	{"traffic-version", required_argument, NULL, 'V'},
	{"vantage", required_argument, NULL, 'W'},
	{"output", required_argument, NULL, 'o'},
	{"claims", required_argument, NULL, 'c'},
	{"by", required_argument, NULL, 'b'},
	{"unit", required_argument, NULL, 'u'},
	{"format", required_argument, NULL, 'f'},
	{"not-skype", no_argument, NULL, 'n'},
	{"matrix", no_argument, NULL, 'm'},
	{"errors", no_argument, NULL, 'E'},
	{"min-recall", required_argument, NULL, 'R'},
	{"max-fp", required_argument, NULL, 'F'},
	{"baseline", required_argument, NULL, 'B'},
	{"plots", required_argument, NULL, 'P'},
	{"help", no_argument, NULL, 'h'},
	{0},
};

static int told(int rc, const struct err *e)
{
	if (rc < 0)
		log_error("score: %s", e->msg);
	return rc;
}

static int parse_option(struct options *o, int c)
{
	struct err e;
	uint64_t v;

	switch (c) {
	case 'l':
		return o->labels = optarg, 0;
	case 'e':
		return o->eve = optarg, 0;
	case 's':
		return o->signatures[o->n_signatures++] = optarg, 0;
	case 'V':
		return o->version = optarg, 0;
	case 'W':
		return o->vantage = optarg, 0;
	case 'o':
		return o->out = optarg, 0;
	case 'c':
		return o->claims = optarg, 0;
	case 'P':
		return o->plots = optarg, 0;
	case 'B':
		return o->baseline = optarg, 0;
	case 'b':
		return o->table.by = optarg, 0;
	case 'u':
		return o->table.unit = optarg, 0;
	case 'f':
		return table_format_parse(optarg, &o->table.format);
	case 'n':
		return o->not_skype = true, 0;
	case 'm':
		return o->matrix = true, 0;
	case 'E':
		return o->errors = true, 0;
	case 'R':
		return told(number_real("--min-recall", optarg, 0, 1, &o->min_recall, &e), &e);
	case 'F':
		if (told(number_whole("--max-fp", optarg, 0, INT64_MAX, &v, &e), &e) < 0)
			return -1;
		return o->max_fp = (long long)v, 0;
	}
	return -1;
}

/* One capture, or one EVE file, against its labels. */
static int score_one(struct score_table *t, const struct options *o,
		     const struct signature_set *set, const char *path, struct flow_totals *sum,
		     struct err *e)
{
	char *found = o->not_skype || o->labels ? NULL : labels_path_of(path, e);
	const char *slash = path ? strrchr(path, '/') : NULL;
	struct score_input in = {.setting = {.source = SOURCE_RECORDED,
					     .traffic_version = o->version,
					     .vantage = o->vantage,
					     .cell = slash && !o->not_skype ? slash + 1 : path}};
	struct signature_list names;
	struct detections *v = detections_new();
	struct labels *l = NULL;
	struct flow_index *x = flow_index_new();
	struct flow_totals one;
	int rc = -1, read = 0;

	if (!o->not_skype) {
		l = o->labels || found ? labels_read(o->labels ? o->labels : found, e) : NULL;
		if (!l)
			goto out;
	}
	read = detect_capture(set, path, v, x, e);
	signature_list_of(set, &names);
	in.labels = l;
	in.detections = v;
	in.flows = x;
	in.signatures = names.names;
	in.revisions = names.revisions;
	in.n = names.n;
	rc = read < 0 && !flow_index_count(x) ? -1 : score_cell(t, &in, read < 0 ? NULL : e);
	signature_list_free(&names);
	flow_index_totals(x, &one);
	sum->udp_flows += one.udp_flows;
	sum->tcp_flows += one.tcp_flows;
	sum->packets += one.packets;
	sum->bytes += one.bytes;
out:
	flow_index_free(x);
	labels_free(l);
	detections_free(v);
	free(found);
	return rc < 0 || read < 0 ? -1 : 0;
}

static bool listed(const char **names, size_t n, const char *name)
{
	for (size_t i = 0; i < n; i++)
		if (!strcmp(names[i], name))
			return true;
	return false;
}

/* Those of @all whose flow is in the capture; says how many are not. */
static struct detections *in_capture(const struct detections *all, const struct flow_index *x,
				     const struct options *o)
{
	struct detections *in = detections_new();
	size_t out;

	for (size_t i = 0; i < detections_count(all); i++)
		if (flow_index_find(x, &detections_at(all, i)->tuple))
			detections_add(in, detections_at(all, i));
	out = detections_count(all) - detections_count(in);
	if (out)
		log_warn("%s: %zu of %zu events name flows that are not in %s; they do not count",
			 o->eve, out, detections_count(all), o->paths[0]);
	return in;
}

/* Verdicts of an EVE file: the signatures are those named with -s, else those in the file. */
static int score_eve(struct score_table *t, const struct options *o, struct err *e)
{
	struct detections *v = detections_new(), *inside = NULL;
	struct labels *l = labels_read(o->labels, e);
	struct flow_index *x = o->n_paths ? flow_index_new() : NULL;
	const char **names;
	struct score_input in = {.setting = {.source = SOURCE_RECORDED,
					     .traffic_version = o->version,
					     .vantage = o->vantage,
					     .cell = o->eve},
				 .labels = l,
				 .detections = v,
				 .flows = x};
	int rc = -1;

	names = xcalloc(o->n_signatures + 1, sizeof(char *));
	if (!l || detections_read_eve(v, o->eve, e) < 0 ||
	    (x && flow_index_read(x, o->paths[0], e) < 0))
		goto out;
	for (size_t i = 0; i < o->n_signatures; i++)
		names[in.n++] = o->signatures[i];
	for (size_t i = 0; i < detections_count(v) && !o->n_signatures; i++) {
		if (listed(names, in.n, detections_at(v, i)->signature))
			continue;
		names = xrealloc(names, (in.n + 2) * sizeof(char *));
		names[in.n++] = detections_at(v, i)->signature;
	}
	in.signatures = names;
	if (x)
		in.detections = inside = in_capture(v, x, o);
	rc = in.n ? score_cell(t, &in, e)
		  : err_set(e,
			    "%s: no skype event; name the signature with -s to score its silence",
			    o->eve);
out:
	free(names);
	flow_index_free(x);
	labels_free(l);
	detections_free(inside);
	detections_free(v); /* the names point into it */
	return rc;
}

static void print_errors(const struct score_table *t)
{
	size_t shown = 0, all = 0;

	for (size_t i = 0; i < t->claims_n; i++) {
		const struct score_claim *c = &t->claims[i];
		const struct score_row *r = &t->rows[c->row];

		if (c->result == CLAIM_TP || c->result == CLAIM_TN)
			continue;
		all++;
		if (log_level < 2 && shown >= ERRORS_SHOWN)
			continue;
		shown++;
		printf("%s  %-8s %s@%s  %s  %s%s%s%s\n", claim_result_text(c->result),
		       score_unit_text(r->unit), r->signature, r->revision, c->cell, c->subject,
		       *c->reason ? "  (" : "", c->reason, *c->reason ? ")" : "");
	}
	if (shown < all)
		printf("... and %zu more: skypelab -v score, or --claims FILE\n", all - shown);
}

static void print_negatives(const struct score_table *t, const struct flow_totals *sum, size_t n)
{
	unsigned long long flows = sum->udp_flows + sum->tcp_flows;

	printf("%zu captures without Skype: %llu flows (%llu UDP, %llu TCP), %llu packets, %llu "
	       "bytes\n",
	       n, flows, (unsigned long long)sum->udp_flows, (unsigned long long)sum->tcp_flows,
	       (unsigned long long)sum->packets, (unsigned long long)sum->bytes);
	printf("%-32s  %8s  %8s  %10s  %12s\n", "signature", "fp flows", "fp hosts", "rate",
	       "95 % upper");
	for (size_t i = 0; i < t->n; i++) {
		const struct score_row *r = &t->rows[i];
		char name[96];
		uint64_t hosts = 0;

		if (r->unit != UNIT_FLOW)
			continue;
		for (size_t k = 0; k < t->n; k++)
			if (t->rows[k].unit == UNIT_CLIENT &&
			    !strcmp(t->rows[k].signature, r->signature) &&
			    !strcmp(t->rows[k].revision, r->revision))
				hosts += t->rows[k].fp;
		snprintf(name, sizeof(name), "%s@%s", r->signature, r->revision);
		printf("%-32s  %8llu  %8llu  %10.3g  %12.3g\n", name, (unsigned long long)r->fp,
		       (unsigned long long)hosts, score_fpr(r) < 0 ? 0 : score_fpr(r),
		       exact_upper95(r->fp, r->fp + r->tn));
	}
}

/* The limits hold for every signature, by flow. */
static int check_limits(const struct score_table *t, const struct options *o)
{
	struct score_table *g = table_group(t, BY_SIGNATURE, 1U << UNIT_FLOW);
	int code = EXIT_DONE;

	for (size_t i = 0; i < g->n; i++) {
		const struct score_row *r = &g->rows[i];

		if (o->min_recall >= 0 && score_recall(r) < o->min_recall) {
			log_error("score: %s: recall %.4f is below %.4f", r->signature,
				  score_recall(r), o->min_recall);
			code = EXIT_NO;
		}
		if (o->max_fp >= 0 && r->fp > (uint64_t)o->max_fp) {
			log_error("score: %s: %llu false positives, at most %lld allowed",
				  r->signature, (unsigned long long)r->fp, o->max_fp);
			code = EXIT_NO;
		}
	}
	score_table_free(g);
	return code;
}

static int output(const struct score_table *t, const struct options *o,
		  const struct flow_totals *sum, size_t files, struct err *e)
{
	struct table_options table = o->table;

	table.colour = isatty(STDOUT_FILENO);
	if ((o->out && accuracy_write(t, o->out, e) < 0) ||
	    (o->plots && plot_run(t, o->plots, e) < 0) ||
	    (o->claims && claims_write(t, o->claims, e) < 0))
		return -1;
	if (o->not_skype && table.format == TABLE_TEXT)
		print_negatives(t, sum, files);
	else if (table_print(t, stdout, &table, e) < 0)
		return -1;
	if (o->errors)
		print_errors(t);
	return 0;
}

static int run(const struct options *o, struct score_table *t)
{
	struct signature_set *set = NULL;
	char **list = NULL;
	struct flow_totals sum = {0};
	struct err e = {.code = EXIT_USAGE};
	int code = EXIT_DONE;
	size_t n = 0;

	if (o->eve) {
		if (score_eve(t, o, &e) < 0)
			goto bad;
	} else {
		static const char *const all[] = {"all"};

		set = o->n_signatures ? signatures_load(o->signatures, o->n_signatures, &e)
				      : signatures_load(all, 1, &e);
		list = set ? capture_list(o->paths, o->n_paths, &e) : NULL;
		if (!list)
			goto bad;
	}
	for (; list && list[n]; n++) {
		if (isatty(STDERR_FILENO) && list[1])
			fprintf(stderr, "\r%zu captures", n + 1);
		if (score_one(t, o, set, list[n], &sum, &e) < 0) {
			log_error("%s%s", isatty(STDERR_FILENO) && list[1] ? "\r" : "", e.msg);
			code = EXIT_USAGE;
		}
	}
	if (isatty(STDERR_FILENO) && n > 1)
		fputs("\r              \r", stderr);
	if (t->n && output(t, o, &sum, n, &e) < 0)
		goto bad;
	if (code == EXIT_DONE)
		code = check_limits(t, o);
	goto out;
bad:
	log_error("%s", e.msg);
	code = (int)e.code;
out:
	capture_list_free(list);
	signatures_free(set);
	return code;
}

int cmd_score(int argc, char **argv)
{
	struct options o = {.min_recall = -1, .max_fp = -1};
	struct score_table *t;
	int c, code = EXIT_USAGE;

	o.signatures = xcalloc((size_t)argc + 1, sizeof(char *));
	while ((c = getopt_long(argc, argv, "l:e:s:o:c:f:nmh", longopts, NULL)) != -1) {
		if (c == 'h') {
			free(o.signatures);
			return usage("score"), EXIT_DONE;
		}
		if (parse_option(&o, c) < 0) {
			free(o.signatures);
			return usage("score");
		}
	}
	o.paths = (const char *const *)argv + optind;
	o.n_paths = (size_t)(argc - optind);
	t = score_table_new();
	if (o.matrix)
		code = score_matrix(o.signatures, o.n_signatures, o.out, o.baseline, o.plots);
	else if ((!o.n_paths && !o.eve) || (o.eve && (!o.labels || o.n_paths > 1)) ||
		 (o.not_skype && (o.labels || o.eve)))
		code = usage("score");
	else if (o.labels && o.n_paths > 1)
		log_error("score: --labels is for one capture; %zu are named", o.n_paths);
	else
		code = run(&o, t);
	score_table_free(t);
	free(o.signatures);
	return code;
}
