// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * byte_test.c - reads the tests on a message's bytes
 *
 * Each key of a message that is about its bytes becomes one or several struct test. Tests that
 * compare with an earlier message of the rule need bytes that are gone by then: sig_save() gives
 * these a place in the match's saved bytes (SAVE_MAX in all), where the earlier message leaves
 * them.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "detector/language/byte_test.h"
#include "detector/language/http_test.h"
#include "detector/language/pattern.h"
#include "detector/language/regex.h"

const char *const sig_test_keys[] = {"bytes",	 "not-bytes", "text",	  "text-nocase", "equal",
				     "change",	 "number",    "length",	  "address",	 "nibbles",
				     "contains", "again",     "sequence", "http",	 "dns",
				     "regex",	 NULL};

static const char *const address_words[] = {"sender", "receiver", "client", "server",
					    "public", "private",  "own",    NULL};

static struct test *add(struct sigparse *p, struct message *m, yaml_node_t *n, enum test_kind kind)
{
	struct test *t;

	if (m->tests_n == TESTS_MAX) {
		sig_error(p, n, "more than %d tests in message %s", TESTS_MAX, m->name);
		return NULL;
	}
	m->tests = xrealloc(m->tests, (m->tests_n + 1U) * sizeof(*t));
	t = &m->tests[m->tests_n++];
	memset(t, 0, sizeof(*t));
	t->kind = kind;
	t->line = (uint32_t)n->start_mark.line + 1;
	t->ref = -1;
	t->to = INT32_MAX;
	return t;
}

static int get_int(struct sigparse *p, yaml_node_t *map, const char *key, long lo, long hi,
		   bool needed, long *out)
{
	yaml_node_t *v = yaml_get(&p->doc, map, key);

	if (!v)
		return needed ? sig_error(p, map, "no \"%s\" here, expected a number", key) : 0;
	return sig_int(p, v, lo, hi, out);
}

int sig_message_ref(struct sigparse *p, yaml_node_t *n)
{
	const char *t = sig_text(n);
	struct rule *r = p->rule;

	/* The last one is the message being read. Alternatives may share a name: the first counts.
	 */
	for (int i = 0; t && i + 1 < r->messages_n; i++)
		if (!strcmp(r->messages[i].name, t))
			return i;
	return sig_error(p, n, "%s, expected the name of an earlier message of this rule",
			 sig_show(n));
}

int sig_save(struct sigparse *p, yaml_node_t *n, int message, int32_t at, uint16_t length,
	     uint16_t *save)
{
	struct rule *r = p->rule;
	struct message *m = &r->messages[message];

	for (int i = 0; i < m->saves_n; i++)
		if (m->saves[i].at == at && m->saves[i].length == length) {
			*save = m->saves[i].save;
			return 0;
		}
	if (m->saves_n == ARRAY_LEN(m->saves) || r->save_bytes + length > SAVE_MAX)
		return sig_error(p, n,
				 "rule %s compares with too many bytes of earlier messages, "
				 "expected at most %d",
				 r->name, SAVE_MAX);
	*save = r->save_bytes;
	r->save_bytes = (uint16_t)(r->save_bytes + length);
	/* Alternatives of one name leave their bytes in the same place. */
	for (int i = message; i < r->messages_n; i++) {
		struct message *o = &r->messages[i];

		if (strcmp(o->name, m->name) != 0 || o->saves_n == ARRAY_LEN(o->saves))
			continue;
		o->saves[o->saves_n].at = at;
		o->saves[o->saves_n].length = length;
		o->saves[o->saves_n++].save = *save;
	}
	return 0;
}

static int by_offset(struct sigparse *p, yaml_node_t *map, struct message *m, const char *key)
{
	if (map->type != YAML_MAPPING_NODE)
		return sig_error(p, map, "\"%s\" is %s, expected a mapping of offsets", key,
				 sig_show(map));
	for (yaml_node_pair_t *a = map->data.mapping.pairs.start; a < map->data.mapping.pairs.top;
	     a++) {
		yaml_node_t *k = yaml_document_get_node(&p->doc, a->key);
		yaml_node_t *v = yaml_document_get_node(&p->doc, a->value);
		bool address = !strcmp(key, "address");
		struct test *t = add(p, m, k, address ? TEST_ADDRESS : TEST_BYTES);
		long at;
		int word;

		if (!t || sig_int(p, k, -2048, 2047, &at) < 0)
			return -1;
		t->at = (int32_t)at;
		t->negate = !strcmp(key, "not-bytes");
		if (address) {
			if (sig_word(p, v, address_words, &word) < 0)
				return -1;
			t->address = (enum address_kind)word;
			if (t->address == ADDR_OWN)
				t->own = &p->set->signatures[p->signature].own;
			t->length = 4;
		} else if (sig_pattern(p, v,
				       !strcmp(key, "text")	     ? PATTERN_TEXT
				       : !strcmp(key, "text-nocase") ? PATTERN_NOCASE
								     : PATTERN_BYTES,
				       t) < 0) {
			return -1;
		}
	}
	return 0;
}

/* Common keys of the tests that are mappings: at, length, not. */
static int common(struct sigparse *p, yaml_node_t *n, struct test *t, long lmax, bool length)
{
	yaml_node_t *v;
	long at = 0, len = 1;

	if (get_int(p, n, "at", -2048, 2047, true, &at) < 0 ||
	    get_int(p, n, "length", 1, lmax, length, &len) < 0)
		return -1;
	t->at = (int32_t)at;
	t->length = (uint16_t)len;
	v = yaml_get(&p->doc, n, "not");
	return v ? sig_bool(p, v, &t->negate) : 0;
}

static int earlier(struct sigparse *p, yaml_node_t *n, struct test *t, const char *key, bool needed)
{
	yaml_node_t *v = yaml_get(&p->doc, n, key);
	long there = t->at;
	int ref;

	if (get_int(p, n, "there", -2048, 2047, false, &there) < 0)
		return -1;
	t->there = (int32_t)there;
	if (!v)
		return needed ? sig_error(p, n,
					  "no \"%s\" here, expected the name of an earlier "
					  "message",
					  key)
			      : 0;
	ref = sig_message_ref(p, v);
	if (ref < 0)
		return -1;
	t->ref = (int8_t)ref;
	return sig_save(p, n, ref, t->there, t->length, &t->save);
}

static int read_equal(struct sigparse *p, yaml_node_t *n, struct message *m)
{
	static const char *const keys[] = {"at", "length", "to", "there", "not", NULL};
	struct test *t;

	if (sig_only(p, n, keys, "equal") < 0 || !(t = add(p, m, n, TEST_EQUAL)) ||
	    common(p, n, t, 64, true) < 0)
		return -1;
	if (!yaml_get(&p->doc, n, "to") && !yaml_get(&p->doc, n, "there"))
		return sig_error(p, n,
				 "neither \"to\" nor \"there\", expected what the bytes are "
				 "equal to");
	return earlier(p, n, t, "to", false);
}

static int read_numbers(struct sigparse *p, yaml_node_t *n, struct message *m, enum test_kind kind)
{
	static const char *const keys[3][7] = {{"at", "length", "from", "there", "by", "not", NULL},
					       {"at", "length", "is", "not", NULL},
					       {"at", "length", "rest", "not", NULL}};
	static const char *const names[] = {"change", "number", "length"};
	static const char *const values[] = {"by", "is", "rest"};
	int i = kind == TEST_CHANGE ? 0 : kind == TEST_NUMBER ? 1 : 2;
	struct test *t;
	yaml_node_t *v;

	if (sig_only(p, n, keys[i], names[i]) < 0 || !(t = add(p, m, n, kind)) ||
	    common(p, n, t, 4, true) < 0)
		return -1;
	v = yaml_get(&p->doc, n, values[i]);
	if (!v)
		return sig_error(p, n, "no \"%s\" here, expected a set of numbers", values[i]);
	if (sig_numset(p, v, &t->numbers) < 0)
		return -1;
	return kind == TEST_CHANGE ? earlier(p, n, t, "from", true) : 0;
}

static int read_nibbles(struct sigparse *p, yaml_node_t *n, struct message *m)
{
	static const char *const keys[] = {"half", "at", "length", "there", "shorter", "not", NULL};
	static const char *const halves[] = {"low", "high", NULL};
	struct test *t;
	yaml_node_t *v;
	long there = 0;
	int half = 0;

	if (sig_only(p, n, keys, "nibbles") < 0 || !(t = add(p, m, n, TEST_NIBBLES)) ||
	    common(p, n, t, 64, true) < 0 || get_int(p, n, "there", 0, 2047, true, &there) < 0)
		return -1;
	t->there = (int32_t)there;
	v = yaml_get(&p->doc, n, "half");
	if (!v)
		return sig_error(p, n, "no \"half\" here, expected high or low");
	if (sig_word(p, v, halves, &half) < 0)
		return -1;
	t->high = half == 1;
	if (t->at < 0)
		return sig_error(p, n, "offset %d, expected 0 or more", t->at);
	v = yaml_get(&p->doc, n, "shorter");
	return v ? sig_bool(p, v, &t->shorter) : 0;
}

static int span(struct sigparse *p, yaml_node_t *n, struct test *t, long dflt_from)
{
	long from = dflt_from, to = INT32_MAX;

	if (get_int(p, n, "from", 0, 2047, false, &from) < 0 ||
	    get_int(p, n, "to", from, 4095, false, &to) < 0)
		return -1;
	t->from = (int32_t)from;
	t->to = (int32_t)to;
	return 0;
}

static int read_contains(struct sigparse *p, yaml_node_t *n, struct message *m)
{
	static const char *const keys[] = {"is", "text", "nocase", "from", "to", "not", NULL};
	struct test *t = add(p, m, n, TEST_CONTAINS);
	yaml_node_t *is, *text, *v;
	bool nocase = false;

	if (!t)
		return -1;
	if (sig_text(n))
		return sig_pattern(p, n, PATTERN_BYTES, t);
	if (sig_only(p, n, keys, "contains") < 0 || span(p, n, t, 0) < 0)
		return -1;
	is = yaml_get(&p->doc, n, "is");
	text = yaml_get(&p->doc, n, "text");
	if (!is == !text)
		return sig_error(p, n, "expected one of \"is\" and \"text\" in contains");
	v = yaml_get(&p->doc, n, "not");
	if (v && sig_bool(p, v, &t->negate) < 0)
		return -1;
	v = yaml_get(&p->doc, n, "nocase");
	if (v && sig_bool(p, v, &nocase) < 0)
		return -1;
	if (nocase && is)
		return sig_error(p, v, "\"nocase\" beside \"is\", expected \"text\"");
	return sig_pattern(p, is ? is : text,
			   is	    ? PATTERN_BYTES
			   : nocase ? PATTERN_NOCASE
				    : PATTERN_TEXT,
			   t);
}

static int read_again(struct sigparse *p, yaml_node_t *n, struct message *m)
{
	static const char *const keys[] = {"at", "length", "from", "to", "not", NULL};
	struct test *t;

	if (sig_only(p, n, keys, "again") < 0 || !(t = add(p, m, n, TEST_AGAIN)) ||
	    common(p, n, t, 64, true) < 0)
		return -1;
	if (t->at < 0)
		return sig_error(p, n, "offset %d, expected 0 or more", t->at);
	return span(p, n, t, t->at + t->length);
}

static int read_sequence(struct sigparse *p, yaml_node_t *n, struct message *m)
{
	static const char *const keys[] = {"at", "to", "times", "plus", "least", "not", NULL};
	long to = INT32_MAX, mul = 1, plus = 0, least = 2;
	struct test *t;

	if (sig_only(p, n, keys, "sequence") < 0 || !(t = add(p, m, n, TEST_SEQUENCE)) ||
	    common(p, n, t, 1, false) < 0 || get_int(p, n, "to", -2048, 2047, false, &to) < 0 ||
	    get_int(p, n, "times", 0, 255, true, &mul) < 0 ||
	    get_int(p, n, "plus", 0, 255, true, &plus) < 0 ||
	    get_int(p, n, "least", 2, 1024, false, &least) < 0)
		return -1;
	t->to = (int32_t)to;
	t->mul = (uint8_t)mul;
	t->add = (uint8_t)plus;
	t->least = (uint16_t)least;
	return 0;
}

static int read_http(struct sigparse *p, yaml_node_t *n, struct message *m)
{
	struct test *t = add(p, m, n, TEST_HTTP);

	return t ? sig_http(p, n, t) : -1;
}

static int read_dns(struct sigparse *p, yaml_node_t *n, struct message *m)
{
	static const char *const keys[] = {"name", "not", NULL};
	struct test *t = add(p, m, n, TEST_DNS);

	if (!t || sig_only(p, n, keys, "dns") < 0 || sig_key_text(p, n, "name", &t->name) < 0 ||
	    sig_key_bool(p, n, "not", &t->negate) < 0)
		return -1;
	if (!t->name)
		return sig_error(p, n, "no \"name\" in dns, expected one such as ui.skype.com");
	if (!p->rule->udp)
		return sig_error(p, n, "\"dns\" in rule %s of proto tcp, expected udp",
				 p->rule->name);
	return 0;
}

static int read_regex(struct sigparse *p, yaml_node_t *n, struct message *m)
{
	static const char *const keys[] = {"is", "bytes", "nocase", "not", NULL};
	struct test *t = add(p, m, n, TEST_REGEX);
	yaml_node_t *is = n;
	bool nocase = false;
	long bytes = REGEX_BYTES_MAX;
	struct err why;

	if (!t)
		return -1;
	if (!sig_text(n)) {
		if (sig_only(p, n, keys, "regex") < 0 ||
		    get_int(p, n, "bytes", 1, REGEX_BYTES_MAX, false, &bytes) < 0 ||
		    sig_key_bool(p, n, "nocase", &nocase) < 0 ||
		    sig_key_bool(p, n, "not", &t->negate) < 0)
			return -1;
		is = yaml_get(&p->doc, n, "is");
	}
	if (!sig_text(is))
		return sig_error(p, is ? is : n,
				 "no pattern in \"regex\", expected one such as ^ab+c");
	t->length = (uint16_t)bytes;
	t->regex = regex_new(sig_text(is), nocase, &why);
	return t->regex ? 0 : sig_error(p, is, "regex %s: %s", sig_show(is), why.msg);
}

static int read_one(struct sigparse *p, const char *key, yaml_node_t *n, struct message *m)
{
	if (!strcmp(key, "equal"))
		return read_equal(p, n, m);
	if (!strcmp(key, "change"))
		return read_numbers(p, n, m, TEST_CHANGE);
	if (!strcmp(key, "number"))
		return read_numbers(p, n, m, TEST_NUMBER);
	if (!strcmp(key, "length"))
		return read_numbers(p, n, m, TEST_LENGTH);
	if (!strcmp(key, "nibbles"))
		return read_nibbles(p, n, m);
	if (!strcmp(key, "contains"))
		return read_contains(p, n, m);
	if (!strcmp(key, "again"))
		return read_again(p, n, m);
	if (!strcmp(key, "http"))
		return read_http(p, n, m);
	if (!strcmp(key, "dns"))
		return read_dns(p, n, m);
	if (!strcmp(key, "regex"))
		return read_regex(p, n, m);
	return read_sequence(p, n, m);
}

int sig_tests(struct sigparse *p, yaml_node_t *map, struct message *m)
{
	for (size_t i = 0; sig_test_keys[i]; i++) {
		const char *key = sig_test_keys[i];
		yaml_node_t *v = yaml_get(&p->doc, map, key);

		if (!v)
			continue;
		if (!strcmp(key, "bytes") || !strcmp(key, "not-bytes") || !strcmp(key, "text") ||
		    !strcmp(key, "text-nocase") || !strcmp(key, "address")) {
			if (by_offset(p, v, m, key) < 0)
				return -1;
			continue;
		}
		if (v->type != YAML_SEQUENCE_NODE) {
			if (read_one(p, key, v, m) < 0)
				return -1;
			continue;
		}
		for (yaml_node_item_t *it = v->data.sequence.items.start;
		     it < v->data.sequence.items.top; it++)
			if (read_one(p, key, yaml_document_get_node(&p->doc, *it), m) < 0)
				return -1;
	}
	return 0;
}
