// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * background.c - a scenario's background entries on the hosts of a cell's lab
 *
 * An entry is a mix at a site, or at one host of it. All entries share the internet node, whose
 * addresses serve the generators of every entry, and the cell's loop; each draws from a seed of its
 * own. Real programs bind their own sockets, so each gets an address that no other program uses.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/path.h"
#include "base/rng.h"
#include "replay/background/background.h"
#include "run/cell/background.h"
#include "run/cell/vantage.h"
#include "run/scenario/schema.h"

#define STATS 128 /* generators and programs of a mix, at most */

struct backgrounds {
	const struct scenario *s;
	struct lab *lab;
	struct background **all; /* by background entry */
};

static bool has_vantage(const struct scenario *s, const char *name)
{
	size_t n;
	char **all = network_vantages(s, &n);
	bool found = false;

	for (size_t i = 0; i < n; i++)
		found |= !strcmp(all[i], name);
	network_vantages_free(all, n);
	return found;
}

/* Programs live in real time, and their flows are read from a capture of their site's inside. */
static int check_programs(const struct scenario *s, const struct scenario_background *b, bool real,
			  struct err *e)
{
	char *inner = xasprintf("%s.lan", b->site);
	int rc = 0;

	if (!real)
		rc = err_set(e, "%s: mix %s has real programs: the scenario needs `clock: real`",
			     s->path, b->mix.name);
	else if (!has_vantage(s, inner))
		rc = err_set(e,
			     "%s: mix %s has real programs, whose flows are read from the vantage "
			     "%s: add it to vantages",
			     s->path, b->mix.name, inner);
	free(inner);
	return rc;
}

static int check_cell(const struct scenario *s, bool real, struct err *e)
{
	size_t programs = 0;

	for (unsigned i = 0; i < s->background_len; i++) {
		const struct mix *m = s->background[i].mix.mix;

		if (mix_programs(m) && check_programs(s, &s->background[i], real, e) < 0)
			return -1;
		if (mix_addresses(m) + programs > NETWORK_SERVERS)
			return err_set(e,
				       "%s: mix %s needs %zu server addresses, but there are %u "
				       "and programs of other mixes take %zu of them",
				       s->path, s->background[i].mix.name, mix_addresses(m),
				       NETWORK_SERVERS, programs);
		programs += mix_programs(m);
	}
	return 0;
}

int backgrounds_check(const struct scenario *s, const struct scenario_cell *cells, size_t n,
		      bool real, struct err *e)
{
	for (size_t i = 0; i < n; i++) {
		struct scenario *cell = scenario_apply(s, &cells[i]);
		int rc = check_cell(cell, real || cell->clock == LOOP_REAL, e);

		scenario_free(cell);
		if (rc < 0)
			return -1;
	}
	return 0;
}

static int start_one(struct backgrounds *b, unsigned i, const struct network *net, struct err *e)
{
	const struct scenario_background *entry = &b->s->background[i];
	size_t addresses = NETWORK_SERVERS;

	for (unsigned k = 0; k < i; k++) /* programs take theirs from the end */
		addresses -= mix_programs(b->s->background[k].mix.mix);

	if (background_internet(b->all[i], lab_node_netns(b->lab, INTERNET_NODE), INTERNET_NODE,
				net->others, addresses, e) < 0)
		return -1;
	for (size_t k = 0; k < lab_node_count(b->lab); k++) {
		const struct lab_node *n = lab_node_at(b->lab, k);

		if (n->kind != LAB_HOST || strcmp(b->s->sites[n->site].name, entry->site) ||
		    entry->proxy != !n->nth || (entry->host && entry->host != n->nth))
			continue;
		background_host(b->all[i], n->netns, n->name, n->ip);
	}
	return background_start(b->all[i], e);
}

struct backgrounds *backgrounds_start(const struct scenario *s, struct lab *lab,
				      const struct network *net, struct dialogs *dialogs,
				      struct err *e)
{
	struct backgrounds *b = xcalloc(1, sizeof(*b));

	*b = (struct backgrounds){.s = s, .lab = lab};
	b->all = xcalloc(s->background_len, sizeof(*b->all));
	for (unsigned i = 0; i < s->background_len; i++) {
		b->all[i] = background_new(dialogs, rng_stream_seed(s->seed, "background", i),
					   s->background[i].mix.mix);
		background_rate(b->all[i], s->background[i].rate);
		if (start_one(b, i, net, e) < 0) {
			backgrounds_free(b);
			return NULL;
		}
	}
	return b;
}

void backgrounds_stop(struct backgrounds *b)
{
	for (unsigned i = 0; i < b->s->background_len; i++)
		background_stop(b->all[i]);
}

bool backgrounds_busy(const struct backgrounds *b)
{
	for (unsigned i = 0; i < b->s->background_len; i++)
		if (background_busy(b->all[i]))
			return true;
	return false;
}

void backgrounds_finish(struct backgrounds *b)
{
	for (unsigned i = 0; i < b->s->background_len; i++)
		background_finish(b->all[i]);
}

void backgrounds_end_programs(struct backgrounds *b)
{
	for (unsigned i = 0; i < b->s->background_len; i++)
		background_end_programs(b->all[i]);
}

bool backgrounds_have_programs(const struct backgrounds *b)
{
	for (unsigned i = 0; i < b->s->background_len; i++)
		if (mix_programs(b->s->background[i].mix.mix))
			return true;
	return false;
}

const char *backgrounds_program(const struct backgrounds *b, int site, uint8_t proto,
				const struct endpoint *inside, const struct endpoint *outside)
{
	for (unsigned i = 0; i < b->s->background_len; i++) {
		const char *name = NULL;

		if (!strcmp(b->s->background[i].site, b->s->sites[site].name))
			name = background_program(b->all[i], proto, inside, outside);
		if (name)
			return name;
	}
	return NULL;
}

json_t *backgrounds_facts(const struct backgrounds *b)
{
	json_t *list = json_array();

	for (unsigned i = 0; i < b->s->background_len; i++) {
		struct background_stats st[STATS];
		size_t n = background_stats(b->all[i], st, STATS);

		for (size_t k = 0; k < n && k < STATS; k++)
			json_array_append_new(
				list,
				json_pack("{sssssssIsIsI}", "site", b->s->background[i].site, "mix",
					  b->s->background[i].mix.name, "what", st[k].generator,
					  "sessions", (json_int_t)st[k].sessions, "complete",
					  (json_int_t)st[k].complete, "cut",
					  (json_int_t)st[k].cut));
	}
	return list;
}

void backgrounds_free(struct backgrounds *b)
{
	if (!b)
		return;
	for (unsigned i = 0; i < b->s->background_len; i++)
		background_free(b->all[i]);
	free(b->all);
	free(b);
}
