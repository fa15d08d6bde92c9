// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * engine_set.c - what a detector takes from its set of signatures
 *
 * Everything that the size or the content of the set decides, but for the tables by rule and by set
 * that reload.c moves. A detector has one set at a time.
 */
#include <stdlib.h>

#include "base/err.h"
#include "detector/engine/engine_set.h"
#include "detector/engine/flow_state.h"
#include "detector/engine/gauge.h"

void engine_versions(struct detector *d, const struct signature_set *set,
		     const struct client_versions *was)
{
	client_versions_init(&d->versions);
	free(d->rule_version);
	d->rule_version = xcalloc(set->rules_n + 1, sizeof(*d->rule_version));
	for (size_t i = 0; i < set->rules_n; i++)
		d->rule_version[i] = client_version_of_rule(&d->versions, set->rules[i]->version);
	for (size_t i = 0; i < set->rules_n; i++)
		for (unsigned m = 0; m < set->rules[i]->messages_n; m++)
			client_version_of_rule(&d->versions, set->rules[i]->messages[m].version);
	if (was)
		client_versions_renew(&d->versions, was);
}

size_t engine_flow_state_size(const struct signature_set *set)
{
	const struct dispatch *p = set->dispatch;
	unsigned words = p->udp.words > p->tcp.words ? p->udp.words : p->tcp.words;

	return sizeof(struct flow_state) + (words + !words) * sizeof(uint64_t);
}

void engine_set(struct detector *d, const struct signature_set *set)
{
	d->set = set;
	d->dispatch = set->dispatch;
	d->keys.f = NULL;
	d->gauged = gauge_wanted(set);
	d->follows = d->gauged || d->reach;
	d->tcp_inside = false;
	for (size_t i = 0; i < d->dispatch->tcp.n; i++)
		d->tcp_inside |= set->rules[d->dispatch->tcp.starts[i].rule]->psh;
}
