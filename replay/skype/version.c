// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * version.c - client versions as data
 *
 * Model. What distinguishes Skype 1.2 from 1.4, 2.0 and 2.5 on the wire is written in a YAML file:
 * sizes as distributions, timing, source-port policy, forms of the key blocks, the update check,
 * and the requests that a logged-in client sends. No code of the emulation asks which version it
 * is, so a new version is a new file. Format: skypelab-version(5).
 *
 * Limits. A distribution has at most DIST_PARTS ranges (base/dist.h).
 */
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/yaml.h"
#include "replay/skype/message.h"
#include "replay/skype/version.h"

/* --- schema ------------------------------------------------------------------------------- */

#define TEXT(key, type, member)                                                                    \
	CYAML_FIELD_STRING_PTR(key, CYAML_FLAG_POINTER, struct type, member, 1, 400)
#define TEXT_OPT(key, type, member)                                                                \
	CYAML_FIELD_STRING_PTR(key, CYAML_FLAG_POINTER | CYAML_FLAG_OPTIONAL, struct type, member, \
			       0, 400)
#define DIST(key, type, member)	     TEXT(key, type, member.text)
#define DIST_OPT(key, type, member)  TEXT_OPT(key, type, member.text)
#define NUM(key, type, member)	     CYAML_FIELD_FLOAT(key, CYAML_FLAG_DEFAULT, struct type, member)
#define NUM_OPT(key, type, member)   CYAML_FIELD_FLOAT(key, CYAML_FLAG_OPTIONAL, struct type, member)
#define COUNT(key, type, member)     CYAML_FIELD_UINT(key, CYAML_FLAG_DEFAULT, struct type, member)
#define COUNT_OPT(key, type, member) CYAML_FIELD_UINT(key, CYAML_FLAG_OPTIONAL, struct type, member)
#define FLAG(key, type, member)	     CYAML_FIELD_BOOL(key, CYAML_FLAG_OPTIONAL, struct type, member)

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
	{"plain", PAD_NONE},
	{"padded-random", PAD_RANDOM},
	{"padded-ones", PAD_ONES},
};

static const cyaml_strval_t udp_masks[] = {
	{"none", MASK_NONE},
	{"function", MASK_FUNCTION},
	{"all", MASK_ALL},
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
	DIST("probe", version_udp, probe),
	DIST("refuse", version_udp, refuse),
	DIST_OPT("accept", version_udp, accept),
	DIST("round", version_udp, round),
	NUM("round-gap", version_udp, round_gap),
	NUM("round-pause", version_udp, round_pause),
	CYAML_FIELD_SEQUENCE_COUNT("retry", CYAML_FLAG_POINTER, struct version_udp, retry,
				   retry_count, &number_value, 0, 8),
	NUM("patience", version_udp, patience),
	NUM_OPT("beside", version_udp, beside),
	DIST_OPT("ids", version_udp, ids),
	DIST_OPT("lead", version_udp, lead),
	COUNT_OPT("lead-count", version_udp, lead_count),
	CYAML_FIELD_ENUM("mask", CYAML_FLAG_OPTIONAL | CYAML_FLAG_STRICT, struct version_udp, mask,
			 udp_masks, ARRAY_LEN(udp_masks)),
	NUM_OPT("resend-after", version_udp, resend_after),
	FLAG("last-node-first", version_udp, last_first),
	NUM_OPT("cache-gone", version_udp, stale),
	NUM_OPT("cache-full", version_udp, full),
	CYAML_FIELD_END,
};

static const cyaml_schema_field_t tcp_fields[] = {
	CYAML_FIELD_ENUM("source-ports", CYAML_FLAG_STRICT, struct version_tcp, ports,
			 port_policies, ARRAY_LEN(port_policies)),
	DIST("first-port", version_tcp, first_port),
	COUNT("last-port", version_tcp, last_port),
	CYAML_FIELD_ENUM("key-block", CYAML_FLAG_STRICT, struct version_tcp, block, block_forms,
			 ARRAY_LEN(block_forms)),
	DIST_OPT("pad", version_tcp, pad),
	CYAML_FIELD_ENUM("r1-port-80", CYAML_FLAG_STRICT, struct version_tcp, r1_80, block_forms,
			 ARRAY_LEN(block_forms)),
	FLAG("r1-port-80-tail", version_tcp, tail_80),
	FLAG("key-block-on-443", version_tcp, block_443),
	COUNT_OPT("cut", version_tcp, cut),
	NUM_OPT("t4-after", version_tcp, t4_after),
	DIST("reply-pad", version_tcp, reply_pad),
	DIST_OPT("extra", version_tcp, extra),
	DIST("t2", version_tcp, request),
	DIST("t3", version_tcp, accept),
	COUNT("t3-refuse", version_tcp, refuse),
	DIST("t4", version_tcp, follow),
	COUNT("parallel", version_tcp, parallel),
	NUM("connect-timeout", version_tcp, connect_timeout),
	NUM("stagger", version_tcp, stagger),
	NUM("give-up", version_tcp, give_up),
	NUM("pause", version_tcp, pause),
	NUM("keepalive", version_tcp, keepalive),
	CYAML_FIELD_END,
};

static const cyaml_schema_field_t login_fields[] = {
	DIST("delay-ms", version_login, delay_ms),
	DIST("l3-blob", version_login, blob),
	DIST("l4", version_login, answer),
	NUM("linger", version_login, linger),
	NUM("timeout", version_login, timeout),
	NUM_OPT("event-at", version_login, event_at),
	NUM_OPT("more-after-l4", version_login, more),
	NUM_OPT("visits", version_login, visits),
	FLAG("no-hello", version_login, no_hello),
	COUNT_OPT("mask", version_login, mask),
	CYAML_FIELD_END,
};

static const cyaml_schema_field_t http_fields[] = {
	COUNT("platform", version_http, platform),
	TEXT("build", version_http, build),
	TEXT("reply", version_http, reply),
	TEXT_OPT("user-agent", version_http, agent),
	FLAG("absolute-uri", version_http, absolute),
	FLAG("installed-first", version_http, installed_first),
	FLAG("never", version_http, never),
	CYAML_FIELD_END,
};

static const cyaml_schema_field_t call_fields[] = {
	DIST("media", version_call, media),
	DIST("gap-ms", version_call, gap_ms),
	FLAG("direct-tcp", version_call, tcp),
	CYAML_FIELD_END,
};

static const cyaml_schema_field_t vocab_fields[] = {
	TEXT("request", vocab, request),
	CYAML_FIELD_ENUM("command", CYAML_FLAG_STRICT, struct vocab, command, commands,
			 ARRAY_LEN(commands)),
	DIST("size", vocab, size),
	DIST("hosts", vocab, hosts),
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

/* Every distribution outside the session list, and the least and greatest value it may have. */
static const struct {
	const char *node;
	size_t at; /* in struct version */
	uint32_t lo, hi;
} dists[] = {
	{"udp.probe", offsetof(struct version, udp.probe), 18, 400},
	{"udp.refuse", offsetof(struct version, udp.refuse), 26, 400},
	{"udp.accept", offsetof(struct version, udp.accept), 18, 400},
	{"udp.ids", offsetof(struct version, udp.ids), 0, 65535},
	{"udp.lead", offsetof(struct version, udp.lead), 3, 400},
	{"udp.round", offsetof(struct version, udp.round), 1, 16},
	{"tcp.first-port", offsetof(struct version, tcp.first_port), 1024, 65535},
	{"tcp.pad", offsetof(struct version, tcp.pad), 1, 60},
	{"tcp.reply-pad", offsetof(struct version, tcp.reply_pad), 0, 60},
	{"tcp.extra", offsetof(struct version, tcp.extra), 6, 60},
	{"tcp.t2", offsetof(struct version, tcp.request), 8, 60},
	{"tcp.t3", offsetof(struct version, tcp.accept), 8, 1400},
	{"tcp.t4", offsetof(struct version, tcp.follow), 4, 60},
	{"login.delay-ms", offsetof(struct version, login.delay_ms), 0, 60000},
	{"login.l3-blob", offsetof(struct version, login.blob), 64, 1000},
	{"call.media", offsetof(struct version, call.media), 3, 1300},
	{"call.gap-ms", offsetof(struct version, call.gap_ms), 1, 10000},
	{"login.l4", offsetof(struct version, login.answer), 32, 1000},
};

/* Every number outside a distribution. */
static const struct yaml_number numbers[] = {
	{"udp.round-gap", 0.01, 60, "seconds"},
	{"udp.round-pause", 0.01, 600, "seconds"},
	{"udp.cache-gone", 0, 1, NULL},
	{"udp.cache-full", 0, 1, NULL},
	{"udp.beside", 0, 1, NULL},
	{"udp.lead-count", 1, 8, NULL},
	{"udp.resend-after", 0, 600, "seconds"},
	{"tcp.cut", 0, 1400, "bytes"},
	{"tcp.t4-after", 0, 600, "seconds"},
	{"login.mask", 0, 255, NULL},
	{"udp.patience", 0, 600, "seconds"},
	{"tcp.connect-timeout", 0.1, 600, "seconds"},
	{"tcp.stagger", 0.01, 600, "seconds"},
	{"tcp.give-up", 1, 86400, "seconds"},
	{"tcp.pause", 0, 86400, "seconds"},
	{"tcp.keepalive", 1, 3600, "seconds"},
	{"tcp.parallel", 1, 32, NULL},
	{"tcp.last-port", 1024, 65535, NULL},
	{"login.linger", 0, 600, "seconds"},
	{"login.timeout", 0.1, 600, "seconds"},
	{"login.event-at", 0, 600, "seconds"},
	{"login.more-after-l4", 0, 1, NULL},
	{"login.visits", 0, 100, NULL},
	{"udp.retry", 0.01, 600, "seconds"},
	{"tcp.t3-refuse", 4, 1400, "bytes"},
	{"update-check.platform", 0, 99, NULL},
	{"session.at", 0, 86400, "seconds"},
	{"session.every", 0, 86400, "seconds"},
	{"session.spread", 0, 86400, "seconds"},
	{"session.repeat", 1, 1000, NULL},
	{"session.window", 1, 200, NULL},
	{NULL, 0, 0, NULL},
};

static int read_dist(const char *path, const char *node, uint32_t lo, uint32_t hi, struct dist *d,
		     struct err *e)
{
	if (!d->text || !*d->text)
		return 0;
	if (dist_parse(d->text, d) < 0)
		return err_set(e,
			       "%s:%u: \"%s\" is not a distribution, expected sizes or ranges with "
			       "weights, such as \"18\" or \"51:4 53:1\"",
			       path, yaml_line(path, node), d->text);
	for (unsigned i = 0; i < d->parts; i++)
		if (d->part[i].lo < lo || d->part[i].hi > hi)
			return err_set(e, "%s:%u: %s is out of range, expected %u to %u", path,
				       yaml_line(path, node), d->text, lo, hi);
	return 0;
}

static int read_vocab(const char *path, struct version *v, unsigned i, struct err *e)
{
	struct vocab *w = &v->vocab[i];
	char node[64];

	snprintf(node, sizeof(node), "session[%u].size", i);
	if (read_dist(path, node, w->command == CMD_NONE ? 8 : 17, 1400, &w->size, e) < 0)
		return -1;
	snprintf(node, sizeof(node), "session[%u].hosts", i);
	if (read_dist(path, node, 0, 200, &w->hosts, e) < 0)
		return -1;
	if (!w->repeat)
		w->repeat = 1;
	return 0;
}

static int read_dists(const char *path, struct version *v, struct err *e)
{
	for (size_t i = 0; i < ARRAY_LEN(dists); i++)
		if (read_dist(path, dists[i].node, dists[i].lo, dists[i].hi,
			      (struct dist *)((char *)v + dists[i].at), e) < 0)
			return -1;
	for (unsigned i = 0; i < v->vocab_count; i++)
		if (read_vocab(path, v, i, e) < 0)
			return -1;
	return 0;
}

#define IDS_LEAST 256 /* so many requests are open at once, and no more (REQUESTS_MAX) */

static int check(const char *path, const struct version *v, struct err *e)
{
	bool other = false;
	unsigned i;

	if (v->udp.full + v->udp.stale > 1) /* no host is both gone and full */
		return err_set(e,
			       "%s:%u: %g is out of range, expected 0 to %g beside cache-gone: %g",
			       path, yaml_line(path, "udp.cache-full"), v->udp.full,
			       1 - v->udp.stale, v->udp.stale);
	if (v->udp.ids.parts > 1 ||
	    (v->udp.ids.parts && v->udp.ids.part[0].hi - v->udp.ids.part[0].lo < IDS_LEAST - 1))
		return err_set(e, "%s:%u: \"%s\", expected one range of at least %d ids", path,
			       yaml_line(path, "udp.ids"), v->udp.ids.text, IDS_LEAST);
	for (i = 0; i < v->tcp.accept.parts; i++)
		other |= v->tcp.accept.part[i].lo != v->tcp.refuse ||
			 v->tcp.accept.part[i].hi != v->tcp.refuse;
	if (!other)
		return err_set(e, "%s:%u: \"%s\", expected another size than t3-refuse", path,
			       yaml_line(path, "tcp.t3"), v->tcp.accept.text);
	if (v->udp.lead_count && !v->udp.lead.parts)
		return err_set(e, "%s:%u: lead-count without lead, expected the size as well", path,
			       yaml_line(path, "udp.lead-count"));
	if (v->tcp.block != PAD_NONE && !v->tcp.pad.parts)
		return err_set(e, "%s:%u: the key block is padded, expected \"pad\" with sizes",
			       path, yaml_line(path, "tcp.key-block"));
	return 0;
}

struct version *version_load(const char *path, struct err *e)
{
	struct version *v = yaml_load(path, &schema, numbers, e);

	if (v && (read_dists(path, v, e) < 0 || check(path, v, e) < 0)) {
		version_free(v);
		return NULL;
	}
	return v;
}

uint16_t version_id_after(const struct version *v, uint16_t id, unsigned step)
{
	uint32_t lo, width;

	if (!v || !v->udp.ids.parts)
		return (uint16_t)(id + step);
	lo = v->udp.ids.part[0].lo;
	width = v->udp.ids.part[0].hi - lo + 1;
	return (uint16_t)(lo + ((id >= lo ? id - lo : id) + step) % width);
}

void version_free(struct version *v)
{
	yaml_drop(&schema, v);
}
