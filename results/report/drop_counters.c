// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * drop_counters.c - what the rules of a cell's gateways dropped, and which flows they are for
 *
 * rules.txt is nft's own listing after the run, a part for each gateway under "# NAME". Sets and counters come
 * before the chains that name them. Of a rule that counts and drops, the tests that the lab writes are read:
 * protocol, port and address of the destination (lab/gateway/firewall_rules.c). So a reader can tell which of a
 * gateway's counters may have dropped a flow, and which cannot.
 *
 * Limits: a rule that looks at packets of no connection ("ct state invalid") is of no new flow, and left out. A
 * set that is not a list of plain addresses fits every address.
 */
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <uthash.h>

#include "base/addr.h"
#include "base/outfile.h"
#include "base/quote.h"
#include "results/report/drop_counters.h"

#define RULES_MAX (8 << 20) /* bytes of rules.txt */
#define WORD	  64

/* A set or a counter of the gateway that is read. */
struct named {
	char name[WORD];
	json_t *value; /* (owned) a set's addresses; a counter's rules */
	UT_hash_handle hh;
};

struct listing {
	json_t *out; /* (borrowed) */
	char gateway[WORD], counter[WORD], set[WORD], chain[WORD];
	bool elements; /* within a set's */
	struct named *sets, *counters;
};

static json_t *plain(const char *text)
{
	return json_string_nocheck(quote_terminal(text));
}

static struct named *find(struct named *all, const char *name)
{
	struct named *n;

	HASH_FIND_STR(all, name, n);
	return n;
}

static void forget(struct named **all)
{
	struct named *n, *next;

	HASH_ITER (hh, *all, n, next) {
		HASH_DEL(*all, n);
		json_decref(n->value);
		free(n);
	}
}

static void add(struct named **all, const char *name, json_t *value)
{
	struct named *n = find(*all, name);

	if (n) {
		json_decref(n->value);
		n->value = value;
		return;
	}
	n = xcalloc(1, sizeof(*n));
	snprintf(n->name, sizeof(n->name), "%s", name);
	n->value = value;
	HASH_ADD_STR(*all, name, n);
}

/* Adds the addresses of a line of a set's elements; one that is none makes the set fit all (null). */
static void take_elements(struct listing *l, char *line)
{
	struct named *set = find(l->sets, l->set);
	char *save = NULL;

	l->elements = !strchr(line, '}');
	for (char *word = strtok_r(line, " \t,{}=", &save); word;
	     word = strtok_r(NULL, " \t,{}=", &save)) {
		struct ip ip;

		if (!set || !strcmp(word, "elements") || !json_is_array(set->value))
			continue;
		if (ip_parse(word, &ip) == 0) {
			json_array_append_new(set->value, plain(word));
		} else {
			json_decref(set->value);
			set->value = json_null();
		}
	}
}

static const char *direction(const char *chain)
{
	if (!strcmp(chain, "policy-out") || !strcmp(chain, "output"))
		return "out";
	return !strcmp(chain, "policy-in") || !strcmp(chain, "nat-filter") ||
			       !strcmp(chain, "input")
		       ? "in"
		       : "any";
}

/* The destinations of a rule: a set's, the one that it names, or null for any. */
static json_t *destinations(const struct listing *l, const char *line)
{
	const char *at = strstr(line, "ip daddr ");
	char word[WORD];
	struct named *set;
	struct ip ip;

	if (!at || sscanf(at, "ip daddr %63s", word) != 1)
		return json_null();
	set = *word == '@' ? find(l->sets, word + 1) : NULL;
	if (set)
		return json_incref(set->value);
	return ip_parse(word, &ip) == 0 ? json_pack("[o]", plain(word)) : json_null();
}

static void take_rule(struct listing *l, const char *line, const char *counted)
{
	const char *port = strstr(line, " dport ");
	unsigned lo = 0, hi = 65535;
	char name[WORD];
	struct named *c;

	if (sscanf(counted, "counter name \"%63[^\"]", name) != 1 ||
	    !(c = find(l->counters, name)) || strstr(line, "ct state invalid"))
		return;
	if (port && sscanf(port, " dport %u-%u", &lo, &hi) == 1)
		hi = lo;
	json_array_append_new(c->value, json_pack("[s,s,i,i,o]", direction(l->chain),
						  strstr(line, "l4proto tcp")	? "tcp"
						  : strstr(line, "l4proto udp") ? "udp"
										: "any",
						  (int)lo, (int)hi, destinations(l, line)));
}

static void take_counter(struct listing *l, long long packets)
{
	json_t *rules = json_array();

	if (packets > 0) {
		json_array_append_new(l->out,
				      json_pack("[o,o,I,O]", plain(l->gateway), plain(l->counter),
						(json_int_t)packets, rules));
		add(&l->counters, l->counter, json_incref(rules));
	}
	json_decref(rules);
	l->counter[0] = '\0';
}

static void take_line(struct listing *l, char *line)
{
	const char *counted = strstr(line, "counter name \"");
	char word[WORD];
	long long packets;

	if (l->elements || strstr(line, "elements = {")) {
		take_elements(l, line);
	} else if (sscanf(line, "# %63[^: ]", word) == 1) {
		if (strcmp(word, l->gateway) != 0) {
			forget(&l->sets);
			forget(&l->counters);
		}
		snprintf(l->gateway, sizeof(l->gateway), "%s", word);
	} else if (counted) {
		take_rule(l, line, counted);
	} else if (sscanf(line, " counter %63[^ {]", word) == 1 && strchr(line, '{')) {
		snprintf(l->counter, sizeof(l->counter), "%s", word);
	} else if (*l->counter && sscanf(line, " packets %lld", &packets) == 1) {
		take_counter(l, packets);
	} else if (sscanf(line, " set %63[^ {]", word) == 1) {
		snprintf(l->set, sizeof(l->set), "%s", word);
		add(&l->sets, word, json_array());
	} else if (sscanf(line, " map %63[^ {]", word) == 1) {
		l->set[0] = '\0'; /* its elements are no addresses to compare with */
	} else if (sscanf(line, " chain %63[^ {]", word) == 1) {
		snprintf(l->chain, sizeof(l->chain), "%s", word);
	}
}

json_t *drop_counters(const char *path)
{
	char *text = path ? read_file_within(path, RULES_MAX, NULL, NULL) : NULL, *save = NULL;
	struct listing l = {.out = json_array()};

	for (char *line = text ? strtok_r(text, "\n", &save) : NULL; line;
	     line = strtok_r(NULL, "\n", &save))
		take_line(&l, line);
	forget(&l.sets);
	forget(&l.counters);
	free(text);
	return l.out;
}
