// SPDX-License-Identifier: GPL-2.0-or-later
/* A kind of file of results in the first line, and any bytes behind it as such a file: labels, a
 * baseline, accuracy.tsv, claims.tsv, confusion.tsv, events (EVE), detections.tsv, the manifest of a run,
 * a history, flow records. It is refused with a reason, or what it made can be used and freed. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/outfile.h"
#include "base/path.h"
#include "results/history/baseline.h"
#include "results/history/history.h"
#include "results/history/manifest.h"
#include "results/report/text_table.h"
#include "results/score/accuracy_tsv.h"
#include "results/score/claims_tsv.h"
#include "results/score/confusion_tsv.h"
#include "results/score/detections_tsv.h"
#include "results/score/labels.h"
#include "results/score/labels_file.h"
#include "results/score/score.h"
#include "run/detect/record_file.h"
#include "tests/fuzz/kinds.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static char dir[] = "/tmp/skypelab-fuzz-XXXXXX";
static char *file, *manifest;
static FILE *nowhere;

static bool read_labels(struct err *e)
{
	struct labels *l = labels_read(file, "dns", e);

	labels_free(l);
	return l;
}

static bool read_baseline(struct err *e)
{
	struct baseline *b = baseline_read(file, e);

	baseline_free(b);
	return b;
}

static bool read_accuracy(struct err *e)
{
	struct score_table *t = accuracy_read(file, e);

	if (t)
		accuracy_put(t, nowhere);
	score_table_free(t);
	return t;
}

static bool read_claims(struct err *e)
{
	struct score_table *t = score_table_new();
	int rc = claims_read(t, file, e);

	score_table_free(t);
	return rc == 0;
}

static bool read_confusion(struct err *e)
{
	struct confusion c = {0};
	int rc = confusion_read(&c, file, e);

	if (rc == 0)
		confusion_put(&c, nowhere);
	confusion_clear(&c);
	return rc == 0;
}

static bool read_events(struct err *e)
{
	struct detections *list = detections_new();
	int rc = detections_read_eve(list, file, e);

	detections_free(list);
	return rc == 0;
}

static bool read_detections(struct err *e)
{
	struct detections *list = detections_new();
	int rc = detections_read_tsv(list, file, "ndpi", "a.pcap", e);

	detections_put(nowhere, "ndpi", "a.pcap", list);
	detections_free(list);
	return rc == 0;
}

static bool read_manifest(struct err *e)
{
	json_t *m;
	bool good;

	rename(file, manifest);
	m = manifest_read(dir, e);
	good = m && manifest_verify(dir, e) == MANIFEST_WHOLE;
	if (m)
		manifest_compare(m, m, nowhere);
	json_decref(m);
	unlink(manifest);
	return good;
}

static bool read_history(struct err *e)
{
	bool good = history_print(file, NULL, NULL, TABLE_TSV, nowhere, e) >= 0 &&
		    history_print(file, "s", NULL, TABLE_JSON, nowhere, e) >= 0;
	char *journal = xasprintf("%s-journal", file);

	unlink(journal);
	free(journal);
	return good;
}

static bool read_records(struct err *e)
{
	struct record_list list = {0};
	int rc = record_file_read(file, 0, &list, e);

	record_list_sort(&list);
	for (size_t i = 0; i < list.n; i++)
		if (!list.records[i].packets ||
		    (int64_t)list.records[i].last_ns < (int64_t)list.records[i].first_ns)
			abort();
	record_list_free(&list);
	return rc == 0;
}

static const struct kind kinds[] = {{"labels", read_labels},	   {"baseline", read_baseline},
				    {"accuracy", read_accuracy},   {"claims", read_claims},
				    {"events", read_events},	   {"manifest", read_manifest},
				    {"history", read_history},	   {"detections", read_detections},
				    {"confusion", read_confusion}, {"records", read_records}};

static void clear(void)
{
	remove_tree(dir);
}

static void set_up(void)
{
	log_level = 0;
	nowhere = fopen("/dev/null", "w");
	if (!nowhere || !mkdtemp(dir))
		abort();
	atexit(clear);
	file = path_in(dir, "file");
	manifest = path_in(dir, "manifest.json");
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	if (!file)
		set_up();
	return kinds_try(kinds, ARRAY_LEN(kinds), file, data, size);
}
