// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * of_capture.c - is a capture one of a run's? Then its traffic is not "recorded" because it lies in a
 * file, and its truth is known.
 */
#include <jansson.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/inner.h"
#include "base/path.h"
#include "run/cell/of_capture.h"
#include "run/cell/scoring.h"

/* The vantage whose capture is @file; NULL = none. */
static const char *vantage_of(const json_t *facts, const char *file)
{
	const char *vantage;
	json_t *tap;

	json_object_foreach (json_object_get(facts, "taps"), vantage, tap) {
		const char *name = json_string_value(json_object_get(tap, "file"));

		if (name && !strcmp(name, file))
			return vantage;
	}
	return NULL;
}

static int preference(const char *vantage)
{
	size_t n = strlen(vantage);

	return !strcmp(vantage, "caller.lan") ? 2 : n > 4 && !strcmp(vantage + n - 4, ".lan");
}

const char *cell_default_vantage(json_t *taps)
{
	const char *vantage, *best = NULL;
	json_t *tap;

	json_object_foreach (taps, vantage, tap) {
		int more = best ? preference(vantage) - preference(best) : 1;

		if (more > 0 || (!more && strcmp(vantage, best) < 0))
			best = vantage;
	}
	return best;
}

static enum traffic_source source_of(const struct cell_scoring *c)
{
	if (c->of[SOURCE_EMULATED].has && c->of[SOURCE_RECORDED].has)
		return SOURCE_NONE;
	return c->of[SOURCE_EMULATED].has ? SOURCE_EMULATED : SOURCE_RECORDED;
}

bool cell_of_capture(const char *path, struct cell_capture *out)
{
	const char *slash = strrchr(path, '/'), *file = slash ? slash + 1 : path, *vantage;
	char *dir = path_folder(path);
	char *there = path_in(dir, "cell.json");
	struct err why = {0};
	json_t *facts = access(there, F_OK) == 0 ? inner_json(dir, "cell.json", &why) : NULL;
	struct cell_scoring scoring = {0};
	struct err ignored;

	if (why.msg[0])
		log_warn("%s; the capture is taken by itself", why.msg);
	memset(out, 0, sizeof(*out));
	vantage = vantage_of(facts, file);
	if (vantage && cell_scoring_read(&scoring, dir, "", facts, &ignored) == 0) {
		const char *version;

		out->source = source_of(&scoring);
		version = scoring.of[out->source].traffic_version;
		out->truth = path_inf(dir, "truth.%s.tsv", vantage);
		if (cell_knows_events(&scoring))
			out->events = path_inf(dir, "events.%s.tsv", vantage);
		out->watched_s = scoring.watched_s;
		out->vantage = xstrdup(vantage);
		out->target = xstrdup(scoring.target);
		out->traffic_version = version ? xstrdup(version) : NULL;
	}
	cell_scoring_clear(&scoring);
	json_decref(facts);
	free(there);
	free(dir);
	return out->truth != NULL;
}

void cell_capture_clear(struct cell_capture *c)
{
	free(c->truth);
	free(c->events);
	free(c->vantage);
	free(c->traffic_version);
	free(c->target);
	memset(c, 0, sizeof(*c));
}
