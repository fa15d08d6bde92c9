// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * sources.c - emulated and recorded traffic of one cell, apart
 *
 * What our own sources send is emulated; recordings and real programs are recorded traffic. A cell
 * may have both: emulated clients beside real programs, a recording among generated background.
 * Then it is scored twice, each time with the flows of one source only, so that no figure mixes the
 * two. Each row of a truth file names the source of its flow.
 */
#include <stdlib.h>
#include <string.h>

#include "replay/background/mix.h"
#include "run/cell/sources.h"

static bool has_recorded(const struct cell_job *job)
{
	const struct scenario *s = job->scenario;

	for (unsigned i = 0; i < s->recordings_len; i++)
		if (!s->recordings[i].off)
			return true;
	for (unsigned i = 0; i < s->background_len; i++)
		if (mix_programs(s->background[i].mix.mix))
			return true;
	return job->program != NULL;
}

static bool has_emulated(const struct cell_job *job)
{
	const struct scenario *s = job->scenario;

	for (unsigned i = 0; i < s->background_len; i++)
		if (s->background[i].mix.mix->entries_count)
			return true;
	return s->clients_len > 0;
}

bool cell_has_source(const struct cell_job *job, enum traffic_source source)
{
	bool recorded = has_recorded(job);

	return source == SOURCE_RECORDED ? recorded : has_emulated(job) || !recorded;
}

/* Adds a version to what is known: the first one, or "mixed". */
static const char *and_version(const char *known, const char *more)
{
	if (!more || !*more)
		return known;
	return !strcmp(known, "-") || !strcmp(known, more) ? more : "mixed";
}

const char *cell_version_of(const struct cell_job *job, enum traffic_source source)
{
	const struct scenario *s = job->scenario;
	const char *version = "-";

	if (source == SOURCE_EMULATED) {
		for (unsigned i = 0; i < s->clients_len; i++)
			version = and_version(version, s->clients[i].version.name);
		return version;
	}
	for (unsigned i = 0; i < s->recordings_len; i++)
		if (!s->recordings[i].off)
			version = and_version(version, s->recordings[i].version);
	return job->program ? and_version(version, job->program->version) : version;
}

char *cell_cluster_of(const struct cell_job *job, enum traffic_source source)
{
	const struct scenario *s = job->scenario;

	if (source == SOURCE_RECORDED || !s->recordings_len)
		return xstrdup(s->cluster ? s->cluster : job->name);
	/* The scenario's is that of its recordings. */
	return xasprintf("%s%s", job->name, strchr(job->name, '@') ? "" : "@1");
}

static bool is_of(const struct label *row, enum traffic_source source)
{
	bool recorded = row && !strcmp(row->source, source_text(SOURCE_RECORDED));

	return recorded == (source == SOURCE_RECORDED);
}

struct part {
	struct labels *labels;
	enum traffic_source source;
};

static void add_of_source(void *arg, const struct label *of_all, unsigned line)
{
	const struct part *part = arg;
	struct label row = *of_all;

	(void)line;
	if (!is_of(&row, part->source)) {
		if (!labels_target(part->labels))
			return;
		label_copy(row.application, LABEL_UNKNOWN);
		row.session = false;
	}
	labels_add(part->labels, &row);
}

struct labels *source_labels(const struct labels *all, enum traffic_source source)
{
	struct part part = {labels_new(labels_target(all)), source};

	labels_each(all, add_of_source, &part);
	return part.labels;
}

struct detections *source_detections(const struct detections *all, const struct labels *labels,
				     enum traffic_source source)
{
	struct detections *part = detections_new();

	for (size_t i = 0; i < detections_count(all); i++) {
		const struct detection *v = detections_at(all, i);

		if (is_of(labels_find(labels, &v->tuple), source))
			detections_add(part, v);
	}
	return part;
}
