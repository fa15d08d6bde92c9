/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef ANALYSIS_CLAIMS_SCENE_H
#define ANALYSIS_CLAIMS_SCENE_H

#include <stdbool.h>

#include "analysis/message/stream.h"
#include "base/tsv.h"
#include "results/score/labels.h"
#include "results/score/source.h"
#include "results/score/table.h"

/* One capture in memory, as far as claims look at it: its flows, labelled, and their messages. */

#define SCENE_BYTES	(256UL << 20) /* at most, of flows and messages; later ones are left out */
#define SCENE_KEEP	256	      /* first bytes kept of a message */
#define SCENE_KEEP_LATE 16 /* of one that is not among the first SCENE_FIRST of its flow */
#define SCENE_FIRST	64
#define SCENE_MESSAGES	8192 /* of a flow */

struct scene_message {
	uint64_t ts_ns, number;
	uint32_t size, kept, nth,
		place; /* @nth: of its side, from 1; @place: of the flow, from 1 */
	bool from_client, from_opener, broken;
	uint8_t *bytes; /* (owned) */
	struct scene_flow *flow;
};

/**
 * struct scene_flow - a flow
 * @client, @server: Its ends: the client is the one that the label names, else the opener
 * @whose:	Its label is the application (true) or another, not "unknown"
 * @unknown:	No label says what it is
 * @peer:	The server runs a client, too
 * @quiet_ns:	From the last message to the close; 0 = it was not seen to close
 */
struct scene_flow {
	uint64_t id;
	struct scene_flow *before; /* of the same client; NULL = it is its first */
	uint8_t proto;
	struct endpoint client, server;
	bool client_opened, application, unknown, session, begun, closed, peer;
	uint32_t syn, synack;
	uint64_t first_ns, last_ns, first_number, quiet_ns, last_message_ns;
	char reason[160];
	struct scene_message *messages; /* (owned) */
	uint32_t n, cap;
	uint64_t total[2]; /* messages from the opener, and to it, kept or not */
};

/* Counts of a signature over a scene. */
struct scene_score {
	const char *signature; /* (owned by whoever made the scene) */
	const char *vantage;
	double cut;
	enum score_unit unit;
	uint64_t tp, fp, fn, tn;
};

/**
 * struct claim_scene - a capture
 * @name:	Cell or capture; @group: what its figures are listed under
 * @capture:	Path for examples
 * @settings:	"operation=call", "version=1.4", "caller_nat=public"; tab-separated
 */
struct claim_scene {
	enum traffic_source source;
	char *name, *group, *capture, *settings; /* (owned) */
	char *folder;				 /* (owned) of its tables, NULL = none */
	bool has_others;			 /* it holds traffic of other applications */
	uint64_t first_ns, last_ns, packets;
	struct scene_flow **flows; /* (owned) in order of time of first packet */
	size_t n, cap;
	struct scene_message **order; /* (owned) all messages in order of time */
	size_t order_n;
	struct scene_score *scores; /* (owned) */
	size_t scores_n, scores_cap;
	uint64_t left_out; /* flows and messages for want of room */
	size_t bytes;
};

/* @name, @group, @capture, @settings are copied. Never NULL. */
struct claim_scene *claim_scene_new(enum traffic_source source, const char *name, const char *group,
				    const char *capture, const char *settings);
void claim_scene_free(struct claim_scene *s);
/* Reads a capture. @labels: NULL = every flow is another application's; @target: the application. 0, or
 * -1 with @e set: unreadable from some point on; what came before it is there. */
int claim_scene_read(struct claim_scene *s, const char *path, const struct labels *labels,
		     struct err *e);
/* Whether the scene meets every one of "name=value|value", "name!=value" (claim_value_meets()); one that
 * it does not have is "". */
bool claim_scene_meets(const struct claim_scene *s, char *const *where, unsigned n);
/* Whether @value is one of the patterns (fnmatch) of "a|b"; "a|" is a or nothing. */
bool claim_value_meets(const char *value, const char *choices);

#endif
