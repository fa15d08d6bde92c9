/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef DETECTOR_EVE_H
#define DETECTOR_EVE_H

#include <stdio.h>

#include "base/err.h"
#include "detector/detector.h"

/* "2006-08-25T19:32:12.123456+0000" with NUL: UTC, as Suricata writes it. */
#define EVE_TIME_LEN 40
const char *eve_time(uint64_t ts_ns, char out[EVE_TIME_LEN]);

/**
 * struct eve_live - what `skypelab watch` says beside what `detect` does
 * @host:	The sensor's name
 * @answered:	An exchange both ways, whose reply refers to the request
 * @in_part:	Packets were lost while it was seen
 */
struct eve_live {
	const char *host;
	bool answered, in_part;
};

/**
 * struct eve_origin - where the packets of an event came from
 * @file:	Capture file, for "pcap_filename"; NULL when live
 * @iface:	Interface, for "in_iface"; NULL when not live
 * @explain:	Add to each message of the evidence the byte ranges and the rule's line
 * @live:	Add what it says, and the flow so far; NULL = do not
 */
struct eve_origin {
	const char *file, *iface;
	bool explain;
	const struct eve_live *live;
};

/**
 * struct eve - a stream of events
 * @f:		Where they go (the caller's)
 * @flow, @application, @number, @ts_ns, @file, @iface, @host: What @head was written for
 * @head:	First @head_n bytes: the beginning of a line, up to the signature; 0 = none
 * @src_at, @src_n, @number_at, @number_n: Where @head has flow.src's address, and @number
 * @second:	The second that @date is the text of
 * @words:	What events of one rule have in common, by a hash of it: first @to_ip bytes from the
 *		signature to the client's address, then to the time of the first message
 *
 * All but @f is kept because events of several signatures often stand on one packet, and their
 * lines begin alike.
 */
struct eve {
	FILE *f;
	struct tuple flow;
	const char *application;
	uint64_t number, ts_ns;
	const char *file, *iface, *host;
	size_t head_n, src_at, src_n, number_at, number_n;
	char head[512];
	uint64_t second;
	char date[EVE_TIME_LEN];
	struct eve_words {
		const char *signature, *rule, *message;
		unsigned revision;
		enum event_kind kind;
		size_t n, to_ip;
		char text[208];
	} words[64];
};

void eve_begin(struct eve *w, FILE *f);
/* Writes one event as a line of EVE JSON (skypelab-eve(5)). 0, or -1 with @e set when the stream
 * cannot be written. */
int eve_write(struct eve *w, const struct detection_event *ev, const struct eve_origin *from,
	      struct err *e);

#endif
