/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef REPLAY_FRAMEPLAY_H
#define REPLAY_FRAMEPLAY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/addr.h"
#include "base/err.h"
#include "base/loop.h"
#include "base/truth.h"
#include "replay/recorded/frame.h"

/*
 * Replay by frame between two nodes of a lab: the recorded client's frames leave the node that
 * plays it, those of its remotes leave the internet's node. Nobody listens: whether a frame arrives
 * changes nothing about those after it.
 */
struct frameplay;

/**
 * struct frameplay_spec - what to send
 * @capture:	Path of the capture
 * @labels:	Path of its label file, or NULL: every flow is labelled unknown
 * @client:	The recorded client's address; family 0 = found from the packets
 * @version:	Traffic version written into truth, may be ""
 * @rules:	Maps of addresses and ports for the remotes' side; what else it holds is not used
 * @pacing:	When each frame is due
 * @to_s:	Only the first so many recorded seconds; 0 = all
 */
struct frameplay_spec {
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
struct frameplay *frameplay_load(const struct frameplay_spec *spec, struct err *e);
/* What is wrong with the capture (one line), of which the good part is played; NULL = nothing. */
const char *frameplay_damage(const struct frameplay *p);
void frameplay_free(struct frameplay *p);
/* The remotes' addresses as they will be in the lab, each once; valid until frameplay_free(). */
const struct ip *frameplay_remotes(const struct frameplay *p, size_t *n);

/* One of the two places frames leave from: an interface `eth0` in a namespace, its MAC and that of
 * its only neighbour. */
struct frameplay_side {
	int netns;
	const char *node;
	uint8_t own_mac[6], peer_mac[6];
};

/* Arms the first frame at now. @client_ip: the client's address in the lab, which the internet
 * knows too. @done is called once after the last frame. 0, or -1 with @e set. */
int frameplay_start(struct frameplay *p, struct loop *loop, struct truth_log *truth,
		    const struct frameplay_side *client, const struct frameplay_side *remote,
		    const struct ip *client_ip, void (*done)(void *arg), void *arg, struct err *e);

struct frameplay_stats {
	uint64_t sent; /* frames of the capture; fragments of one count as it */
	uint64_t not_ipv4, other_hosts, multicast; /* left out */
	uint64_t failed;			   /* the kernel did not take them */
};
/* 0, or -1 with @e set: the sending broke off. */
int frameplay_ended(const struct frameplay *p, struct err *e);
void frameplay_stats(const struct frameplay *p, struct frameplay_stats *out);

#endif
