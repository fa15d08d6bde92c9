/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef REPLAY_RECORDED_FRAME_REPLAY_H
#define REPLAY_RECORDED_FRAME_REPLAY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/addr.h"
#include "base/err.h"
#include "base/loop.h"
#include "base/truth.h"
#include "replay/recorded/frame_pacing.h"
#include "replay/recorded/frame_rules.h"

/*
 * Replay by frame between two nodes of a lab: the recorded client's frames leave the node that
 * plays it, and those of its remotes leave the internet's node. Nobody answers them: whether a
 * frame arrives changes nothing about the frames after it.
 */
struct frame_replay;

/**
 * struct frame_replay_spec - what to send
 * @capture:	Path of the capture
 * @labels:	Path of its label file, or NULL: every flow is labelled unknown
 * @client:	The recorded client's address; family 0 = found from the packets
 * @version:	Traffic version written into truth, may be ""
 * @rules:	Maps of addresses and ports for the remotes' side; its other members are not used
 * @pacing:	When each frame is due
 * @to_s:	Only the first so many recorded seconds; 0 = all
 */
struct frame_replay_spec {
	const char *capture;
	const char *labels;
	struct ip client;
	const char *version;
	struct frame_rules rules;
	struct frame_pacing pacing;
	double to_s;
};

/* Reads the capture once: its client, flows and labels. A capture that is cut off is used as far as
 * it goes. NULL with @e set. */
struct frame_replay *frame_replay_load(const struct frame_replay_spec *spec, struct err *e);
/* What is wrong with the capture (one line), in which case its good part is played; or NULL. */
const char *frame_replay_damage(const struct frame_replay *p);
void frame_replay_free(struct frame_replay *p);
/* The remotes' addresses as they will be in the lab, each once; valid until frame_replay_free(). */
const struct ip *frame_replay_remotes(const struct frame_replay *p, size_t *n);

/* One of the two places from which frames are sent: an interface `eth0` in a namespace, its MAC and
 * that of its only neighbour. */
struct frame_replay_side {
	int netns;
	const char *node;
	uint8_t own_mac[6], peer_mac[6];
};

/* Arms the first frame for now. @client_ip: the client's address in the lab, which must be valid on
 * the internet as well. @done is called once after the last frame. 0, or -1 with @e set. */
int frame_replay_start(struct frame_replay *p, struct loop *loop, struct truth_log *truth,
		       const struct frame_replay_side *client,
		       const struct frame_replay_side *remote, const struct ip *client_ip,
		       void (*done)(void *arg), void *arg, struct err *e);

struct frame_replay_stats {
	uint64_t sent;			/* frames of the capture; the pieces of one count as it */
	uint64_t segmented, fragmented; /* of them, because they are longer than the MTU */
	uint64_t too_long;		/* not sent: longer, and cannot be cut */
	uint64_t not_ipv4, other_hosts, multicast; /* left out */
	uint64_t failed;			   /* refused by the kernel */
};
/* 0, or -1 with @e set: sending failed before the last frame, or not every frame could be sent. */
int frame_replay_ended(const struct frame_replay *p, struct err *e);
void frame_replay_stats(const struct frame_replay *p, struct frame_replay_stats *out);

#endif
