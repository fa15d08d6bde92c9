// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * eve_members.c - members of a line of EVE, each of one type and one range
 *
 * A line is hostile until all of it that is used was checked; here is how one member is.
 */
#include <netinet/in.h>
#include <stdio.h>
#include <string.h>

#include "base/moment.h"
#include "operator/merge/eve_members.h"
#include "operator/sighting.h"

const char *eve_text(const json_t *o, const char *key)
{
	return json_string_value(json_object_get(o, key));
}

int eve_number(const json_t *o, const char *key, uint64_t most, uint64_t *out, struct err *e)
{
	const json_t *v = json_object_get(o, key);

	if (!json_is_integer(v) || json_integer_value(v) < 0 ||
	    (uint64_t)json_integer_value(v) > most)
		return err_set(e, "%s is no whole number from 0 to %llu", key,
			       (unsigned long long)most);
	*out = (uint64_t)json_integer_value(v);
	return 0;
}

/* As eve_number(), but it may be missing: then 0. */
int eve_number_or_none(const json_t *o, const char *key, uint64_t *out, struct err *e)
{
	*out = 0;
	return json_object_get(o, key) ? eve_number(o, key, INT64_MAX, out, e) : 0;
}

/* Without a zone nobody knows whose clock it is. */
int eve_time_of(const json_t *o, const char *key, uint64_t *ns, struct err *e)
{
	const char *text = eve_text(o, key), *clock = text ? strchr(text, 'T') : NULL;

	if (clock && strpbrk(clock, "Z+-") && moment_parse(text, ns))
		return 0;
	return err_set(e, "%s is no time as 2006-08-25T19:32:12.123456+0000", key);
}

int eve_endpoint(const json_t *o, const char *ip, const char *port, struct endpoint *out,
		 struct err *e)
{
	const char *text = eve_text(o, ip);
	uint64_t n = 0;

	if (!text || ip_parse(text, &out->ip) < 0)
		return err_set(e, "%s is no address", ip);
	if (eve_number(o, port, UINT16_MAX, &n, e) < 0)
		return -1;
	out->port = (uint16_t)n;
	return 0;
}

int eve_word(const json_t *o, const char *key, char *out, size_t room, bool needed, struct err *e)
{
	const json_t *v = json_object_get(o, key);

	if ((v || needed) && !json_is_string(v))
		return err_set(e, "%s is no text", key);
	sighting_text(out, room, json_string_value(v));
	return 0;
}

int eve_flag(const json_t *o, const char *key, bool *out, struct err *e)
{
	const json_t *v = json_object_get(o, key);

	if (v && !json_is_boolean(v))
		return err_set(e, "%s is neither true nor false", key);
	*out = json_is_true(v);
	return 0;
}

int eve_flow(const json_t *o, struct tuple *flow, struct err *e)
{
	const char *proto = eve_text(o, "proto");

	if (!proto || (strcmp(proto, "TCP") && strcmp(proto, "UDP")))
		return err_set(e, "proto is neither TCP nor UDP");
	flow->proto = proto[0] == 'T' ? IPPROTO_TCP : IPPROTO_UDP;
	if (eve_endpoint(o, "src_ip", "src_port", &flow->src, e) < 0 ||
	    eve_endpoint(o, "dest_ip", "dest_port", &flow->dst, e) < 0)
		return -1;
	if (flow->src.ip.family != flow->dst.ip.family)
		return err_set(e, "src_ip and dest_ip are of two families");
	return 0;
}
