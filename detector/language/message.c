// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * message.c - reads a message of a rule: its side, size, place and time, and the tests on its bytes
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/number.h"
#include "detector/language/byte_test.h"
#include "detector/language/message.h"

int sig_key_from(struct sigparse *p, yaml_node_t *map, enum from *out)
{
	static const char *const words[] = {"client", "server", "either", NULL};
	yaml_node_t *v = yaml_get(&p->doc, map, "from");
	int word;

	if (!v)
		return 0;
	if (sig_word(p, v, words, &word) < 0)
		return -1;
	*out = (enum from)word;
	return 0;
}

/* "18", "22..29", "U1", "U1+5", "U1-5" */
static int read_size(struct sigparse *p, yaml_node_t *n, struct message *m)
{
	const char *t = sig_text(n);
	char name[40];
	size_t len;
	int ref = -1;

	if (!t || !((*t >= 'A' && *t <= 'Z') || (*t >= 'a' && *t <= 'z')))
		return sig_numset(p, n, &m->size);
	len = strcspn(t, "+-");
	snprintf(name, sizeof(name), "%.*s", (int)len, t);
	for (int i = 0; i + 1 < p->rule->messages_n; i++)
		if (!strcmp(p->rule->messages[i].name, name) && ref < 0)
			ref = i;
	if (ref < 0)
		return sig_error(p, n,
				 "%s, expected sizes, or an earlier message of this rule and "
				 "a difference such as U1+5",
				 sig_show(n));
	m->size_ref = (int8_t)ref;
	if (t[len]) {
		uint64_t v;

		if (!number_is_whole(t + len + 1, &v) || v > 65535)
			return sig_error(p, n, "%s, expected a number after the message's name",
					 sig_show(n));
		m->size_plus = t[len] == '-' ? -(int32_t)v : (int32_t)v;
	}
	return 0;
}

static int read_gap(struct sigparse *p, yaml_node_t *n, struct message *m)
{
	static const char *const keys[] = {"least", "most", "whole-seconds", NULL};

	if (sig_only(p, n, keys, "gap") < 0)
		return -1;
	m->gap_max = UINT64_MAX;
	if (sig_key_duration(p, n, "least", &m->gap_min) < 0)
		return -1;
	if (sig_key_duration(p, n, "most", &m->gap_max) < 0)
		return -1;
	return sig_key_duration(p, n, "whole-seconds", &m->gap_off);
}

static int cost(const struct test *t)
{
	return t->kind == TEST_REGEX ? 2 : t->kind == TEST_CONTAINS || t->kind == TEST_AGAIN;
}

/* Searches come after the tests that look at one place, regular expressions last; else the order stays. */
static void cheap_first(struct message *m)
{
	struct test sorted[TESTS_MAX];
	unsigned n = 0;

	for (int pass = 0; pass < 3; pass++)
		for (unsigned i = 0; i < m->tests_n; i++)
			if (cost(&m->tests[i]) == pass)
				sorted[n++] = m->tests[i];
	if (n)
		memcpy(m->tests, sorted, n * sizeof(sorted[0]));
}

static int message_rest(struct sigparse *p, yaml_node_t *map, struct message *m)
{
	yaml_node_t *v = yaml_get(&p->doc, map, "size");

	if (sig_key_from(p, map, &m->from) < 0)
		return -1;
	if (v && read_size(p, v, m) < 0)
		return -1;
	v = yaml_get(&p->doc, map, "gap");
	if (v && read_gap(p, v, m) < 0)
		return -1;
	if (sig_key_numset(p, map, "ip-length", &m->ip_length) < 0 ||
	    sig_key_numset_within(p, map, "nth", 1, UINT32_MAX, &m->nth) < 0 ||
	    sig_key_numset_within(p, map, "nth-of-flow", 1, UINT32_MAX, &m->nth_of_flow) < 0 ||
	    sig_key_numset_within(p, map, "growth", 1, 100000, &m->growth) < 0 ||
	    sig_key_bool(p, map, "whole-turn", &m->whole) < 0 ||
	    sig_key_bool(p, map, "anywhere", &m->anywhere) < 0 ||
	    sig_key_bool(p, map, "next", &m->next) < 0 ||
	    sig_key_bool(p, map, "unanswered", &m->unanswered) < 0 ||
	    sig_key_text(p, map, "version", &m->version) < 0 ||
	    sig_key_text(p, map, "version-after", &m->version_after) < 0)
		return -1;
	if (sig_tests(p, map, m) < 0)
		return -1;
	cheap_first(m);
	return 0;
}

int sig_message(struct sigparse *p, yaml_node_t *map, const char *name_key, bool step)
{
	static const char *const own[] = {"from",	 "size",    "ip-length",     "nth",
					  "nth-of-flow", "gap",	    "whole-turn",    "anywhere",
					  "next",	 "version", "version-after", "growth",
					  "unanswered"};
	static const char *const of_step[] = {"optional", "repeat", "within", "then"};
	const char *keys[ARRAY_LEN(own) + ARRAY_LEN(of_step) + 21];
	struct rule *r = p->rule;
	struct message *m;
	yaml_node_t *name;
	size_t n = 0;

	keys[n++] = name_key;
	for (size_t i = 0; i < ARRAY_LEN(own); i++)
		keys[n++] = own[i];
	for (size_t i = 0; step && i < ARRAY_LEN(of_step); i++)
		keys[n++] = of_step[i];
	for (size_t i = 0; sig_test_keys[i]; i++)
		keys[n++] = sig_test_keys[i];
	if (!strcmp(name_key, "count"))
		keys[n++] = "resets";
	keys[n] = NULL;
	if (sig_only(p, map, keys, "message") < 0)
		return -1;
	name = yaml_get(&p->doc, map, name_key);
	if (!sig_text(name) || !*sig_text(name) || strlen(sig_text(name)) > 30)
		return sig_error(p, name ? name : map,
				 "%s, expected a name of 1 to 30 characters "
				 "under \"%s\"",
				 sig_show(name), name_key);
	if (r->messages_n == MESSAGES_MAX)
		return sig_error(p, map, "more than %d messages in rule %s", MESSAGES_MAX, r->name);
	r->messages = xrealloc(r->messages, (r->messages_n + 1U) * sizeof(*m));
	m = &r->messages[r->messages_n++];
	memset(m, 0, sizeof(*m));
	m->name = xstrdup(sig_text(name));
	m->line = (uint32_t)map->start_mark.line + 1;
	m->size_ref = -1;
	return message_rest(p, map, m);
}

void message_settle(struct message *m)
{
	for (unsigned i = 0; i < m->tests_n; i++) {
		const struct test *t = &m->tests[i];

		if (t->kind != TEST_BYTES || t->negate || t->at < 0)
			continue;
		for (unsigned k = 0; k < t->length; k++) {
			uint8_t mask = t->masks[k];

			for (unsigned a = 1; a < t->alternatives; a++) /* what all agree on */
				mask &= (uint8_t)(t->masks[a * t->length + k] &
						  ~(t->values[a * t->length + k] ^ t->values[k]));
			if (__builtin_popcount(mask) <= __builtin_popcount(m->quick_mask))
				continue;
			m->quick_mask = mask;
			m->quick = t->values[k] & mask;
			m->quick_at = (uint16_t)(t->at + (int32_t)k);
		}
	}
}
