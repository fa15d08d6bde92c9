// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * look.c - one foreign detector over one capture
 */
#include <stdlib.h>
#include <string.h>

#include "base/outfile.h"
#include "base/path.h"
#include "run/foreign/foreign.h"
#include "run/under_test/ethernet.h"
#include "run/under_test/look.h"

static void fact_of(struct detector_fact *x, const struct foreign_result *r,
		    const struct detections *found, const char *target,
		    const struct flow_index *flows)
{
	struct flow_totals totals;

	flow_index_totals(flows, &totals);
	*x = (struct detector_fact){.failed = r->failed,
				    .records = r->counts.records,
				    .no_flow = r->counts.no_flow,
				    .detections = detections_count(found),
				    .packets = totals.packets,
				    .cpu_ns = r->ran.cpu_ns,
				    .wall_ns = r->ran.wall_ns,
				    .peak_bytes = r->ran.peak_bytes,
				    .output_bytes = r->ran.output_bytes,
				    .network_tries = r->ran.network_tries};
	snprintf(x->last_line, sizeof(x->last_line), "%s", r->failed ? r->why : r->ran.last_line);
	snprintf(x->digest, sizeof(x->digest), "%s", r->ran.digest);
	detector_facts_first(x, found, target, flows);
}

int foreign_look(const struct foreign_detector *d, const char *capture, const char *const *hidden,
		 const char *scratch, const char *target, const struct flow_index *flows,
		 struct detections *list, struct detector_fact *fact, struct err *e)
{
	struct ethernet_copy copy;
	struct foreign_job job = {.rules = d->rules,
				  .hidden = hidden,
				  .signature = foreign_name(d),
				  .version = d->version};
	struct detections *found = detections_new();
	struct foreign_result r = {0};
	char *outputs = path_in(scratch, ".outputs.XXXXXX");
	int rc = ethernet_copy_of(&copy, capture, scratch, e);

	job.capture = copy.path;
	if (rc == 0 && !(job.keep = mkdtemp(outputs)))
		rc = err_sys(e, "%s", outputs);
	if (rc == 0)
		rc = foreign_detect(d->adapter, &job, found, &r, e);
	if (rc == 0) {
		fact_of(fact, &r, found, target, flows);
		for (size_t i = 0; i < detections_count(found); i++)
			detections_add(list, detections_at(found, i));
	}
	if (job.keep)
		remove_tree(job.keep);
	free(outputs);
	ethernet_copy_clear(&copy);
	detections_free(found);
	return rc;
}
