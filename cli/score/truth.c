// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * truth.c - what is known of a capture that is scored: whose its labels are, and of which traffic
 */
#include "cli/score/truth.h"
#include "results/score/held.h"
#include "results/score/labels_file.h"
#include "run/detect/captures.h"

int score_read_named(const struct score_options *o, const char *file, struct labels **out,
		     struct err *e)
{
	*out = o->confusion && file ? labels_read(file, NULL, e) : NULL;
	return o->confusion && file && !*out ? -1 : 0;
}

int score_check_met(const char *file, const struct labels *l, const char *capture,
		    const struct flow_index *x, bool whole, struct err *e)
{
	struct unmet_rows u = {0};

	if (flow_index_count(x))
		u = labels_unmet(l, x);
	if (!labels_count(l))
		log_warn("%s: no rows; whatever is claimed counts as false", file);
	if (u.rows && u.unmet == u.rows)
		return err_set(e,
			       "%s: none of its %zu flows is among the %zu of %s at the time the "
			       "file gives; name the label file of this capture",
			       file, labels_count(l), flow_index_count(x), capture);
	if (u.unmet && whole)
		log_warn(
			"%s:%u: %zu of %zu rows meet no flow of %s at the time they give, this one "
			"first; they count neither as found nor as missed",
			file, u.first, u.unmet, u.rows, capture);
	return 0;
}

char *score_labels_file(const struct score_options *o, const char *path,
			const struct cell_capture *cell, struct err *e)
{
	if (o->labels)
		return xstrdup(o->labels);
	return cell->truth ? xstrdup(cell->truth) : labels_path_of(path, e);
}

int score_source_of_labels(const struct labels *l, const char *file, enum traffic_source *source,
			   struct err *e)
{
	size_t emulated = *source == SOURCE_RECORDED ? labels_emulated(l) : 0;

	if (!emulated)
		return 0;
	if (emulated < labels_count(l))
		return err_set(e,
			       "%s: %zu of %zu rows are of emulated traffic; emulated and recorded "
			       "traffic are never summed, so give them as two files",
			       file, emulated, labels_count(l));
	*source = SOURCE_EMULATED;
	return 0;
}

bool score_one_source(const char *path, const struct cell_capture *cell, bool of_run, struct err *e)
{
	if (!of_run || cell->source != SOURCE_NONE)
		return true;
	err_set(e,
		"%s: its cell has emulated and recorded traffic, which are never summed; score "
		"--run keeps them apart",
		path);
	return false;
}
