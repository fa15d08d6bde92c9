// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * verify.c - does the lab do what its policies say? All parts, and the verdict
 *
 * Each behaviour, policy and pair gets a lab of its own, so that no state of an earlier one
 * is left. The declared side comes from the policy files, the observed side from packets that real
 * sockets received or did not; neither knows the rules. Same seed, same output.
 */
#include "lab/verify/firewall.h"
#include "lab/verify/matrix.h"
#include "lab/verify/nat.h"
#include "lab/verify/peers.h"
#include "lab/verify/tally.h"
#include "lab/verify/verify.h"

static const struct listing_column columns[] = {{.name = "part"},     {.name = "subject"},
						{.name = "tried"},    {.name = "declared"},
						{.name = "observed"}, {.name = "agrees"}};

/* The parts, in the order in which they are tried. */
static int verify_parts(struct verify *v, struct err *e)
{
	const struct lab_verify_options *o = v->o;
	bool all = !o->nats && !o->firewalls && !o->peers && !o->matrix && !o->nat && !o->firewall;
	const struct {
		bool wanted;
		unsigned (*labs)(const struct verify *v);
		int (*run)(struct verify *v, struct err *e);
	} parts[] = {
		{all || o->nats || o->nat, verify_nats_labs, verify_nats},
		{all || o->firewalls || o->firewall, verify_firewalls_labs, verify_firewalls},
		{all || o->peers, verify_peers_labs, verify_peers},
		{all || o->matrix, verify_matrix_labs, verify_matrix},
	};
	int rc = 0;

	for (size_t i = 0; i < ARRAY_LEN(parts); i++)
		v->all += parts[i].wanted ? parts[i].labs(v) : 0;
	for (size_t i = 0; i < ARRAY_LEN(parts) && rc == 0; i++)
		rc = parts[i].wanted ? parts[i].run(v, e) : 0;
	return rc;
}

int lab_verify(const struct lab_verify_options *o, FILE *out, struct err *e)
{
	struct verify v = {.o = o, .out = out, .progress = progress_begin(o->progress, false)};
	int rc = -1;

	if (o->json)
		v.list = listing_new(columns, ARRAY_LEN(columns));
	if ((!o->firewall || policies_firewall(&v.policies, o->firewall, e)) &&
	    (!o->nat || policies_nat(&v.policies, o->nat, e)))
		rc = verify_parts(&v, e);
	progress_end(&v.progress);
	policies_free(&v.policies);
	if (v.list)
		listing_end(v.list, rc < 0 ? NULL : out, true);
	else if (rc == 0)
		fprintf(out, "%u checks in %u labs, %u differences\n", v.checks, v.labs,
			v.differences);
	return rc < 0 ? -1 : v.differences > 0;
}
