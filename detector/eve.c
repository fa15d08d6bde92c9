// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * eve.c - events as EVE JSON lines, the format in which Suricata writes its alerts
 *
 * Field names, the form of the time stamp and the upper-case protocol are Suricata's, so that what
 * reads its eve.json reads ours; all that is ours stands in the object "skype". src is always the
 * Skype client's side, whoever sent the packet. man/skypelab-eve.5 describes every field.
 */
#include <errno.h>
#include <netinet/in.h>
#include <string.h>
#include <time.h>

#include <jansson.h>

#include "detector/eve.h"

const char *eve_time(uint64_t ts_ns, char out[EVE_TIME_LEN])
{
	time_t s = (time_t)(ts_ns / 1000000000ULL);
	struct tm tm;
	size_t n;

	if (!gmtime_r(&s, &tm))
		memset(&tm, 0, sizeof(tm));
	n = strftime(out, EVE_TIME_LEN, "%Y-%m-%dT%H:%M:%S", &tm);
	snprintf(out + n, EVE_TIME_LEN - n, ".%06u+0000", (unsigned)(ts_ns % 1000000000ULL / 1000));
	return out;
}

static json_t *ranges_json(const struct evidence *m)
{
	json_t *all = json_array();

	for (unsigned i = 0; i < m->range_count; i++) {
		const struct byte_range *r = &m->ranges[i];
		char hex[2 * EVIDENCE_BYTES + 1] = "";
		json_t *o = json_pack("{s:i,s:i,s:I}", "offset", (int)r->offset, "length",
				      (int)r->length, "line", (json_int_t)r->line);

		for (unsigned k = 0; k < r->length && r->offset + k < m->bytes_n; k++)
			snprintf(hex + 2 * k, 3, "%02x", m->bytes[r->offset + k]);
		if (m->bytes_n)
			json_object_set_new(o, "bytes", json_string(hex));
		json_array_append_new(all, o);
	}
	return all;
}

static json_t *evidence_json(const struct detection_event *ev, bool explain)
{
	json_t *all = json_array();

	for (size_t i = 0; i < ev->evidence_count; i++) {
		const struct evidence *m = &ev->evidence[i];
		char time[EVE_TIME_LEN];
		json_t *o = json_pack("{s:s,s:s,s:I,s:I,s:s}", "message", m->message, "timestamp",
				      eve_time(m->ts_ns, time), "pcap_cnt", (json_int_t)m->number,
				      "size", (json_int_t)m->size, "direction",
				      m->from_client ? "to_server" : "to_client");

		if (explain) {
			json_object_set_new(o, "line", json_integer(m->line));
			json_object_set_new(o, "ranges", ranges_json(m));
		}
		json_array_append_new(all, o);
	}
	return all;
}

static json_t *skype_json(const struct detection_event *ev, bool explain)
{
	char ip[IP_TEXT_LEN];
	json_t *o = json_pack("{s:s,s:i,s:s,s:s}", "signature", ev->signature, "revision",
			      (int)ev->revision, "event", event_kind_text(ev->kind), "client_ip",
			      ip_text(&ev->client_ip, ip));

	if (ev->client_version && *ev->client_version)
		json_object_set_new(o, "client_version", json_string(ev->client_version));
	if (ev->rule && *ev->rule)
		json_object_set_new(o, "rule", json_string(ev->rule));
	if (explain) {
		json_object_set_new(o, "rule_line", json_integer(ev->rule_line));
		json_object_set_new(o, "signature_path", json_string(ev->signature_path));
	}
	if (ev->super_node.ip.family)
		json_object_set_new(o, "super_node",
				    json_pack("{s:s,s:i}", "ip", ip_text(&ev->super_node.ip, ip),
					      "port", (int)ev->super_node.port));
	json_object_set_new(o, "evidence", evidence_json(ev, explain));
	return o;
}

int eve_write(FILE *f, const struct detection_event *ev, const struct eve_origin *from,
	      struct err *e)
{
	char time[EVE_TIME_LEN], src[IP_TEXT_LEN], dst[IP_TEXT_LEN], id[COMMUNITY_ID_LEN];
	json_t *o;
	int bad;

	community_id(&ev->flow, id);
	o = json_pack("{s:s,s:s,s:s,s:i,s:s,s:i,s:s,s:s,s:I}", "timestamp",
		      eve_time(ev->ts_ns, time), "event_type", "skype", "src_ip",
		      ip_text(&ev->flow.src.ip, src), "src_port", (int)ev->flow.src.port, "dest_ip",
		      ip_text(&ev->flow.dst.ip, dst), "dest_port", (int)ev->flow.dst.port, "proto",
		      ev->flow.proto == IPPROTO_TCP ? "TCP" : "UDP", "community_id", id, "pcap_cnt",
		      (json_int_t)ev->number);
	if (from->file) /* a name that is not UTF-8 cannot be said in JSON and is left out */
		json_object_set_new(o, "pcap_filename", json_string(from->file));
	if (from->iface)
		json_object_set_new(o, "in_iface", json_string(from->iface));
	json_object_set_new(o, "skype", skype_json(ev, from->explain));
	bad = json_dumpf(o, f, JSON_COMPACT) < 0 || putc('\n', f) == EOF;
	json_decref(o);
	return bad ? err_sys(e, "cannot write events") : 0;
}
