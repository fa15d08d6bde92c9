// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * sites.c - the small case of coverage in the lab, beside the model
 *
 * A conversation is two hosts of two sites that have an application's flow between them, of which both
 * ends run a client: the truth of every vantage SITE.wan names them. A gateway sees it when its capture
 * holds a packet of such a flow. Where m of n gateways see it, any k of them see it with the probability
 * 1 - C(n-m, k)/C(n, k). A cell is one trial.
 *
 * The model is coverage.c on a star: n networks around one, and monitors at the n.
 *
 * Limits: up to SITES_MAX gateways, the same in every cell. A conversation through a relay has no flow
 * between its ends and is none here.
 */
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <uthash.h>

#include "base/listing.h"
#include "results/score/flows.h"
#include "results/score/labels.h"
#include "run/limits/sites.h"
#include "run/regress/runs.h"

#define CELLS_MAX     4096
#define MODEL_CLIENTS 400
#define MODEL_FLOWS   10
#define MODEL_TRIALS  5

struct conversation {
	char *name; /* (owned) "CELL HOST HOST" */
	unsigned cell;
	uint32_t seen; /* bit i: by gateway i */
	UT_hash_handle hh;
};

struct reading {
	char *cells[CELLS_MAX], *gateways[SITES_MAX]; /* (owned) */
	size_t cells_n, gateways_n;
	struct conversation *all; /* (owned) */
};

/* The number of @text in the list, where it is put if there is room; else @max. */
static size_t number_of(char **list, size_t *n, size_t max, const char *text)
{
	for (size_t i = 0; i < *n; i++)
		if (!strcmp(list[i], text))
			return i;
	if (*n == max)
		return max;
	list[*n] = xstrdup(text);
	return (*n)++;
}

static struct conversation *conversation_of(struct reading *r, unsigned cell,
					    const struct label *row)
{
	int order = strcmp(row->client_host, row->server_host);
	char *name = xasprintf("%u %s %s", cell, order < 0 ? row->client_host : row->server_host,
			       order < 0 ? row->server_host : row->client_host);
	struct conversation *c;

	HASH_FIND_STR(r->all, name, c);
	if (c) {
		free(name);
		return c;
	}
	c = xcalloc(1, sizeof(*c));
	c->name = name;
	c->cell = cell;
	HASH_ADD_KEYPTR(hh, r->all, c->name, strlen(c->name), c);
	return c;
}

/* "a" of "a-h1": whether two hosts are of one site. */
static bool same_site(const char *a, const char *b)
{
	size_t n = strcspn(a, "-");

	return !strncmp(a, b, n) && b[n] == '-';
}

static void note(struct reading *r, unsigned cell, unsigned gateway, const struct labels *l,
		 const struct flow_index *x)
{
	for (size_t i = 0; i < labels_count(l); i++) {
		const struct label *row = labels_at(l, i);

		if (row->kind != KIND_POSITIVE || !row->peer_client || !*row->client_host ||
		    !*row->server_host || same_site(row->client_host, row->server_host))
			continue;
		if (flow_index_find(x, &row->tuple))
			conversation_of(r, cell, row)->seen |= 1U << gateway;
		else
			conversation_of(r, cell, row);
	}
}

/* One cell at one vantage; a capture_fn. */
static int read_one(void *arg, const char *path, const struct labels *labels,
		    const struct score_setting *s, struct err *e)
{
	struct reading *r = arg;
	size_t n = strlen(s->vantage), cell, gateway;
	struct flow_index *x;
	int rc;

	if (n < 4 || strcmp(s->vantage + n - 4, ".wan") != 0 || !labels)
		return 0;
	cell = number_of(r->cells, &r->cells_n, CELLS_MAX, s->cell);
	gateway = number_of(r->gateways, &r->gateways_n, SITES_MAX, s->vantage);
	if (cell == CELLS_MAX || gateway == SITES_MAX)
		return err_set(e, "%s: more than %d cells or %d gateways", path, CELLS_MAX,
			       SITES_MAX);
	x = flow_index_new();
	rc = flow_index_read(x, path, e);
	if (rc == 0)
		note(r, (unsigned)cell, (unsigned)gateway, labels, x);
	flow_index_free(x);
	return rc;
}

static struct coverage_share lab_share(const struct reading *r, unsigned k)
{
	double *sum = xcalloc(r->cells_n, sizeof(*sum)), *of = xcalloc(r->cells_n, sizeof(*of));
	struct coverage_share s = {0};
	double all = 0;
	size_t n = 0;

	for (const struct conversation *c = r->all; c; c = c->hh.next) {
		double p =
			1 - coverage_none_of((double)r->gateways_n, __builtin_popcount(c->seen), k);

		sum[c->cell] += p;
		of[c->cell] += 1;
		s.share += p;
		all += 1;
	}
	s.share /= all;
	for (size_t i = 0; i < r->cells_n; i++)
		if (of[i] > 0)
			sum[n++] = sum[i] / of[i];
	if (!mean_t95(sum, n, &s.of))
		s.of = wilson95((uint64_t)llround(s.share * all), (uint64_t)all);
	free(sum);
	free(of);
	return s;
}

static void model_shares(struct sites *s, uint64_t seed)
{
	const struct coverage_sight all = {.flow = {1, 1, 1}};
	struct coverage *c = coverage_new(&(struct coverage_spec){.networks = s->taps,
								  .internets = MODEL_TRIALS,
								  .clients = MODEL_CLIENTS,
								  .flows = MODEL_FLOWS,
								  .seed = seed,
								  .star = true});

	for (unsigned k = 1; k <= s->taps; k++)
		s->model[k] = coverage_of_flows(c, PLACE_EDGE, k, &all);
	coverage_free(c);
}

static void reading_clear(struct reading *r)
{
	struct conversation *c, *next;

	HASH_ITER (hh, r->all, c, next) {
		HASH_DEL(r->all, c); // NOLINT(clang-analyzer-unix.Malloc): uthash's own links
		free(c->name);
		free(c);
	}
	for (size_t i = 0; i < r->cells_n; i++)
		free(r->cells[i]);
	for (size_t i = 0; i < r->gateways_n; i++)
		free(r->gateways[i]);
}

int sites_read(struct sites *s, const char *run, uint64_t seed, struct err *e)
{
	struct reading r = {0};
	int rc = run_captures(run, LABEL_SKYPE, read_one, &r, e);

	*s = (struct sites){.taps = (unsigned)r.gateways_n,
			    .conversations = HASH_COUNT(r.all),
			    .cells = (unsigned)r.cells_n};
	if (rc == 0 && (s->taps < 3 || !s->conversations))
		rc = err_set(
			e,
			"%s: %u vantages SITE.wan and %u conversations between sites; it takes "
			"three and one, as in scenarios/limits-sites.yaml",
			run, s->taps, s->conversations);
	for (unsigned k = 1; rc == 0 && k <= s->taps; k++)
		s->lab[k] = lab_share(&r, k);
	if (rc == 0)
		model_shares(s, seed);
	reading_clear(&r);
	return rc;
}

static bool agrees(const struct sites *s, unsigned k)
{
	return s->lab[k].of.low <= s->model[k].of.high && s->model[k].of.low <= s->lab[k].of.high;
}

bool sites_agree(const struct sites *s)
{
	for (unsigned k = 1; k <= s->taps; k++)
		if (!agrees(s, k))
			return false;
	return true;
}

static void put_share(struct listing *l, size_t column, const struct coverage_share *s)
{
	listing_putf(l, column, "%.3f [%.3f, %.3f]", s->share, s->of.low, s->of.high);
}

void sites_text(FILE *f, const struct sites *s)
{
	static const struct listing_column columns[] = {{.name = "taps", .number = true},
							{.name = "of them see (lab)"},
							{.name = "the model says"},
							{.name = "agree"}};
	struct listing *l = listing_new(columns, ARRAY_LEN(columns));

	fprintf(f,
		"%u conversations between sites in %u cells, %u gateways tapped; emulated traffic, "
		"real packets\n",
		s->conversations, s->cells, s->taps);
	for (unsigned k = 1; k <= s->taps; k++) {
		listing_begin(l);
		listing_putf(l, 0, "%u", k);
		put_share(l, 1, &s->lab[k]);
		put_share(l, 2, &s->model[k]);
		listing_put(l, 3, agrees(s, k) ? "yes" : "no");
	}
	listing_end(l, f, false);
}

void sites_tsv(FILE *f, const struct sites *s)
{
	fputs("source\tgateways\ttapped\tconversations\tcells\tshare\tshare_low\tshare_"
	      "high\tmodel\t"
	      "model_low\tmodel_high\tagree\n",
	      f);
	for (unsigned k = 1; k <= s->taps; k++)
		fprintf(f, "emulated\t%u\t%u\t%u\t%u\t%.4f\t%.4f\t%.4f\t%.4f\t%.4f\t%.4f\t%s\n",
			s->taps, k, s->conversations, s->cells, s->lab[k].share, s->lab[k].of.low,
			s->lab[k].of.high, s->model[k].share, s->model[k].of.low,
			s->model[k].of.high, agrees(s, k) ? "yes" : "no");
}
