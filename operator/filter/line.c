// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * line.c - what was blocked, and why, for people and for programs
 *
 * Model. One line for each block that began, was prolonged, ended or was refused. The same words stand
 * in the text and in EVE. Suricata writes what it stops as event_type "drop", and so do we; what is
 * ours is in the object "drop".
 */
#include <inttypes.h>
#include <netinet/in.h>
#include <string.h>

#include "base/capture/community_id.h"
#include "base/quote.h"
#include "detector/eve.h"
#include "operator/filter/line.h"

static const char *const outcomes[FILTER_OUTCOMES] = {
	[FILTER_BLOCKED] = "blocked",	  [FILTER_PROLONGED] = "prolonged",
	[FILTER_EXPIRED] = "expired",	  [FILTER_UNBLOCKED] = "unblocked",
	[FILTER_REFUSED] = "not blocked", [FILTER_ADOPTED] = "adopted",
	[FILTER_LISTED] = "in force",	  [FILTER_REPORT] = "notice"};

static const char *outcome_text(enum filter_outcome outcome)
{
	return outcome < FILTER_OUTCOMES ? outcomes[outcome] : "?";
}

bool filter_line_outcome(const char *word, enum filter_outcome *out)
{
	for (unsigned i = 0; i < FILTER_OUTCOMES; i++)
		if (!strcmp(word, outcomes[i])) {
			*out = (enum filter_outcome)i;
			return true;
		}
	return false;
}

static const char *proto_text(uint8_t proto)
{
	return proto == IPPROTO_UDP ? "udp" : proto == IPPROTO_TCP ? "tcp" : "?";
}

/* Whether the outcome says until when. */
static bool has_end(enum filter_outcome outcome)
{
	return outcome == FILTER_BLOCKED || outcome == FILTER_PROLONGED ||
	       outcome == FILTER_ADOPTED || outcome == FILTER_LISTED;
}

static bool was_put(enum filter_outcome outcome)
{
	return outcome == FILTER_BLOCKED || outcome == FILTER_PROLONGED;
}

/* ---- text ---- */

const char *filter_line_who(const struct filter_block *b, char out[FILTER_WHO_LEN])
{
	const char *what = filter_what_text(b->what), *proto = proto_text(b->proto);
	char src[ENDPOINT_TEXT_LEN], dst[ENDPOINT_TEXT_LEN];

	if (b->what == FILTER_CLIENT)
		snprintf(out, FILTER_WHO_LEN, "%s %s", what, ip_text(&b->who.ip, src));
	else if (b->what == FILTER_SUPER_NODE)
		snprintf(out, FILTER_WHO_LEN, "%s %s %s", what, endpoint_text(&b->who, src), proto);
	else
		snprintf(out, FILTER_WHO_LEN, "%s %s > %s %s", what,
			 endpoint_text(&b->flow.src, src), endpoint_text(&b->flow.dst, dst), proto);
	return out;
}

static void reasons_text(FILE *out, const struct filter_block *b)
{
	char src[ENDPOINT_TEXT_LEN], dst[ENDPOINT_TEXT_LEN];

	if (!b->signature[0])
		return;
	fprintf(out, ": %s", quote_terminal(b->signature));
	fprintf(out, " %s", quote_terminal(b->rule));
	for (size_t i = 0; i < b->n_frames && i < FILTER_FRAMES; i++)
		fprintf(out, "%s %" PRIu64,
			i		  ? ","
			: b->n_frames > 1 ? ", frames"
					  : ", frame",
			b->frames[i]);
	if (b->what != FILTER_FLOW && b->flow.proto)
		fprintf(out, ", flow %s > %s %s", endpoint_text(&b->flow.src, src),
			endpoint_text(&b->flow.dst, dst), proto_text(b->flow.proto));
	if (b->flow_packets)
		fprintf(out, ", %" PRIu64 " packets of it", b->flow_packets);
}

void filter_line_text(FILE *out, const struct filter_block *b)
{
	char time[EVE_TIME_LEN], who[FILTER_WHO_LEN];

	fprintf(out, "%s%s", b->dry_run ? "dry run: " : "", outcome_text(b->outcome));
	if (b->outcome == FILTER_REPORT) {
		fprintf(out, ": %s\n", quote_terminal(b->why));
		return;
	}
	fprintf(out, " %s", filter_line_who(b, who));
	if (has_end(b->outcome) && b->until_ns)
		fprintf(out, " until %s", eve_time(b->until_ns, time));
	else if (has_end(b->outcome))
		fputs(" while it lasts", out);
	reasons_text(out, b);
	if (was_put(b->outcome))
		fprintf(out, "; in force %.3f ms after its packet", (double)b->latency_ns / 1e6);
	if (b->packets)
		fprintf(out, "; %" PRIu64 " packets stopped", b->packets);
	if (b->why[0])
		fprintf(out, "; %s", quote_terminal(b->why));
	if (b->suppressed)
		fprintf(out, " (and %" PRIu64 " more like it)", b->suppressed);
	fputc('\n', out);
}

/* ---- EVE ---- */

static void set_text(json_t *o, const char *key, const char *value)
{
	json_object_set_new(o, key, json_string(value));
}

static void set_number(json_t *o, const char *key, uint64_t value)
{
	json_object_set_new(o, key, json_integer((json_int_t)value));
}

static void set_time(json_t *o, const char *key, uint64_t ns)
{
	char time[EVE_TIME_LEN];

	if (ns)
		set_text(o, key, eve_time(ns, time));
}

static void set_flow(json_t *o, const struct tuple *flow)
{
	char text[IP_TEXT_LEN], id[COMMUNITY_ID_LEN];

	set_text(o, "src_ip", ip_text(&flow->src.ip, text));
	set_number(o, "src_port", flow->src.port);
	set_text(o, "dest_ip", ip_text(&flow->dst.ip, text));
	set_number(o, "dest_port", flow->dst.port);
	set_text(o, "proto", flow->proto == IPPROTO_UDP ? "UDP" : "TCP");
	community_id(flow, id);
	set_text(o, "community_id", id);
}

static void set_who(json_t *drop, const struct filter_block *b)
{
	char text[ENDPOINT_TEXT_LEN];

	set_text(drop, "what", filter_what_text(b->what));
	set_text(drop, "who",
		 b->what == FILTER_CLIENT ? ip_text(&b->who.ip, text)
					  : endpoint_text(&b->who, text));
	if (b->proto)
		set_text(drop, "proto", proto_text(b->proto));
	if (b->inside.family)
		set_text(drop, "client_ip", ip_text(&b->inside, text));
	set_time(drop, "since", b->since_ns);
	if (has_end(b->outcome))
		set_time(drop, "until", b->until_ns);
}

static void set_reasons(json_t *drop, const struct filter_block *b)
{
	json_t *frames;

	if (!b->signature[0])
		return;
	set_text(drop, "signature", b->signature);
	set_number(drop, "revision", b->revision);
	set_text(drop, "rule", b->rule);
	set_text(drop, "event", event_kind_text(b->kind));
	frames = json_array();
	for (size_t i = 0; i < b->n_frames && i < FILTER_FRAMES; i++)
		json_array_append_new(frames, json_integer((json_int_t)b->frames[i]));
	json_object_set_new(drop, "frames", frames);
	if (b->flow_packets)
		set_number(drop, "flow_packets", b->flow_packets);
}

json_t *filter_line_json(const struct filter_block *b, const char *host)
{
	json_t *o = json_object(), *drop = json_object();

	set_time(o, "timestamp", b->now_ns);
	set_text(o, "event_type", "drop");
	if (host)
		set_text(o, "host", host);
	if (b->outcome != FILTER_REPORT && b->flow.proto)
		set_flow(o, &b->flow);
	set_text(drop, "outcome", outcome_text(b->outcome));
	if (b->outcome != FILTER_REPORT) {
		set_who(drop, b);
		set_reasons(drop, b);
	}
	if (was_put(b->outcome))
		set_number(drop, "latency_us", b->latency_ns / 1000);
	if (b->packets) {
		set_number(drop, "pkts_stopped", b->packets);
		set_number(drop, "bytes_stopped", b->bytes);
	}
	if (b->why[0])
		set_text(drop, "reason", b->why);
	if (b->suppressed)
		set_number(drop, "suppressed", b->suppressed);
	if (b->dry_run)
		json_object_set_new(drop, "dry_run", json_true());
	json_object_set_new(o, "drop", drop);
	return o;
}
