// SPDX-License-Identifier: GPL-2.0-or-later
/* detector_try.c - `skypelab detector try`: one detector over one capture, and how it went */
#include <inttypes.h>
#include <stdio.h>

#include "base/outfile.h"
#include "base/quote.h"
#include "cli/command/failure.h"
#include "cli/detector_try.h"
#include "results/adapter/show.h"
#include "run/foreign/foreign.h"
#include "run/under_test/ethernet.h"

static void say_how(const struct adapter *a, const struct foreign_result *r)
{
	const struct contained_result *c = &r->ran;

	fprintf(stderr,
		"%s %s: %.2f s, %.2f s of processor time, %.1f MiB of memory, %" PRIu64
		" bytes in %u files\n",
		quote_terminal(a->name), quote_terminal(r->version), (double)c->wall_ns / 1e9,
		(double)c->cpu_ns / 1e9, (double)c->peak_bytes / (1 << 20), c->output_bytes,
		c->output_files);
	if (c->output_left)
		fprintf(stderr, "%u links, folders or odd names in its outputs were not read\n",
			c->output_left);
	if (c->network_tries)
		fprintf(stderr,
			"it tried %" PRIu64 " times to reach a network, and there is none\n",
			c->network_tries);
	if (r->failed)
		fprintf(stderr, "failed: %s\n", r->why);
	else
		adapter_counts_show(stderr, &r->counts);
}

enum command_end detector_try(const char *name, const char *capture, const char *rules,
			      const char *keep, struct err *e)
{
	struct foreign_job job = {.rules = rules, .keep = keep};
	struct ethernet_copy copy = {NULL, NULL};
	struct adapter *a = adapter_load(name, e);
	struct detections *found = detections_new();
	struct foreign_result result = {0};
	int rc = a ? ethernet_copy_of(&copy, capture, "/tmp", e) : -1;

	job.capture = copy.path;
	if (rc == 0 && keep)
		rc = make_dirs(keep, e);
	if (rc == 0)
		rc = foreign_detect(a, &job, found, &result, e);
	if (rc == 0) {
		if (!result.failed)
			adapter_detections_show(stdout, found);
		fflush(stdout);
		say_how(a, &result);
	}
	ethernet_copy_clear(&copy);
	detections_free(found);
	adapter_free(a);
	return rc < 0 ? COMMAND_FAILED : result.failed ? COMMAND_FINDING : COMMAND_DONE;
}
