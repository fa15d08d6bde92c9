// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * sections.c - the results: short prose around tables and figures
 *
 * No figure is typed in: every number in a sentence is a field of a table, or a sum of such fields.
 * Emulated and recorded traffic never share a sentence's number, a table or a figure; the claims
 * alone set them side by side, in columns of their own.
 */
#include <string.h>

#include "results/report/html.h"
#include "run/paper/sections.h"

#define RECALL	    "{recall}| [{recall_low}, {recall_high}]| {found} of {of}"
#define PRECISION   "{precision}| [{precision_low}, {precision_high}]"
#define UNITS_SHOWN "flow|client|session|session-start|session-end|super-node"
#define SIDE(who)   "{" who "_firewall}/{" who "_nat}"

static void figures_about(struct exhibits *d, const struct figures *l, enum figure_about about)
{
	for (size_t i = 0; i < l->n; i++)
		if (l->f[i].about == about)
			exhibit_figure(d, &l->f[i]);
}

static void no_recordings(struct exhibits *d)
{
	if (!paper_material_scored(d->m))
		fputs("<p>Recorded traffic: there was none. <code>skypelab corpora fetch -d "
		      "corpora</code> fetches public captures; <code>SKYPELAB_CORPORA</code> names "
		      "the folder that holds them.</p>\n",
		      d->f);
}

/* ------------------------------------------------------------------ material */

static void emulated_material(struct exhibits *d)
{
	static const struct view versions = {
		.caption = "Emulated: independent trials (cells) by version of the client",
		.columns = {{"scenario", "{material}"}},
		.across = "version",
		.cell = "{trials}"};
	static const struct view configurations = {
		.caption = "Emulated: trials by firewall and NAT at both ends, and version",
		.columns = {{"scenario", "{material}"},
			    {"caller", SIDE("caller")},
			    {"callee", SIDE("callee")},
			    {"further", "{other}"}},
		.across = "version",
		.cell = "{trials}"};
	static const struct view operations = {
		.caption = "Emulated: trials by what the user did, and version",
		.only = {{"operation", "!-"}},
		.columns = {{"operation", "{operation}"}},
		.across = "version",
		.cell = "{trials}"};
	static const struct view deeds = {
		.caption = "Emulated: logins that let a user in, and calls that were answered, of "
			   "all; "
			   "by version",
		.columns = {{"operation", "{operation}"}},
		.across = "version",
		.cell = "{in} of {logins} logins|, {answered} of {calls} calls"};

	if (!exhibit_table(d, "versions", &versions)) {
		fputs("<p>Emulated traffic: there was none.</p>\n", d->f);
		return;
	}
	exhibit_table(d, "configurations", &configurations);
	exhibit_table(d, "operations", &operations);
	exhibit_table(d, "deeds", &deeds);
}

static void recorded_material(struct exhibits *d)
{
	static const struct view captures = {
		.caption = "Recorded: captures with labels; flows by what the labels say",
		.columns = {{"capture", "{capture}"},
			    {"begun", "{begun}"},
			    {"seconds", "{seconds}"},
			    {"packets", "{packets}"},
			    {"Skype, UDP", "{skype_udp}"},
			    {"Skype, TCP", "{skype_tcp}"},
			    {"other", "{other}"},
			    {"not known", "{unknown}"},
			    {"clients", "{clients}"},
			    {"used", "{used}"}}};

	no_recordings(d);
	exhibit_table(d, "captures", &captures);
}

void section_material(struct exhibits *d)
{
	html_printf(d->f,
		    "<h2 id=\"material\">1. Material</h2>\n<p>Emulated: %zu runs. A trial is one "
		    "cell of a scenario: one network, one version, one script of the users, with a "
		    "stream of random numbers of its own. Figures of emulated traffic are those at "
		    "the caller's LAN, unless a table says otherwise. Recorded: %zu captures with "
		    "labels; %zu captures without Skype. A capture is one trial.</p>\n",
		    d->m->runs_n, paper_material_scored(d->m), d->m->negatives_n);
	emulated_material(d);
	recorded_material(d);
}

/* ------------------------------------------------------------------ messages */

void section_messages(struct exhibits *d, const struct figures *figures)
{
	static const struct view emulated = {
		.caption =
			"Emulated: sizes of the paper's messages in bytes, and how many of those "
			"sent were seen at the caller's LAN, by version",
		.only = {{"source", "emulated"}, {"in_paper", "yes"}},
		.columns = {{"message", "{message}"}, {"over", "{proto}"}, {"sent", "{direction}"}},
		.across = "whose",
		.cell = "{sizes}|: {seen} of {of}"};
	static const struct view recorded = {
		.caption =
			"Recorded: sizes of the messages that a signature takes for the paper's, "
			"and in how many of the capture's Skype flows over UDP or TCP it takes "
			"them",
		.only = {{"source", "recorded"}, {"in_paper", "yes"}},
		.columns = {{"message", "{message}"},
			    {"over", "{proto}"},
			    {"sent", "{direction}"},
			    {"signature", "{by}"}},
		.across = "whose",
		.cell = "{sizes}|: {seen} of {of}"};

	fputs("<h2 id=\"messages\">2. Messages</h2>\n<p>The names are the paper's: U1 to U4 probe "
	      "a "
	      "super node over UDP, T1 to T4 are the first messages of a connection to one, R1 to "
	      "R3 "
	      "stand before them on ports 443 and 80, L1 to L4 log in. Emulated messages have "
	      "their "
	      "name from the emulator, and count as seen when the capture has a message of their "
	      "size, flow and direction. Recorded ones have the name of the step of a signature "
	      "that took them; nobody else names them.</p>\n",
	      d->f);
	exhibit_table(d, "messages", &emulated);
	no_recordings(d);
	if (!exhibit_table(d, "messages", &recorded) && paper_material_scored(d->m))
		fputs("<p>No signature takes a message of a recorded capture for one of "
		      "these.</p>\n",
		      d->f);
	figures_about(d, figures, FIGURE_FLOW);
	figures_about(d, figures, FIGURE_MESSAGES);
}

/* ------------------------------------------------------------------ accuracy */

static void emulated_accuracy(struct exhibits *d)
{
	static const struct view version = {
		.caption = "Emulated, by version: recall [95 % interval] found of all, by unit",
		.only = {{"of", "!0"}, {"unit", UNITS_SHOWN}},
		.columns = {{"scenario", "{material}"},
			    {"signature", "{signature}"},
			    {"of what", "{unit}"}},
		.across = "version",
		.cell = RECALL};
	static const struct view precision = {
		.caption =
			"Emulated, by version: precision [95 % interval], by unit; it hangs on how "
			"much of the traffic is Skype",
		.only = {{"precision", "!-"}, {"unit", UNITS_SHOWN}},
		.columns = {{"scenario", "{material}"},
			    {"signature", "{signature}"},
			    {"of what", "{unit}"}},
		.across = "version",
		.cell = PRECISION};
	static const struct view sessions = {.only = {{"unit", "session"}}};

	if (exhibit_table(d, "accuracy-by-version", &version)) {
		fputs("<p>Of sessions with a super node: ", d->f);
		exhibit_extremes(d, "accuracy-by-version", &sessions, "{material}, {version}");
		fputs("</p>\n", d->f);
		exhibit_table(d, "accuracy-by-version", &precision);
	}
}

static void by_unit(struct exhibits *d, const char *table, struct view v, const char *what)
{
	static const char *const units[] = {"flow", "client", "session"};
	static const char *const names[] = {"flows", "clients", "sessions"};

	for (size_t i = 0; i < 3; i++) {
		char *caption = xasprintf("Emulated, by %s: recall of %s [95 %% interval] found of "
					  "all",
					  what, names[i]);

		v.caption = caption;
		v.only[0].column = "unit";
		v.only[0].value = units[i];
		v.only[1].column = "of";
		v.only[1].value = "!0";
		exhibit_table(d, table, &v);
		free(caption);
	}
}

static void by_configuration(struct exhibits *d)
{
	static const struct view v = {.columns = {{"scenario", "{material}"},
						  {"caller", SIDE("caller")},
						  {"callee", SIDE("callee")},
						  {"further", "{other}"}},
				      .across = "signature",
				      .cell = RECALL};
	static const struct view sessions = {.only = {{"unit", "session"}}};

	by_unit(d, "accuracy-by-configuration", v, "configuration");
	fputs("<p>Of sessions: ", d->f);
	exhibit_extremes(d, "accuracy-by-configuration", &sessions,
			 "{material}, caller " SIDE("caller") "| and callee " SIDE("callee"));
	fputs("</p>\n", d->f);
}

static void by_vantage(struct exhibits *d)
{
	static const struct view v = {
		.columns = {{"scenario", "{material}"}, {"seen at", "{vantage}"}},
		.across = "signature",
		.cell = RECALL};

	by_unit(d, "accuracy-by-vantage", v, "vantage, of what it saw");
}

static void by_operation(struct exhibits *d)
{
	static const struct view v = {.only = {{NULL, NULL}, {NULL, NULL}, {"operation", "!-"}},
				      .columns = {{"operation", "{operation}"}},
				      .across = "signature",
				      .cell = RECALL};
	static const struct view sessions = {.only = {{"unit", "session"}, {"operation", "!-"}}};

	by_unit(d, "accuracy-by-operation", v, "operation");
	if (view_count(&sessions, exhibit_tsv(d, "accuracy-by-operation"))) {
		fputs("<p>Of sessions: ", d->f);
		exhibit_extremes(d, "accuracy-by-operation", &sessions, "{operation}");
		fputs("</p>\n", d->f);
	}
}

static void recorded_accuracy(struct exhibits *d, const struct figures *figures)
{
	static const struct view v = {
		.caption = "Recorded, by capture: recall and precision [Wilson's 95 % interval, of "
			   "this capture only], by unit",
		.only = {{"of", "!0"}},
		.columns = {{"capture", "{material}"},
			    {"signature", "{signature}"},
			    {"of what", "{unit}"},
			    {"recall", RECALL},
			    {"false", "{false}| of {without}"},
			    {"precision", PRECISION}}};

	fputs("<h3>Recorded</h3>\n", d->f);
	no_recordings(d);
	exhibit_table(d, "accuracy-recorded", &v);
	figures_about(d, figures, FIGURE_RECORDED);
}

void section_accuracy(struct exhibits *d, const struct figures *figures)
{
	fputs("<h2 id=\"accuracy\">3. Accuracy</h2>\n<p>Recall is found of all that there is. "
	      "Intervals are over independent trials: flows of one trial resemble each other, so "
	      "a sum is as sure as its trials are many (ratio estimator over trials, Student's t); "
	      "where there is no interval, one trial stands alone. "
	      "All tables but those by version sum over versions, also those that a signature was "
	      "not written for.</p>\n",
	      d->f);
	if (d->m->runs_n) {
		fputs("<h3>Emulated</h3>\n", d->f);
		emulated_accuracy(d);
		by_configuration(d);
		by_vantage(d);
		by_operation(d);
		figures_about(d, figures, FIGURE_ACCURACY);
	}
	recorded_accuracy(d, figures);
}

/* ------------------------------------------------------------------ false alarms */

#define ALARMS                                                                                     \
	{"in", "{material}"}, {"signature", "{signature}"}, {"of what", "{unit}"},                 \
		{"false", "{false} of {of}"},                                                      \
		{"per million, upper 95 %", "{per_million}| ≤ {per_million_upper}"},               \
		{"trials with any", "{trials_false} of {trials}"},                                 \
	{                                                                                          \
		"upper 95 %", "{trials_upper}"                                                     \
	}
#define BY_THE_HOUR                                                                                \
	{                                                                                          \
		"per host-hour, upper 95 %", "{per_host_hour}| ≤ {per_host_hour_upper}"         \
	}

void section_false_alarms(struct exhibits *d)
{
	static const struct view emulated = {
		.caption = "Emulated: flows and hosts without Skype that were taken for it",
		.only = {{"source", "emulated"}, {"of", "!0"}},
		.columns = {ALARMS, BY_THE_HOUR}};
	static const struct view applications = {
		.caption = "Emulated: false flows of all, by what they are",
		.columns = {{"scenario", "{material}"}, {"application", "{application}"}},
		.across = "signature",
		.cell = "{false} of {of}"};
	static const struct view recorded = {
		.caption = "Recorded: flows and hosts without Skype that were taken for it",
		.only = {{"source", "recorded"}, {"of", "!0"}},
		.columns = {ALARMS}};

	fputs("<h2 id=\"false-alarms\">4. False alarms</h2>\n<p>A share without its denominator "
	      "says "
	      "nothing: zero of few is a wide bound. Bounds are exact and one-sided.</p>\n",
	      d->f);
	exhibit_table(d, "false-alarms", &emulated);
	exhibit_table(d, "false-by-application", &applications);
	no_recordings(d);
	exhibit_table(d, "false-alarms", &recorded);
}
