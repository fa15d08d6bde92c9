// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * paper_claims.c - what the publication says, tested on the material of the paper
 */
#include <stdlib.h>

#include "analysis/claims/print.h"
#include "run/claims/gather.h"
#include "run/paper/paper_claims.h"

#define CLAIMS "ehlert-petgang-2006"

static int test(struct paper_material *m, struct err *e)
{
	const char **paths = xcalloc(m->runs_n + m->captures_n + 1, sizeof(*paths));
	struct claims_request q = {.paths = paths,
				   .negatives = (const char *const *)m->negatives,
				   .negatives_n = m->negatives_n};
	bool damaged = false;
	int rc;

	for (size_t i = 0; i < m->runs_n; i++)
		paths[q.n++] = m->runs[i].dir;
	for (size_t i = 0; i < m->captures_n; i++)
		if (!m->captures[i].why)
			paths[q.n++] = m->captures[i].path;
	rc = claims_gather(m->claims, &q, &damaged, e);
	free(paths);
	return rc;
}

struct claim_results *paper_claims(struct paper_material *m, struct err *e)
{
	if (m->claims)
		return m->claims;
	m->claim_set = claims_load(m->request->claims ? m->request->claims : CLAIMS, e);
	if (!m->claim_set)
		return NULL;
	m->claims = claim_results_new(m->claim_set);
	if (test(m, e) == 0)
		return m->claims;
	paper_claims_free(m);
	return NULL;
}

void paper_claims_free(struct paper_material *m)
{
	claim_results_free(m->claims);
	claims_free(m->claim_set);
	m->claims = NULL;
	m->claim_set = NULL;
}

int paper_claims_put(struct paper_material *m, FILE *f, struct err *e)
{
	const struct claim_results *r = paper_claims(m, e);

	if (!r)
		return -1;
	claims_print(r, f, TABLE_TSV);
	return 0;
}
