// SPDX-License-Identifier: GPL-2.0-or-later
/* A kind of YAML file in the first line, and any text behind it as such a file: it is refused with
 * a reason, or what it made can be used and freed. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "analysis/claims/claims.h"
#include "base/datadir.h"
#include "base/outfile.h"
#include "lab/gateway/firewall.h"
#include "lab/gateway/nat.h"
#include "replay/background/mix.h"
#include "replay/recorded/corpora.h"
#include "replay/skype/version.h"
#include "results/adapter/adapter.h"
#include "results/adapter/show.h"
#include "run/scenario/cells.h"
#include "run/scenario/load.h"
#include "run/scenario/schema.h"
#include "tests/fuzz/kinds.h"

#define COMBINATIONS_MAX 500 /* more cells tell nothing new */

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static char dir[] = "/tmp/skypelab-fuzz-XXXXXX";
static char *file, *data_dir;

static bool read_firewall(struct err *e)
{
	struct firewall *f = firewall_load(file, e);

	firewall_free(f);
	return f;
}

static bool read_nat(struct err *e)
{
	struct nat_policy *n = nat_policy_load(file, e);

	nat_policy_free(n);
	return n;
}

static bool read_mix(struct err *e)
{
	struct mix *m = mix_load(file, e);

	mix_free(m);
	return m;
}

static bool read_version(struct err *e)
{
	struct version *v = version_load(file, e);

	if (v)
		version_free(v);
	return v;
}

static bool read_scenario(struct err *e)
{
	struct scenario *s = scenario_load(file, e);
	size_t n, combinations = 1;
	struct scenario_cell *cells = NULL;
	struct err why = {0};

	if (!s)
		return false;
	s->repeat = s->repeat < 3 ? s->repeat : 3;
	for (unsigned i = 0; i < s->matrix_len && combinations <= COMBINATIONS_MAX; i++)
		combinations *= s->matrix[i].values_len;
	if (combinations <= COMBINATIONS_MAX) {
		cells = scenario_cells(s, NULL, 0, &n, &why);
		if (!cells && !why.msg[0])
			abort();
	}
	for (size_t i = 0; cells && i < n; i++) {
		if (cells[i].name[0] == '.' || strchr(cells[i].name, '/'))
			abort();
		for (size_t k = 0; k < i; k++)
			if (!strcmp(cells[i].name, cells[k].name))
				abort();
		scenario_free(scenario_apply(s, &cells[i]));
	}
	if (cells)
		scenario_cells_free(cells, n);
	scenario_free(s);
	return true;
}

static void take_corpus(void *arg, const struct corpus *c, const struct err *wrong)
{
	if (!c)
		*(struct err *)arg = *wrong;
}

static bool read_corpus(struct err *e)
{
	setenv("SKYPELAB_DATA", dir, 1);
	if (corpora_each(take_corpus, e, e) < 0)
		abort();
	setenv("SKYPELAB_DATA", data_dir, 1);
	return !e->msg[0];
}

static bool read_detector(struct err *e)
{
	struct adapter *a = adapter_load(file, e);
	char *text = NULL;
	size_t n = 0;
	FILE *f;

	if (!a)
		return false;
	f = open_memstream(&text, &n);
	if (!f)
		abort();
	adapter_show(f, a);
	fclose(f);
	free(text);
	adapter_free(a);
	return true;
}

static bool read_claims(struct err *e)
{
	struct claim_set *s = claims_load(file, e);

	claims_free(s);
	return s != NULL;
}

static const struct kind kinds[] = {{"firewall", read_firewall}, {"nat", read_nat},
				    {"mix", read_mix},		 {"version", read_version},
				    {"scenario", read_scenario}, {"corpus", read_corpus},
				    {"detector", read_detector}, {"claims", read_claims}};

static void clear(void)
{
	remove_tree(dir);
}

static void set_up(void)
{
	const char *env = getenv("SKYPELAB_DATA");
	char *corpora;

	log_level = 0;
	data_dir = xstrdup(env ? env : ".");
	if (!mkdtemp(dir))
		abort();
	atexit(clear);
	corpora = xasprintf("%s/scenarios/corpora", dir);
	file = xasprintf("%s/t.yaml", corpora);
	if (make_dirs(corpora, NULL) < 0)
		abort();
	free(corpora);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	if (!file)
		set_up();
	return kinds_try(kinds, ARRAY_LEN(kinds), file, data, size);
}
