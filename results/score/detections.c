// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * detections.c - the events of a detector, from memory or from an EVE file
 *
 * Reads EVE JSON lines as skypelab and Suricata write them. Only our own objects count: of event_type
 * "skype", or of another application whose object has a signature and an event, which Suricata's of
 * that name have not. Others (flow, dns, stats ...) are skipped, so the EVE file of a larger
 * deployment can be scored. An event needs src_ip, src_port, dest_ip, dest_port, proto and the
 * signature; the other fields are optional. A kind that nobody knows is refused: it could neither be
 * right nor wrong.
 */
#include <jansson.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>

#include "base/input.h"
#include "base/line.h"
#include "base/moment.h"
#include "base/quote.h"
#include "results/score/detections.h"

struct detections {
	struct detection *all; /* (owned) */
	size_t n, cap;
};

static const char *const kind_names[DETECTION_KINDS] = {
	[DETECTION_CLAIM] = "",
	[DETECTION_PROBE_ACCEPTED] = "probe-accepted",
	[DETECTION_SESSION_START] = "session-start",
	[DETECTION_SESSION_CHANGE] = "session-change",
	[DETECTION_SESSION_END] = "session-end",
	[DETECTION_CALL_START] = "call-start",
	[DETECTION_CALL_END] = "call-end",
};

enum detection_kind detection_kind_of(const char *event)
{
	for (int k = DETECTION_CLAIM + 1; k < DETECTION_KINDS; k++)
		if (!strcmp(event, kind_names[k]))
			return (enum detection_kind)k;
	return DETECTION_CLAIM;
}

static bool kind_known(const char *event)
{
	return !*event || !strcmp(event, "evidence") || !strcmp(event, "flow") ||
	       detection_kind_of(event) != DETECTION_CLAIM;
}

const char *detection_kind_text(enum detection_kind kind)
{
	return kind_names[kind];
}

struct detections *detections_new(void)
{
	return xcalloc(1, sizeof(struct detections));
}

void detections_free(struct detections *list)
{
	if (list)
		free(list->all);
	free(list);
}

void detections_add(struct detections *list, const struct detection *one)
{
	if (list->n == list->cap) {
		list->cap = list->cap ? list->cap * 2 : 256;
		list->all = xrealloc(list->all, list->cap * sizeof(*list->all));
	}
	list->all[list->n] = *one;
	if (!*one->application)
		snprintf(list->all[list->n].application, DETECTION_APPLICATION, "skype");
	list->n++;
}

size_t detections_count(const struct detections *list)
{
	return list->n;
}

const struct detection *detections_at(const struct detections *list, size_t i)
{
	return &list->all[i];
}

static const char *text_of(const json_t *o, const char *key)
{
	const char *s = json_string_value(json_object_get(o, key));

	return s ? s : "";
}

/* The application that an event of ours claims; NULL = it is none of ours. */
static const char *application_of(const json_t *o)
{
	const char *type = text_of(o, "event_type");
	const json_t *own = json_object_get(o, type);
	bool ours = json_is_string(json_object_get(own, "signature")) &&
		    json_is_string(json_object_get(own, "event"));

	return label_is(type, LABEL_SKYPE) || (ours && label_names_application(type)) ? type : NULL;
}

static int endpoint_of(const json_t *o, const char *ip, const char *port, struct endpoint *out)
{
	const json_t *p = json_object_get(o, port);

	if (!json_is_integer(p) || json_integer_value(p) < 0 || json_integer_value(p) > 65535)
		return -1;
	out->port = (uint16_t)json_integer_value(p);
	return ip_parse(text_of(o, ip), &out->ip);
}

/* The super node: an object {ip, port} or a text "ip:port". */
static void super_node_of(const json_t *own, struct endpoint *out)
{
	const json_t *sn = json_object_get(own, "super_node");

	if (json_is_object(sn) && endpoint_of(sn, "ip", "port", out) == 0)
		return;
	if (!json_is_string(sn) || endpoint_parse(json_string_value(sn), out) < 0)
		memset(out, 0, sizeof(*out));
}

/* The frame that completed the evidence: the event's pcap_cnt, else that of its last piece of
 * evidence; 0 when there is none. */
static uint64_t packet_of(const json_t *event, const json_t *own)
{
	const json_t *list = json_object_get(own, "evidence"), *one;
	const json_t *n = json_object_get(event, "pcap_cnt");

	if (json_integer_value(n) > 0 || !json_array_size(list))
		return (uint64_t)json_integer_value(n);
	one = json_array_get(list, json_array_size(list) - 1);
	return (uint64_t)json_integer_value(json_object_get(one, "pcap_cnt"));
}

/* 1 = @v filled, 0 = not an event of ours, -1 = @what is wrong or missing; a member of the
 * application's object begins with a dot. */
static int parse_event(const json_t *o, struct detection *v, const char **what)
{
	const char *application = application_of(o), *proto = text_of(o, "proto");
	const json_t *own, *rev;

	memset(v, 0, sizeof(*v));
	if (!application)
		return 0;
	own = json_object_get(o, application);
	label_copy(v->application, application);
	if (endpoint_of(o, "src_ip", "src_port", &v->tuple.src) < 0) {
		*what = "src_ip and src_port";
		return -1;
	}
	if (endpoint_of(o, "dest_ip", "dest_port", &v->tuple.dst) < 0) {
		*what = "dest_ip and dest_port";
		return -1;
	}
	v->tuple.proto = !strcasecmp(proto, "UDP")   ? IPPROTO_UDP
			 : !strcasecmp(proto, "TCP") ? IPPROTO_TCP
						     : 0;
	*what = "proto UDP or TCP";
	if (!v->tuple.proto)
		return -1;
	*what = ".signature of 1 to 63 bytes that can be printed";
	if (name_check(text_of(own, "signature"), sizeof(v->signature) - 1, NULL) < 0)
		return -1;
	*what = ".revision of at most 15 bytes that can be printed";
	if (*text_of(own, "revision") &&
	    name_check(text_of(own, "revision"), sizeof(v->revision) - 1, NULL) < 0)
		return -1;
	*what = "one of the kinds of skypelab-eve(5) as event";
	if (!kind_known(text_of(own, "event")))
		return -1;
	if (!moment_parse(text_of(o, "timestamp"), &v->ts_ns))
		v->ts_ns = 0;
	rev = json_object_get(own, "record");
	if (rev && moment_parse(text_of(rev, "start"), &v->from_ns) &&
	    moment_parse(text_of(rev, "end"), &v->to_ns)) {
		v->afterwards = true;
		v->ts_ns = v->from_ns;
	}
	snprintf(v->signature, sizeof(v->signature), "%s", text_of(own, "signature"));
	v->kind = detection_kind_of(text_of(own, "event"));
	rev = json_object_get(own, "revision");
	if (json_is_integer(rev))
		snprintf(v->revision, sizeof(v->revision), "%lld",
			 (long long)json_integer_value(rev));
	else
		snprintf(v->revision, sizeof(v->revision), "%s", text_of(own, "revision"));
	if (ip_parse(text_of(own, "client_ip"), &v->client) < 0)
		v->client = v->tuple.src.ip;
	super_node_of(own, &v->sn);
	v->packet = packet_of(o, own);
	return 1;
}

/* What is done with one event of line @no. */
typedef int (*event_fn)(void *arg, const json_t *event, const struct detection *v, unsigned no,
			struct err *e);

static int read_line(const char *line, size_t len, const char *path, unsigned no, event_fn fn,
		     void *arg, struct err *e)
{
	json_error_t je;
	json_t *o = json_loadb(line, len, 0, &je);
	const char *what = NULL;
	struct detection one;
	int rc = 0;

	if (!json_is_object(o))
		rc = err_set(e, "%s:%u: not a JSON object: %s", path, no,
			     o ? "another value" : je.text);
	else if (parse_event(o, &one, &what) < 0)
		rc = err_set(e, "%s:%u: a %s event without %s%s", path, no, one.application,
			     *what == '.' ? one.application : "", what);
	else if (*one.signature)
		rc = fn(arg, o, &one, no, e);
	json_decref(o);
	return rc;
}

static int read_events(const char *path, event_fn fn, void *arg, struct err *e)
{
	FILE *f = !strcmp(path, "-") ? stdin : input_open(path, e);
	unsigned no = 0;
	size_t cap = 0;
	char *line = NULL;
	ssize_t len;
	int rc = 0;

	if (!f)
		return -1;
	while (!rc && (len = line_read(&line, &cap, f)) != -1) {
		no++;
		if (len == -2)
			rc = err_set(e, "%s:%u: a line of more than %lu bytes", path, no,
				     LINE_BYTES);
		else if (len > 1)
			rc = read_line(line, (size_t)len, path, no, fn, arg, e);
	}
	free(line);
	if (f != stdin)
		fclose(f);
	return rc;
}

struct reading {
	struct detections *list;
	const char *capture;
};

static int keep(void *arg, const json_t *event, const struct detection *v, unsigned no,
		struct err *e)
{
	struct reading *r = arg;

	(void)no;
	(void)e;
	if (!r->capture || !strcmp(text_of(event, "pcap_filename"), r->capture))
		detections_add(r->list, v);
	return 0;
}

int detections_read_eve(struct detections *list, const char *path, struct err *e)
{
	return detections_read_eve_of(list, path, NULL, e);
}

int detections_read_eve_of(struct detections *list, const char *path, const char *capture,
			   struct err *e)
{
	struct reading r = {list, capture};

	return read_events(path, keep, &r, e);
}

struct check {
	const char *path;
	const char *const *captures;
	size_t n;
};

static int check_capture(void *arg, const json_t *event, const struct detection *v, unsigned no,
			 struct err *e)
{
	const struct check *c = arg;
	const char *name = text_of(event, "pcap_filename");

	for (size_t i = 0; i < c->n; i++)
		if (!strcmp(c->captures[i], name))
			return 0;
	if (!*name)
		return err_set(e,
			       "%s:%u: a %s event without pcap_filename, which says the capture "
			       "(such as %s) that it is of",
			       c->path, no, v->application, c->n ? c->captures[0] : "-");
	return err_set(e, "%s:%u: pcap_filename is \"%s\", but the captures are %s%s", c->path, no,
		       name, c->n ? c->captures[0] : "none", c->n > 1 ? " and others" : "");
}

int detections_check_captures(const char *path, const char *const *captures, size_t n,
			      struct err *e)
{
	struct check c = {path, captures, n};

	return read_events(path, check_capture, &c, e);
}
