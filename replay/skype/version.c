// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * version.c - client versions as data
 *
 * Model. What distinguishes Skype 1.2 from 1.4, 2.0 and 2.5 on the wire is written in a YAML file:
 * sizes as distributions, timing, source-port policy, forms of the key blocks, the update check,
 * and the requests that a logged-in client sends. The emulation has no version in its code, so a
 * new version is a new file. Format: skypelab-version(5).
 *
 * Limits. A distribution has at most DIST_PARTS ranges.
 */
#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "base/yaml.h"
#include "replay/skype/message.h"
#include "replay/skype/version.h"

int dist_parse(const char *text, struct dist *d)
{
	const char *p = text;

	memset(d, 0, sizeof(*d));
	while (*p) {
		unsigned long lo, hi, w = 1;
		char *end;

		while (*p == ' ')
			p++;
		if (!*p)
			break;
		if (!isdigit((unsigned char)*p) || d->parts == DIST_PARTS)
			return -1;
		lo = hi = strtoul(p, &end, 10);
		if (*end == '-') {
			if (!isdigit((unsigned char)end[1]))
				return -1;
			hi = strtoul(end + 1, &end, 10);
		}
		if (*end == ':') {
			if (!isdigit((unsigned char)end[1]))
				return -1;
			w = strtoul(end + 1, &end, 10);
		}
		if ((*end && *end != ' ') || lo > hi || hi > UINT32_MAX || !w || w > 1000000)
			return -1;
		d->part[d->parts].lo = (uint32_t)lo;
		d->part[d->parts].hi = (uint32_t)hi;
		d->part[d->parts++].weight = (uint32_t)w;
		d->total += (uint32_t)w;
		p = end;
	}
	return d->parts ? 0 : -1;
}

uint32_t dist_draw(const struct dist *d, struct rng *r)
{
	uint32_t x;

	if (!d->parts)
		return 0;
	x = d->total > 1 ? rng_range(r, 0, d->total - 1) : 0;
	for (unsigned i = 0; i < d->parts; i++) {
		if (x < d->part[i].weight)
			return d->part[i].lo == d->part[i].hi
				       ? d->part[i].lo
				       : rng_range(r, d->part[i].lo, d->part[i].hi);
		x -= d->part[i].weight;
	}
	return d->part[0].lo;
}

/* --- schema ------------------------------------------------------------------------------- */

#define TEXT(key, type, member)                                                                    \
	CYAML_FIELD_STRING_PTR(key, CYAML_FLAG_POINTER, struct type, member, 1, 400)
#define TEXT_OPT(key, type, member)                                                                \
	CYAML_FIELD_STRING_PTR(key, CYAML_FLAG_POINTER | CYAML_FLAG_OPTIONAL, struct type, member, \
			       0, 400)
#define NUM(key, type, member)	   CYAML_FIELD_FLOAT(key, CYAML_FLAG_DEFAULT, struct type, member)
#define NUM_OPT(key, type, member) CYAML_FIELD_FLOAT(key, CYAML_FLAG_OPTIONAL, struct type, member)
#define COUNT(key, type, member)   CYAML_FIELD_UINT(key, CYAML_FLAG_DEFAULT, struct type, member)
#define FLAG(key, type, member)	   CYAML_FIELD_BOOL(key, CYAML_FLAG_OPTIONAL, struct type, member)

static const cyaml_schema_value_t text_value = {
	CYAML_VALUE_STRING(CYAML_FLAG_POINTER, char *, 0, 400),
};

static const cyaml_schema_value_t number_value = {
	CYAML_VALUE_FLOAT(CYAML_FLAG_DEFAULT, double),
};

static const cyaml_strval_t port_policies[] = {
	{"sequential", PORTS_SEQUENTIAL},
	{"random", PORTS_RANDOM},
};

static const cyaml_strval_t block_forms[] = {
	{"plain", BLOCK_PLAIN},
	{"padded-random", BLOCK_RANDOM},
	{"padded-ones", BLOCK_ONES},
};

static const cyaml_strval_t vocab_whens[] = {
	{"always", WHEN_ALWAYS},
	{"first", WHEN_FIRST},
	{"again", WHEN_AGAIN},
};

static const cyaml_strval_t commands[] = {
	{"list", CMD_LIST},	    {"publish", CMD_PUBLISH}, {"search", CMD_SEARCH},
	{"lookup", CMD_LOOKUP},	    {"peers", CMD_PEERS},     {"probe", CMD_PROBE},
	{"nat-test", CMD_NAT_TEST}, {"sn-request", CMD_NONE},
};

static const cyaml_schema_field_t udp_fields[] = {
	TEXT("probe", version_udp, probe_text),
	TEXT("refuse", version_udp, refuse_text),
	TEXT("round", version_udp, round_text),
	NUM("round-gap", version_udp, round_gap),
	NUM("round-pause", version_udp, round_pause),
	CYAML_FIELD_SEQUENCE_COUNT("retry", CYAML_FLAG_POINTER, struct version_udp, retry,
				   retry_count, &number_value, 0, 8),
	NUM("patience", version_udp, patience),
	FLAG("last-node-first", version_udp, last_first),
	NUM_OPT("cache-gone", version_udp, stale),
	NUM_OPT("cache-full", version_udp, full),
	CYAML_FIELD_END,
};

static const cyaml_schema_field_t tcp_fields[] = {
	CYAML_FIELD_ENUM("source-ports", CYAML_FLAG_STRICT, struct version_tcp, ports,
			 port_policies, ARRAY_LEN(port_policies)),
	TEXT("first-port", version_tcp, first_port_text),
	COUNT("last-port", version_tcp, last_port),
	CYAML_FIELD_ENUM("key-block", CYAML_FLAG_STRICT, struct version_tcp, block, block_forms,
			 ARRAY_LEN(block_forms)),
	TEXT_OPT("pad", version_tcp, pad_text),
	CYAML_FIELD_ENUM("r1-port-80", CYAML_FLAG_STRICT, struct version_tcp, r1_80, block_forms,
			 ARRAY_LEN(block_forms)),
	FLAG("r1-port-80-tail", version_tcp, tail_80),
	TEXT("reply-pad", version_tcp, reply_pad_text),
	TEXT_OPT("extra", version_tcp, extra_text),
	TEXT("t2", version_tcp, request_text),
	TEXT("t3", version_tcp, accept_text),
	COUNT("t3-refuse", version_tcp, refuse),
	TEXT("t4", version_tcp, follow_text),
	COUNT("parallel", version_tcp, parallel),
	NUM("connect-timeout", version_tcp, connect_timeout),
	NUM("stagger", version_tcp, stagger),
	NUM("give-up", version_tcp, give_up),
	NUM("pause", version_tcp, pause),
	NUM("keepalive", version_tcp, keepalive),
	CYAML_FIELD_END,
};

static const cyaml_schema_field_t login_fields[] = {
	TEXT("delay-ms", version_login, delay_text),
	TEXT("l3-blob", version_login, blob_text),
	TEXT("l4", version_login, answer_text),
	NUM("linger", version_login, linger),
	NUM("timeout", version_login, timeout),
	NUM_OPT("event-at", version_login, event_at),
	NUM_OPT("more-after-l4", version_login, more),
	NUM_OPT("visits", version_login, visits),
	CYAML_FIELD_END,
};

static const cyaml_schema_field_t http_fields[] = {
	COUNT("platform", version_http, platform),
	TEXT("build", version_http, build),
	TEXT("reply", version_http, reply),
	TEXT_OPT("user-agent", version_http, agent),
	FLAG("absolute-uri", version_http, absolute),
	FLAG("installed-first", version_http, installed_first),
	CYAML_FIELD_END,
};

static const cyaml_schema_field_t call_fields[] = {
	TEXT("media", version_call, media_text),
	TEXT("gap-ms", version_call, gap_text),
	CYAML_FIELD_END,
};

static const cyaml_schema_field_t vocab_fields[] = {
	TEXT("request", vocab, request),
	CYAML_FIELD_ENUM("command", CYAML_FLAG_STRICT, struct vocab, command, commands,
			 ARRAY_LEN(commands)),
	TEXT("size", vocab, size_text),
	TEXT("hosts", vocab, hosts_text),
	NUM("at", vocab, at_s),
	NUM_OPT("every", vocab, every_s),
	NUM_OPT("spread", vocab, spread_s),
	CYAML_FIELD_UINT("repeat", CYAML_FLAG_OPTIONAL, struct vocab, repeat),
	CYAML_FIELD_ENUM("login", CYAML_FLAG_OPTIONAL | CYAML_FLAG_STRICT, struct vocab, when,
			 vocab_whens, ARRAY_LEN(vocab_whens)),
	CYAML_FIELD_UINT("window", CYAML_FLAG_OPTIONAL, struct vocab, window),
	CYAML_FIELD_END,
};

static const cyaml_schema_value_t vocab_value = {
	CYAML_VALUE_MAPPING(CYAML_FLAG_DEFAULT, struct vocab, vocab_fields),
};

static const cyaml_schema_field_t version_fields[] = {
	TEXT("name", version, name),
	TEXT("released", version, released),
	TEXT("source", version, source),
	CYAML_FIELD_SEQUENCE_COUNT("assumptions", CYAML_FLAG_POINTER | CYAML_FLAG_OPTIONAL,
				   struct version, assumptions, assumption_count, &text_value, 0,
				   32),
	CYAML_FIELD_MAPPING("udp", CYAML_FLAG_DEFAULT, struct version, udp, udp_fields),
	CYAML_FIELD_MAPPING("tcp", CYAML_FLAG_DEFAULT, struct version, tcp, tcp_fields),
	CYAML_FIELD_MAPPING("login", CYAML_FLAG_DEFAULT, struct version, login, login_fields),
	CYAML_FIELD_MAPPING("update-check", CYAML_FLAG_DEFAULT, struct version, http, http_fields),
	CYAML_FIELD_MAPPING("call", CYAML_FLAG_DEFAULT, struct version, call, call_fields),
	CYAML_FIELD_SEQUENCE_COUNT("session", CYAML_FLAG_POINTER | CYAML_FLAG_OPTIONAL,
				   struct version, vocab, vocab_count, &vocab_value, 0, 64),
	CYAML_FIELD_END,
};

static const cyaml_schema_value_t schema = {
	CYAML_VALUE_MAPPING(CYAML_FLAG_POINTER, struct version, version_fields),
};

/* --- checks that the schema cannot make --------------------------------------------------- */

static int dist_at(const char *path, const char *node, const char *text, uint32_t lo, uint32_t hi,
		   struct dist *d, struct err *e)
{
	if (!text || !*text) {
		memset(d, 0, sizeof(*d));
		return 0;
	}
	if (dist_parse(text, d) < 0)
		return err_set(e,
			       "%s:%u: \"%s\" is not a distribution, expected sizes or ranges with "
			       "weights, such as \"18\" or \"51:4 53:1\"",
			       path, yaml_line(path, node), text);
	for (unsigned i = 0; i < d->parts; i++)
		if (d->part[i].lo < lo || d->part[i].hi > hi)
			return err_set(e, "%s:%u: %s is out of range, expected %u to %u", path,
				       yaml_line(path, node), text, lo, hi);
	return 0;
}

static int read_dists(const char *path, struct version *v, struct err *e)
{
	const struct {
		const char *node, *text;
		uint32_t lo, hi;
		struct dist *d;
	} list[] = {
		{"udp.probe", v->udp.probe_text, 18, 400, &v->udp.probe},
		{"udp.refuse", v->udp.refuse_text, 26, 400, &v->udp.refuse},
		{"udp.round", v->udp.round_text, 1, 16, &v->udp.round},
		{"tcp.first-port", v->tcp.first_port_text, 1024, 65535, &v->tcp.first_port},
		{"tcp.pad", v->tcp.pad_text, 1, 60, &v->tcp.pad},
		{"tcp.reply-pad", v->tcp.reply_pad_text, 0, 60, &v->tcp.reply_pad},
		{"tcp.extra", v->tcp.extra_text, 6, 60, &v->tcp.extra},
		{"tcp.t2", v->tcp.request_text, 8, 60, &v->tcp.request},
		{"tcp.t3", v->tcp.accept_text, 58, 1400, &v->tcp.accept},
		{"tcp.t4", v->tcp.follow_text, 4, 60, &v->tcp.follow},
		{"login.delay-ms", v->login.delay_text, 0, 60000, &v->login.delay_ms},
		{"login.l3-blob", v->login.blob_text, 64, 1000, &v->login.blob},
		{"call.media", v->call.media_text, 3, 1300, &v->call.media},
		{"call.gap-ms", v->call.gap_text, 1, 10000, &v->call.gap_ms},
		{"login.l4", v->login.answer_text, 32, 1000, &v->login.answer},
	};

	for (size_t i = 0; i < ARRAY_LEN(list); i++)
		if (dist_at(path, list[i].node, list[i].text, list[i].lo, list[i].hi, list[i].d,
			    e) < 0)
			return -1;
	for (unsigned i = 0; i < v->vocab_count; i++) {
		struct vocab *w = &v->vocab[i];
		char node[64];

		snprintf(node, sizeof(node), "session[%u].size", i);
		if (dist_at(path, node, w->size_text, w->command == CMD_NONE ? 8 : 17, 1400,
			    &w->size, e) < 0)
			return -1;
		snprintf(node, sizeof(node), "session[%u].hosts", i);
		if (dist_at(path, node, w->hosts_text, 0, 200, &w->hosts, e) < 0)
			return -1;
		if (!w->repeat)
			w->repeat = 1;
	}
	return 0;
}

static int check(const char *path, struct version *v, struct err *e)
{
	const struct {
		const char *node;
		double value, lo, hi;
	} range[] = {
		{"udp.round-gap", v->udp.round_gap, 0.01, 60},
		{"udp.round-pause", v->udp.round_pause, 0.01, 600},
		{"udp.cache-gone", v->udp.stale, 0, 1},
		{"udp.cache-full", v->udp.full, 0, 1 - v->udp.stale},
		{"udp.patience", v->udp.patience, 0, 600},
		{"tcp.connect-timeout", v->tcp.connect_timeout, 0.1, 600},
		{"tcp.stagger", v->tcp.stagger, 0.01, 600},
		{"tcp.give-up", v->tcp.give_up, 1, 86400},
		{"tcp.pause", v->tcp.pause, 0, 86400},
		{"tcp.keepalive", v->tcp.keepalive, 1, 3600},
		{"tcp.parallel", v->tcp.parallel, 1, 32},
		{"tcp.last-port", v->tcp.last_port, 1024, 65535},
		{"login.linger", v->login.linger, 0, 600},
		{"login.timeout", v->login.timeout, 0.1, 600},
		{"login.event-at", v->login.event_at, 0, 600},
		{"login.more-after-l4", v->login.more, 0, 1},
		{"login.visits", v->login.visits, 0, 100},
	};

	for (size_t i = 0; i < ARRAY_LEN(range); i++)
		if (range[i].value < range[i].lo || range[i].value > range[i].hi)
			return err_set(e, "%s:%u: %g is out of range, expected %g to %g", path,
				       yaml_line(path, range[i].node), range[i].value, range[i].lo,
				       range[i].hi);
	if (v->tcp.block != BLOCK_PLAIN && !v->tcp.pad.parts)
		return err_set(e, "%s:%u: the key block is padded, expected \"pad\" with sizes",
			       path, yaml_line(path, "tcp.key-block"));
	return 0;
}

struct version *version_load(const char *path, struct err *e)
{
	struct version *v = yaml_load(path, &schema, e);

	if (v && (read_dists(path, v, e) < 0 || check(path, v, e) < 0)) {
		version_free(v);
		return NULL;
	}
	return v;
}

void version_free(struct version *v)
{
	yaml_drop(&schema, v);
}
