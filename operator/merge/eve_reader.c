// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * eve_reader.c - a line of a sensor's EVE as a sighting, or as what a filter did
 *
 * The sensor is another machine, and what it writes may have been changed on the way: a line is
 * hostile until all of it that is used was checked. jansson refuses what is not UTF-8, not whole, too
 * deep or says one thing twice; every member that is read has one type and one range here. A line is
 * ours when the object that event_type names has a signature and an event, or when its type is "drop" and
 * it says what came of a block (eve_block.c); any other is passed over, so a sensor's eve.json may also
 * hold what Suricata writes.
 *
 * The Community ID is computed, not read: sensors may differ in its seed.
 */
#include <netinet/in.h>
#include <stdio.h>
#include <string.h>

#include <jansson.h>

#include "operator/merge/eve_block.h"
#include "operator/merge/eve_members.h"
#include "operator/merge/eve_reader.h"

static int flow_of(const json_t *o, struct sighting *s, struct err *e)
{
	if (eve_flow(o, &s->flow, e) < 0)
		return -1;
	community_id(&s->flow, s->community_id);
	return 0;
}

/* The sum of what Suricata splits by direction, or one number. */
static int both_ways(const json_t *o, const char *what, uint64_t *out, struct err *e)
{
	char key[32];
	uint64_t to_server = 0, to_client = 0;

	if (eve_number_or_none(o, what, out, e) < 0)
		return -1;
	snprintf(key, sizeof(key), "%s_toserver", what);
	if (eve_number_or_none(o, key, &to_server, e) < 0)
		return -1;
	snprintf(key, sizeof(key), "%s_toclient", what);
	if (eve_number_or_none(o, key, &to_client, e) < 0)
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
	if (json_object_get(flow, "start") && eve_time_of(flow, "start", &s->flow_first_ns, e) < 0)
		return -1;
	if (both_ways(flow, "pkts", &s->flow_packets, e) < 0)
		return -1;
	return both_ways(flow, "bytes", &s->flow_bytes, e);
}

/* ------------------------------------------------------------------ what it says */

static int message_of(const json_t *o, struct sighting_message *m, struct err *e)
{
	const char *name = eve_text(o, "message"), *direction = eve_text(o, "direction");
	uint64_t size = 0;

	if (!name || !direction)
		return err_set(e, "a message of the evidence has no name or no direction");
	if (strcmp(direction, "to_server") && strcmp(direction, "to_client"))
		return err_set(e, "direction is neither to_server nor to_client");
	sighting_text(m->message, sizeof(m->message), name);
	m->from_client = !strcmp(direction, "to_server");
	if (eve_time_of(o, "timestamp", &m->ts_ns, e) < 0 ||
	    eve_number(o, "size", UINT32_MAX, &size, e) < 0 ||
	    eve_number_or_none(o, "pcap_cnt", &m->number, e) < 0)
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
	return event_kind_parse(eve_text(own, "event"), &s->kind)
		       ? 0
		       : err_set(e, "event is none of ours");
}

static int client_of(const json_t *own, const struct sighting *s, struct err *e)
{
	const char *text = eve_text(own, "client_ip");
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
	    eve_word(own, "signature", s->signature, sizeof(s->signature), true, e) < 0 ||
	    eve_word(own, "rule", s->rule, sizeof(s->rule), false, e) < 0 ||
	    eve_word(own, "client_version", s->client_version, sizeof(s->client_version), false,
		     e) < 0 ||
	    eve_number_or_none(own, "revision", &revision, e) < 0 ||
	    eve_flag(own, "answered", &s->answered, e) < 0 ||
	    eve_flag(own, "in_part", &s->in_part, e) < 0)
		return -1;
	s->revision = revision > UINT32_MAX ? UINT32_MAX : (unsigned)revision;
	if (super_node && eve_endpoint(super_node, "ip", "port", &s->super_node, e) < 0)
		return -1;
	return evidence_of(own, s, e);
}

static int sensor_of(const json_t *o, const char *input, struct sighting *s, struct err *e)
{
	char host[SENSOR_BYTES] = "", iface[SENSOR_BYTES] = "", both[2 * SENSOR_BYTES];

	if (eve_word(o, "host", host, sizeof(host), false, e) < 0 ||
	    eve_word(o, "in_iface", iface, sizeof(iface), false, e) < 0)
		return -1;
	snprintf(both, sizeof(both), "%.63s%s%s", *host ? host : input, *iface ? ":" : "", iface);
	sighting_text(s->sensor, sizeof(s->sensor), both);
	return 0;
}

static enum eve_line read_sighting(const json_t *o, const char *type, const char *input,
				   struct sighting *s, struct err *e)
{
	const json_t *own = json_object_get(o, type);

	if (!eve_text(own, "signature") || !eve_text(own, "event"))
		return EVE_LINE_OTHER;
	memset(s, 0, sizeof(*s));
	sighting_text(s->application, sizeof(s->application), type);
	if (eve_time_of(o, "timestamp", &s->ts_ns, e) < 0 || flow_of(o, s, e) < 0 ||
	    sensor_of(o, input, s, e) < 0 || flow_so_far(o, s, e) < 0 || own_of(own, s, e) < 0)
		return EVE_LINE_BAD;
	return EVE_LINE_SIGHTING;
}

static enum eve_line read_block(const json_t *o, struct filter_block *b, struct err *e)
{
	int rc = eve_block(o, b, e);

	return rc < 0 ? EVE_LINE_BAD : rc ? EVE_LINE_BLOCK : EVE_LINE_OTHER;
}

static enum eve_line bad(struct err *e, const char *what, const char *why)
{
	err_set(e, "%s%s", what, why);
	return EVE_LINE_BAD;
}

enum eve_line eve_reader_line(const char *line, size_t n, const char *input, struct sighting *s,
			      struct filter_block *b, struct err *e)
{
	enum eve_line is = EVE_LINE_OTHER;
	json_error_t why;
	const char *type;
	json_t *o;

	if (n > EVE_LINE_BYTES)
		return bad(e, "longer than a line of EVE may be", "");
	o = json_loadb(line, n, JSON_REJECT_DUPLICATES, &why);
	if (!o)
		return bad(e, "no JSON: ", why.text);
	type = eve_text(o, "event_type");
	if (!json_is_object(o))
		is = bad(e, "no JSON object", "");
	else if (type && !strcmp(type, "drop"))
		is = read_block(o, b, e);
	else if (type)
		is = read_sighting(o, type, input, s, e);
	json_decref(o);
	return is;
}
