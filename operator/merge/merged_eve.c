// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * merged_eve.c - events of several sensors as one stream of EVE JSON
 *
 * The members of a sensor's line that a sighting holds, in the same order, and "merge": whose the event
 * is and what shows it. A line can be read by another merge, which passes over "merge".
 */
#include <netinet/in.h>

#include <jansson.h>

#include "detector/eve.h"
#include "operator/merge/merged_eve.h"

static json_t *time_json(uint64_t ts_ns)
{
	char text[EVE_TIME_LEN];

	return json_string(eve_time(ts_ns, text));
}

static json_t *ip_json(const struct ip *ip)
{
	char text[IP_TEXT_LEN];

	return json_string(ip_text(ip, text));
}

static void put_number(json_t *o, const char *key, uint64_t n)
{
	json_object_set_new(o, key, json_integer((json_int_t)(n & INT64_MAX)));
}

static void put_text(json_t *o, const char *key, const char *text)
{
	if (*text)
		json_object_set_new(o, key, json_string(text));
}

static void put_endpoint(json_t *o, const char *ip, const char *port, const struct endpoint *e)
{
	json_object_set_new(o, ip, ip_json(&e->ip));
	put_number(o, port, e->port);
}

static json_t *evidence(const struct sighting *s)
{
	json_t *list = json_array();

	for (size_t i = 0; i < s->evidence_count; i++) {
		const struct sighting_message *m = &s->evidence[i];
		json_t *o = json_object();

		json_object_set_new(o, "message", json_string(m->message));
		json_object_set_new(o, "timestamp", time_json(m->ts_ns));
		put_number(o, "pcap_cnt", m->number);
		put_number(o, "size", m->size);
		put_text(o, "direction", m->from_client ? "to_server" : "to_client");
		json_array_append_new(list, o);
	}
	return list;
}

static json_t *own(const struct sighting *s)
{
	json_t *o = json_object();

	put_text(o, "signature", s->signature);
	put_number(o, "revision", s->revision);
	put_text(o, "event", event_kind_text(s->kind));
	json_object_set_new(o, "client_ip", ip_json(&s->flow.src.ip));
	put_text(o, "client_version", s->client_version);
	put_text(o, "rule", s->rule);
	if (s->super_node.ip.family) {
		json_t *node = json_object();

		put_endpoint(node, "ip", "port", &s->super_node);
		json_object_set_new(o, "super_node", node);
	}
	if (s->answered)
		json_object_set_new(o, "answered", json_true());
	if (s->in_part)
		json_object_set_new(o, "in_part", json_true());
	json_object_set_new(o, "evidence", evidence(s));
	return o;
}

static json_t *verdict(const struct join_verdict *v)
{
	json_t *o = json_object();

	put_endpoint(o, "client_ip", "client_port", &v->client);
	put_text(o, "why", join_why_text(v->why));
	if (v->again)
		json_object_set_new(o, "again", json_true());
	if (v->undecided)
		json_object_set_new(o, "undecided", json_true());
	return o;
}

static json_t *flow(const struct sighting *s)
{
	json_t *o = json_object();

	if (s->flow_first_ns)
		json_object_set_new(o, "start", time_json(s->flow_first_ns));
	put_number(o, "pkts", s->flow_packets);
	put_number(o, "bytes", s->flow_bytes);
	return o;
}

int merged_eve_write(FILE *f, const struct sighting *s, const struct join_verdict *v, struct err *e)
{
	json_t *o = json_object();
	int rc;

	json_object_set_new(o, "timestamp", time_json(s->ts_ns));
	put_text(o, "event_type", s->application);
	put_endpoint(o, "src_ip", "src_port", &s->flow.src);
	put_endpoint(o, "dest_ip", "dest_port", &s->flow.dst);
	put_text(o, "proto", s->flow.proto == IPPROTO_TCP ? "TCP" : "UDP");
	put_text(o, "community_id", s->community_id);
	put_text(o, "host", s->sensor);
	if (s->flow_packets)
		json_object_set_new(o, "flow", flow(s));
	json_object_set_new(o, s->application, own(s));
	json_object_set_new(o, "merge", verdict(v));
	rc = json_dumpf(o, f, JSON_COMPACT) < 0 || fputc('\n', f) == EOF ? -1 : 0;
	json_decref(o);
	return rc < 0 ? err_sys(e, "cannot write events") : 0;
}
