/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef ANALYSIS_TALK_HERE_H
#define ANALYSIS_TALK_HERE_H

#include <uthash.h>

#include "analysis/message/stream.h"
#include "analysis/talk/spread.h"

/* What is here: hosts, ports, protocols, and which ports each configuration used. */

#define HERE_HOSTS    65536 /* more are counted, not listed */
#define HERE_SERVICES 65536

struct here_count {
	uint64_t flows, answered;
};

/**
 * struct here_host - an address
 * @opened, @taken: Flows that it opened, and that others opened to it, by protocol (0 = UDP)
 * @midway:	TCP flows whose beginning is not in the capture: nobody knows who opened them
 * @messages, @bytes: Of payload, 0 = sent, 1 = received
 * @first_ns, @last_ns: Of its packets
 */
struct here_host {
	struct ip ip;
	struct here_count opened[2], taken[2];
	uint64_t midway;
	uint64_t messages[2], bytes[2];
	uint64_t first_ns, last_ns;
	UT_hash_handle hh;
};

struct here_service_key {
	uint8_t proto, zero;
	uint16_t port;
};

/* A protocol and the port to which flows were opened. */
struct here_service {
	struct here_service_key key;
	struct here_count count;
	uint64_t messages[2], bytes[2]; /* 0 = from the openers */
	uint64_t midway;
	struct spread lasted; /* answered flows, first to last packet */
	uint16_t input;	      /* an example: */
	uint64_t number;      /* first frame of the first flow, answered if one was */
	bool number_answered;
	UT_hash_handle hh;
};

#define HERE_PORTS 32

/**
 * struct here_usage - what is counted by configuration
 * @ports, @ports_n: Ports that have a column of their own; others are above 1024, or not
 * @configs, @configs_n: Names of configurations
 * @config_of: By capture (message_flow.input), index of its configuration; @inputs of them
 *
 * All borrowed. The columns are the ports, then "above 1024", then "1024 and below".
 */
struct here_usage {
	const uint16_t *ports;
	size_t ports_n;
	const char *const *configs;
	size_t configs_n;
	const uint32_t *config_of;
	size_t inputs;
};

struct here {
	struct here_host *hosts;       /* (owned) by address, in no order */
	struct here_service *services; /* (owned) likewise */
	struct here_host *
		*by_opened; /* (owned array) from here_finish() on: most flows opened first */
	struct here_service **by_flows; /* (owned array) likewise: most flows first */
	size_t hosts_n, services_n;
	uint64_t hosts_left_out, services_left_out;
	struct here_usage usage;
	struct here_count *counts; /* (owned) by configuration, protocol, column: here_used() */
	struct here_count total[2];
	uint64_t midway, packets, messages, bytes;
	uint64_t first_ns, last_ns; /* of flows */
	uint64_t refused; /* TCP flows that the other side reset before it said anything */
	uint64_t retried; /* TCP flows with more than one SYN */
};

void here_begin(struct here *h, const struct here_usage *usage);
/* A flow has ended. */
void here_flow(struct here *h, const struct message_flow *f);
/* After the last flow: puts hosts and services in order. */
void here_finish(struct here *h);
void here_clear(struct here *h);
size_t here_columns(const struct here_usage *u);
/* "443", "above 1024"; @text holds 24 bytes. Returns it. */
const char *here_column(const struct here_usage *u, size_t column, char text[24]);
/* @tcp 0 or 1 */
const struct here_count *here_used(const struct here *h, size_t config, int tcp, size_t column);

#endif
