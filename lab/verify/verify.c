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

int lab_verify(const struct lab_verify_options *o, FILE *out, struct err *e)
{
	struct verify v = {.o = o, .out = out, .progress = progress_begin(o->progress, false)};
	bool all = !o->nats && !o->firewalls && !o->peers && !o->matrix && !o->nat && !o->firewall;
	int rc = 0;

	if ((o->firewall && !policies_firewall(&v.policies, o->firewall, e)) ||
	    (o->nat && !policies_nat(&v.policies, o->nat, e))) {
		policies_free(&v.policies);
		return -1;
	}
	if (o->json) {
		v.list = listing_new(columns, ARRAY_LEN(columns));
		v.out = fopen("/dev/null", "w");
		if (!v.out)
			rc = err_sys(e, "/dev/null");
	}
	if (rc == 0 && (all || o->nats || o->nat))
		rc = verify_nats(&v, e);
	if (!rc && (all || o->firewalls || o->firewall))
		rc = verify_firewalls(&v, e);
	if (!rc && (all || o->peers))
		rc = verify_peers(&v, e);
	if (!rc && (all || o->matrix))
		rc = verify_matrix(&v, e);
	progress_end(&v.progress);
	policies_free(&v.policies);
	if (o->json) {
		if (v.out)
			fclose(v.out);
		listing_end(v.list, rc < 0 ? NULL : out, true);
		return rc < 0 ? -1 : v.differences > 0;
	}
	if (rc < 0)
		return -1;
	fprintf(out, "%u checks in %u labs, %u differences\n", v.checks, v.labs, v.differences);
	return v.differences ? 1 : 0;
}
