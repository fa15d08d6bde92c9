// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * eve_reader.c - a line of a sensor's EVE as a sighting
 *
 * The sensor is another machine, and what it writes may have been changed on the way: a line is
 * hostile until all of it that is used was checked. jansson refuses what is not UTF-8, not whole, too
 * deep or says one thing twice; every member that is read has one type and one range here. A line is
 * ours when the object that event_type names has a signature and an event; any other is passed over,
 * so a sensor's eve.json may also hold what Suricata writes.
 *
 * The Community ID is computed, not read: sensors may differ in its seed.
 */
#include <netinet/in.h>
#include <stdio.h>
#include <string.h>

#include <jansson.h>

#include "operator/merge/eve_reader.h"

static const char *text_of(const json_t *o, const char *key)
{
	return json_string_value(json_object_get(o, key));
}

/* An integer from 0 to @most at @key. 0, or -1 with @e set. */
static int number_of(const json_t *o, const char *key, uint64_t most, uint64_t *out, struct err *e)
{
	const json_t *v = json_object_get(o, key);

	if (!json_is_integer(v) || json_integer_value(v) < 0 ||
	    (uint64_t)json_integer_value(v) > most)
		return err_set(e, "%s is no whole number from 0 to %llu", key,
			       (unsigned long long)most);
	*out = (uint64_t)json_integer_value(v);
	return 0;
}

/* As number_of(), but it may be missing: then 0. */
static int number_or_none(const json_t *o, const char *key, uint64_t *out, struct err *e)
{
	*out = 0;
	return json_object_get(o, key) ? number_of(o, key, INT64_MAX, out, e) : 0;
}

/* ------------------------------------------------------------------ time */

/* @n digits at *p. False = there are other bytes. */
static bool digits(const char **p, unsigned n, unsigned *out)
{
	*out = 0;
	for (; n; n--, ++*p) {
		if (**p < '0' || **p > '9')
			return false;
		*out = *out * 10 + (unsigned)(**p - '0');
	}
	return true;
}

/* Days from 1970 to a civil date: H. Hinnant, "chrono-compatible low-level date algorithms". */
static int64_t days_of(int year, unsigned month, unsigned day)
{
	int y = year - (month <= 2);
	unsigned yoe = (unsigned)(y % 400);
	unsigned doy = (153 * (month > 2 ? month - 3 : month + 9) + 2) / 5 + day - 1;

	return (int64_t)(y / 400) * 146097 + yoe * 365 + yoe / 4 - yoe / 100 + doy - 719468;
}

static bool zone(const char **p, int *seconds)
{
	unsigned hours, minutes;
	int sign = **p == '-' ? -1 : 1;

	if (**p == 'Z') {
		++*p;
		*seconds = 0;
		return true;
	}
	if (**p != '-' && **p != '+')
		return false;
	++*p;
	if (!digits(p, 2, &hours) || hours > 14)
		return false;
	*p += **p == ':';
	if (!digits(p, 2, &minutes) || minutes > 59)
		return false;
	*seconds = sign * (int)(hours * 3600 + minutes * 60);
	return true;
}

static bool day(const char **p, int64_t *days)
{
	unsigned y, m, d;

	if (!digits(p, 4, &y) || *(*p)++ != '-' || !digits(p, 2, &m) || *(*p)++ != '-' ||
	    !digits(p, 2, &d))
		return false;
	if (y < 1700 || y > 2200 || m < 1 || m > 12 || d < 1 || d > 31) /* 64 bits of ns */
		return false;
	*days = days_of((int)y, m, d);
	return true;
}

/* "2006-08-25T19:32:12.123456+0000", as Suricata writes it: any number of decimals up to 9. */
static bool moment_of(const char *p, uint64_t *ns)
{
	unsigned h, m, s, digit, fraction = 0, unit = 100000000;
	int64_t days;
	int off;

	if (!p || !day(&p, &days) || *p++ != 'T' || !digits(&p, 2, &h) || *p++ != ':' ||
	    !digits(&p, 2, &m) || *p++ != ':' || !digits(&p, 2, &s) || h > 23 || m > 59 || s > 60)
		return false;
	if (*p == '.')
		for (p++; unit && digits(&p, 1, &digit); unit /= 10)
			fraction += digit * unit;
	if (!zone(&p, &off) || *p)
		return false;
	*ns = (uint64_t)((days * 86400 + h * 3600 + m * 60 + s - off) * 1000000000 + fraction);
	return true;
}

static int time_of(const json_t *o, const char *key, uint64_t *ns, struct err *e)
{
	if (moment_of(text_of(o, key), ns))
		return 0;
	return err_set(e, "%s is no time as 2006-08-25T19:32:12.123456+0000", key);
}

/* ------------------------------------------------------------------ flow */

static int endpoint_of(const json_t *o, const char *ip, const char *port, struct endpoint *out,
		       struct err *e)
{
	const char *text = text_of(o, ip);
	uint64_t n = 0;

	if (!text || ip_parse(text, &out->ip) < 0)
		return err_set(e, "%s is no address", ip);
	if (number_of(o, port, UINT16_MAX, &n, e) < 0)
		return -1;
	out->port = (uint16_t)n;
	return 0;
}

static int flow_of(const json_t *o, struct sighting *s, struct err *e)
{
	const char *proto = text_of(o, "proto");

	if (!proto || (strcmp(proto, "TCP") && strcmp(proto, "UDP")))
		return err_set(e, "proto is neither TCP nor UDP");
	s->flow.proto = proto[0] == 'T' ? IPPROTO_TCP : IPPROTO_UDP;
	if (endpoint_of(o, "src_ip", "src_port", &s->flow.src, e) < 0 ||
	    endpoint_of(o, "dest_ip", "dest_port", &s->flow.dst, e) < 0)
		return -1;
	if (s->flow.src.ip.family != s->flow.dst.ip.family)
		return err_set(e, "src_ip and dest_ip are of two families");
	community_id(&s->flow, s->community_id);
	return 0;
}

/* The sum of what Suricata splits by direction, or one number. */
static int both_ways(const json_t *o, const char *what, uint64_t *out, struct err *e)
{
	char key[32];
	uint64_t to_server = 0, to_client = 0;

	if (number_or_none(o, what, out, e) < 0)
		return -1;
	snprintf(key, sizeof(key), "%s_toserver", what);
	if (number_or_none(o, key, &to_server, e) < 0)
		return -1;
	snprintf(key, sizeof(key), "%s_toclient", what);
	if (number_or_none(o, key, &to_client, e) < 0)
		return -1;
	*out += to_server + to_client; /* three times 63 bits: may wrap, and means nothing then */
	return 0;
}

static int flow_so_far(const json_t *o, struct sighting *s, struct err *e)
{
	const json_t *flow = json_object_get(o, "flow");

	if (!flow)
		return 0;
	if (!json_is_object(flow))
		return err_set(e, "flow is no object");
	if (json_object_get(flow, "start") && time_of(flow, "start", &s->flow_first_ns, e) < 0)
		return -1;
	if (both_ways(flow, "pkts", &s->flow_packets, e) < 0)
		return -1;
	return both_ways(flow, "bytes", &s->flow_bytes, e);
}

/* ------------------------------------------------------------------ what it says */

static int message_of(const json_t *o, struct sighting_message *m, struct err *e)
{
	const char *name = text_of(o, "message"), *direction = text_of(o, "direction");
	uint64_t size = 0;

	if (!name || !direction)
		return err_set(e, "a message of the evidence has no name or no direction");
	if (strcmp(direction, "to_server") && strcmp(direction, "to_client"))
		return err_set(e, "direction is neither to_server nor to_client");
	sighting_text(m->message, sizeof(m->message), name);
	m->from_client = !strcmp(direction, "to_server");
	if (time_of(o, "timestamp", &m->ts_ns, e) < 0 ||
	    number_of(o, "size", UINT32_MAX, &size, e) < 0 ||
	    number_or_none(o, "pcap_cnt", &m->number, e) < 0)
		return -1;
	m->size = (uint32_t)size;
	return 0;
}

static int evidence_of(const json_t *own, struct sighting *s, struct err *e)
{
	const json_t *list = json_object_get(own, "evidence");

	if (!list)
		return 0;
	if (!json_is_array(list) || json_array_size(list) > EVIDENCE_MAX)
		return err_set(e, "evidence is no list of at most %d messages", EVIDENCE_MAX);
	for (size_t i = 0; i < json_array_size(list); i++)
		if (message_of(json_array_get(list, i), &s->evidence[i], e) < 0)
			return -1;
	s->evidence_count = json_array_size(list);
	return 0;
}

static int kind_of(const json_t *own, struct sighting *s, struct err *e)
{
	return event_kind_parse(text_of(own, "event"), &s->kind)
		       ? 0
		       : err_set(e, "event is none of ours");
}

/* A member that is a string where it is there; @needed: it must be. */
static int word_of(const json_t *own, const char *key, char *out, size_t room, bool needed,
		   struct err *e)
{
	const json_t *v = json_object_get(own, key);

	if ((v || needed) && !json_is_string(v))
		return err_set(e, "%s is no text", key);
	sighting_text(out, room, json_string_value(v));
	return 0;
}

static int flag_of(const json_t *own, const char *key, bool *out, struct err *e)
{
	const json_t *v = json_object_get(own, key);

	if (v && !json_is_boolean(v))
		return err_set(e, "%s is neither true nor false", key);
	*out = json_is_true(v);
	return 0;
}

static int client_of(const json_t *own, const struct sighting *s, struct err *e)
{
	const char *text = text_of(own, "client_ip");
	struct ip ip;

	if (!text || ip_parse(text, &ip) < 0 || !ip_eq(&ip, &s->flow.src.ip))
		return err_set(e, "client_ip is not src_ip, the client's side");
	return 0;
}

static int own_of(const json_t *own, struct sighting *s, struct err *e)
{
	const json_t *super_node = json_object_get(own, "super_node");
	uint64_t revision = 0;

	if (kind_of(own, s, e) < 0 || client_of(own, s, e) < 0 ||
	    word_of(own, "signature", s->signature, sizeof(s->signature), true, e) < 0 ||
	    word_of(own, "rule", s->rule, sizeof(s->rule), false, e) < 0 ||
	    word_of(own, "client_version", s->client_version, sizeof(s->client_version), false, e) <
		    0 ||
	    number_or_none(own, "revision", &revision, e) < 0 ||
	    flag_of(own, "answered", &s->answered, e) < 0 ||
	    flag_of(own, "in_part", &s->in_part, e) < 0)
		return -1;
	s->revision = revision > UINT32_MAX ? UINT32_MAX : (unsigned)revision;
	if (super_node && endpoint_of(super_node, "ip", "port", &s->super_node, e) < 0)
		return -1;
	return evidence_of(own, s, e);
}

static int sensor_of(const json_t *o, const char *input, struct sighting *s, struct err *e)
{
	char host[SENSOR_BYTES] = "", iface[SENSOR_BYTES] = "", both[2 * SENSOR_BYTES];

	if (word_of(o, "host", host, sizeof(host), false, e) < 0 ||
	    word_of(o, "in_iface", iface, sizeof(iface), false, e) < 0)
		return -1;
	snprintf(both, sizeof(both), "%.63s%s%s", *host ? host : input, *iface ? ":" : "", iface);
	sighting_text(s->sensor, sizeof(s->sensor), both);
	return 0;
}

static int read_object(const json_t *o, const char *input, struct sighting *s, struct err *e)
{
	const char *type = text_of(o, "event_type");
	const json_t *own = type ? json_object_get(o, type) : NULL;

	if (!text_of(own, "signature") || !text_of(own, "event"))
		return 0;
	memset(s, 0, sizeof(*s));
	sighting_text(s->application, sizeof(s->application), type);
	if (time_of(o, "timestamp", &s->ts_ns, e) < 0 || flow_of(o, s, e) < 0 ||
	    sensor_of(o, input, s, e) < 0 || flow_so_far(o, s, e) < 0 || own_of(own, s, e) < 0)
		return -1;
	return 1;
}

int eve_reader_line(const char *line, size_t n, const char *input, struct sighting *s,
		    struct err *e)
{
	json_error_t why;
	json_t *o;
	int rc;

	if (n > EVE_LINE_BYTES)
		return err_set(e, "longer than %lu bytes", EVE_LINE_BYTES);
	o = json_loadb(line, n, JSON_REJECT_DUPLICATES, &why);
	if (!o)
		return err_set(e, "no JSON: %s", why.text);
	rc = json_is_object(o) ? read_object(o, input, s, e) : err_set(e, "no JSON object");
	json_decref(o);
	return rc;
}
