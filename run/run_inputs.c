// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * run_inputs.c - the data files that a run reads, for its manifest
 *
 * Limits: a run reads tens of files, so they are found by a linear search.
 */
#include <stdlib.h>
#include <string.h>

#include "base/datadir.h"
#include "base/path.h"
#include "run/run_inputs.h"
#include "run/scenario/library.h"

void run_inputs_add(struct run_inputs *l, const char *path)
{
	for (size_t i = 0; path && i < l->n; i++)
		if (!strcmp(l->paths[i], path))
			return;
	if (!path)
		return;
	l->paths = xrealloc(l->paths, (l->n + 1) * sizeof(char *));
	l->paths[l->n++] = xstrdup(path);
}

static void add_corpus_file(struct run_inputs *l, const char *name)
{
	char *path = name ? path_in(corpora_dir(), name) : NULL;

	run_inputs_add(l, path);
	free(path);
}

/* What a gateway without a firewall or NAT of its own gets (lab/plan.c). */
static void add_defaults(struct run_inputs *l)
{
	char *open, *public;

	if (l->defaults)
		return;
	l->defaults = true;
	open = data_file("scenarios/firewalls", "open", NULL);
	public = data_file("scenarios/nats", "public", NULL);
	run_inputs_add(l, open);
	run_inputs_add(l, public);
	free(open);
	free(public);
}

void run_inputs_add_scenario(struct run_inputs *l, const struct scenario *s)
{
	add_defaults(l);
	run_inputs_add(l, library_path(s->library, s->internet_firewall.policy));
	for (unsigned k = 0; k < s->sites_len; k++) {
		run_inputs_add(l, library_path(s->library, s->sites[k].firewall.policy));
		run_inputs_add(l, library_path(s->library, s->sites[k].nat.policy));
		run_inputs_add(l, library_path(s->library, s->sites[k].cgn.policy));
	}
	for (unsigned k = 0; k < s->clients_len; k++)
		run_inputs_add(l, library_path(s->library, s->clients[k].version.version));
	for (unsigned k = 0; k < s->background_len; k++)
		run_inputs_add(l, library_path(s->library, s->background[k].mix.mix));
	if (s->operator&& s->operator->filter)
		run_inputs_add(l, library_path(s->library, s->operator->filter));
	for (unsigned k = 0; k < s->recordings_len; k++) {
		if (s->recordings[k].off)
			continue;
		add_corpus_file(l, s->recordings[k].capture);
		add_corpus_file(l, s->recordings[k].labels);
	}
}

void run_inputs_clear(struct run_inputs *l)
{
	for (size_t i = 0; i < l->n; i++)
		free(l->paths[i]);
	free(l->paths);
	*l = (struct run_inputs){0};
}
