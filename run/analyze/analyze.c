// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * analyze.c - an analysis from captures to its document
 *
 * One pass feeds who talks with whom (analysis/talk). The same or another at the same time feeds the bytes
 * of messages (analysis/field) and the tape on which statements are tried again without each host
 * (analysis/compare): bytes.c. Captures to compare
 * with are a pass of their own, of which only the bytes count.
 *
 * An analysis of nothing is refused: no flow at all, none of the host, none with the label.
 */
#include <stdlib.h>
#include <string.h>

#include "analysis/compare/compare.h"
#include "analysis/page/analysed.h"
#include "base/datadir.h"
#include "base/number.h"
#include "base/tsv.h"
#include "run/analyze/analyze.h"
#include "run/analyze/bytes.h"

static const char *const named_by[] = {"ehlert-petgang-1.4", "ehlert-petgang-2.0", "skypelab-2006",
				       "skypelab-2013"};

/* What an analysis is made of; all owned. */
struct work {
	struct material material, other;
	struct signature_set *set;
	struct message_names *names;
	char *names_text;
	uint16_t ports[HERE_PORTS];
	size_t ports_n;
	struct talk *talk;
	struct bytes bytes;
	struct field_analysis *other_fields;
	struct field_map *other_map;
	struct compare *compare;
	struct pass pass, other_pass;
	char *choice;
};

static void work_clear(struct work *w)
{
	compare_free(w->compare);
	field_map_free(w->other_map);
	bytes_clear(&w->bytes);
	field_analysis_free(w->other_fields);
	talk_free(w->talk);
	message_names_free(w->names);
	signatures_free(w->set);
	material_clear(&w->material);
	material_clear(&w->other);
	free(w->names_text);
	free(w->choice);
}

/* --- what is asked for -------------------------------------------------------------------- */

static int read_ports(struct work *w, struct err *e)
{
	char *path = data_path("scenarios/ports.tsv", e);
	struct tsv *t = path ? tsv_read(path, e) : NULL;
	int column = t ? tsv_need(t, "port", e) : -1, rc = column < 0 ? -1 : 0;

	for (size_t i = 0; rc == 0 && i < t->rows && w->ports_n < HERE_PORTS; i++) {
		uint64_t port;

		rc = tsv_count(t, i, column, &port, e);
		if (rc == 0 && port > UINT16_MAX)
			rc = err_set(e, "%s:%u: %s is no port", path, t->lines[i],
				     tsv_cell(t, i, column));
		else if (rc == 0)
			w->ports[w->ports_n++] = (uint16_t)port;
	}
	tsv_free(t);
	free(path);
	return rc;
}

static int take_ports(struct work *w, const struct analyze_request *r, struct err *e)
{
	if (!r->ports_n)
		return read_ports(w, e);
	w->ports_n = r->ports_n < HERE_PORTS ? r->ports_n : HERE_PORTS;
	memcpy(w->ports, r->ports, w->ports_n * sizeof(*w->ports));
	return 0;
}

static void name_signatures(struct work *w)
{
	char *text = xstrdup("");

	for (size_t i = 0; i < signatures_count(w->set); i++) {
		char *longer =
			xasprintf("%s%s%s", text, i ? ", " : "", signatures_info(w->set, i)->name);

		free(text);
		text = longer;
	}
	w->names_text = text;
}

static int load_signatures(struct work *w, const struct analyze_request *r, struct err *e)
{
	w->set = r->signatures_n ? signatures_load(r->signatures, r->signatures_n, e)
				 : signatures_load(named_by, ARRAY_LEN(named_by), e);
	if (!w->set)
		return -1;
	w->names = message_names_new();
	name_signatures(w);
	return 0;
}

static char *choice_text(const struct flow_choice *c)
{
	char text[ENDPOINT_TEXT_LEN] = "", *out;

	if (c->host.ip.family && c->host.port)
		endpoint_text(&c->host, text);
	else if (c->host.ip.family)
		ip_text(&c->host.ip, text);
	if (!*text && !c->application)
		return NULL;
	out = xasprintf("flows%s%s%s%s", *text ? " of " : "", text,
			c->application ? " with the label " : "",
			c->application ? c->application : "");
	return out;
}

/* --- passes ------------------------------------------------------------------------------- */

/* What the only capture, or the first of several, is called in a message. */
static const char *material_name(const struct material *m)
{
	return m->pieces[0].path;
}

static int need_labels(const struct material *m, const struct flow_choice *c, struct err *e)
{
	for (size_t i = 0; c->application && i < m->n; i++)
		if (!m->pieces[i].labels)
			return err_set(e,
				       "%s: --application %s needs labels, and there is no label "
				       "file by its name; name one with --labels",
				       m->pieces[i].path, c->application);
	return 0;
}

static int check_something(const struct material *m, const struct pass *p, const char *choice,
			   struct err *e)
{
	const char *more = m->n > 1 ? " and the others" : "";

	if (!p->flows)
		return err_set(e, "%s%s: no UDP or TCP flow in it, so there is nothing to analyse",
			       material_name(m), more);
	if (!p->wanted)
		return err_set(e,
			       "%s%s: no %s among %llu flows; without that choice skypelab analyze "
			       "lists the hosts that are there",
			       material_name(m), more, choice, (unsigned long long)p->flows);
	return 0;
}

static int first_pass(struct work *w, const struct analyze_request *r, struct err *e)
{
	const struct here_usage usage = {.ports = w->ports,
					 .ports_n = w->ports_n,
					 .configs = (const char *const *)w->material.configs,
					 .configs_n = w->material.configs_n,
					 .config_of = w->material.config_of,
					 .inputs = w->material.n};
	struct listeners to = {.n = 1, .set = w->set, .names = w->names};

	w->talk = talk_new(&usage);
	to.users[0] = talk_user(w->talk);
	if (!r->no_fields)
		bytes_begin(&w->bytes, &w->material, &r->choice, &to);
	if (one_pass(&w->material, &r->choice, &to, &w->pass, e) < 0 ||
	    check_something(&w->material, &w->pass, w->choice, e) < 0)
		return -1;
	talk_finish(w->talk, w->names);
	return r->no_fields ? 0 : bytes_finish(&w->bytes, e);
}

static int other_pass(struct work *w, const struct analyze_request *r, struct err *e)
{
	const struct material_request request = {.paths = r->against,
						 .n = r->against_n,
						 .vantage = r->material.vantage,
						 .by = r->material.by};
	const struct flow_choice choice = {.application = r->choice.application};
	struct listeners to = {.n = 1};

	if (!r->against_n)
		return 0;
	if (material_find(&w->other, &request, e) < 0 || need_labels(&w->other, &choice, e) < 0)
		return err_push(e, "--against");
	w->other_fields = field_analysis_new(NULL);
	to.users[0] = (struct message_user){.arg = w->other_fields,
					    .message = field_analysis_message,
					    .end = field_analysis_end,
					    .fetch = field_analysis_fetch};
	if (one_pass(&w->other, &choice, &to, &w->other_pass, e) < 0 ||
	    check_something(&w->other, &w->other_pass, "such flow", e) < 0)
		return err_push(e, "--against");
	w->other_map = field_analysis_finish(w->other_fields);
	w->compare = compare_maps(w->bytes.map, w->other_map);
	return 0;
}

/* --- the answer --------------------------------------------------------------------------- */

static char *title_of(const struct work *w)
{
	const struct material *m = &w->material;

	return m->n == 1 ? xasprintf("Analysis of %s", m->pieces[0].name)
			 : xasprintf("Analysis of %zu captures", m->n);
}

static int answer(const struct work *w, const struct analyze_request *r, struct document *d,
		  struct err *e)
{
	char *title = title_of(w);
	const struct analysed a = {
		.title = title,
		.source = source_text(w->material.source),
		.choice = w->choice,
		.signatures = w->names_text,
		.captures = w->material.names,
		.captures_n = w->material.n,
		.flows = w->pass.flows,
		.wanted = w->pass.wanted,
		.evicted = w->pass.evicted,
		.host = r->choice.host.ip.family ? &r->choice.host.ip : NULL,
		.frame = r->frame,
		.most = r->most,
		.talk = w->talk,
		.names = w->names,
		.map = w->bytes.map,
		.rests = w->bytes.rests,
		.against = w->compare,
		.against_names = w->other.names,
		.against_n = w->other.n,
		.plots = r->plots,
	};
	int rc = analysed_document(&a, d, e);

	free(title);
	return rc;
}

int analyze(const struct analyze_request *r, struct document *d, bool *damaged, struct err *e)
{
	struct work w = {.choice = choice_text(&r->choice)};
	int rc = -1;

	if (take_ports(&w, r, e) == 0 && load_signatures(&w, r, e) == 0 &&
	    material_find(&w.material, &r->material, e) == 0 &&
	    need_labels(&w.material, &r->choice, e) == 0 && first_pass(&w, r, e) == 0 &&
	    other_pass(&w, r, e) == 0)
		rc = answer(&w, r, d, e);
	*damaged = w.pass.damaged || w.other_pass.damaged;
	work_clear(&w);
	return rc;
}
