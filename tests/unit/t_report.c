// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * t_report.c - tests of a run's report: what names and numbers of cells do to it
 *
 * The runs are made here, as files: in each cell a signature finds the one flow, among five others.
 */
#include <dirent.h>
#include <jansson.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/datadir.h"
#include "base/err.h"
#include "base/outfile.h"
#include "base/path.h"
#include "results/history/manifest.h"
#include "results/report/drop_counters.h"
#include "results/report/misses.h"
#include "results/report/plot_view.h"
#include "results/report/report.h"
#include "results/report/report_words.h"
#include "tests/unit/unit.h"

#define HEAD                                                                                       \
	"source\ttraffic_version\tvantage\tcaller_firewall\tcaller_nat\tcallee_firewall\tcallee_"  \
	"nat\tloss\tsignature\trevision\tunit"

struct made_run {
	char dir[64];
	FILE *claims, *accuracy;
};

static void put_file(const char *dir, const char *name, const char *text)
{
	char *path = path_in(dir, name);
	FILE *f = fopen(path, "w");

	ck_assert_msg(f && fputs(text, f) >= 0 && fclose(f) == 0, "%s", path);
	free(path);
}

static void run_begin(struct made_run *r)
{
	char *claims, *accuracy;

	strcpy(r->dir, "/tmp/skypelab-unit-XXXXXX");
	ck_assert_ptr_nonnull(mkdtemp(r->dir));
	claims = path_in(r->dir, "claims.tsv");
	accuracy = path_in(r->dir, "accuracy.tsv");
	ck_assert_ptr_nonnull((r->claims = fopen(claims, "w")));
	ck_assert_ptr_nonnull((r->accuracy = fopen(accuracy, "w")));
	fputs(HEAD "\tcell\tresult\tsubject\treason\n", r->claims);
	fputs(HEAD "\ttp\tfp\tfn\ttn\tprecision\trecall\tf1\n", r->accuracy);
	free(claims);
	free(accuracy);
}

static void run_cell(struct made_run *r, const char *cell, const char *loss, const char *signature)
{
	char *words = xasprintf("emulated\t1.4\tcaller.lan\topen\tpublic\t-\t-\t%s\t%s\t1\tflow",
				loss, signature);

	fprintf(r->claims, "%s\t%s@1\ttp\tudp 192.0.2.1:5 198.51.100.1:6\tsn udp\n", words, cell);
	fprintf(r->accuracy, "%s\t1\t0\t0\t5\t1.0000\t1.0000\t1.0000\n", words);
	free(words);
}

static void run_write(struct made_run *r)
{
	struct err e;

	ck_assert(fclose(r->claims) == 0 && fclose(r->accuracy) == 0);
	ck_assert_msg(report_write(r->dir, NULL, &e) == 0, "%s", e.msg);
}

/* The data of cell @k (owned). */
static json_t *cell_value(const struct made_run *r, unsigned k)
{
	char *path = path_inf(r->dir, "report/cell-%u.js", k), *text = read_file(path, NULL, NULL);
	char *from = text ? strchr(text, ',') : NULL, *to = text ? strrchr(text, ')') : NULL;
	json_t *value;

	ck_assert_msg(from && to, "%s: no call", path);
	value = json_loadb(from + 1, (size_t)(to - from - 1), 0, NULL);
	ck_assert_msg(value != NULL, "%s is no script: %s", path, text);
	free(path);
	free(text);
	return value;
}

/* A long name is whole, and a counter that is no text, leave the cell's data whole. */
START_TEST(test_cut_names)
{
	struct made_run r;
	char loss[241] = "", extra[246], *rules;
	json_t *v, *counters;

	for (unsigned i = 0; i < 80; i++)
		strcat(loss, "\u2603"); /* three bytes */
	run_begin(&r);
	run_cell(&r, "a", loss, "s");
	run_cell(&r, "b", "none", "s");
	rules = path_in(r.dir, "cells/a@1");
	ck_assert_int_eq(make_dirs(rules, NULL), 0);
	put_file(rules, "rules.txt", "# gw: x\n\tcounter c\xff {\n\t\tpackets 3 bytes 9\n");
	run_write(&r);
	v = cell_value(&r, 1);
	ck_assert_str_eq(json_string_value(json_object_get(v, "name")), "a");
	memcpy(extra, "loss ", 5);
	strcpy(extra + 5, loss); /* whole */
	ck_assert_str_eq(json_string_value(json_object_get(v, "extra")), extra);
	counters = json_object_get(v, "counters");
	ck_assert_uint_eq(json_array_size(counters), 1);
	ck_assert_str_eq(json_string_value(json_array_get(json_array_get(counters, 0), 1)),
			 "c\\xff");
	json_decref(v);
	free(rules);
	remove_tree(r.dir);
}
END_TEST

/* A cell's name that leads out of cells/ is shown, and nothing is read there. */
START_TEST(test_names_that_lead_out)
{
	struct made_run r;
	char *out, *cells;
	json_t *v;

	run_begin(&r);
	run_cell(&r, "../out", "none", "s");
	out = path_in(r.dir, "out@1");
	cells = path_in(r.dir, "cells");
	ck_assert(make_dirs(out, NULL) == 0 && make_dirs(cells, NULL) == 0);
	put_file(out, "rules.txt", "# gw: x\n\tcounter c {\n\t\tpackets 3 bytes 9\n");
	free(out);
	free(cells);
	run_write(&r);
	v = cell_value(&r, 0);
	ck_assert_str_eq(json_string_value(json_object_get(v, "name")), "../out");
	ck_assert_uint_eq(json_array_size(json_object_get(v, "counters")), 0);
	ck_assert_uint_eq(
		json_array_size(json_array_get(json_array_get(json_object_get(v, "trials"), 0), 1)),
		0);
	json_decref(v);
	remove_tree(r.dir);
}
END_TEST

/* The page's text (owned). */
static char *page_of(const struct made_run *r)
{
	char *path = path_in(r->dir, "report.html"), *page = read_file(path, NULL, NULL);

	ck_assert_ptr_nonnull(page);
	free(path);
	return page;
}

/* The answer names every signature that did as well, and says of what its numbers are. */
START_TEST(test_answer)
{
	static const char *const says[] = {
		"For Skype <b>1.4</b>: <b>s1</b> is the one to use", " So does <b>s2</b>.",
		"0<small>of 5 others</small><small>below 45 %</small>", /* 1 - 0.05^(1/5) */
	};
	struct made_run r;
	char *page;

	run_begin(&r);
	run_cell(&r, "a", "none", "s1");
	run_cell(&r, "a", "none", "s2");
	run_write(&r);
	page = page_of(&r);
	for (unsigned i = 0; i < sizeof(says) / sizeof(says[0]); i++)
		ck_assert_msg(strstr(page, says[i]) != NULL, "%s", says[i]);
	free(page);
	remove_tree(r.dir);
}
END_TEST

/* The answer says which signatures are weaker on a version, and which condition failed first where that is known. */
START_TEST(test_weaker)
{
	static const char *const says[] = {
		"<b>s1</b> is the one to use",
		" Weaker on it: <b>s2</b> (0 of 100 ",
		"Of 7 missed ",
		" that were looked into, on 4 this failed first in the rule \"r2\": ",
		"size of U9, line 3 of the file of s2.</p>",
		"no misses.tsv"};
	struct made_run r;
	char *page;

	run_begin(&r);
	run_cell(&r, "a", "none", "s1");
	fputs("emulated\t1.4\tcaller.lan\topen\tpublic\t-\t-\tnone\ts2\t1\tflow\ta@1\tfn\tudp "
	      "192.0.2.1:5 198.51.100.1:6\tsn udp\n",
	      r.claims);
	fputs("emulated\t1.4\tcaller.lan\topen\tpublic\t-\t-\tnone\ts2\t1\tflow\t0\t0\t1\t5\t-\t0."
	      "0000\t0.0000\n",
	      r.accuracy);
	if (!_i)
		put_file(r.dir, "misses.tsv",
			 "source\ttraffic_version\tsignature\trevision\trule\tcondition\tflows\n"
			 "emulated\t1.4\ts2\t1\tr1\tU4 did not follow\t3\n"
			 "emulated\t1.4\ts2\t1\tr2\tsize of U9, line 3\t2\n"
			 "emulated\t1.4\ts2\t1\tr2\tsize of U9, line 3\t2\n"
			 "emulated\t2.0\ts2\t1\tr3\telsewhere\t9\n"
			 "emulated\t1.4\ts2\t1\tr4\tno number\tx\n");
	run_write(&r);
	page = page_of(&r);
	for (unsigned i = 0; i < ARRAY_LEN(says); i++)
		ck_assert_msg((strstr(page, says[i]) != NULL) == (_i ? i < 2 || i == 5 : i < 5),
			      "%s", says[i]);
	free(page);
	remove_tree(r.dir);
}
END_TEST

/* The first use of a word in the text leads to its meaning; nothing else is touched. */
START_TEST(test_words)
{
	static const char page[] =
		"<p>U1</p><main><h2>At caller.lan</h2><p class=\"U1\">Seen at caller.lan. U1x X-U1 "
		"<button>U1</button><a href=\"#\">U1</a> U1, caller.lan, U1</p><script>if (1 < U2) "
		"U2()</script><p>open sn tcp 443 &lt;</p><div "
		"class=\"words\"><dt>U2</dt></div><p>U3</p>"
		"</main>";
	char *out = NULL, *plain, *to;
	size_t len, links = 0;
	FILE *f = open_memstream(&out, &len);

	report_words_link(f, page);
	fclose(f);
	ck_assert_ptr_nonnull(strstr(
		out, "Seen at <a class=\"term\" href=\"#w-caller.lan\" title=\"Inside the "));
	ck_assert_ptr_nonnull(strstr(out,
				     ">caller.lan</a>. U1x X-U1 <button>U1</button><a href=\"#\">U1"
				     "</a> <a class=\"term\" href=\"#w-U1\""));
	ck_assert_ptr_nonnull(strstr(out, "open <a class=\"term\" href=\"#w-sn-tcp-443\""));
	plain = to = xstrdup(out); /* without what was added it is the page */
	for (const char *p = out; *p;) {
		if (!strncmp(p, "<a class=\"term\"", 15)) {
			const char *text = strchr(p, '>') + 1, *end = strstr(text, "</a>");

			memcpy(to, text, (size_t)(end - text));
			to += end - text;
			p = end + 4;
			links++;
		} else {
			*to++ = *p++;
		}
	}
	*to = '\0';
	ck_assert_str_eq(plain, page);
	ck_assert_uint_eq(links, 3);
	free(plain);
	free(out);
}
END_TEST

/* The firewalls and NATs that come with the program are settings of reports, and explained there. */
START_TEST(test_settings_are_explained)
{
	static const char *const folders[] = {"scenarios/firewalls", "scenarios/nats"};
	char *text = NULL, *folder = data_path(folders[_i], NULL);
	size_t size, seen = 0;
	struct dirent *entry;
	FILE *f = open_memstream(&text, &size);
	DIR *d;

	report_words(f);
	fclose(f);
	ck_assert_ptr_nonnull(folder);
	ck_assert_ptr_nonnull((d = opendir(folder)));
	while ((entry = readdir(d))) {
		char *end = strstr(entry->d_name, ".yaml"), *dt;

		if (!end)
			continue;
		*end = '\0';
		dt = xasprintf(">%s</dt>", entry->d_name);
		if (!strstr(text, dt)) { /* as the second form of a word */
			free(dt);
			dt = xasprintf(", %s</dt>", entry->d_name);
		}
		if (!strstr(text, dt)) {
			free(dt);
			dt = xasprintf(">%s, ", entry->d_name);
		}
		ck_assert_msg(strstr(text, dt) != NULL, "%s is not explained", entry->d_name);
		free(dt);
		seen++;
	}
	ck_assert_uint_gt(seen, 3);
	closedir(d);
	free(folder);
	free(text);
}
END_TEST

/* Calls that no signature reports are named in words; where one reports a call, nothing is said. */
START_TEST(test_unheard_calls)
{
	struct made_run r;
	char *page;

	run_begin(&r);
	run_cell(&r, "a", "none", "s1");
	run_cell(&r, "a", "none", "s2");
	for (int i = 1; i <= 2; i++) {
		fprintf(r.accuracy,
			"emulated\t1.4\tcaller.lan\topen\tpublic\t-\t-\tnone\ts%d\t1\tcall-start\t%"
			"d\t0\t"
			"%d\t0\t%s\n",
			i, _i && i == 2, 7 - (_i && i == 2),
			_i && i == 2 ? "1.0000\t0.1429\t0.2500" : "-\t0.0000\t0.0000");
		for (int k = 0; k < 7; k++)
			fprintf(r.claims,
				"emulated\t1.4\tcaller.lan\topen\tpublic\t-\t-\tnone\ts%d\t1\tcall-"
				"start\ta@1\t%s\t"
				"udp 192.0.2.1:%d 198.51.100.1:6\tmedia\n",
				i, _i && i == 2 && !k ? "tp" : "fn", 100 + k);
	}
	run_write(&r);
	page = page_of(&r);
	ck_assert_int_eq(strstr(page, "reports the start of a call: 0 of 7 on 1.4.") != NULL, !_i);
	free(page);
	remove_tree(r.dir);
}
END_TEST

/* A table that cannot be read is named, not left out. */
START_TEST(test_broken_tables)
{
	static const char *const names[] = {"outcomes.tsv", "reach.tsv", "detectors.tsv",
					    "misses.tsv"};
	struct made_run r;
	struct err e;

	run_begin(&r);
	run_cell(&r, "a", "none", "s");
	put_file(r.dir, names[_i], "a\ta\n");
	ck_assert(fclose(r.claims) == 0 && fclose(r.accuracy) == 0);
	ck_assert_int_eq(report_write(r.dir, NULL, &e), -1);
	ck_assert_msg(strstr(e.msg, names[_i]) != NULL, "%s", e.msg);
	remove_tree(r.dir);
}
END_TEST

/* Plots have versions and signatures in the order of the tables. */
START_TEST(test_order_in_plots)
{
	static const char *const versions[] = {"2014", "7.7", "1.2"};
	struct score_table *t = score_table_new();
	struct plot_view v;

	for (size_t i = 0; i < ARRAY_LEN(versions); i++) {
		struct score_setting s = {.source = SOURCE_EMULATED,
					  .traffic_version = versions[i],
					  .vantage = "caller.lan",
					  .cell = "c"};

		score_count(t, score_row_of(t, &s, i ? "s10" : "s9", "1", UNIT_FLOW), &s, COUNT_TP,
			    1);
	}
	ck_assert(plot_view_of(&v, t, SOURCE_EMULATED));
	ck_assert_uint_eq(v.versions.n, 3);
	ck_assert_str_eq(v.versions.w[0], "1.2");
	ck_assert_str_eq(v.versions.w[1], "7.7");
	ck_assert_str_eq(v.versions.w[2], "2014");
	ck_assert_str_eq(v.signatures.w[0], "s9");
	score_table_free(t);
}
END_TEST

/* A page that cannot be made, or not put into its place, leaves the old one whole. */
START_TEST(test_old_page_stays)
{
	struct manifest_facts facts = {.scenario = "/nonexistent/scenario.yaml"};
	struct made_run r;
	struct err e = {0};
	char *beside, *page, *details, *old, *text;

	run_begin(&r);
	run_cell(&r, "a", "none", "s");
	run_write(&r);
	details = path_in(r.dir, "report");
	beside = path_in(r.dir, "report.new");
	page = path_in(r.dir, "report.html");
	put_file(details, "mark", "of the old one");
	text = read_file(page, NULL, NULL);
	if (_i) {
		old = path_in(r.dir, "old.html");
		ck_assert(rename(page, old) == 0 && make_dirs(page, NULL) == 0);
		free(old);
	}
	ck_assert_int_eq(report_write(r.dir, _i ? NULL : &facts, &e), -1);
	ck_assert_msg(strstr(e.msg, _i ? "report.html" : "scenario.yaml") != NULL, "%s", e.msg);
	old = path_in(details, "mark");
	ck_assert_int_eq(access(old, R_OK), 0);
	ck_assert_int_ne(access(beside, F_OK), 0);
	free(old);
	if (!_i) {
		old = read_file(page, NULL, NULL);
		ck_assert_str_eq(old, text);
		free(old);
		ck_assert_msg(report_write(r.dir, NULL, &e) == 0, "%s", e.msg);
		old = path_in(details, "mark");
		ck_assert_int_ne(access(old, F_OK), 0); /* nothing of an earlier page stays */
		free(old);
	}
	free(text);
	free(page);
	free(beside);
	free(details);
	remove_tree(r.dir);
}
END_TEST

/* A cell with more flows than its data has says how many it leaves out, each once. */
START_TEST(test_many_flows)
{
	enum { SHOWN = 600, LEFT = 3 };
	struct made_run r;
	char *cell, *truth;
	FILE *f;
	json_t *v;

	run_begin(&r);
	run_cell(&r, "a", "none", "s");
	cell = path_in(r.dir, "cells/a@1");
	ck_assert_int_eq(make_dirs(cell, NULL), 0);
	put_file(cell, "cell.json", "{\"taps\": {\"caller.lan\": 1, \"caller.wan\": 1}}");
	for (unsigned k = 0; k < 2; k++) {
		truth = path_in(cell, k ? "truth.caller.wan.tsv" : "truth.caller.lan.tsv");
		ck_assert_ptr_nonnull((f = fopen(truth, "w")));
		fputs("label\tclient_port\topened\n", f);
		for (unsigned i = 0; i < SHOWN + LEFT; i++)
			fprintf(f, "skype\t%u\t%u.0\n", i, 1000 + i);
		ck_assert_int_eq(fclose(f), 0);
		free(truth);
	}
	run_write(&r);
	v = cell_value(&r, 0);
	ck_assert_uint_eq(json_array_size(json_object_get(v, "flows")), SHOWN);
	ck_assert_int_eq(json_integer_value(json_object_get(v, "flows_left")), LEFT);
	json_decref(v);
	free(cell);
	remove_tree(r.dir);
}
END_TEST

#define TRUTH                                                                                      \
	"proto\tclient_ip\tclient_port\tserver_ip\tserver_"                                        \
	"port\tlabel\treason\tclient\topened\tnode\t"                                              \
	"server_host\tflow\n"

static json_t *field(const json_t *flow, const char *of, const char *name)
{
	return json_object_get(json_object_get(flow, of), name);
}

static void is_text(const json_t *v, const char *expected)
{
	const char *text = json_string_value(v);

	ck_assert_msg(text && !strcmp(text, expected), "%s, expected %s", text ? text : "none",
		      expected);
}

/* Flows are matched by their number: two that begin at one moment stay two, one has its own caller's name and
 * verdict wherever else it is seen, and what NAT made one tuple is a row of both. */
START_TEST(test_flows_of_one_moment)
{
	static const char *const truths[][2] = {
		{"callee.lan", TRUTH "udp\t203.0.113.2\t99\t10.0.0.7\t6\tskype\tcall\t10.0.0.7\t7."
				     "5\tcaller-h1\tcallee-h1\t0 2\n"},
		{"caller.lan", TRUTH
		 "udp\t192.0.2.1\t5\t198.51.100.1\t6\tskype\tcall\t192.0.2.1\t7.5\tcaller-h1\t\t0\n"
		 "udp\t192.0.2.1\t5\t198.51.100.9\t6\tskype\tsn "
		 "udp\t192.0.2.1\t7.5\tcaller-h1\t\t1\n"},
		{"caller.wan", TRUTH "udp\t203.0.113.2\t99\t198.51.100.1\t6\tskype\tcall\t203.0."
				     "113.2\t7.5\tcaller-h1\t\t0\n"},
	};
	struct made_run r;
	json_t *v, *flows, *first, *second;
	char *cell;

	run_begin(&r);
	run_cell(&r, "a", "none", "s");
	cell = path_in(r.dir, "cells/a@1");
	ck_assert_int_eq(make_dirs(cell, NULL), 0);
	put_file(cell, "cell.json",
		 "{\"taps\": {\"callee.lan\": 1, \"caller.lan\": 1, \"caller.wan\": 1}}");
	for (size_t i = 0; i < ARRAY_LEN(truths); i++) {
		char *name = xasprintf("truth.%s.tsv", truths[i][0]);

		put_file(cell, name, truths[i][1]);
		free(name);
	}
	put_file(cell, "messages.tsv",
		 "time\tnode\tclient\tflow\tdirection\tname\tsize\tproto\topener\tpeer\n"
		 "7.5\tcaller-h1\talice\t1\tfrom-opener\tU1\t18\tudp\t192.0.2.1:5\t198.51.100.9:6\n"
		 "8.5\tinternet\talice\t1\tto-opener\tU2\t11\tudp\t192.0.2.1:5\t198.51.100.9:6\n");
	run_write(&r);
	v = cell_value(&r, 0);
	flows = json_object_get(v, "flows");
	ck_assert_uint_eq(json_array_size(flows), 3);
	first = json_array_get(flows, 0);
	is_text(json_object_get(first, "key"), "udp 192.0.2.1:5 198.51.100.1:6");
	is_text(json_object_get(first, "at"), "caller.lan");
	is_text(field(first, "verdicts", "s"), "tp");
	is_text(field(first, "seen", "callee.lan"), "udp 203.0.113.2:99 10.0.0.7:6");
	is_text(field(first, "seen", "caller.wan"), "udp 203.0.113.2:99 198.51.100.1:6");
	ck_assert_ptr_null(json_object_get(first, "answered"));
	ck_assert_uint_eq(json_integer_value(json_array_get(json_object_get(first, "with"), 0)), 1);
	is_text(json_object_get(json_array_get(flows, 1), "at"), "callee.lan"); /* number 2 */
	second = json_array_get(flows, 2);
	is_text(json_object_get(second, "key"), "udp 192.0.2.1:5 198.51.100.9:6");
	ck_assert_uint_eq(json_object_size(json_object_get(second, "seen")), 1);
	ck_assert_ptr_null(field(second, "verdicts", "s"));
	ck_assert(json_is_true(json_object_get(second, "answered")));
	ck_assert_uint_eq(json_array_size(json_object_get(v, "messages")), 2);
	json_decref(v);
	free(cell);
	remove_tree(r.dir);
}
END_TEST

/* Of a counter the page gets the rules that count in it, and whom they are for. */
START_TEST(test_drop_counters)
{
	static const char rules[] =
		"# gw\n# gw: firewall x, nat public\ntable ip gateway {\n\tcounter blocked-some {\n"
		"\t\tpackets 2 bytes 99\n\t}\n\n\tcounter invalid {\n\t\tpackets 1 bytes 9\n\t}\n\n"
		"\tcounter outbound-closed {\n\t\tpackets 0 bytes 0\n\t}\n\n\tset some {\n"
		"\t\ttype ipv4_addr\n\t\telements = { 198.19.11.5,\n\t\t\t     198.19.3.7 "
		"}\n\t}\n\n"
		"\tmap mappings {\n\t\telements = { tcp . 22533 counter packets 1057 bytes 88218 : "
		"10.0.0.1 . "
		"7 }\n\t}\n\n\tchain policy-out {\n"
		"\t\tct state invalid counter name \"invalid\" drop\n"
		"\t\tip daddr @some meta l4proto tcp tcp dport 1024-65535 counter name "
		"\"blocked-some\" drop "
		"comment \"x\"\n\t\tcounter name \"outbound-closed\" drop\n\t}\n"
		"\tchain policy-in {\n\t\tmeta l4proto udp udp dport 7 counter name "
		"\"blocked-some\" drop\n"
		"\t}\n}\n# other\ntable ip gateway {\n\tcounter inbound-closed {\n\t\tpackets 5 "
		"bytes 1\n"
		"\t}\n\tchain policy-in {\n\t\tcounter name \"inbound-closed\" drop\n\t}\n}\n";
	json_t *expected = json_pack(
		"[[s,s,i,[[s,s,i,i,[s,s]],[s,s,i,i,n]]],[s,s,i,[]],[s,s,i,[[s,s,i,i,n]]]]", "gw",
		"blocked-some", 2, "out", "tcp", 1024, 65535, "198.19.11.5", "198.19.3.7", "in",
		"udp", 7, 7, "gw", "invalid", 1, "other", "inbound-closed", 5, "in", "any", 0,
		65535);
	char dir[] = "/tmp/skypelab-unit-XXXXXX", *path, *got, *want;
	json_t *found;

	ck_assert_ptr_nonnull(mkdtemp(dir));
	path = path_in(dir, "rules.txt");
	found = drop_counters(path);
	ck_assert_uint_eq(json_array_size(found), 0);
	json_decref(found);
	put_file(dir, "rules.txt", rules);
	found = drop_counters(path);
	got = json_dumps(found, 0);
	want = json_dumps(expected, 0);
	ck_assert_msg(json_equal(found, expected), "%s, expected %s", got, want);
	free(got);
	free(want);
	json_decref(found);
	json_decref(expected);
	free(path);
	remove_tree(dir);
}
END_TEST

/* Every cell can be opened, and every signature has a map, however many there are. */
START_TEST(test_many)
{
	enum { CELLS = 40, SIGNATURES = 140 };
	struct made_run r;
	char *page;

	run_begin(&r);
	for (unsigned k = 0; k < CELLS + SIGNATURES; k++) {
		char *cell = xasprintf("c%u", k < CELLS ? k : 0);
		char *loss = xasprintf("%u", k < CELLS ? k : 0);
		char *signature = xasprintf("s%u", k < CELLS ? 0 : k);

		run_cell(&r, cell, loss, signature);
		free(cell);
		free(loss);
		free(signature);
	}
	run_write(&r);
	page = page_of(&r);
	for (unsigned k = 0; k < CELLS; k++) {
		char *opener = xasprintf("data-cell=\"%u\"", k);

		ck_assert_msg(strstr(page, opener) != NULL, "no square opens cell %u", k);
		free(opener);
	}
	for (unsigned k = CELLS; k < CELLS + SIGNATURES; k++) {
		char *map = xasprintf("class=\"map\"><h3>s%u on", k);

		ck_assert_msg(strstr(page, map) != NULL, "no map of s%u", k);
		free(map);
	}
	free(page);
	remove_tree(r.dir);
}
END_TEST

/* A group is of its first messages: what its flows sent behind these, nobody says. */
START_TEST(test_causes)
{
	ck_assert_str_eq(miss_cause("U1"), "nobody answered the probe");
	ck_assert_str_eq(miss_cause("T1 reply T2 T3 T4 follow ..."),
			 "no rule is met by such messages");
	ck_assert_str_eq(miss_cause(""), "what it sent is not known");
}
END_TEST

UNIT(report)
{
	unit_case(tc, test_cut_names);
	unit_case(tc, test_names_that_lead_out);
	unit_case(tc, test_answer);
	unit_loop(tc, test_weaker, 0, 2);
	unit_case(tc, test_words);
	unit_loop(tc, test_settings_are_explained, 0, 2);
	unit_loop(tc, test_unheard_calls, 0, 2);
	unit_case(tc, test_causes);
	unit_loop(tc, test_broken_tables, 0, 4);
	unit_case(tc, test_order_in_plots);
	unit_loop(tc, test_old_page_stays, 0, 2);
	unit_case(tc, test_many_flows);
	unit_case(tc, test_flows_of_one_moment);
	unit_case(tc, test_drop_counters);
	unit_case(tc, test_many);
}
