// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * facts.c - detectors.tsv: what each foreign detector took, and how it ended, capture by capture
 *
 * Processor time is that of the whole start: of a short capture most of it is what the program needs
 * to begin. Times per million packets are comparable only between captures of one size.
 */
#include <inttypes.h>
#include <string.h>

#include "base/label.h"
#include "base/quote.h"
#include "base/tsv.h"
#include "run/under_test/facts.h"

#define NS_PER_MS 1e6
#define MIB	  1048576.0
#define FAILED	  "failed"

void detector_facts_head(FILE *f)
{
	fputs("cell\tvantage\tdetector\tsignature\trevision\tstatus\tlast_line\trecords\t"
	      "no_flow\tdetections\tpackets\tcpu_ms\tcpu_ms_per_million\twall_ms\tpeak_mib\t"
	      "output_bytes\tnetwork_tries\tfirst_packet\tfirst_s\toutput_sha256\n",
	      f);
}

static const char *or_dash(const char *text)
{
	return *text ? quote_terminal(text) : "-";
}

void detector_facts_put(FILE *f, const char *cell, const char *vantage,
			const struct foreign_detector *d, const struct detector_fact *x)
{
	double cpu_ms = (double)x->cpu_ns / NS_PER_MS;

	fprintf(f, "%s\t%s\t%s\t%s\t%s\t%s\t%s", cell, vantage, d->adapter->name, foreign_name(d),
		d->version, x->failed ? FAILED : "ok", or_dash(x->last_line));
	fprintf(f, "\t%" PRIu64 "\t%" PRIu64 "\t%" PRIu64 "\t%" PRIu64 "\t%.1f", x->records,
		x->no_flow, x->detections, x->packets, cpu_ms);
	if (x->packets)
		fprintf(f, "\t%.0f", cpu_ms * 1e6 / (double)x->packets);
	else
		fputs("\t-", f);
	fprintf(f, "\t%.1f\t%.1f\t%" PRIu64 "\t%" PRIu64, (double)x->wall_ns / NS_PER_MS,
		(double)x->peak_bytes / MIB, x->output_bytes, x->network_tries);
	if (x->first_known && x->first_packet)
		fprintf(f, "\t%" PRIu64, x->first_packet);
	else
		fputs("\t-", f);
	if (x->first_known)
		fprintf(f, "\t%.6f", (double)x->first_ns / 1e9);
	else
		fputs("\t-", f);
	fprintf(f, "\t%s\n", or_dash(x->digest));
}

void detector_facts_first(struct detector_fact *x, const struct detections *list,
			  const char *target, const struct flow_index *flows)
{
	uint64_t begin = flow_index_last_ns(flows) - flow_index_span_ns(flows);
	const struct detection *first = NULL;

	for (size_t i = 0; i < detections_count(list); i++) {
		const struct detection *v = detections_at(list, i);

		if (label_is(v->application, target) && !v->afterwards && v->ts_ns >= begin &&
		    (!first || v->ts_ns < first->ts_ns))
			first = v;
	}
	x->first_known = first != NULL;
	if (!first)
		return;
	x->first_packet = first->packet;
	x->first_ns = first->ts_ns - begin;
}

bool detector_facts_is_failed(const char *status)
{
	return !strcmp(status, FAILED);
}

int detector_facts_failed(const char *path, const char *vantage, const struct foreign_detector *d,
			  bool *failed, struct err *e)
{
	struct tsv *t = tsv_read(path, e);
	bool known = false;

	if (!t)
		return -1;
#define CELL(name) tsv_cell(t, r, tsv_column(t, name))
	for (size_t r = 0; r < t->rows && !known; r++) {
		known = !strcmp(CELL("vantage"), vantage) &&
			!strcmp(CELL("signature"), foreign_name(d));
		*failed = known && detector_facts_is_failed(CELL("status"));
	}
#undef CELL
	tsv_free(t);
	return known ? 0 : err_set(e, "%s: no line of %s at %s", path, foreign_name(d), vantage);
}
