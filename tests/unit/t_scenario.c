// SPDX-License-Identifier: GPL-2.0-or-later
/* Scenario files: the matrix multiplies, filters and includes, and errors say file and line. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/datadir.h"
#include "base/outfile.h"
#include "base/path.h"
#include "base/rng.h"
#include "replay/skype/version.h"
#include "run/scenario/cells.h"
#include "run/scenario/load.h"
#include "run/scenario/schema.h"
#include "tests/unit/unit.h"

static char dir[] = "/tmp/skypelab-scenario-XXXXXX";
static char path[64];

static void write_scenario(const char *text)
{
	struct outfile o;

	if (!path[0]) {
		ck_assert_ptr_nonnull(mkdtemp(dir));
		snprintf(path, sizeof(path), "%s/s.yaml", dir);
	}
	ck_assert_int_eq(outfile_open(&o, path, NULL), 0);
	fputs(text, o.f);
	ck_assert_int_eq(outfile_commit(&o, NULL), 0);
}

/* The scenario that @text is. */
static struct scenario *loaded(const char *text)
{
	struct err e = {0};
	struct scenario *s;

	write_scenario(text);
	s = scenario_load(path, &e);
	ck_assert_msg(s != NULL, "%s", e.msg);
	return s;
}

static const char two_sites[] = "scenario: t\n"
				"seed: 5\n"
				"sites:\n"
				"  - {name: caller}\n"
				"  - {name: callee, hosts: 3}\n"
				"matrix:\n"
				"  - axis: caller.firewall\n"
				"    values: [open, inbound-restricted, full-restricted]\n"
				"  - {axis: callee.nat, values: [public, full-cone]}\n"
				"exclude: [caller.firewall=open callee.nat=full-cone]\n"
				"include: [callee.nat=symmetric]\n";

START_TEST(the_matrix_multiplies)
{
	const char *filter[] = {"caller.firewall=open,full-restricted"};
	struct scenario *s, *one;
	struct scenario_cell *cells;
	struct scenario_columns at;
	struct err e = {0};
	size_t n = 0;

	s = loaded(two_sites);
	cells = scenario_cells(s, NULL, 0, &n, &e);
	ck_assert_msg(cells != NULL, "%s", e.msg);
	ck_assert_uint_eq(n, 6); /* 3 x 2, one excluded, one included */
	ck_assert_str_eq(cells[0].name, "open_public");
	ck_assert_str_eq(cells[1].name, "inbound-restricted_public");
	ck_assert_str_eq(cells[5].name, "open_symmetric");
	one = scenario_apply(s, &cells[2]);
	at = scenario_columns(one);
	ck_assert_str_eq(at.caller_firewall, "inbound-restricted");
	ck_assert_str_eq(at.callee_nat, "full-cone");
	ck_assert_str_eq(at.callee_firewall, "open");
	ck_assert_uint_eq(one->sites[1].hosts, 3);
	ck_assert_str_eq(cells[2].name, cells[2].cell); /* runs once: no "@1" */
	scenario_free(one);
	scenario_cells_free(cells, n);
	cells = scenario_cells(s, filter, 1, &n, &e);
	ck_assert_uint_eq(n, 4);
	scenario_cells_free(cells, n);
	filter[0] = "caller.colour=red";
	ck_assert_ptr_null(scenario_cells(s, filter, 1, &n, &e));
	ck_assert_msg(strstr(e.msg, "caller.colour") != NULL, "%s", e.msg);
	scenario_free(s);
}
END_TEST

/* The seeds of all trials of a scenario, by cell and repetition; *n long (owned). */
static uint64_t *seeds_of(const char *text, uint64_t seed, size_t *n)
{
	struct scenario_cell *cells;
	struct scenario *s;
	uint64_t *seeds;
	struct err e = {0};

	s = loaded(text);
	s->seed = seed;
	cells = scenario_cells(s, NULL, 0, n, &e);
	seeds = xcalloc(*n, sizeof(*seeds));
	for (size_t i = 0; i < *n; i++) {
		struct scenario *one = scenario_apply(s, &cells[i]);

		seeds[i] = one->seed;
		scenario_free(one);
	}
	scenario_cells_free(cells, *n);
	scenario_free(s);
	return seeds;
}

#define TRIALS                                                                                     \
	"scenario: t\nrepeat: 3\nsites:\n  - {name: caller}\nmatrix:\n"                            \
	"  - {axis: caller.firewall, values: [open, full-restricted]}\n"                           \
	"  - {axis: internet.firewall, values: [open, sn-tcp-restricted]}\n"

START_TEST(no_two_trials_share_their_streams)
{
	uint64_t *seeds[8], all[8 * 12];
	size_t n, k = 0;

	for (size_t i = 0; i < 8; i++) { /* seeds that follow one another, and the next cells */
		seeds[i] = seeds_of(TRIALS, 100 + i, &n);
		ck_assert_uint_eq(n, 12);
		for (size_t j = 0; j < n; j++)
			all[k++] = seeds[i][j];
		free(seeds[i]);
	}
	for (size_t i = 0; i < k; i++)
		for (size_t j = 0; j < i; j++)
			ck_assert_uint_ne(all[i], all[j]);
	for (uint64_t s = 0; s < 50; s++)
		ck_assert_uint_ne(rng_stream_seed(s, "x", 1), rng_stream_seed(s + 1, "x", 0));
}
END_TEST

START_TEST(paired_trials_differ_by_their_settings_alone)
{
	size_t n;
	uint64_t *seeds = seeds_of("paired: yes\n" TRIALS, 7, &n);

	for (size_t i = 3; i < n; i++)
		ck_assert_uint_eq(seeds[i], seeds[i - 3]);
	ck_assert_uint_ne(seeds[0], seeds[1]);
	free(seeds);
}
END_TEST

START_TEST(trials_are_named_and_know_their_cluster)
{
	struct scenario_cell *cells;
	struct scenario *s, *one;
	struct err e = {0};
	size_t n;

	s = loaded(TRIALS);
	cells = scenario_cells(s, NULL, 0, &n, &e);
	ck_assert_uint_eq(n, 12);
	ck_assert_str_eq(cells[4].name, "open_sn-tcp-restricted@2");
	ck_assert_str_eq(cells[4].cell, "open_sn-tcp-restricted");
	one = scenario_apply(s, &cells[4]);
	ck_assert_str_eq(one->cluster, "open_sn-tcp-restricted@2");
	ck_assert_str_eq(one->axes, "internet_firewall=sn-tcp-restricted");
	scenario_free(one);
	/* A repetition of one run is a run with its seed alone. */
	s->seed_by_repetition = true;
	one = scenario_apply(s, &cells[4]);
	ck_assert_uint_eq(one->seed, rng_stream_seed(s->seed + 1, cells[4].cell, 1));
	scenario_free(one);
	s->paired = true;
	one = scenario_apply(s, &cells[4]);
	ck_assert_str_eq(one->cluster, "@2");
	scenario_free(one);
	scenario_cells_free(cells, n);
	scenario_free(s);
}
END_TEST

/* Two recordings of an empty capture; nobody is at the callee's site. */
#define RECORDINGS                                                                                 \
	"scenario: t\nduration: 10\nsites:\n"                                                      \
	"  - {name: caller, firewall: open, nat: public}\n"                                        \
	"  - {name: callee, firewall: open, nat: public}\n"                                        \
	"recordings:\n"                                                                            \
	"  - {capture: one.pcap, version: \"1.2\", client: 10.0.0.1, site: caller}\n"              \
	"  - {capture: two.pcap, version: \"7.7\", client: 10.0.0.1, site: callee}\n"              \
	"matrix:\n  - {axis: recording, values: [one.pcap, two.pcap]}\n"                           \
	"  - {axis: caller.firewall, values: [open, udp-blocked]}\n"                               \
	"  - {axis: callee.nat, values: [public, full-cone, symmetric]}\n"

static void write_empty_capture(const char *name)
{
	static const uint32_t header[6] = {0xa1b2c3d4, 2 | 4 << 16, 0, 0, 65535, 1};
	char *file = path_in(corpora_dir(), name);
	FILE *f = fopen(file, "w");

	ck_assert_ptr_nonnull(f);
	fwrite(header, sizeof(header), 1, f);
	fclose(f);
	free(file);
}

START_TEST(settings_that_do_not_apply_to_a_recording_are_not_run)
{
	static const char *const names[] = {"one.pcap_open", "one.pcap_udp-blocked",
					    "two.pcap_public", "two.pcap_full-cone",
					    "two.pcap_symmetric"};
	const char *filter = "callee.nat=symmetric";
	const char *before = getenv("SKYPELAB_CORPORA");
	char corpora[] = "/tmp/recordings-XXXXXX", *kept = before ? xstrdup(before) : NULL;
	struct scenario_cell *cells;
	struct scenario_columns at;
	struct scenario *s, *one;
	struct err e = {0};
	size_t n;

	ck_assert_ptr_nonnull(mkdtemp(corpora));
	setenv("SKYPELAB_CORPORA", corpora, 1);
	write_empty_capture("one.pcap");
	write_empty_capture("two.pcap");
	s = loaded(RECORDINGS);
	cells = scenario_cells(s, NULL, 0, &n, &e);
	ck_assert_uint_eq(n, ARRAY_LEN(names));
	for (size_t i = 0; i < n; i++)
		ck_assert_str_eq(cells[i].name, names[i]);
	one = scenario_apply(s, &cells[1]);
	at = scenario_columns(one);
	ck_assert_str_eq(at.caller_firewall, "udp-blocked");
	ck_assert_str_eq(at.callee_firewall, "-");
	ck_assert_str_eq(at.callee_nat, "-");
	ck_assert_str_eq(one->cluster, "one.pcap 10.0.0.1");
	scenario_free(one);
	scenario_cells_free(cells, n);
	/* A filter on a setting that a cell does not have lets the cell through, once. */
	cells = scenario_cells(s, &filter, 1, &n, &e);
	ck_assert_uint_eq(n, 3);
	scenario_cells_free(cells, n);
	scenario_free(s);
	unsetenv("SKYPELAB_CORPORA");
	if (kept)
		setenv("SKYPELAB_CORPORA", kept, 1);
	free(kept);
	remove_tree(corpora);
}
END_TEST

START_TEST(bad_input_names_file_and_line)
{
	static const struct {
		const char *text, *line, *word;
	} bads[] = {
		{"scenario: t\nsites:\n  - {name: a, firewall: opne}\n", ":3:", "opne"},
		{"scenario: t\nsites:\n  - {name: a}\n  - {name: a}\n", ":4:", "second site"},
		{"scenario: t\nsites:\n  - {name: a}\nclients:\n  - name: x\n    site: b\n",
		 ":6:", "site b"},
		{"scenario: t\nsites:\n  - {name: a}\nmatrix:\n  - axis: a.colour\n    values: "
		 "[red]\n",
		 ":6:", "a.colour"},
		{"scenario: t\nsites:\n  - {name: a, colour: red}\n", ":3:", "colour"},
		{"scenario: t\nsites:\n  - {name: a}\nseed: many\n", ":4:", "seed"},
		{"scenario: t\nsites: [\n", ":", "YAML"},
		{"scenario: t\nsites:\n  - {name: a}\nbackground:\n  - site: a\n    mix: light\n"
		 "    rate: -1\n",
		 ":7:", "rate: -1, expected a number from 0.001 to 1000"},
		{"scenario: t\nrepeat: 20000\nsites:\n  - {name: a}\n",
		 ":2:", "repeat: 20000, expected a whole number from 1 to 10000"},
		{"scenario: t\nsites:\n  - {name: a}\nvantages: [a.lan, a.sky]\n", ":4:", "a.sky"},
		{"scenario: t\nsites:\n  - {name: a}\nclients:\n  - name: x\n    site: a\n"
		 "    script: [login, dance]\n",
		 ":7:", "dance"},
		{"scenario: t\nsites:\n  - {name: a}\nclients:\n  - {name: x, site: a}\n"
		 "operations:\n  - operation: o\n    scripts:\n      - client: x\n"
		 "        script: [login, dance]\n",
		 ":10:", "dance"},
		{"scenario: t\nsites:\n  - {name: a}\nclients:\n  - {name: x, site: a}\n"
		 "operations:\n  - operation: o\n    scripts:\n      - client: z\n"
		 "        script: [login]\n",
		 ":9:", "client z, expected"},
		{"scenario: t\nsites:\n  - {name: a}\nclients:\n  - {name: x, site: a}\n"
		 "matrix:\n  - {axis: operation, values: [none]}\n",
		 ":7:", "operation none, expected"},
		{"scenario: t\nsites:\n  - {name: a}\nclients:\n  - name: x\n    site: a\n"
		 "    script: [login, roam a-h2]\n",
		 ":7:", "roam a-h2"},
		{"scenario: t\nsites:\n  - {name: a}\nmatrix:\n  - axis: a.loss\n    values: "
		 "[99]\n",
		 ":6:", "loss 99, expected"},
		{"scenario: t\n", ":1:", "the key sites is missing"},
		{"scenario: t\nsites: 5\n", ":2:", "sites: a single value, expected a list"},
		{"scenario: [t]\nsites:\n  - {name: a}\n",
		 ":1:", "scenario: a list, expected a text"},
		{"scenario: t\nsites:\n  - [a]\n", ":3:", "a list, expected keys with values"},
		{"scenario: t\nsites:\n  - name: a\n    hosts: -1\n",
		 ":4:", "hosts: -1, expected a whole number from 1 to 4000"},
		{"scenario: t\nsites:\n  - name: a\n    hosts: 99999999999\n",
		 ":4:", "from 1 to 4000"},
		{"scenario: t\nsites:\n  - name: a\n    link: {delay-ms: slow}\n",
		 ":4:", "delay-ms: slow, expected a number"},
		{"scenario: t\nscenario: u\nsites:\n  - {name: a}\n",
		 ":2:", "the key scenario is given twice, first in line 1"},
		{"scenario: \"\"\nsites:\n  - {name: a}\n", ":1:", "scenario: empty"},
		{"scenario: t\nsites:\n  - name: *b\n", ":3:", "undefined alias"},
		{"scenario: t\nsites:\n  - {name: a}\nclients:\n  - name: x\n    site: a\n"
		 "    fresh: maybe\n",
		 ":7:", "fresh: maybe, expected yes or no"},
		{"scenario: t\nsites:\n  - {name: a, nat: opne}\n",
		 ":3:", "expected one of address-restricted, full-cone,"},
		{"scenario: t\nclock: slow\nsites:\n  - {name: a}\n", ":2:", "virtual or real"},
		{"scenario: t\nsites:\n  - {name: a}\nclients:\n  - name: x\n    site: a\n"
		 "    login: never\n",
		 ":7:", "login: never, expected manual, automatic or wrong"},
		{"scenario: t\nsites:\n  - {name: a}\nclients:\n  - {name: x, site: a}\n"
		 "matrix:\n  - axis: login\n    values: [never]\n",
		 ":8:", "login never, expected manual, automatic or wrong"},
		{"scenario: t\nsites:\n  - {name: a}\nmatrix:\n  - axis: a.hosts\n"
		 "    values: [1, none]\n",
		 ":6:", "none"},
		{"scenario: t\nsites:\n  - {name: a, cgn: public}\n", ":3:", "cgn public"},
		{"scenario: t\nsites:\n  - {name: a, proxy: inside}\n",
		 ":3:", "proxy: inside, expected none, lan or dmz"},
		{"scenario: t\nsites:\n  - {name: a}\nmatrix:\n  - axis: a.proxy\n"
		 "    values: [lan, inside]\n",
		 ":6:", "proxy inside, expected none, lan or dmz"},
		{"scenario: t\nsites:\n  - {name: a}\nbackground:\n  - site: a\n    mix: light\n"
		 "    proxy: yes\n",
		 ":7:", "site a has no proxy"},
		{"scenario: t\nsites:\n  - {name: a, proxy: lan}\nbackground:\n  - site: a\n"
		 "    mix: light\n    host: 1\n    proxy: yes\n",
		 ":8:", "host and proxy"},
		{"scenario: t\nsites:\n  - {name: a}\nmatrix:\n  - {axis: seed, values: [1]}\n"
		 "  - {axis: seed, values: [2]}\n",
		 ":6:", "a second axis seed"},
		{"scenario: t\nsites:\n  - {name: a}\nmatrix:\n  - axis: seed\n"
		 "    values: [1, 2, 1]\n",
		 ":6:", "value 1 a second time"},
	};

	for (size_t i = 0; i < ARRAY_LEN(bads); i++) {
		struct err e = {0};
		struct scenario *s;

		write_scenario(bads[i].text);
		s = scenario_load(path, &e);
		ck_assert_msg(s == NULL, "accepted: %s", bads[i].text);
		ck_assert_msg(strstr(e.msg, path) && strstr(e.msg, bads[i].line) &&
				      strstr(e.msg, bads[i].word),
			      "case %zu: %s", i, e.msg);
		ck_assert_ptr_null(strchr(e.msg, '\n'));
		ck_assert_int_eq(e.code, EXIT_USAGE);
	}
	remove_tree(dir);
}
END_TEST

START_TEST(an_operation_gives_its_clients_their_scripts)
{
	static const char text[] = "scenario: t\n"
				   "sites: [{name: a, hosts: 2}]\n"
				   "clients:\n"
				   "  - {name: x, site: a, script: [login, wait 1]}\n"
				   "  - {name: y, site: a, host: 2, script: [quit]}\n"
				   "operations:\n"
				   "  - operation: walk\n"
				   "    scripts: [{client: x, script: [login, wait 2, quit]}]\n"
				   "  - operation: talk\n"
				   "    scripts: [{client: y, script: [login]}]\n"
				   "matrix:\n"
				   "  - {axis: operation, values: [walk, talk]}\n";
	struct scenario *s, *one;
	struct scenario_cell *cells;
	struct err e = {0};
	size_t n = 0;

	s = loaded(text);
	cells = scenario_cells(s, NULL, 0, &n, &e);
	ck_assert_uint_eq(n, 2);
	ck_assert_str_eq(cells[0].name, "walk");
	one = scenario_apply(s, &cells[0]);
	ck_assert_uint_eq(one->clients[0].script_len, 3);
	ck_assert_str_eq(one->clients[0].script[1], "wait 2");
	ck_assert_str_eq(one->clients[1].script[0], "quit"); /* not named: its own */
	ck_assert_str_eq(one->axes, "operation=walk");
	scenario_free(one);
	one = scenario_apply(s, &cells[1]);
	ck_assert_uint_eq(one->clients[0].script_len, 2);
	ck_assert_str_eq(one->clients[1].script[0], "login");
	scenario_free(one);
	scenario_cells_free(cells, n);
	scenario_free(s);
}
END_TEST

/* A proxy is a setting of its site; what it fetches for others may be said where some cells have it. */
START_TEST(a_site_may_have_a_proxy_in_some_cells)
{
	struct scenario *s =
		loaded("scenario: t\nsites:\n  - {name: a}\n  - {name: b, proxy: dmz}\n"
		       "background:\n  - {site: a, mix: web, proxy: yes}\n"
		       "matrix:\n  - {axis: a.proxy, values: [none, lan]}\n");
	struct scenario_cell *cells;
	struct err e = {0};
	size_t n;

	cells = scenario_cells(s, NULL, 0, &n, &e);
	ck_assert_msg(cells != NULL, "%s", e.msg);
	ck_assert_uint_eq(n, 2);
	for (size_t i = 0; i < n; i++) {
		struct scenario *one = scenario_apply(s, &cells[i]);

		ck_assert_int_eq(one->sites[0].proxy, i ? LAB_PROXY_LAN : LAB_PROXY_NONE);
		ck_assert_int_eq(one->sites[1].proxy, LAB_PROXY_DMZ);
		ck_assert_str_eq(one->axes, i ? "a_proxy=lan" : "a_proxy=none");
		scenario_free(one);
	}
	scenario_cells_free(cells, n);
	scenario_free(s);
}
END_TEST

START_TEST(a_cell_is_a_copy)
{
	static const char text[] = "scenario: t\n"
				   "sites:\n"
				   "  - {name: a, link: {delay-ms: 5}}\n"
				   "clients:\n"
				   "  - {name: x, site: a, script: [login, wait 1]}\n"
				   "matrix:\n"
				   "  - {axis: x.version, values: [\"1.4\", \"2.0\"]}\n"
				   "  - {axis: a.nat, values: [public, symmetric]}\n"
				   "vantages: [a.lan, core]\n";
	struct scenario *s, *one;
	struct scenario_cell *cells;
	struct err e = {0};
	size_t n = 0;

	s = loaded(text);
	cells = scenario_cells(s, NULL, 0, &n, &e);
	ck_assert_uint_eq(n, 4);
	remove_tree(dir); /* nothing is read again */
	path[0] = '\0';
	memcpy(dir + strlen(dir) - 6, "XXXXXX", 6);
	one = scenario_apply(s, &cells[3]);
	ck_assert_str_eq(one->clients[0].version.name, "2.0");
	ck_assert_str_eq(s->clients[0].version.name, "1.4");
	ck_assert_str_eq(one->sites[0].nat.name, "symmetric");
	ck_assert_ptr_nonnull(one->sites[0].nat.policy);
	ck_assert_str_eq(s->sites[0].nat.name, "public");
	ck_assert_ptr_null(s->sites[0].nat.policy);
	scenario_free(s); /* the copy stands by itself; the library is counted */
	ck_assert_str_eq(one->clients[0].version.version->name, "2.0");
	ck_assert_double_eq(one->sites[0].link->delay_ms, 5);
	ck_assert_str_eq(one->clients[0].script[1], "wait 1");
	ck_assert_str_eq(one->vantages[1], "core");
	ck_assert_str_eq(one->matrix[1].values[1], "symmetric");
	ck_assert_ptr_null(one->sites[0].cgn.name);
	scenario_free(one);
	scenario_cells_free(cells, n);
}
END_TEST

START_TEST(a_scenario_has_a_name_or_a_path)
{
	const char *filter[] = {"login=never"}, *axis[] = {"firewall=open"};
	struct err e = {0};
	struct scenario *s = scenario_load("first-light", &e);
	size_t n = 0;

	ck_assert_msg(s != NULL, "%s", e.msg);
	ck_assert_str_eq(s->scenario, "first-light");
	ck_assert_ptr_null(scenario_load("first-lihgt", &e));
	ck_assert_msg(strstr(e.msg, " (first-light?), expected one of ") != NULL, "%s", e.msg);
	ck_assert_msg(strstr(e.msg, "first-light, ") != NULL, "%s", e.msg);
	ck_assert_ptr_null(scenario_cells(s, axis, 1, &n, &e));
	ck_assert_msg(strstr(e.msg, ": caller.firewall, caller.nat, ") != NULL, "%s", e.msg);
	ck_assert_ptr_null(scenario_cells(s, filter, 1, &n, &e));
	ck_assert_msg(strstr(e.msg, "--dry-run") != NULL, "%s", e.msg);
	scenario_free(s);
}
END_TEST

UNIT(scenario)
{
	unit_case(tc, a_scenario_has_a_name_or_a_path);
	unit_case(tc, a_site_may_have_a_proxy_in_some_cells);
	unit_case(tc, a_cell_is_a_copy);
	unit_case(tc, an_operation_gives_its_clients_their_scripts);
	unit_case(tc, the_matrix_multiplies);
	unit_case(tc, no_two_trials_share_their_streams);
	unit_case(tc, paired_trials_differ_by_their_settings_alone);
	unit_case(tc, trials_are_named_and_know_their_cluster);
	unit_case(tc, settings_that_do_not_apply_to_a_recording_are_not_run);
	unit_case(tc, bad_input_names_file_and_line);
}
