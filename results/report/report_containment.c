// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * report_containment.c - the report's part on operators who keep Skype out of a gateway
 *
 * Two tables: what the clients came to, for each signature, policy and client version, over all
 * settings; and the stages at which they were met. Medians are over the logins in which there was a
 * block at all.
 */
#include <string.h>

#include "base/err.h"
#include "results/report/html.h"
#include "results/report/report_containment.h"

static void put_count(FILE *f, size_t n, size_t of)
{
	html_printf(f, "<td class=\"n\">%zu of %zu</td>", n, of);
}

static void put_median(FILE *f, const struct containment *c, const struct containment_key *key,
		       enum containment_column k)
{
	size_t n;
	double median = containment_median(c, key, k, &n);

	if (n)
		html_printf(f, "<td class=\"n\">%.3g</td>", median);
	else
		fputs("<td class=\"n\">-</td>", f);
}

static void put_hurt(FILE *f, const struct containment *c, const struct containment_key *key,
		     enum containment_column k)
{
	size_t of = (size_t)containment_total(c, key, CONT_COMPARED);

	if (of)
		put_count(f, (size_t)containment_total(c, key, k), of);
	else
		fputs("<td class=\"n\">-</td>", f);
}

static void put_names(FILE *f, const struct containment_key *key)
{
	html_printf(f, "<tr><th scope=\"row\">%s</th><td>%s</td><td class=\"n\">%s</td><td>%s</td>",
		    key->value[CONT_SIGNATURE], key->value[CONT_POLICY], key->value[CONT_DELAY],
		    key->value[CONT_VERSION]);
}

static void put_client_line(FILE *f, const struct containment *c, const struct containment_key *key)
{
	struct containment_share out = containment_share(c, key, NULL);
	struct containment_share kept = containment_share(c, key, "kept out");
	struct containment_share cut = containment_share(c, key, "cut off");
	size_t n;
	const char *reason;

	put_names(f, key);
	put_count(f, kept.n, kept.of);
	html_printf(f, "<td class=\"n\">%.2f-%.2f</td>", kept.ci.low, kept.ci.high);
	put_count(f, cut.n, cut.of);
	put_count(f, out.n, out.of);
	html_printf(f, "<td class=\"n\">%.2f-%.2f</td>", out.ci.low, out.ci.high);
	put_median(f, c, key, CONT_SECONDS);
	put_median(f, c, key, CONT_FLOW_PACKETS);
	put_median(f, c, key, CONT_CLIENT_PACKETS);
	put_median(f, c, key, CONT_SERVED);
	put_hurt(f, c, key, CONT_HURT_ON_OTHERS);
	put_hurt(f, c, key, CONT_HURT_ON_CLIENT);
	html_printf(f, "<td class=\"n\">%zu</td>",
		    (size_t)containment_total(c, key, CONT_INNOCENT_BLOCKED));
	reason = containment_reason(c, key, "in", &n);
	if (!n)
		reason = containment_reason(c, key, "cut off", &n);
	if (n)
		html_printf(f, "<td>%s (%zu)</td></tr>\n", reason, n);
	else
		fputs("<td>-</td></tr>\n", f);
}

static void put_stage_line(FILE *f, const struct containment *c, const struct containment_key *key)
{
	struct containment_key blocked = *key, open = *key, shut = *key, all = *key, no_way = *key;
	size_t of, idle, n[4];

	blocked.value[CONT_STATE] = "blocked";
	open.value[CONT_STATE] = "open";
	shut.value[CONT_STATE] = "shut";
	no_way.value[CONT_STATE] = "no way";
	all.value[CONT_STATE] = "not tried";
	containment_median(c, key, CONT_FLOWS, &of);
	containment_median(c, &all, CONT_FLOWS, &idle);
	containment_median(c, &blocked, CONT_FLOWS, &n[0]);
	containment_median(c, &shut, CONT_FLOWS, &n[1]);
	containment_median(c, &open, CONT_FLOWS, &n[2]);
	containment_median(c, &no_way, CONT_FLOWS, &n[3]);
	if (of == idle)
		return;
	put_names(f, key);
	html_printf(f, "<td>%s</td>", key->value[CONT_STAGE]);
	put_count(f, of - idle, of);
	for (size_t i = 0; i < ARRAY_LEN(n); i++)
		html_printf(f, "<td class=\"n\">%zu</td>", n[i]);
	html_printf(f, "<td class=\"n\">%zu</td>",
		    (size_t)containment_total(c, key, CONT_SESSIONS));
	put_median(f, c, key, CONT_FLOW_PACKETS);
	put_median(f, c, key, CONT_FLOW_SECONDS);
	put_median(f, c, key, CONT_SECONDS);
	fputs("</tr>\n", f);
}

static const enum containment_column by[] = {CONT_SIGNATURE, CONT_POLICY, CONT_DELAY, CONT_VERSION,
					     CONT_STAGE};

/* A line for each signature, policy, delay, version and stage of the rows like @key. */
static void put_lines(FILE *f, const struct containment *c, const struct containment_key *key,
		      void (*put)(FILE *f, const struct containment *c,
				  const struct containment_key *key))
{
	for (size_t i = 0; i < c->t->rows; i++) {
		struct containment_key line = *key;

		if (!containment_first(c, i, key, by, ARRAY_LEN(by)))
			continue;
		for (size_t k = 0; k < ARRAY_LEN(by); k++)
			line.value[by[k]] = containment_cell(c, i, by[k]);
		put(f, c, &line);
	}
}

static void put_clients(FILE *f, const struct containment *c)
{
	static const char *const head[] = {"signature",
					   "policy",
					   "delay, ms",
					   "version",
					   "never in",
					   "95 %",
					   "in, then cut off",
					   "out at the end",
					   "95 %",
					   "s until blocked",
					   "packets of the flow",
					   "of the client",
					   "s served",
					   "hurt on other hosts",
					   "hurt on the client's",
					   "innocent flows blocked",
					   "why in, or in for a time"};
	struct containment_key key = {.value = {[CONT_STAGE] = "all"}};

	html_table_begin(f, true, "Containment", "Logins, over all settings and repetitions", head,
			 ARRAY_LEN(head));
	put_lines(f, c, &key, put_client_line);
	html_table_end(f);
}

static void put_stages(FILE *f, const struct containment *c)
{
	static const char *const head[] = {
		"signature",	 "policy",	     "delay, ms",  "version",
		"stage",	 "tried in",	     "blocked in", "shut",
		"open",		 "no way",	     "sessions",   "packets of the flow",
		"s of the flow", "s since the login"};
	static const char *const stages[] = {"udp", "tcp", "443", "80", "proxy", "login"};

	html_table_begin(f, true, "Containment by stage", "Ways in, as the client falls back", head,
			 ARRAY_LEN(head));
	for (size_t i = 0; i < ARRAY_LEN(stages); i++) {
		struct containment_key key = {.value = {[CONT_STAGE] = stages[i]}};

		put_lines(f, c, &key, put_stage_line);
	}
	html_table_end(f);
}

void report_containment(FILE *f, const struct containment *c)
{
	if (!c->t || !c->t->rows)
		return;
	fputs("<h2 id=\"containment\">Containment: an operator on the gateway</h2>\n<p>Emulated "
	      "traffic only, in emulated seconds. Whether a client is in is what the client "
	      "itself knows. A block is in force before anything happens that the packet it comes "
	      "from does not cause at once, or so much later as the delay says. Medians are over "
	      "the logins with a block. An innocent flow is hurt when it differs from the same "
	      "flow in the same repetition without an operator (policy none). Intervals are over "
	      "independent trials: repetitions, not settings.</p>\n",
	      f);
	put_clients(f, c);
	put_stages(f, c);
	fputs("<p><a href=\"containment.tsv\">containment.tsv</a></p>\n", f);
}
