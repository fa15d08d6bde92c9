/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef REPLAY_RECORDING_H
#define REPLAY_RECORDING_H

#include <uthash.h>

#include "replay/recorded/conversation.h"
#include "replay/dialog/dialog.h"

/* Private remotes cannot stand on the lab's internet: from here on (198.18.0.1, RFC 2544's block
 * for tests) each gets an address of its own. */
#define STAND_INS 0xc6120001u

/* A message of a recorded flow. */
struct rec_message {
	uint64_t ts_ns; /* since the recording's first packet */
	size_t at;	/* of its bytes, in the flow's data */
	uint32_t len;
	bool from_opener;
	bool push; /* TCP: its last segment had PSH */
};

/* A TCP segment that came before its turn. */
struct rec_segment {
	uint32_t seq, len;
	uint64_t ts_ns;
	bool push;
	uint8_t *data; /* (owned) */
	struct rec_segment *next;
};

struct rec_key {
	struct endpoint client, remote;
	uint8_t proto;
};

/* A flow of the recorded client, and later its play. */
struct rec_flow {
	struct rec_key key;
	bool inbound;		 /* a remote opened it */
	bool syn_seen, accepted; /* TCP: the SYN; the answer to it */
	bool refused;		 /* TCP: the SYN was answered by a reset */
	const char *unplayable;	 /* why it cannot be played; NULL = it can */
	uint64_t first_ns;
	enum dialog_close close;
	bool ended;	      /* TCP: FIN or RST was seen */
	uint64_t end_ns;      /* ... and when */
	uint32_t next_seq[2]; /* by direction: 0 = from the client */
	bool seq_known[2];
	struct rec_segment *held[2];
	uint8_t *data;
	size_t data_len, data_cap;
	struct rec_message *messages;
	uint32_t message_count, message_cap;
	uint64_t bytes;
	enum flow_label label;
	char reason[48];
	struct endpoint played; /* the remote in the lab */
	/* play */
	struct conversation *conversation;
	struct loop_timer timer;
	uint32_t turn;
	uint32_t waited;       /* times its opening was put off */
	struct dialog *dialog; /* while it is open */
	bool done;
	struct dialog_result result;
	UT_hash_handle hh;
};

struct recording {
	struct ip client;
	struct ip
		public_ip; /* the client's, as remotes wrote it into payloads; family 0 = unknown */
	struct rec_flow *flows; /* in order of their first packet */
	uint64_t length_ns;
	char damage[500]; /* what is wrong with the capture, which is used as far as it goes; or ""
			   */
	bool no_payloads; /* only flows, openers and labels are wanted */
	size_t client_flows;
	uint64_t skipped; /* packets of other protocols */
};

/* Reads @spec->capture; labels are put on. 0, or -1 with @e set. */
int recording_read(struct recording *r, const struct conversation_spec *spec, struct err *e);
/* Steps of recording_read(), in recording_who.c. */
struct capture *recording_open(const char *path, struct err *e);
int recording_find_client(struct recording *r, const char *path, struct err *e);
int recording_labels(struct recording *r, const char *path, struct err *e);
void recording_find_public(struct recording *r);
/* The flow between two ends, in either direction; NULL = none. */
struct rec_flow *recording_flow(const struct recording *r, uint8_t proto, const struct endpoint *a,
				const struct endpoint *b);
/* Multicast, broadcast, or no host's address at all. */
bool not_unicast(const struct ip *a);
void recording_free(struct recording *r);

/* Skype payloads that carry an IPv4 address: its offset for a message of this direction, and whose
 * address it is; -1 = none. Layouts: functions 5 and 7 are 11 bytes with the receiver's address at
 * 3; function 3 has the receiver's address at 8 (Biondi and Desclaux 2006; measured in captures of
 * 2006 and 2013). */
int payload_address(const uint8_t *p, uint32_t len);

#endif
