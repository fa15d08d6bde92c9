// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * schema.c - the shape of a scenario file, and a scenario's memory
 *
 * libcyaml reads the file by this schema and reports the line of a key or value that does not fit.
 * Keys that a file may leave out get their defaults here, so that every later reader finds a value.
 * The defaults of modes are the first of their enums.
 */
#include <stdlib.h>
#include <string.h>

#include "base/label.h"
#include "base/yaml.h"
#include "lab/spec.h"
#include "run/scenario/library.h"
#include "run/scenario/schema.h"

#define OPT CYAML_FLAG_OPTIONAL
#define STR CYAML_FLAG_POINTER

static const cyaml_schema_value_t text_value = {
	CYAML_VALUE_STRING(CYAML_FLAG_POINTER, char, 1, CYAML_UNLIMITED),
};

#define MODE(key, type, member, words)                                                             \
	CYAML_FIELD_ENUM(key, CYAML_FLAG_STRICT | OPT, type, member, words, ARRAY_LEN(words))
#define TEXT(key, flags, type, member)                                                             \
	CYAML_FIELD_STRING_PTR(key, STR | (flags), type, member, 1, CYAML_UNLIMITED)
#define TEXTS(key, flags, type, member)                                                            \
	CYAML_FIELD_SEQUENCE_COUNT(key, STR | (flags), type, member, member##_len, &text_value, 0, \
				   1000)

static const cyaml_strval_t clocks[] = {{"virtual", LOOP_VIRTUAL}, {"real", LOOP_REAL}};
static const cyaml_strval_t logins[] = {
	{"manual", LOGIN_MANUAL}, {"automatic", LOGIN_AUTOMATIC}, {"wrong", LOGIN_WRONG}};
static const cyaml_strval_t proxies[] = {
	{"none", LAB_PROXY_NONE}, {"lan", LAB_PROXY_LAN}, {"dmz", LAB_PROXY_DMZ}};
static const cyaml_strval_t replays[] = {{"conversation", REPLAY_CONVERSATION},
					 {"frame", REPLAY_FRAME}};

static const cyaml_schema_field_t link_fields[] = {
	CYAML_FIELD_FLOAT("delay-ms", OPT, struct scenario_link, delay_ms),
	CYAML_FIELD_FLOAT("jitter-ms", OPT, struct scenario_link, jitter_ms),
	CYAML_FIELD_FLOAT("loss-percent", OPT, struct scenario_link, loss_percent),
	CYAML_FIELD_FLOAT("rate-kbps", OPT, struct scenario_link, rate_kbps),
	CYAML_FIELD_END,
};

static const cyaml_schema_field_t internet_fields[] = {
	TEXT("rtt-ms", OPT, struct scenario_internet, rtt_ms.text),
	CYAML_FIELD_FLOAT("jitter-ms", OPT, struct scenario_internet, jitter_ms),
	CYAML_FIELD_FLOAT("loss-percent", OPT, struct scenario_internet, loss_percent),
	CYAML_FIELD_END,
};

static const cyaml_schema_field_t site_fields[] = {
	TEXT("name", 0, struct scenario_site, name),
	CYAML_FIELD_UINT("hosts", OPT, struct scenario_site, hosts),
	TEXT("firewall", OPT, struct scenario_site, firewall.name),
	TEXT("nat", OPT, struct scenario_site, nat.name),
	TEXT("cgn", OPT, struct scenario_site, cgn.name),
	MODE("proxy", struct scenario_site, proxy, proxies),
	CYAML_FIELD_MAPPING_PTR("link", STR | OPT, struct scenario_site, link, link_fields),
	CYAML_FIELD_END,
};
static const cyaml_schema_value_t site_value = {
	CYAML_VALUE_MAPPING(CYAML_FLAG_DEFAULT, struct scenario_site, site_fields),
};

static const cyaml_schema_field_t client_fields[] = {
	TEXT("name", 0, struct scenario_client, name),
	TEXT("site", 0, struct scenario_client, site),
	CYAML_FIELD_UINT("host", OPT, struct scenario_client, host),
	CYAML_FIELD_UINT("count", OPT, struct scenario_client, count),
	TEXT("version", OPT, struct scenario_client, version.name),
	MODE("login", struct scenario_client, login, logins),
	CYAML_FIELD_BOOL("fresh", OPT, struct scenario_client, fresh),
	CYAML_FIELD_UINT("udp-port", OPT, struct scenario_client, udp_port),
	CYAML_FIELD_FLOAT("start", OPT, struct scenario_client, start_s),
	CYAML_FIELD_FLOAT("spacing", OPT, struct scenario_client, spacing_s),
	TEXTS("script", OPT, struct scenario_client, script),
	CYAML_FIELD_END,
};
static const cyaml_schema_value_t client_value = {
	CYAML_VALUE_MAPPING(CYAML_FLAG_DEFAULT, struct scenario_client, client_fields),
};

static const cyaml_schema_field_t part_fields[] = {
	TEXT("client", 0, struct scenario_part, client),
	TEXTS("script", 0, struct scenario_part, script),
	CYAML_FIELD_END,
};
static const cyaml_schema_value_t part_value = {
	CYAML_VALUE_MAPPING(CYAML_FLAG_DEFAULT, struct scenario_part, part_fields),
};

static const cyaml_schema_field_t operation_fields[] = {
	TEXT("operation", 0, struct scenario_operation, name),
	CYAML_FIELD_SEQUENCE_COUNT("scripts", STR, struct scenario_operation, parts, parts_len,
				   &part_value, 1, CYAML_UNLIMITED),
	CYAML_FIELD_END,
};
static const cyaml_schema_value_t operation_value = {
	CYAML_VALUE_MAPPING(CYAML_FLAG_DEFAULT, struct scenario_operation, operation_fields),
};

static const cyaml_schema_field_t background_fields[] = {
	TEXT("site", 0, struct scenario_background, site),
	CYAML_FIELD_UINT("host", OPT, struct scenario_background, host),
	CYAML_FIELD_BOOL("proxy", OPT, struct scenario_background, proxy),
	TEXT("mix", 0, struct scenario_background, mix.name),
	CYAML_FIELD_FLOAT("rate", OPT, struct scenario_background, rate),
	CYAML_FIELD_END,
};
static const cyaml_schema_value_t background_value = {
	CYAML_VALUE_MAPPING(CYAML_FLAG_DEFAULT, struct scenario_background, background_fields),
};

static const cyaml_schema_field_t operator_fields[] = {
	TEXT("at", 0, struct scenario_operator, at),
	TEXT("signature", 0, struct scenario_operator, signature),
	TEXT("policy", 0, struct scenario_operator, policy),
	CYAML_FIELD_FLOAT("delay-ms", OPT, struct scenario_operator, delay_ms),
	CYAML_FIELD_END,
};

static const cyaml_schema_field_t recording_fields[] = {
	TEXT("capture", 0, struct scenario_recording, capture),
	TEXT("labels", OPT, struct scenario_recording, labels),
	TEXT("version", OPT, struct scenario_recording, version),
	TEXT("client", OPT, struct scenario_recording, client),
	TEXT("site", 0, struct scenario_recording, site),
	CYAML_FIELD_FLOAT("limit", OPT, struct scenario_recording, limit_s),
	MODE("replay", struct scenario_recording, replay, replays),
	CYAML_FIELD_BOOL("keep-addresses", OPT, struct scenario_recording, keep_addresses),
	CYAML_FIELD_FLOAT("factor", OPT, struct scenario_recording, factor),
	CYAML_FIELD_FLOAT("pps", OPT, struct scenario_recording, pps),
	CYAML_FIELD_FLOAT("mbps", OPT, struct scenario_recording, mbps),
	CYAML_FIELD_BOOL("top-speed", OPT, struct scenario_recording, top_speed),
	TEXTS("map", OPT, struct scenario_recording, map),
	TEXTS("port", OPT, struct scenario_recording, port),
	CYAML_FIELD_END,
};
static const cyaml_schema_value_t recording_value = {
	CYAML_VALUE_MAPPING(CYAML_FLAG_DEFAULT, struct scenario_recording, recording_fields),
};

static const cyaml_schema_field_t axis_fields[] = {
	TEXT("axis", 0, struct scenario_axis, axis),
	TEXTS("values", 0, struct scenario_axis, values),
	CYAML_FIELD_END,
};
static const cyaml_schema_value_t axis_value = {
	CYAML_VALUE_MAPPING(CYAML_FLAG_DEFAULT, struct scenario_axis, axis_fields),
};

/* Lists that are compared entry by entry have an end. */
#define LIST(key, flags, member, value, most)                                                      \
	CYAML_FIELD_SEQUENCE_COUNT(key, STR | (flags), struct scenario, member, member##_len,      \
				   &(value), 0, most)

static const cyaml_schema_field_t scenario_fields[] = {
	TEXT("scenario", 0, struct scenario, scenario),
	TEXT("description", OPT, struct scenario, description),
	TEXT("target", OPT, struct scenario, target),
	CYAML_FIELD_UINT("seed", OPT, struct scenario, seed),
	CYAML_FIELD_UINT("repeat", OPT, struct scenario, repeat),
	CYAML_FIELD_BOOL("paired", OPT, struct scenario, paired),
	MODE("clock", struct scenario, clock, clocks),
	TEXT("epoch", OPT, struct scenario, epoch),
	CYAML_FIELD_FLOAT("duration", OPT, struct scenario, duration_s),
	CYAML_FIELD_UINT("super-nodes", OPT, struct scenario, super_nodes),
	TEXT("internet-firewall", OPT, struct scenario, internet_firewall.name),
	CYAML_FIELD_MAPPING_PTR("internet", STR | OPT, struct scenario, internet, internet_fields),
	LIST("sites", 0, sites, site_value, 100),
	LIST("clients", OPT, clients, client_value, 4000),
	LIST("operations", OPT, operations, operation_value, 1000),
	LIST("background", OPT, background, background_value, 1000),
	CYAML_FIELD_MAPPING_PTR("operator", STR | OPT, struct scenario, operator, operator_fields),
	LIST("recordings", OPT, recordings, recording_value, 1000),
	LIST("matrix", OPT, matrix, axis_value, 64),
	TEXTS("exclude", OPT, struct scenario, exclude),
	TEXTS("include", OPT, struct scenario, include),
	TEXTS("vantages", OPT, struct scenario, vantages),
	TEXTS("signatures", OPT, struct scenario, signatures),
	TEXTS("detectors", OPT, struct scenario, detectors),
	CYAML_FIELD_UINT("detector-repeat", OPT, struct scenario, detector_repeat),
	CYAML_FIELD_END,
};
static const cyaml_schema_value_t scenario_schema = {
	CYAML_VALUE_MAPPING(CYAML_FLAG_POINTER, struct scenario, scenario_fields),
};

#define SECONDS_MAX 31536000 /* a year of emulated time */

static const struct yaml_number scenario_numbers[] = {
	{"seed", 0, 0x1p64, NULL}, /* as many as the variable holds */
	{"repeat", 1, 10000, NULL},
	{"detector-repeat", 1, 10000, NULL},
	{"duration", 0.001, SECONDS_MAX, "seconds"},
	{"super-nodes", 1, 100000, NULL},
	{"internet.jitter-ms", 0, 60000, "milliseconds"},
	{"internet.loss-percent", 0, 100, "percent"},
	{"sites.hosts", 1, LAB_HOSTS_MAX, NULL},
	{"sites.link.delay-ms", 0, 60000, "milliseconds"},
	{"sites.link.jitter-ms", 0, 60000, "milliseconds"},
	{"sites.link.loss-percent", 0, 100, "percent"},
	{"sites.link.rate-kbps", 0, 1e9, "kbit/s"},
	{"clients.host", 1, LAB_HOSTS_MAX, NULL},
	{"clients.count", 1, LAB_HOSTS_MAX, NULL},
	{"clients.udp-port", 1024, 65535, NULL},
	{"clients.start", 0, SECONDS_MAX, "seconds"},
	{"clients.spacing", 0, SECONDS_MAX, "seconds"},
	{"background.host", 1, LAB_HOSTS_MAX, NULL},
	{"background.rate", 0.001, 1000, NULL},
	{"operator.delay-ms", 0, 3600000, "milliseconds"},
	{"recordings.limit", 0.001, SECONDS_MAX, "seconds"},
	{"recordings.factor", 0.000001, 1e9, NULL},
	{"recordings.pps", 0.000001, 1e9, "frames per second"},
	{"recordings.mbps", 0.000001, 1e6, "Mbit/s"},
	{NULL, 0, 0, NULL},
};

/* ------------------------------------------------------------------ memory */

static void fill(char **where, const char *value)
{
	if (!*where)
		*where = xstrdup(value);
}

/* Round-trip times of the 51 nodes that answer in SkypeIRC.cap, by tenths. */
#define RTT_2006                                                                                   \
	"43-47:10 47-60:10 60-73:10 73-87:10 87-113:10 113-130:10 130-142:10 142-155:10 "          \
	"155-177:10 177-193:7 193-312:3"
#define JITTER_2006_MS 3 /* there and back: what repeated requests to one node differ by */

/* Emulated clients have an internet of some size; recordings bring their own times along. */
static void default_internet(struct scenario *s)
{
	bool given = s->internet;

	if (!given)
		s->internet = xcalloc(1, sizeof(*s->internet));
	if (!given && s->clients_len)
		s->internet->jitter_ms = JITTER_2006_MS;
	fill(&s->internet->rtt_ms.text, s->clients_len ? RTT_2006 : "0");
}

static void defaults(struct scenario *s)
{
	default_internet(s);
	fill(&s->target, LABEL_SKYPE);
	fill(&s->epoch, "2006-07-25T09:00:00Z");
	fill(&s->internet_firewall.name, "open");
	s->repeat = s->repeat ? s->repeat : 1;
	s->duration_s = s->duration_s > 0 ? s->duration_s : 3600;
	for (unsigned i = 0; i < s->sites_len; i++) {
		struct scenario_site *t = &s->sites[i];

		t->hosts = t->hosts ? t->hosts : 1;
		fill(&t->firewall.name, "open");
		fill(&t->nat.name, "public");
	}
	for (unsigned i = 0; i < s->background_len; i++)
		if (s->background[i].rate == 0)
			s->background[i].rate = 1;
	for (unsigned i = 0; i < s->clients_len; i++) {
		struct scenario_client *c = &s->clients[i];

		c->host = c->host ? c->host : 1;
		c->count = c->count ? c->count : 1;
		fill(&c->version.name, "1.4");
	}
}

struct scenario *scenario_read(const char *path, struct err *e)
{
	struct scenario *s = yaml_load(path, &scenario_schema, scenario_numbers, e);

	if (!s)
		return NULL;
	s->path = xstrdup(path);
	s->library = library_new();
	defaults(s);
	return s;
}

struct scenario *scenario_copy(const struct scenario *s)
{
	struct scenario *copy = yaml_copy(&scenario_schema, s);

	copy->path = xstrdup(s->path);
	copy->axes = s->axes ? xstrdup(s->axes) : NULL;
	copy->cluster = s->cluster ? xstrdup(s->cluster) : NULL;
	library_ref(copy->library);
	return copy;
}

void scenario_free(struct scenario *s)
{
	if (!s)
		return;
	free(s->path);
	free(s->axes);
	free(s->cluster);
	library_unref(s->library);
	yaml_drop(&scenario_schema, s);
}

int scenario_proxy_parse(const char *text, enum lab_proxy *out)
{
	for (size_t i = 0; i < ARRAY_LEN(proxies); i++)
		if (!strcmp(text, proxies[i].str)) {
			*out = (enum lab_proxy)proxies[i].val;
			return 0;
		}
	return -1;
}

const char *scenario_proxy_text(enum lab_proxy p)
{
	return proxies[p].str;
}

int scenario_login_parse(const char *text, enum login_mode *out)
{
	for (size_t i = 0; i < ARRAY_LEN(logins); i++)
		if (!strcmp(text, logins[i].str)) {
			*out = (enum login_mode)logins[i].val;
			return 0;
		}
	return -1;
}
