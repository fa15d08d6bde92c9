/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef ANALYSIS_CLAIMS_CLAIMS_H
#define ANALYSIS_CLAIMS_CLAIMS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "detector/language/number_set.h"

/* A claim file, skypelab-claims(5), as structures. What libcyaml fills comes first in each. */

struct claim_texts {
	char **items;
	unsigned n;
};

enum claim_proto { CLAIM_ANY_PROTO, CLAIM_UDP, CLAIM_TCP };
enum claim_side { CLAIM_EITHER, CLAIM_CLIENT, CLAIM_SERVER, CLAIM_OPENER, CLAIM_ANSWERER };
enum claim_yes { CLAIM_DONT_CARE, CLAIM_YES, CLAIM_NO };

enum claim_test_kind {
	CLAIM_BYTES,   /* "2: ?7" */
	CLAIM_EQUAL,   /* "0+2 = U1@0" */
	CLAIM_SIZE,    /* "size = U1+5" */
	CLAIM_ADDRESS, /* "3+4 address public" */
	CLAIM_NIBBLES, /* "nibbles 4+2 = 14" */
	CLAIM_HOLDS,   /* "contains 00 0c ??" */
};
enum claim_address { CLAIM_PUBLIC, CLAIM_PRIVATE, CLAIM_SENDER, CLAIM_RECEIVER };

#define CLAIM_PATTERN 128 /* bytes in a pattern */
#define CLAIM_STEPS   8	  /* messages in a sequence */
#define CLAIM_TESTS   12

/**
 * struct claim_test - one condition on a message's bytes
 * @not:	Holds when the condition does not
 * @at, @length: Bytes it looks at
 * @to:		Index of the message that it compares with, in the set's messages; -1 = itself
 * @there:	EQUAL, NIBBLES: offset there; SIZE: what is added
 * @value, @mask: BYTES, HOLDS: @length bytes
 */
struct claim_test {
	enum claim_test_kind kind;
	bool not ;
	uint32_t at, length;
	int to;
	int32_t there;
	enum claim_address address;
	uint8_t value[CLAIM_PATTERN], mask[CLAIM_PATTERN];
};

/* A kind of message. */
struct claim_message {
	char *name;
	enum claim_proto proto;
	enum claim_side from;
	struct claim_texts size_texts, nth_texts, place_texts, port_texts, test_texts;
	float pause;  /* seconds in which its side said nothing before it on the flow; 0 = any */
	float within; /* seconds since the message before in the sequence; 0 = any */
	bool next;    /* is its side's first message after that one */
	char *asked;  /* the other side's last message before it is of this kind; NULL = any */
	struct numset size, nth, place, port;
	struct claim_test tests[CLAIM_TESTS];
	unsigned tests_n;
	int asked_at;
};

enum claim_whose { CLAIM_APPLICATION, CLAIM_OTHERS, CLAIM_ALL_FLOWS };

/* A kind of flow. */
struct claim_flow {
	char *name;
	enum claim_proto proto;
	enum claim_whose whose;
	enum claim_side opener; /* client, server or either */
	enum claim_yes accepted, answered, session, begun, peer;
	struct claim_texts server_port_texts, client_port_texts, reason, has, without;
	struct claim_texts messages_texts, lasts_texts, quiet_texts, nth_texts;
	struct numset server_port, client_port, messages, lasts, quiet, nth;
	int has_at[CLAIM_STEPS], without_at[CLAIM_STEPS];
};

enum claim_kind {
	CLAIM_KIND_MESSAGES,
	CLAIM_KIND_FLOWS,
	CLAIM_KIND_FOLLOWS,
	CLAIM_KIND_COUNTER,
	CLAIM_KIND_TABLE,
	CLAIM_KIND_DETECT,
	CLAIM_KIND_FUNCTION,
	CLAIM_KIND_NONE,
};
enum claim_trial { CLAIM_TRIAL_FLOW, CLAIM_TRIAL_HOST, CLAIM_TRIAL_SCENE };
enum claim_figure { CLAIM_RECALL, CLAIM_FALSE, CLAIM_PRECISION };
enum claim_show {
	CLAIM_SHOW_NOTHING,
	CLAIM_SHOW_SIZE,
	CLAIM_SHOW_PORT,
	CLAIM_SHOW_SIDE,
	CLAIM_SHOW_LASTS,
	CLAIM_SHOW_QUIET
};
enum claim_same {
	CLAIM_SAME_CLIENT,
	CLAIM_SAME_SERVER,
	CLAIM_SAME_SERVER_PORT,
	CLAIM_SAME_CLIENT_PORT
};

/* How a claim is measured; skypelab-claims(5) says what each kind counts. */
struct claim_measure {
	enum claim_kind kind;
	enum claim_trial trial;
	struct claim_texts given, must;
	char *look, *flow, *then;
	char *message;
	unsigned at, length;
	struct claim_texts step_texts;
	enum claim_same *same;
	unsigned same_n;
	float after, within;
	enum claim_show show;
	char *table;
	struct claim_texts rows;
	char *count, *of;
	char *signature, *unit;
	enum claim_figure figure;
	float cut;
	char *function;
	struct claim_texts parameters;
	struct numset step;
	int given_at[CLAIM_STEPS], must_at[CLAIM_STEPS];
	int look_at, flow_at, then_at, then_flow_at, message_at;
};

enum claim_expect { CLAIM_ALWAYS, CLAIM_NEVER, CLAIM_SOMETIMES, CLAIM_SHARE };

/* A statement that can be tested. */
struct claim {
	char *id, *statement, *source, *refuted_by, *needs;
	struct claim_texts where;
	struct claim_measure measure;
	enum claim_expect expect;
	float at_least, at_most;
	char *fixed; /* why it is not testable with any capture or run, or NULL */
};

struct claim_set {
	char *name, *title, *source, *application;
	struct claim_texts signatures, where;
	struct claim_message *messages;
	unsigned messages_n;
	struct claim_flow *flows;
	unsigned flows_n;
	struct claim *claims;
	unsigned claims_n;
	char *path; /* (owned) */
};

/* A claim file by path, or NAME for scenarios/claims/NAME.yaml. NULL with @e set: "file:line: what,
 * expected what". */
struct claim_set *claims_load(const char *name, struct err *e);
void claims_free(struct claim_set *s);

#endif
