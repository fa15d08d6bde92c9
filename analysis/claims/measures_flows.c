// SPDX-License-Identifier: GPL-2.0-or-later
/* measures_flows.c - the measure on single flows: of those of one kind, which are of another */
#include <netinet/in.h>
#include <stdio.h>

#include "analysis/claims/match.h"
#include "analysis/claims/measures_flows.h"

void measure_flow_case(const struct claim *c, const struct claim_scene *scene,
		       const struct scene_flow *f, bool held, const char *value,
		       struct claim_cases *out)
{
	char a[ENDPOINT_TEXT_LEN], b[ENDPOINT_TEXT_LEN], what[320];
	uint64_t trial = c->measure.trial == CLAIM_TRIAL_FLOW	? f->id
			 : c->measure.trial == CLAIM_TRIAL_HOST ? claim_host_of(f)
								: 0;

	snprintf(what, sizeof(what), "%s %s %s%s%s", f->proto == IPPROTO_UDP ? "udp" : "tcp",
		 endpoint_text(&f->client, a), endpoint_text(&f->server, b), *f->reason ? ", " : "",
		 f->reason);
	claim_case(out, trial, held, scene->capture, f->first_number, what, value);
}

static const char *value_of(const struct claim *c, const struct scene_flow *f, char out[32])
{
	switch (c->measure.show) {
	case CLAIM_SHOW_SIZE:
		snprintf(out, 32, "%u", f->n ? f->messages[0].size : 0);
		return out;
	case CLAIM_SHOW_PORT:
		snprintf(out, 32, "%u", f->server.port);
		return out;
	case CLAIM_SHOW_SIDE:
		return f->client_opened ? "from client" : "from server";
	case CLAIM_SHOW_LASTS:
		snprintf(out, 32, "%.0f s", (double)(f->last_ns - f->first_ns) / 1e9);
		return out;
	case CLAIM_SHOW_QUIET:
		snprintf(out, 32, "%.0f s", (double)f->quiet_ns / 1e9);
		return out;
	default:
		return NULL;
	}
}

void measure_flows(const struct claim_set *s, const struct claim *c,
		   const struct claim_scene *scene, struct claim_cases *out)
{
	const struct claim_measure *k = &c->measure;

	for (size_t i = 0; i < scene->n; i++) {
		bool held = false;
		char value[32];

		if (!claim_flow_is(s, k->flow_at, scene->flows[i]))
			continue;
		for (unsigned m = 0; m < k->must.n; m++)
			held |= claim_flow_is(s, k->must_at[m], scene->flows[i]);
		measure_flow_case(c, scene, scene->flows[i], held,
				  value_of(c, scene->flows[i], value), out);
	}
}
