// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * page.c - the paper as one page: what it is, the sections, the claims, how it was made
 *
 * Self-contained: style and figures are in the page, and it fetches nothing. Links go to the tables
 * and figures beside it.
 */
#include <stdlib.h>
#include <string.h>

#include "analysis/claims/print.h"
#include "base/outfile.h"
#include "results/report/html.h"
#include "run/paper/page.h"
#include "run/paper/exhibit.h"
#include "run/paper/limits.h"
#include "run/paper/paper_claims.h"
#include "run/paper/sections.h"
#include "run/paper/tables.h"

#define TITLE "Analysis and signature of Skype traffic: what Ehlert and Petgang could have printed"

static size_t trials(const struct paper_material *m)
{
	size_t n = 0;

	for (size_t i = 0; i < m->runs_n; i++)
		n += m->runs[i].cells;
	return n;
}

static void put_head(struct exhibits *d)
{
	const struct paper_material *m = d->m;

	html_head(d->f, TITLE);
	html_printf(
		d->f,
		"<a class=\"skip\" href=\"#material\">To the results</a>\n<header><h1>%s</h1>\n"
		"<p class=\"dim\">Ehlert and Petgang, NGNI-SKYPE-06b, 2006, with the results "
		"section that it does not have: %zu emulated trials, %zu recorded captures with "
		"Skype and %zu without. Every figure is made by the command beside it.</p>"
		"</header>\n<nav aria-label=\"Parts\"><ul>"
		"<li><a href=\"#material\">Material</a></li>"
		"<li><a href=\"#messages\">Messages</a></li>"
		"<li><a href=\"#accuracy\">Accuracy</a></li>"
		"<li><a href=\"#false-alarms\">False alarms</a></li>"
		"<li><a href=\"#limits\">Limits</a></li>"
		"<li><a href=\"#claims\">Claims</a></li>"
		"<li><a href=\"#origin\">Origin</a></li></ul></nav>\n<main>\n",
		TITLE, trials(m), paper_material_scored(m), m->negatives_n);
	fputs("<p><b>Emulated</b> traffic is made by our own clients, after the publication, in "
	      "real "
	      "networks with real firewalls and NATs. That it is found, or that a claim holds on "
	      "it, "
	      "shows that the emulator is faithful. <b>Recorded</b> traffic is what real clients "
	      "sent. The two never share a figure.</p>\n",
	      d->f);
}

/* ------------------------------------------------------------------ claims */

static int put_claims(struct exhibits *d)
{
	const struct claim_results *r = paper_claims(d->m, d->e);

	if (!r)
		return -1;
	html_printf(d->f,
		    "<h2 id=\"claims\">6. Claims</h2>\n<p>What the publication says and a packet "
		    "could show: %zu statements, each tested where it can be.</p>\n",
		    (size_t)r->set->claims_n);
	html_printf(d->f,
		    "<p class=\"cap\">Table %u. Claims; emulated and recorded traffic have columns "
		    "of their own</p>\n<div class=\"box\" style=\"padding:0 .6rem\" tabindex=\"0\" "
		    "role=\"region\" aria-label=\"Claims\">\n",
		    ++d->tables);
	claims_print_html(r, d->f);
	fputs("</div>\n", d->f);
	exhibit_made(d, "claims");
	return 0;
}

/* ------------------------------------------------------------------ origin */

static const char *text_at(const json_t *o, const char *a, const char *b)
{
	const char *text = json_string_value(json_object_get(json_object_get(o, a), b));

	return text ? text : "-";
}

static void put_run(FILE *f, const struct paper_run *r)
{
	const json_t *m = r->manifest, *run = json_object_get(m, "run");

	html_printf(f, "<dt>%s</dt><dd><code>%s</code><br>ended %s, program %s, kernel %s, seed ",
		    r->name, text_at(m, "run", "command"), text_at(m, "run", "ended"),
		    text_at(m, "program", "version"), text_at(m, "system", "kernel"));
	fprintf(f, "%lld", (long long)json_integer_value(json_object_get(run, "seed")));
	html_printf(f, ", %zu trials<br>messages sent, SHA-256 %s</dd>\n", r->cells,
		    text_at(m, "run", "messages_sha256"));
}

static void put_origin(struct exhibits *d)
{
	fputs("<h2 id=\"origin\">7. Origin</h2>\n<p>Commands are those of the folder of the "
	      "sources, "
	      "with <code>build/skypelab</code> for <code>skypelab</code>; <code>make paper</code> "
	      "is all of them. A figure's script draws it again: <code>gnuplot NAME.gp</code> in "
	      "<code>figures/</code>.</p>\n<dl>\n",
	      d->f);
	for (size_t i = 0; i < d->m->runs_n; i++)
		put_run(d->f, &d->m->runs[i]);
	for (size_t i = 0; i < signatures_count(d->m->set); i++) {
		const struct signature_info *s = signatures_info(d->m->set, i);

		html_printf(d->f, "<dt>%s</dt><dd>revision %u of %s: %s</dd>\n", s->name,
			    s->revision, s->date, s->title);
	}
	fputs("</dl>\n", d->f);
}

/* ------------------------------------------------------------------ the page */

static int put_page(struct exhibits *d, const struct figures *figures)
{
	put_head(d);
	section_material(d);
	section_messages(d, figures);
	section_accuracy(d, figures);
	if (figures->missing)
		html_printf(d->f,
			    "<p>There are no plots: %s. Their data are in "
			    "<code>figures/</code>.</p>\n",
			    figures->missing);
	section_false_alarms(d);
	section_limits(d);
	if (put_claims(d) < 0)
		return -1;
	put_origin(d);
	fputs("</main>\n", d->f);
	html_foot(d->f);
	return d->failed ? -1 : 0;
}

int paper_page_write(const char *path, const char *folder, struct paper_material *m,
		     const struct figures *figures, struct err *e)
{
	struct exhibits d = {.folder = folder, .m = m, .e = e};
	struct outfile o;
	int rc = outfile_open(&o, path, e);

	if (rc < 0)
		return -1;
	d.f = o.f;
	rc = put_page(&d, figures);
	if (rc < 0)
		outfile_abort(&o);
	else
		rc = outfile_commit(&o, e);
	exhibit_clear(&d);
	return rc;
}
