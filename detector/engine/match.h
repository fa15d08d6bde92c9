/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef DETECTOR_MATCH_H
#define DETECTOR_MATCH_H

#include <netinet/in.h>
#include <string.h>

#include "detector/engine/flow.h"
#include "detector/engine/http_head.h"
#include "detector/language/dispatch.h"

/* In place of a message of the rule: */
#define OPEN_MESSAGE  0xff /* the flow was opened */
#define CLOSE_MESSAGE 0xfe /* the flow was closed */

/* In place of a rule: several that have taken one message, see begun.c */
#define WAITING UINT16_MAX

/**
 * struct match_evidence - one message that a match has taken
 * @number:	Low half of the packet's number; event.c has the rest
 * @size:	Bytes of the message
 * @pos:	Where the first two of its contains and again tests found what they look for
 * @message:	Index in the rule, or OPEN_MESSAGE, CLOSE_MESSAGE
 */
struct match_evidence {
	uint64_t ts_ns;
	uint32_t number;
	uint32_t size;
	uint16_t pos[2];
	uint16_t input;
	uint8_t message, from_client;
};

/* Bytes of the messages taken, when they are kept to be explained: parallel to match.ev. */
struct match_bytes {
	uint8_t *b[EVIDENCE_MAX]; /* (owned) */
	uint16_t n[EVIDENCE_MAX];
};

/**
 * struct match - a rule under way on a flow; its states are described in step.c
 * @next:	The flow's next match; 0 = none
 * @step:	The step that it is at, and @reps how often that was taken
 * @client_dir:	Direction from the client; of WAITING, of the message
 * @ev_n:	Messages taken, in @ev, which has room for @ev_max
 * @over:	To be freed
 * @start_ns, @last_ns: First and last message taken
 * @seen:	Time of the last message offered, per direction; 0 = none
 * @burst, @consumed: TCP: message burst of the last message taken, and offset in it behind that
 * @saved:	Messages that left their bytes in @save, by bit
 * @tally:	Rules that count: messages seen of each kind
 * @gauge:	What its conditions count by themselves, in detector.gauges; 0 = nothing
 * @save:	Bytes that later messages are compared with; as many as the rule saves
 * @bytes:	(owned) or NULL
 * @tail:	Where @ev and @save lie, in detector.tails
 * @version:	The client's, see client_version.h
 * @sides:	Bit 1: it has taken a message of the client, bit 0: one of the server
 * @answered:	It rests on an answered exchange, see answer.h
 * @by_client:	Of the messages in @saved, those that the client sent, by bit
 * @end:	TCP: the sequence number behind the last message taken, per direction
 *
 * Of WAITING there are instead:
 * @starts:	The starts that wait, by bit
 * @due, @last_due: When the first and the last of them has waited too long; UINT64_MAX = never
 * @number, @size, @input, @first: Their message, of which @first_n bytes are kept
 */
struct match {
	uint32_t next;
	uint32_t flow;
	uint16_t rule;
	uint8_t step, client_dir;
	uint16_t reps;
	uint8_t ev_n;
	bool over;
	uint64_t start_ns, last_ns;
	uint64_t seen[2];
	union {
		struct {
			uint32_t burst;
			uint32_t consumed;
			uint32_t saved;
			uint32_t tally[TALLIES_MAX];
			uint32_t gauge;
			struct match_evidence *ev;
			uint8_t *save;
			struct match_bytes *bytes;
			uint32_t tail;
			uint8_t ev_max, sides;
			bool answered;
			uint32_t version;
			uint32_t by_client;
			uint32_t end[2];
		};
		struct {
			uint64_t starts[WAITING_WORDS];
			uint64_t due, last_due;
			uint32_t number, size;
			uint16_t input;
			uint8_t first_n;
			uint8_t first[WAITING_BYTES];
		};
	};
};
_Static_assert(sizeof(struct match) == 128, "a match is two cache lines");

/* Most rules have few messages and compare few bytes: there is room of two sizes. */
struct tail_small {
	uint8_t save[16]; /* first, since only this is zero at first */
	struct match_evidence ev[3];
};
struct tail_large {
	uint8_t save[SAVE_MAX];
	struct match_evidence ev[EVIDENCE_MAX];
};
/* A match outside the pools, for a rule that is complete as soon as it begins. */
struct match_room {
	struct match in;
	struct tail_large tail;
};
static inline struct match *match_in_room(struct match_room *n)
{
	memset(&n->in, 0, sizeof(n->in));
	memset(n->tail.save, 0, sizeof(n->tail.save));
	n->in.ev = n->tail.ev;
	n->in.save = n->tail.save;
	n->in.ev_max = EVIDENCE_MAX;
	return &n->in;
}

/**
 * struct said - answers about one payload, kept while rules ask about it
 * @asked, @result, @pos:	Of tests, by test.alike; a bit of @asked says that there is one
 * @messages_asked, @message, @message_pos: Of messages, by message.alike, in the same way
 * @head_read, @is_head, @head:	Whether it may begin an HTTP request, and which
 */
struct said {
	uint64_t asked, messages_asked;
	bool head_read, is_head;
	uint8_t result[ALIKE_MAX], message[ALIKE_MAX];
	uint16_t pos[ALIKE_MAX], message_pos[ALIKE_MAX][2];
	struct http_head head;
};
static inline void said_begin(struct said *s)
{
	s->asked = s->messages_asked = 0;
	s->head_read = false;
}

/**
 * struct view - a message to be tested
 * @len, @avail: Its size, and how many of its bytes are at @data
 * @growing:	More bytes of it may come
 * @ip_len:	Length of the IP packet; 0 = not known (message bursts)
 * @nth, @nth_of_flow: Its place in its direction and in the flow, from 1
 * @gap:	Nanoseconds since the message before it in its direction; UINT64_MAX = none
 * @said:	What tests said of it; NULL = is not remembered
 * @given_up:	Counts searches that a limit ended; NULL = regular expressions are left undecided
 */
struct view {
	const uint8_t *data;
	uint32_t len, avail;
	bool growing;
	bool from_client;
	uint32_t ip_len;
	uint32_t nth, nth_of_flow;
	uint64_t gap;
	const struct ip *sender, *receiver;
	struct said *said;
	uint64_t *given_up;
};

/* Whether bytes are a message: no, yes, or not yet, since more bytes may come. */
enum match_result { MATCH_NO, MATCH_YES, MATCH_MORE };
/* What a test says that found what it looks for, or did not. */
static inline enum match_result match_sense(bool hit, const struct test *t)
{
	return hit != t->negate ? MATCH_YES : MATCH_NO;
}
/* Whether @v is message @m of @r. @in: the match under way; NULL for a first message. @pos gets the
 * places that the first two contains and again tests found. */
enum match_result match_message(const struct rule *r, const struct message *m, const struct view *v,
				const struct match *in, uint16_t pos[2]);
/* Whether a test finds a place, which evidence keeps. */
static inline bool test_seeks(const struct test *t)
{
	return t->kind == TEST_CONTAINS || t->kind == TEST_AGAIN || t->kind == TEST_REGEX;
}
/* Whether the message may stand at that place of the flow. */
static inline bool match_place(const struct message *m, const struct view *v)
{
	return numset_has(&m->nth, v->nth) && numset_has(&m->nth_of_flow, v->nth_of_flow) &&
	       !(m->unanswered && v->nth != v->nth_of_flow);
}
/* Whether the message may come from that side. */
static inline bool match_from(const struct message *m, bool from_client)
{
	return m->from == FROM_EITHER || (m->from == FROM_CLIENT) == from_client;
}
/* In one of the networks (or there are only exclusions), and in no excluded one. */
bool match_host(const struct hosts *h, const struct ip *ip);
/* Whether the flow's ports, hosts and handshake are what the rule asks for, where it asks. */
bool match_ends(const struct flow_table *t, const struct rule *r, const struct flow *f,
		int client_dir);
/* Whether the rule is for this flow. */
static inline bool match_flow(const struct flow_table *t, const struct rule *r,
			      const struct flow *f, int client_dir)
{
	return (f->proto == IPPROTO_UDP ? r->udp : r->tcp) &&
	       (r->any_flow || match_ends(t, r, f, client_dir));
}

#endif
