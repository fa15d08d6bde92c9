/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef ANALYSIS_COMPARE_LEAVE_OUT_H
#define ANALYSIS_COMPARE_LEAVE_OUT_H

#include "analysis/field/map.h"
#include "analysis/compare/tape.h"

/*
 * What would break a statement: the analysis is made again without each of the hosts that speak
 * most, and without each capture, and statements that are not found then are listed. Beside that,
 * what the counts of a statement say by themselves: one sender, one receiver, one capture.
 *
 * The second look is at a tape, which is bounded: the answer says how much of the capture it has.
 */

#define LEAVE_OUT_MAX	5  /* hosts that are left out, and as many captures */
#define LEAVE_OUT_SHARE 50 /* a host that is left out has one of so many messages */

/* What a statement rests on. The first three are from its counts, the others from a second look. */
enum rest_kind {
	REST_ONE_CAPTURE,  /* of several, one has it */
	REST_ONE_SENDER,   /* every message of it has the same sender */
	REST_ONE_RECEIVER, /* or the same receiver */
	REST_FALLS, /* without @host or @input other messages of the class are left, and it is not found */
	REST_ALL, /* without it fewer than COMPARE_FEW messages of the class are left */
	REST_KINDS,
};

/**
 * struct rest - one statement, and what it rests on
 * @statement:	Of the map that was given
 * @is_input:	@input was left out, not @host
 * @left:	Messages of its class in the second look
 * @now:	What is found of these bytes then, "" = nothing: a statement's text
 */
struct rest {
	enum rest_kind kind;
	const struct statement *statement;
	bool is_input;
	struct ip host;
	uint16_t input;
	uint64_t left;
	char now[STATEMENT_TEXT_MAX];
};

/**
 * struct left_out - a host or a capture that was left out
 * @messages:	Of the tape that go with it
 * @falls, @all: Statements of each kind
 */
struct left_out {
	bool is_input;
	struct ip host;
	uint16_t input;
	uint64_t messages;
	uint32_t falls, all;
};

/**
 * struct leave_out - the answer
 * @rests:	By statement, in the map's order. Of REST_FALLS and REST_ALL one line for each host
 * @tried:	What was left out, the host with most messages first, then captures
 * @statements:	Of the map that were asked about: those of struct compare's lines
 * @steady:	Of these, without any line in @rests
 * @taped, @seen: Messages on the tape, of so many
 * @unknown:	Statements that are not found on the tape, which ended too early for them
 */
struct leave_out {
	struct rest *rests; /* (owned) */
	uint32_t rests_n;
	struct left_out tried[2 * LEAVE_OUT_MAX];
	uint32_t tried_n;
	uint32_t statements, steady, unknown;
	uint64_t taped, seen;
};

struct looks;
/* Threads begin to look at the tape again, while the caller makes its map. Nothing more may come onto the
 * tape, but a full one may go on to count. leave_out_end() or leave_out_stop() must follow. */
struct looks *leave_out_begin(const struct tape *t);
/* Ends it without an answer, as soon as the looks under way are done, and frees @k. */
void leave_out_stop(struct looks *k);
/* Takes part, waits, and frees @k. @map: of all messages, of which the tape has the first. Points into
 * @map. Never NULL. */
struct leave_out *leave_out_end(struct looks *k, const struct field_map *map);
void leave_out_free(struct leave_out *l);

#define REST_TEXT_MAX (2 * STATEMENT_TEXT_MAX + 256)

/* "without 192.0.2.1 it is not found (31 messages left)". Returns @buf. @inputs may be NULL: names
 * of the captures. */
const char *rest_text(const struct rest *r, const char *const *inputs, char buf[REST_TEXT_MAX]);

#endif
