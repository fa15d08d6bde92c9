// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * eve_block.c - a line of EVE about a block, as the filter's own line
 *
 * As eve_reader.c: hostile until checked. Suricata writes lines of the same type, whose object has no
 * outcome. What is read is what a picture shows (operator/filter/shown.c); other members are passed over.
 */
#include <netinet/in.h>
#include <string.h>

#include "operator/filter/line.h"
#include "operator/merge/eve_block.h"
#include "operator/merge/eve_members.h"

static int proto_of(const json_t *drop, struct filter_block *b, struct err *e)
{
	const char *proto = eve_text(drop, "proto");

	if (!proto || (strcmp(proto, "tcp") != 0 && strcmp(proto, "udp") != 0))
		return err_set(e, "proto of a block is neither tcp nor udp");
	b->proto = proto[0] == 't' ? IPPROTO_TCP : IPPROTO_UDP;
	return 0;
}

static int who_of(const json_t *drop, struct filter_block *b, struct err *e)
{
	const char *who = eve_text(drop, "who");
	int rc = -1;

	if (b->what == FILTER_FLOW && !b->flow.proto)
		return err_set(e, "a block of a flow names none");
	if (b->what != FILTER_CLIENT && proto_of(drop, b, e) < 0)
		return -1;
	if (who)
		rc = b->what == FILTER_CLIENT ? ip_parse(who, &b->who.ip)
					      : endpoint_parse(who, &b->who);
	return rc < 0 ? err_set(e, "who is not what a block is of") : 0;
}

static int client_of(const json_t *drop, struct filter_block *b, struct err *e)
{
	const char *inside = eve_text(drop, "client_ip");

	b->client = b->flow.src.ip;
	if (json_object_get(drop, "client_ip") && (!inside || ip_parse(inside, &b->inside) < 0))
		return err_set(e, "client_ip of a block is no address");
	return 0;
}

int eve_block(const json_t *o, struct filter_block *b, struct err *e)
{
	const json_t *drop = json_object_get(o, "drop");
	const char *outcome = eve_text(drop, "outcome"), *what = eve_text(drop, "what");

	memset(b, 0, sizeof(*b));
	if (!outcome || !what || !filter_line_outcome(outcome, &b->outcome) ||
	    b->outcome == FILTER_REFUSED || b->outcome == FILTER_REPORT)
		return 0;
	if (!filter_what_parse(what, &b->what))
		return err_set(e, "what of a block is no kind of block");
	if (eve_time_of(o, "timestamp", &b->now_ns, e) < 0 ||
	    (json_object_get(o, "src_ip") && eve_flow(o, &b->flow, e) < 0) ||
	    (json_object_get(drop, "until") && eve_time_of(drop, "until", &b->until_ns, e) < 0) ||
	    who_of(drop, b, e) < 0 || client_of(drop, b, e) < 0 ||
	    eve_word(drop, "signature", b->signature, sizeof(b->signature), false, e) < 0 ||
	    eve_word(drop, "rule", b->rule, sizeof(b->rule), false, e) < 0 ||
	    eve_flag(drop, "dry_run", &b->dry_run, e) < 0)
		return -1;
	return 1;
}
