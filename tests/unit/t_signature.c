// SPDX-License-Identifier: GPL-2.0-or-later
/* The signature language: what is refused, and with which words; what values mean. */
#include "detector/language/explain.h"
#include "tests/unit/feed.h"

#define RULE "rules:\n  - rule: r\n    proto: udp\n    steps:\n      - message: m\n"

/* Text after FEED_HEAD (six lines), and what the error must say. */
static const struct {
	const char *text, *says;
} refused[] = {
	{"", "t.yaml:1: \"rules\" is nothing, expected a list of rules"},
	{"rules: []\n", "t.yaml:7: \"rules\" is an empty list, expected a list"},
	{"colour: red\n", "t.yaml:7: unknown key \"colour\" in a signature, expected one of: sig"},
	{"rules: [x]\n", "t.yaml:7: \"x\" in \"rules\", expected a mapping"},
	{"rules:\n  - rule: r\n", "t.yaml:8: rule r has no \"proto\", expected udp, tcp or any"},
	{"rules:\n  - rule: r\n    proto: icmp\n", "t.yaml:9: \"icmp\", expected one of: udp, tcp"},
	{"rules:\n  - rule: r\n    proto: udp\n",
	 "t.yaml:8: rule r has no \"steps\", \"tally\" or"},
	{RULE "        size: big\n", "t.yaml:12: \"big\", expected sizes, or an earlier message"},
	{RULE "        size: 29..22\n",
	 "t.yaml:12: \"29..22\", expected a number, a range such as"},
	{RULE "        size: m+5\n", "t.yaml:12: \"m+5\", expected sizes, or an earlier"},
	{RULE "        size: [18, \"!18\"]\n", "holds no number at all"},
	{RULE "        sice: 18\n", "t.yaml:12: unknown key \"sice\" in message, expected one of"},
	{RULE "        size: 18\n        size: 19\n",
	 "t.yaml:13: the key size is given twice, first in line 12"},
	{RULE "        bytes: {2: \"0g\"}\n", "t.yaml:12: \"0g\", expected bytes as hexadecimal"},
	{RULE "        bytes: {2: \"07/03\"}\n", "t.yaml:12: \"07/03\", expected bytes as"},
	{RULE "        bytes: {2: \"07 | 0102\"}\n", "expected alternatives of one length"},
	{RULE "        bytes: {x: \"07\"}\n", "t.yaml:12: \"x\", expected a number from -2048"},
	{RULE "        equal: {at: 0, length: 2, to: U1}\n",
	 "t.yaml:12: \"U1\", expected the name"},
	{RULE "        equal: {at: 0, length: 2}\n", "neither \"to\" nor \"there\""},
	{RULE "        address: {3: mine}\n",
	 "\"mine\", expected one of: sender, receiver, client"},
	{RULE "        nibbles: {half: left, at: 0, length: 1, there: 3}\n",
	 "expected one of: low, h"},
	{RULE "        within: soon\n", "t.yaml:12: \"soon\", expected a time such as 500 ms"},
	{RULE "        optional: yes\n", "the first step is optional"},
	{RULE "        from: above\n",
	 "t.yaml:12: \"above\", expected one of: client, server, either"},
	{RULE "        then: {event: alarm}\n",
	 "t.yaml:12: \"alarm\", expected one of: evidence, pr"},
	{RULE "        then: {remember: {in: a, key: client}}\n",
	 "t.yaml:12: \"a\", expected the name of a set declared under \"sets\""},
	{"sets: {a: 1 h}\n" RULE "        then: {remember: [{in: a, key: client}, "
	 "{in: a, key: client-ip}]}\n",
	 "set a is used with keys of different shape"},
	{"sets: {a: 1}\n" RULE, "t.yaml:7: \"1\", expected a time"},
	{RULE "    tally:\n      - count: c\n", "t.yaml:13: \"tally\" beside \"steps\""},
	{"rules:\n  - rule: r\n    proto: udp\n    tally:\n      - count: c\n",
	 "\"tally\" and \"when\" go together"},
	{RULE "    flow: {server-host: 10.0.0.0/40}\n", "expected an address or a network"},
	{RULE "    flow: {client-port: 70000..60000}\n", "expected a number, a range"},
	{RULE "    flow: {server-port: [443, 70000]}\n",
	 "t.yaml:12: \"70000\", expected numbers from 0 to 65535"},
	{RULE "    flow: {port: 1024..66000}\n", "\"66000\", expected numbers from 0 to 65535"},
	{RULE "    flow: {client-port: 65536..}\n", "\"65536\", expected numbers from 0 to 65535"},
	{RULE "        nth: 0\n", "t.yaml:12: \"0\", expected numbers from 1"},
	{RULE "        nth-of-flow: 0\n", "t.yaml:12: \"0\", expected numbers from 1"},
	{"rules: {\n", "not valid YAML"},
	{RULE "        dns: {not: yes}\n", "no \"name\" in dns"},
	{"sets: {a: 1 s}\n" RULE "    then: {remember: {in: a, key: answers}}\n",
	 "\"answers\" in rule r, expected a rule"},
	{"sets: {a: 1 s}\n" RULE
	 "        dns: {name: a.b}\n    then: {forget: {in: a, key: answers}}\n",
	 "answers"},
	{"rules: [{rule: r, proto: udp, tally: [{count: a}], when: [{bytes: 1.., rate: 1..}]}]\n",
	 "exactly one of count, share"},
	{"rules: [{rule: r, proto: udp, tally: [{count: a}], when: [{duration: 1..}]}]\n",
	 "duration"},
	{"rules: [{rule: r, proto: udp, tally: [{count: a}], when: [{duration: {least: 1 s}, last: "
	 "9 s}]}]\n",
	 "t.yaml:7: the duration of a span of time, expected packets"},
	{"rules: [{rule: r, proto: udp, tally: [{count: a}], when: [{count: packets, is: 1.., "
	 "last: 9 packets}]}]\n",
	 "a count of so many packets, expected a time"},
	{"rules: [{rule: r, proto: udp, tally: [{count: a}], when: [{count: a, is: 1.., last: 9 "
	 "s}]}]\n",
	 "\"last\", \"from\" or \"empty\" beside a count by name"},
	{"rules: [{rule: r, proto: udp, tally: [{count: a}], when: [{ratio: 1.., from: "
	 "client}]}]\n",
	 "\"empty\" beside ratio"},
	{"rules: [{rule: r, proto: udp, tally: [{count: a}], when: [{rate: 1.., last: 101 "
	 "packets}]}]\n",
	 "\"101 packets\", expected from 2 to 100 packets"},
	{"rules: [{rule: r, proto: udp, tally: [{count: a}], when: [{rate: 1.., last: 1 "
	 "packets}]}]\n",
	 "\"1 packets\", expected from 2 to 100"},
	{"rules: [{rule: r, proto: udp, tally: [{count: a}], when: [{rate: 1.., last: 123456789012 "
	 "packets}]}]\n",
	 "expected from 2 to 100 packets"},
	{"rules: [{rule: r, proto: udp, tally: [{count: a}], when: [{rate: 1.., last: 9}]}]\n",
	 "\"9\", expected a time such as"},
	{"rules: [{rule: r, proto: udp, tally: [{count: a}], when: [{rate: 1.., from: either, "
	 "empty: 1}]}]\n",
	 "\"1\", expected yes or no"},
	{"rules: [{rule: r, proto: udp, tally: [{count: a}], when: [{gap-mode: {gap: 20 s}}]}]\n",
	 "expected \"gap\" and \"tolerance\", such as 20 s and 1 s"},
	{"rules: [{rule: r, proto: udp, tally: [{count: a}], when: [{gap-mode: {gap: 20 s, "
	 "tolerance: 21 s}}]}]\n",
	 "t.yaml:7: \"21 s\", expected from 1/120 of the gap"},
	{"rules: [{rule: r, proto: udp, tally: [{count: a}], when: [{gap-mode: {gap: 1000000 s, "
	 "tolerance: 1 us}}]}]\n",
	 "\"1 us\", expected from 1/120 of the gap"},
	{"rules: [{rule: r, proto: udp, tally: [{count: a}], when: [{gap-mode: {gap: 20 s, "
	 "tolerance: 1 s, least: 0}}]}]\n",
	 "\"0\", expected a number from 1"},
	{"rules: [{rule: r, proto: udp, tally: [{count: a}], when: [{gap-mode: {gap: 20 s, "
	 "tolerance: 1 s}, last: 9 s}]}]\n",
	 "\"empty\" beside gap-mode"},
	{"rules: [{rule: r, proto: udp, tally: [{count: a, resets: a}], when: [{bytes: 1..}]}]\n",
	 "t.yaml:7: \"a\", expected a name above it"},
	{"rules: [{rule: r, proto: udp, tally: [{count: a}, {count: b, resets: a}, {count: c}], "
	 "when: [{bytes: 1..}]}]\n",
	 "t.yaml:7: a count behind one with \"resets\""},
	{RULE "        resets: m\n", "resets"},
	{RULE "        http: {method: [a, b, c, d, e]}\n", "more than 4 texts in \"method\""},
	{RULE "        http: {uri: []}\n", "\"uri\" is empty"},
	{RULE "        http: {host-is: number}\n", "\"number\""},
	{RULE "        http: {agent: x}\n", "\"agent\""},
	{"sets: {a: 1 s}\n" RULE
	 "    then: {count: {in: a, key: client, within: 1 s, step: {message: m, at: 0, "
	 "length: 1, by: 1}}}\n",
	 "\"step\" beside \"within\" or \"distinct\""},
	{"sets: {a: 1 s}\n" RULE "    then: {count: {in: a, key: client, distinct: host}}\n",
	 "\"host\""},
	{"sets: {a: 1 s, b: 1 s}\n" RULE "    then: {count: {in: a, key: client, sliding: yes}}\n",
	 "\"sliding\" without \"within\", expected a time"},
	{"sets: {a: 1 s, b: 1 s}\n" RULE
	 "    then: {count: {in: a, key: client, least: 65, within: 1 s, sliding: yes}}\n",
	 "\"sliding\" with 65 matches, expected at most 64"},
	{"sets: {a: 1 s, b: 1 s}\n" RULE "    then: {count: {in: a, key: client, within: 1 s, "
	 "sliding: yes, share: {of: b, least: 8 %}}}\n",
	 "\"sliding\" beside \"share\""},
	{"sets: {a: 1 s, b: 1 s}\n" RULE
	 "    then: {count: {in: a, key: client, within: 1 s, sliding: yes, step: {message: m, at: "
	 "0, length: 1, by: 1}}}\n",
	 "\"step\" beside \"within\""},
	{"sets: {a: 1 s, b: 1 s}\n" RULE
	 "        then: {count: {in: a, key: client, within: 1 s}}\n"
	 "    then: {count: {in: a, key: client, within: 1 s, sliding: yes}}\n",
	 "set a is counted with and without \"sliding\""},
	{"sets: {a: 1 s, b: 1 s}\n" RULE
	 "        then: {count: {in: a, key: client, within: 1 s, sliding: yes}}\n"
	 "    then: {count: {in: a, key: client}}\n",
	 "set a is counted with and without \"sliding\""},
	{"sets: {a: 1 s, b: 1 s}\n" RULE
	 "        then: {count: {in: a, key: client, within: 1 s, sliding: yes}}\n"
	 "    then: {count: {in: a, key: client, within: 1 s, sliding: yes, distinct: server}}\n",
	 "set a is counted sliding by other \"distinct\" parts"},
	{"sets: {a: 1 s, b: 1 s}\n" RULE
	 "        then: {count: {in: a, key: client, within: 1 s, sliding: yes}}\n"
	 "    then: {count: {in: b, key: client, share: {of: a, least: 8 %}}}\n",
	 "\"share\" of set a, which is counted sliding"},
	{"sets: {a: 1 s}\nrules: [{rule: r, proto: tcp, record: {packets: 1}, then: {count: "
	 "{in: a, key: client, within: 1 s, sliding: yes}}}]\n",
	 "\"sliding\" in a rule that reads flow records"},
	{RULE "        contains: {is: \"61\", nocase: yes}\n", "\"nocase\" beside \"is\""},
	{RULE "        contains: {text: a, nocase: perhaps}\n", "\"perhaps\""},
	{"rules: [{rule: r, proto: udp, record: {packets: 1}, steps: []}]\n",
	 "t.yaml:7: \"steps\" beside \"record\""},
	{"rules: [{rule: r, proto: udp, record: {packets: 1}, once: no}]\n",
	 "\"once\" beside \"record\""},
	{"rules: [{rule: r, proto: tcp, client: initiator, record: {packets: 1}}]\n",
	 "the client of a record is its sender or its receiver"},
	{"rules: [{rule: r, proto: udp, record: []}]\n", "\"record\""},
	{"rules: [{rule: r, proto: udp, record: {packets: 0..x}}]\n", "\"0..x\""},
	{"rules: [{rule: r, proto: tcp, record: {flags: [push]}}]\n", "\"push\" in \"flags\""},
	{"rules: [{rule: r, proto: tcp, record: {duration: {least: 2 s, most: 1 s}}}]\n",
	 "\"least\" is more than \"most\""},
	{"rules: [{rule: r, proto: tcp, flow: {handshake: yes}, record: {packets: 3..}}]\n",
	 "\"handshake\" beside \"record\""},
	{"sets: {a: 1 s}\nrules: [{rule: r, proto: tcp, flow: {known: {in: a, key: client, hold: 2 "
	 "s}}, "
	 "record: {packets: 3..}}]\n",
	 "\"hold\" in rule r, which reads flow records"},
	{"sets: {a: 1 s}\nrules: [{rule: r, proto: tcp, record: {packets: 1}, then: {remember: "
	 "{in: a, "
	 "key: [{message: r, at: 0, length: 1}]}}}]\n",
	 "bytes in the key of rule r"},
	{"sets: {a: 1 s}\nrules: [{rule: r, proto: tcp, record: {packets: 1}, then: {count: {in: "
	 "a, key: "
	 "client, step: {message: r, at: 0, length: 1, by: 1}}}}]\n",
	 "\"step\" in rule r"},
	{"rules: [{rule: r, proto: udp, record: {packets: 1}, then: {event: session-end}}]\n",
	 "event session-end in rule r"},
	{"records: {inactive: 0 s}\nrules: []\n", "\"0 s\", expected a time"},
	{"records: {of: both}\nrules: []\n", "\"both\""},
	{"rules: [{rule: r, proto: udp, tally: [{count: a}], when: [{bytes: 1.., least: 5}]}]\n",
	 "t.yaml:7: unknown key \"least\" in a condition on bytes"},
	{"rules: [{rule: r, proto: udp, tally: [{count: a}], when: [{count: a, is: 1.., least: "
	 "5}]}]\n",
	 "unknown key \"least\" in a condition on count"},
	{"rules: [{rule: r, proto: udp, tally: [{count: a}], when: [{share: a, least: 5 %, is: "
	 "3}]}]\n",
	 "unknown key \"is\" in a condition on share"},
	{"rules: [{rule: r, proto: udp, tally: [{count: a}], when: [{rate: 1.., nibbles: 1}]}]\n",
	 "unknown key \"nibbles\" in a condition on rate"},
	{"rules: [{rule: r, proto: udp, tally: [{count: a}], when: [{gap-mode: {gap: 9 s, "
	 "tolerance: 1 s}, share: 5 %}]}]\n",
	 "exactly one of"},
	{"rules: [{rule: r, proto: udp, tally: [{count: a}], when: [{duration: {}}]}]\n",
	 "duration is empty, expected such as {least: 1 s, most: 5 min}"},
	{"rules: [{rule: r, proto: udp, tally: [{count: a}], when: [{mean-gap: 20 ms}]}]\n",
	 "mean-gap is \"20 ms\", expected such as {least"},
	{"rules: [{rule: r, proto: udp, tally: [{count: a, repeat: 3}], when: [{bytes: 1..}]}]\n",
	 "unknown key \"repeat\" in message"},
	{"rules: [{rule: r, proto: udp, tally: [{count: a, within: 3 s}], when: [{bytes: 1..}]}]\n",
	 "unknown key \"within\" in message"},
	{"rules: [{rule: r, proto: udp, tally: [{count: a, message: b}], when: [{bytes: 1..}]}]\n",
	 "unknown key \"message\" in message"},
	{"rules: [{rule: r, proto: udp, tally: [{count: a}, {count: a, size: 3}], when: [{bytes: "
	 "1..}]}]\n",
	 "t.yaml:7: count a is there already"},
	{RULE "        count: c\n", "t.yaml:12: unknown key \"count\" in message"},
	{"rules: [{rule: r, proto: udp, steps: [{any-of: [{message: m, optional: yes}]}]}]\n",
	 "unknown key \"optional\" in message"},
	{RULE "        http: {method: get}\n", "\"get\", expected a method in capital letters"},
	{RULE "        http: {method: [GET, ABCDEFGHIJKLMNOPQRSTU]}\n",
	 "\"ABCDEFGHIJKLMNOPQRSTU\", expected a method of at most 20 letters"},
	{RULE "        http: {host: \"http://a.b/\"}\n", "\"http://a.b/\", expected a host alone"},
	{RULE "        http: {host: \"a.b:80\"}\n", "\"a.b:80\", expected a host alone"},
	{"rules: [{rule: r, proto: tcp, steps: [{message: m, dns: {name: a.b}}]}]\n",
	 "t.yaml:7: \"dns\" in rule r of proto tcp, expected udp"},
	{"sets: {a: 1 s}\n" RULE "    then: {remember: {in: a, key: [answers]}}\n",
	 "expected it only as \"key: answers\""},
	{"sets: {a: 1 s}\n" RULE
	 "    then: {count: {in: a, key: client-ip, distinct: client-ip}}\n",
	 "t.yaml:13: no part in \"distinct\" that is not in the key"},
	{"sets: {a: 1 s}\n" RULE "    then: {count: {in: a, key: client-ip, distinct: []}}\n",
	 "no part in \"distinct\" that is not in the key"},
	{"rules: [{rule: r, proto: tcp, record: {packets: 0}}]\n",
	 "\"0\", expected numbers from 1"},
	{"rules: [{rule: r, proto: tcp, record: {flags: [psh, \"!psh\"]}}]\n",
	 "a flag with and without \"!\""},
	{"rules: [{rule: r, proto: tcp, record: 3}]\n",
	 "\"record\" is \"3\", expected a form such as {packets: 3..}"},
	{"rules: [{rule: r, proto: tcp, record: []}]\n", "\"record\" is an empty list"},
	{"rules: [{rule: r, proto: tcp, record: {duration: {}}}]\n", "duration is empty"},
	{"rules: [{rule: r, proto: tcp, steps: [{message: m, size: [58.., !339]}]}]\n",
	 "t.yaml:7: not valid YAML: did not find expected whitespace or line break; a value that "
	 "begins with ! stands in quotes"},
	{"revision: 2\n" RULE, "t.yaml:7: the key revision is given twice, first in line 2"},
};

START_TEST(faults_are_named_with_line_value_and_what_was_expected)
{
	char *text = xasprintf(FEED_HEAD "%s", refused[_i].text);
	struct signature_set *set = signature_set_new();
	struct err e = {0};

	ck_assert_int_eq(signature_add_text(set, "t.yaml", text, strlen(text), &e), -1);
	ck_assert_msg(strstr(e.msg, refused[_i].says) != NULL, "got \"%s\", expected \"%s\"", e.msg,
		      refused[_i].says);
	ck_assert_ptr_null(strchr(e.msg, '\n'));
	ck_assert_int_eq(e.code, EXIT_USAGE);
	signatures_free(set);
	free(text);
}
END_TEST

START_TEST(sets_of_numbers)
{
	static const struct {
		const char *text;
		unsigned in[4], out[4];
	} cases[] = {
		{"18", {18}, {17, 19}},
		{"22..29", {22, 25, 29}, {21, 30}},
		{"[58.., \"!339\"]", {58, 338, 340, 4000000000U}, {57, 339}},
		{"\">57\"", {58, 99}, {57}},
		{"\"<4\"", {0, 3}, {4, 5}},
		{"..57", {0, 57}, {58}},
		{"[18, 51, 53]", {18, 51, 53}, {19, 52, 54}},
		{"[1..5, 4..9, 10]", {1, 7, 10}, {11}},
		{"[0..100, \"!50..60\"]", {49, 61}, {50, 55, 60}},
		{"\"!0\"", {1, 7}, {}},
	};

	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		char *text = xasprintf(FEED_HEAD RULE "        size: %s\n", cases[i].text);
		struct signature_set *set = feed_parse(text);
		const struct numset *s = &set->rules[0]->messages[0].size;

		for (unsigned k = 0; k < 4; k++) {
			if (k == 0 || cases[i].in[k])
				ck_assert_msg(numset_has(s, cases[i].in[k]), "%s has %u",
					      cases[i].text, cases[i].in[k]);
			if (cases[i].out[k])
				ck_assert_msg(!numset_has(s, cases[i].out[k]), "%s lacks %u",
					      cases[i].text, cases[i].out[k]);
		}
		signatures_free(set);
		free(text);
	}
}
END_TEST

/* Open ends and what is left out are not numbers that were written. */
START_TEST(ports_and_places_that_can_come_up_are_taken)
{
	static const char *const good[] = {
		"        nth: ..3\n",
		"        nth: \">2\"\n",
		"        nth-of-flow: \"!1\"\n",
		"    flow: {server-port: [0, 443, 1024..]}\n",
		"    flow: {port: \"!80\"}\n",
		"    flow: {client-port: 1024..65535}\n",
	};

	for (size_t i = 0; i < ARRAY_LEN(good); i++) {
		char *text = xasprintf(FEED_HEAD RULE "%s", good[i]);

		signatures_free(feed_parse(text));
		free(text);
	}
}
END_TEST

START_TEST(bundled_signatures_load_together_and_can_be_shown)
{
	const char *all = "all";
	struct err e = {0};
	struct signature_set *set = signatures_load(&all, 1, &e);
	char *words = NULL;
	size_t n = 0;
	FILE *f;

	ck_assert_msg(set != NULL, "%s", e.msg);
	ck_assert_uint_ge(signatures_count(set), 2);
	for (size_t i = 0; i < signatures_count(set); i++) {
		const struct signature_info *s = signatures_info(set, i);

		f = open_memstream(&words, &n);
		signature_show(f, set, i);
		fclose(f);
		ck_assert_ptr_nonnull(strstr(words, s->name));
		ck_assert_ptr_nonnull(strstr(words, s->source));
		ck_assert_uint_gt(s->rules, 0);
		free(words);
	}
	signatures_free(set);
}
END_TEST

/* Rules, and what has to stand in their words. */
static const struct {
	const char *rules, *words;
} shown[] = {
	{RULE "        text-nocase: {0: \"get /\"}\n",
	 "54/df 20 2f (\"GET /\" in either case) (line 12)"},
	{RULE "        text: {0: HTTP}\n", "are 48 54 54 50 (\"HTTP\") (line"},
	{RULE "        text: {0: ok}\n", "are 6f 6b (line"},
	{RULE "        http: {method: [GET, HEAD], uri: [a, b], host: c.d, host-is: name, "
	      "user-agent: none}\n",
	 "is an HTTP request with method \"GET\" or \"HEAD\", with \"a\" and \"b\" in the URI, for "
	 "host "
	 "\"c.d\" or one below it, whose host is a name, without User-Agent (line"},
	{RULE "        http: {user-agent: e, not: yes}\n",
	 "is not an HTTP request with \"e\" in the User-Agent (line"},
	{RULE "        address: {3: own}\n", "are an address of one's own (line"},
	{"sets: {a: 1 s}\n" RULE
	 "    then: {count: {in: a, key: client-ip, least: 3, within: 1 min, distinct: "
	 "server, exactly: yes}}\n",
	 "acts at 3 only, counted for 1 min from the first, each server address, server port "
	 "once\n"},
	{"rules: [{rule: r, proto: tcp, record: {packets: 1, mean-size: 46, duration: {most: 5 s}, "
	 "flags: [psh, ack, \"!rst\"]}}]\n",
	 "of 1 packet, mean size 46 bytes, from the first packet to the last at most 5 s, with psh "
	 "and ack and "
	 "without rst where flags are known (line"},
	{"rules: [{rule: r, proto: tcp, record: {packets: 1..2, duration: {least: 5 s}, flags: "
	 "\"!rst\"}}]\n",
	 "of 1 to 2 packets, from the first packet to the last 5 s or more, without rst where "
	 "flags"},
	{"rules: [{rule: r, proto: udp, tally: [{count: a}], when: [{duration: {least: 5 s, most: "
	 "1 h}}]}]\n",
	 "when the time since the first packet is 5 s to 1 h (line"},
	{"rules: [{rule: r, proto: udp, tally: [{count: a}], when: [{mean-gap: {least: 10 ms}, "
	 "last: 30 packets}]}]\n",
	 "the mean gap between packets is 10 ms or more, of the last 30 packets (line"},
	{"rules: [{rule: r, proto: udp, tally: [{count: a}], when: [{rate: 20..60, last: 5 s, "
	 "from: server}]}]\n",
	 "there are 20 to 60 packets a second, in the last 5 s, from the server (line"},
	{"rules: [{rule: r, proto: udp, tally: [{count: a}], when: [{count: packets, is: 50.., "
	 "empty: yes}]}]\n",
	 "there are 50 or more of all packets, packets without payload too (line"},
	{"rules: [{rule: r, proto: udp, tally: [{count: a}], when: [{greatest-size: 300}]}]\n",
	 "the largest packet has 300 bytes of payload (line"},
	{"rules: [{rule: r, proto: udp, tally: [{count: a}], when: [{gap-mode: {gap: 20 s, "
	 "tolerance: 1 s, least: 4, share: 30 %, from: client}}]}]\n",
	 "there are 4 or more gaps between messages from the client, none is commoner than 20 s "
	 "give or take "
	 "1 s, and 30.0 % of them are so (line"},
	{"rules: [{rule: r, proto: udp, tally: [{count: a}], when: [{bytes: 1..}], until: {event: "
	 "call-end, "
	 "idle: 10 s}}]\n",
	 "    at the flow's end or after 10 s of silence reports call-end\n"},
};

START_TEST(rules_are_said_in_words)
{
	char *text = xasprintf(FEED_HEAD "%s", shown[_i].rules), *words = NULL;
	struct signature_set *set = feed_parse(text);
	size_t n;
	FILE *f = open_memstream(&words, &n);

	signature_show(f, set, 0);
	fclose(f);
	ck_assert_msg(strstr(words, shown[_i].words) != NULL, "expected \"%s\" in: %s",
		      shown[_i].words, words);
	free(words);
	signatures_free(set);
	free(text);
}
END_TEST

START_TEST(names_revisions_and_repeats)
{
	const char *good[] = {"ehlert-petgang-1.4@3"}, *bad[] = {"ehlert-petgang-1.4@77"};
	const char *twice[] = {"ehlert-petgang-1.4", "ehlert-petgang-1.4"}, *none[] = {"nosuch"};
	struct err e = {0};
	struct signature_set *set = signatures_load(good, 1, &e);

	ck_assert_msg(set != NULL, "%s", e.msg);
	signatures_free(set);
	ck_assert_ptr_null(signatures_load(bad, 1, &e));
	ck_assert_ptr_nonnull(strstr(e.msg, "is revision 3, expected 77"));
	ck_assert_ptr_null(signatures_load(twice, 2, &e));
	ck_assert_ptr_nonnull(strstr(e.msg, "is loaded already"));
	ck_assert_ptr_null(signatures_load(none, 1, &e));
	ck_assert_ptr_nonnull(strstr(e.msg, "no bundled signature nosuch; "));
}
END_TEST

UNIT(signature)
{
	unit_loop(tc, faults_are_named_with_line_value_and_what_was_expected, 0,
		  (int)ARRAY_LEN(refused));
	unit_case(tc, sets_of_numbers);
	unit_case(tc, ports_and_places_that_can_come_up_are_taken);
	unit_case(tc, bundled_signatures_load_together_and_can_be_shown);
	unit_loop(tc, rules_are_said_in_words, 0, (int)ARRAY_LEN(shown));
	unit_case(tc, names_revisions_and_repeats);
}
