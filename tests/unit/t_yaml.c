// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * t_yaml.c - what no YAML file of any kind may hold: numbers that are none or out of range, a key
 * twice, and text that a few lines blow up
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/number.h"
#include "base/outfile.h"
#include "base/yaml.h"
#include "lab/gateway/firewall.h"
#include "lab/gateway/nat.h"
#include "replay/background/mix.h"
#include "replay/skype/version.h"
#include "run/scenario/load.h"
#include "run/scenario/schema.h"
#include "tests/unit/unit.h"

struct part {
	unsigned port;
	double share;
};

struct thing {
	uint64_t seed;
	struct part *parts;
	unsigned parts_count;
	char *text;
	bool flag;
};

static const cyaml_schema_field_t part_fields[] = {
	CYAML_FIELD_UINT("port", CYAML_FLAG_OPTIONAL, struct part, port),
	CYAML_FIELD_FLOAT("share", CYAML_FLAG_OPTIONAL, struct part, share),
	CYAML_FIELD_END,
};
static const cyaml_schema_value_t part_schema = {
	CYAML_VALUE_MAPPING(CYAML_FLAG_DEFAULT, struct part, part_fields),
};
static const cyaml_schema_field_t thing_fields[] = {
	CYAML_FIELD_UINT("seed", CYAML_FLAG_OPTIONAL, struct thing, seed),
	CYAML_FIELD_SEQUENCE("parts", CYAML_FLAG_POINTER | CYAML_FLAG_OPTIONAL, struct thing, parts,
			     &part_schema, 0, CYAML_UNLIMITED),
	CYAML_FIELD_STRING_PTR("text", CYAML_FLAG_POINTER | CYAML_FLAG_OPTIONAL, struct thing, text,
			       0, CYAML_UNLIMITED),
	CYAML_FIELD_BOOL("flag", CYAML_FLAG_OPTIONAL, struct thing, flag),
	CYAML_FIELD_END,
};
static const cyaml_schema_value_t thing_schema = {
	CYAML_VALUE_MAPPING(CYAML_FLAG_POINTER, struct thing, thing_fields),
};
static const struct yaml_number thing_numbers[] = {
	{"seed", 0, 0x1p64, NULL},
	{"parts.port", 1, 65535, NULL},
	{"parts.share", -1, 100, "percent"},
	{NULL, 0, 0, NULL},
};

static char path[] = "/tmp/skypelab-yaml-XXXXXX";

/* What loading @text says; NULL = it is taken. */
static const char *load_says(const char *text, size_t len)
{
	static struct err e;
	struct thing *t;
	FILE *f;

	snprintf(path, sizeof(path), "/tmp/skypelab-yaml-XXXXXX");
	f = fdopen(mkstemp(path), "w");
	ck_assert_ptr_nonnull(f);
	fwrite(text, 1, len, f);
	fclose(f);
	e = (struct err){0};
	t = yaml_load(path, &thing_schema, thing_numbers, &e);
	unlink(path);
	yaml_drop(&thing_schema, t);
	return t ? NULL : e.msg;
}

START_TEST(numbers_are_whole_texts_within_their_range)
{
	static const char *const ports[] = {"12abc", "12.9",  "1e400", "70000", "0",
					    "-1",    "inf",   "nan",   ".inf",	"4294967286",
					    "",	     "~",     "+5",    "010",	"0x",
					    "0x1g",  "1_000", "5 5",   "1e3",	"99999999999"};
	static const char *const shares[] = {"12abc", "1e400", "-1e400", "101",	  "-1.1",
					     "inf",   ".nan",  "NaN",	 "0x1p3", "1.2.3",
					     "",      "1e",    "e5",	 "."};
	static const char *const good[] = {"port: 0xffff",  "port: 65535", "port: \"80\"",
					   "share: 1e-400", "share: -0.5", "share: .5",
					   "share: 1e2",    "share: 100"};
	char text[100];

	for (size_t i = 0; i < ARRAY_LEN(ports); i++) {
		const char *says;

		snprintf(text, sizeof(text), "seed: 1\nparts:\n  - port: %s\n", ports[i]);
		says = load_says(text, strlen(text));
		ck_assert_msg(says && strstr(says, ":3: port: ") &&
				      strstr(says, "expected a whole number from 1 to 65535"),
			      "%s: %s", ports[i], says ? says : "taken");
	}
	for (size_t i = 0; i < ARRAY_LEN(shares); i++) {
		const char *says;

		snprintf(text, sizeof(text), "seed: 1\nparts:\n  - share: %s\n", shares[i]);
		says = load_says(text, strlen(text));
		ck_assert_msg(says && strstr(says, ":3: share: ") &&
				      strstr(says, "expected a number from -1 to 100 percent"),
			      "%s: %s", shares[i], says ? says : "taken");
	}
	for (size_t i = 0; i < ARRAY_LEN(good); i++) {
		const char *says;

		snprintf(text, sizeof(text), "parts:\n  - %s\n", good[i]);
		says = load_says(text, strlen(text));
		ck_assert_msg(!says, "%s: %s", good[i], says ? says : "");
	}
	ck_assert_ptr_null(load_says("seed: 18446744073709551615\n", 27));
	ck_assert_ptr_nonnull(load_says("seed: 18446744073709551616\n", 27));
}
END_TEST

#define SAYS(text, word)                                                                           \
	{                                                                                          \
		text, sizeof(text) - 1, word                                                       \
	}

START_TEST(what_blows_up_or_hides_is_refused)
{
	static const struct {
		const char *text;
		size_t len;
		const char *word;
	} bad[] = {
		SAYS("seed: 1\ntext: a\nseed: 2\n",
		     ":3: the key seed is given twice, first in line 1"),
		SAYS("parts:\n- {port: 1, share: 2, port: 1}\n", ":2: the key port is given twice"),
		SAYS("seed: 1\n---\nseed: 2\n", ":2: a second document"),
		SAYS("text: \"a\\0b\"\n", ":1: a text with the character NUL"),
		SAYS("text: \"a\\e[2Jb\"\n", "a character that cannot be printed"),
		SAYS("parts: &a [*a]\n", "nested more than"),
		SAYS("{[a]: 1}\n", ":1: a key that is no word"),
		SAYS("\"a\\nb\": 1\n", "has a character that cannot be printed"),
		SAYS("flag: maybe\n", ":1: flag: maybe, expected yes or no"),
		SAYS("seed: 1\ncolour: red\n", ":2: no key colour"),
		SAYS("a: &a [1,1,1,1,1,1,1,1,1]\nb: &b [*a,*a,*a,*a,*a,*a,*a,*a,*a]\n"
		     "c: &c [*b,*b,*b,*b,*b,*b,*b,*b,*b]\nd: &d [*c,*c,*c,*c,*c,*c,*c,*c,*c]\n"
		     "e: &e [*d,*d,*d,*d,*d,*d,*d,*d,*d]\nf: &f [*e,*e,*e,*e,*e,*e,*e,*e,*e]\n"
		     "g: &g [*f,*f,*f,*f,*f,*f,*f,*f,*f]\nh: &h [*g,*g,*g,*g,*g,*g,*g,*g,*g]\n",
		     "more than 200000 values"),
		SAYS("", ":1: empty"),
	};
	char *deep = xcalloc(400001, 1), *wide = xcalloc(YAML_BYTES + 3, 1);

	for (size_t i = 0; i < ARRAY_LEN(bad); i++) {
		const char *says = load_says(bad[i].text, bad[i].len);

		ck_assert_msg(says && strstr(says, bad[i].word), "%s: %s", bad[i].text,
			      says ? says : "taken");
	}
	for (size_t i = 0; i < 100000; i++)
		memcpy(deep + 4 * i, "{a: ", 4);
	ck_assert_ptr_nonnull(strstr(load_says(deep, 400000), "nested more than 32"));
	memset(wide, '#', YAML_BYTES + 2);
	ck_assert_ptr_nonnull(strstr(load_says(wide, YAML_BYTES + 2), "longer than"));
	free(deep);
	free(wide);
}
END_TEST

/* ---- every kind of file, with each of its numbers spoilt in turn ---- */

static bool takes_firewall(const char *file, struct err *e)
{
	struct firewall *f = firewall_load(file, e);

	firewall_free(f);
	return f;
}

static bool takes_nat(const char *file, struct err *e)
{
	struct nat_policy *n = nat_policy_load(file, e);

	nat_policy_free(n);
	return n;
}

static bool takes_mix(const char *file, struct err *e)
{
	struct mix *m = mix_load(file, e);

	mix_free(m);
	return m;
}

static bool takes_version(const char *file, struct err *e)
{
	struct version *v = version_load(file, e);

	if (v)
		version_free(v);
	return v;
}

static bool takes_scenario(const char *file, struct err *e)
{
	struct scenario *s = scenario_load(file, e);

	scenario_free(s);
	return s;
}

static const struct kind {
	bool (*takes)(const char *file, struct err *e);
	const char *text; /* every key that has a number; each number is behind a '%' */
} kinds[] = {
	{takes_firewall,
	 "name: x\nsummary: s\nreproduces: r\ninbound: open\noutbound: open\nrules:\n"
	 "  - {label: a, direction: outbound, protocol: tcp, ports: [%80], "
	 "action: block}\n"},
	{takes_nat, "name: x\nsummary: s\nreproduces: r\ntranslation: seeded\n"
		    "lifetime: {udp: %30, udp-replied: %60, tcp: %90}\n"},
	{takes_mix,
	 "name: x\ngenerators:\n  - {generator: tls, per_minute: %3, port: %8443, "
	 "servers: %8}\nprograms:\n  - {program: nginx-curl, per_minute: %30, port: %80}\n"},
	{takes_scenario,
	 "scenario: t\nseed: 1\nrepeat: %2\nduration: %60\nsuper-nodes: %12\n"
	 "internet: {jitter-ms: %3, loss-percent: %1}\nsites:\n  - name: a\n    hosts: %3\n"
	 "    link: {delay-ms: %1, jitter-ms: %2, loss-percent: %3, rate-kbps: %64}\n"
	 "clients:\n  - {name: x, site: a, host: %1, count: %2, udp-port: %5000, start: %1, "
	 "spacing: %2, script: [login, wait %20, quit]}\nbackground:\n  - {site: a, host: %3, mix: "
	 "light, "
	 "rate: %2}\n"},
};

/* @text without the '%', or with @bad in the place of the number behind the @nth; the number of '%'. */
static size_t spoil(const char *text, size_t nth, const char *bad, FILE *out)
{
	size_t n = 0;

	for (const char *p = text; *p; p++) {
		if (*p != '%') {
			putc(*p, out);
		} else if (n++ == nth) {
			fputs(bad, out);
			p += strspn(p + 1, "0123456789");
		}
	}
	return n;
}

START_TEST(each_number_of_each_kind_has_form_and_range)
{
	static const char *const bads[] = {"12abc", "1e400", "-1", "inf", "nan", "99999999999"};
	const struct kind *k = &kinds[_i];
	size_t n = 1;

	for (size_t i = 0; i <= n; i++)
		for (size_t b = 0; b < ARRAY_LEN(bads); b++) {
			struct err e = {0};
			FILE *f;
			bool taken;

			snprintf(path, sizeof(path), "/tmp/skypelab-yaml-XXXXXX");
			f = fdopen(mkstemp(path), "w");
			n = spoil(k->text, i, bads[b], f);
			fclose(f);
			taken = k->takes(path, &e);
			unlink(path);
			if (i == n)
				ck_assert_msg(taken, "%s", e.msg);
			else
				ck_assert_msg(!taken && strstr(e.msg, path) &&
						      strstr(e.msg, bads[b]),
					      "%s for number %zu of kind %d: %s", bads[b], i, _i,
					      taken ? "taken" : e.msg);
		}
}
END_TEST

/* The numbers of a version, on the bundled one. */
START_TEST(each_number_of_a_version_has_form_and_range)
{
	static const char *const keys[] = {
		"round-gap", "round-pause",	"patience", "last-port", "t3-refuse",
		"parallel",  "connect-timeout", "stagger",  "give-up",	 "pause",
		"keepalive", "linger",		"timeout",  "platform"};
	static const char *const bads[] = {"12abc", "1e400", "-1", "nan", "4294967286"};
	char *text = read_file("scenarios/versions/1.4.yaml", NULL, NULL);

	ck_assert_ptr_nonnull(text);
	for (size_t i = 0; i < ARRAY_LEN(keys); i++)
		for (size_t b = 0; b < ARRAY_LEN(bads); b++) {
			char key[40];
			struct err e = {0};
			const char *at;
			FILE *f;

			snprintf(key, sizeof(key), "  %s: ", keys[i]);
			at = strstr(text, key);
			ck_assert_msg(at != NULL, "%s", keys[i]);
			at += strlen(key);
			snprintf(path, sizeof(path), "/tmp/skypelab-yaml-XXXXXX");
			f = fdopen(mkstemp(path), "w");
			fprintf(f, "%.*s%s%s", (int)(at - text), text, bads[b],
				at + strcspn(at, " \n"));
			fclose(f);
			ck_assert_msg(!takes_version(path, &e), "%s: %s", keys[i], bads[b]);
			unlink(path);
			ck_assert_msg(strstr(e.msg, path) && strstr(e.msg, keys[i]) &&
					      strstr(e.msg, bads[b]),
				      "%s", e.msg);
		}
	free(text);
}
END_TEST

UNIT(yaml)
{
	unit_case(tc, numbers_are_whole_texts_within_their_range);
	unit_case(tc, what_blows_up_or_hides_is_refused);
	unit_loop(tc, each_number_of_each_kind_has_form_and_range, 0, (int)ARRAY_LEN(kinds));
	unit_case(tc, each_number_of_a_version_has_form_and_range);
}
