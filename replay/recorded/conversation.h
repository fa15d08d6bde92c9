/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef REPLAY_RECORDED_CONVERSATION_H
#define REPLAY_RECORDED_CONVERSATION_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/addr.h"
#include "base/err.h"
#include "base/loop.h"
#include "base/truth.h"
#include "replay/dialog/dialog.h"
#include "replay/recorded/fate.h"

/*
 * Replay by conversation: the payloads of a recorded capture are sent again over real sockets. One
 * node plays the recorded client; the recorded remotes keep their addresses and ports, which the
 * lab must make local to the internet node (conversation_remotes() lists them).
 */
struct conversation;

/**
 * struct conversation_spec - what to replay
 * @capture:	Path of the capture
 * @labels:	Path of its label file (TSV), or NULL: every flow is labelled unknown
 * @client:	The recorded client's address; family 0 = found from the packets
 * @version:	Traffic version written into truth ("1.2"), may be ""
 * @keep_addresses: Leave addresses inside Skype payloads (functions 3, 5, 7) as recorded
 * @to_s:	Only the first so many recorded seconds; 0 = all
 */
struct conversation_spec {
	const char *capture;
	const char *labels;
	struct ip client;
	const char *version;
	bool keep_addresses;
	double to_s;
};

/* Reads the capture and rebuilds every flow of the client. A capture that is cut off is used as
 * far as it goes, see conversation_damage(). NULL with @e set. */
struct conversation *conversation_load(const struct conversation_spec *spec, struct err *e);
/* What is wrong with the capture (one line), in which case its good part is played; or NULL. */
const char *conversation_damage(const struct conversation *c);
void conversation_free(struct conversation *c);

/* Every remote address of the recording, each once. Valid until conversation_free(). */
const struct ip *conversation_remotes(const struct conversation *c, size_t *n);
/* All flows of the capture, including those that cannot be played. */
size_t conversation_flow_count(const struct conversation *c);

/**
 * struct conversation_nodes - where to play it
 * @client_netns, @client_node, @client_ip: The node that plays the client and its own address
 * @remote_netns, @remote_node: The node that holds the remotes' addresses
 * @public_ip:	Address under which the internet reaches the client (its own, or its NAT's);
 *		flows that a remote opened are sent there, to the recorded port
 */
struct conversation_nodes {
	int client_netns;
	const char *client_node;
	struct ip client_ip;
	int remote_netns;
	const char *remote_node;
	struct ip public_ip;
};

/* Arms every flow at its recorded time after now. @done (may be NULL) is called once when the last
 * flow has ended. The truth log of @dialogs gets a row per flow that was opened; @dialogs must
 * outlive @c. 0, or -1 with @e set. */
int conversation_start(struct conversation *c, struct dialogs *dialogs, uint64_t seed,
		       const struct conversation_nodes *where, void (*done)(void *arg), void *arg,
		       struct err *e);
/* Closes all flows that are still open. */
void conversation_finish(struct conversation *c);

/* What became of one recorded flow. */
struct conversation_fate {
	struct tuple recorded; /* src = who opened it in the recording */
	struct tuple played;   /* as the opener's socket saw it; proto 0 = never opened */
	bool inbound;	       /* a remote opened it */
	char label[LABEL_LEN];
	char reason[TRUTH_REASON_LEN];
	enum fate fate;
	const char *note;  /* not played: "ipv6", "multicast-or-broadcast", "other-host", "port-0",
			    * "nothing-to-send", "not-begun"; played: "from-its-middle" = the
			    * capture lacks the TCP handshake, which the play has; else NULL */
	uint32_t message;  /* from 1: first message that did not arrive (cut) */
	uint32_t messages; /* in the recording */
	uint64_t bytes;	   /* payload bytes in the recording */
	uint64_t arrived;  /* payload bytes that arrived */
	uint64_t opened_ns, ended_ns; /* emulated */
};
void conversation_fate(const struct conversation *c, size_t i, struct conversation_fate *out);
/* fates.tsv: one row per flow, columns as above. 0, or -1 with @e set. */
int conversation_write_fates(const struct conversation *c, const char *path, struct err *e);

#endif
