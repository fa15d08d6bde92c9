/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef REPLAY_RECORDED_FLOWS_H
#define REPLAY_RECORDED_FLOWS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <uthash.h>

#include "base/addr.h"
#include "base/capture/packet.h"
#include "base/label.h"
#include "base/truth.h"
#include "replay/dialog/dialog.h"

/* A message of a recorded flow. */
struct rec_message {
	uint64_t ts_ns; /* since the recording's first packet */
	size_t at;	/* where its bytes begin in the flow's data */
	uint32_t len;
	bool from_opener;
	bool push; /* TCP: its last segment had PSH */
};

/* A TCP segment that came too early. */
struct rec_segment {
	uint32_t seq, len;
	uint64_t ts_ns;
	bool push;
	uint8_t *data; /* (owned) */
	struct rec_segment *next;
};

/* Bytes that never came, or have not come yet, while too many behind them waited. */
struct rec_hole {
	uint32_t from, to; /* sequence numbers; @to is behind the last */
};

struct rec_key {
	struct endpoint client, remote;
	uint8_t proto;
};

/* A recorded flow. */
struct rec_flow {
	struct rec_key key;
	bool inbound;		 /* a remote opened it */
	bool syn_seen, accepted; /* TCP: the SYN; the answer to it */
	bool refused;		 /* TCP: the SYN was answered by a reset */
	const char *unplayable;	 /* why it cannot be played; NULL = it can */
	uint64_t first_ns;	 /* times are since the recording's first packet */
	enum dialog_close close;
	bool ended;	      /* TCP: FIN or RST was seen */
	uint64_t end_ns;      /* ... and when */
	uint32_t next_seq[2]; /* by direction: 0 = from the client */
	bool seq_known[2];
	struct rec_segment *held[2];	  /* (owned) by sequence number */
	struct rec_segment *held_last[2]; /* of them, while there is one */
	uint32_t held_count[2];
	struct rec_hole *closed[2]; /* (owned) the last ones that were given up */
	uint32_t closed_count[2], closed_next[2];
	uint64_t late; /* bytes that came for these, and are left out */
	uint8_t *data; /* (owned) */
	size_t data_len, data_cap;
	struct rec_message *messages; /* (owned) */
	uint32_t message_count, message_cap;
	uint64_t bytes; /* payload */
	char label[LABEL_LEN];
	char reason[TRUTH_REASON_LEN];
	struct endpoint played; /* the remote in the lab, set by whoever replays it */
	UT_hash_handle hh;
};

/* The flows of a capture, as seen from one of its hosts. */
struct recording {
	struct ip client;
	struct ip public_ip;	/* the client's, as remotes wrote it into payloads; family 0 =
				 * unknown */
	struct rec_flow *flows; /* (owned) in order of their first packet */
	uint64_t length_ns;	/* from the first to the last packet */
	char damage[500];	/* what is wrong with the capture, whose good part is used; or "" */
	bool no_payloads;	/* only flows, openers and labels are wanted */
	size_t client_flows;
	uint64_t late;	  /* bytes left out: more than 4,096 segments had waited for them */
	uint64_t skipped; /* packets of other protocols */
};

/* The flow of a packet, made where it is the first one. *@from_client is the packet's direction:
 * from the client or, between other hosts, from the side that was seen first. */
struct rec_flow *rec_flow_of(struct recording *r, const struct packet *p, bool *from_client);
/* The flow between two ends, in either direction; NULL = none. */
struct rec_flow *rec_flow_find(const struct recording *r, uint8_t proto, const struct endpoint *a,
			       const struct endpoint *b);
void rec_flows_free(struct recording *r);

/* False for multicast, broadcast and the unspecified address. */
bool is_host_address(const struct ip *a);

#endif
