// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * eve_file.c - an EVE file of anybody's
 *
 * Suricata's file has alerts, flows and protocols, and no event of type "skype". Scored as ours it
 * would be a detector that found nothing.
 */
#include <inttypes.h>
#include <sys/stat.h>

#include "results/adapter/adapter.h"
#include "results/adapter/read.h"
#include "run/detect/eve_file.h"

static int read_foreign(const char *path, struct detections *v, struct err *e)
{
	struct adapter *a = adapter_load(EVE_FOREIGN, e);
	struct adapter_counts n;
	int rc = a ? adapter_read_file(a, path, v, &n, e) : -1;

	if (rc == 0)
		log_warn("%s: no skype event; read as Suricata's own: %" PRIu64
			 " records name %" PRIu64 " flows; %" PRIu64 " detections, %" PRIu64
			 " of them of no label's name",
			 path, n.records, n.flows, n.detections, n.other);
	adapter_free(a);
	return rc;
}

int eve_file_read(const char *path, struct detections *v, struct score_input *in, struct err *e)
{
	struct stat st;

	if (detections_read_eve(v, path, e) < 0)
		return -1;
	if (detections_count(v) || stat(path, &st) < 0 || !S_ISREG(st.st_mode) || !st.st_size)
		return 0;
	in->setting.detector = EVE_FOREIGN;
	in->no_sessions = true;
	return read_foreign(path, v, e);
}
