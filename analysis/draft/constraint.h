/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef ANALYSIS_DRAFT_CONSTRAINT_H
#define ANALYSIS_DRAFT_CONSTRAINT_H

#include <stdio.h>

#include "analysis/draft/material.h"

/* One condition of a drafted rule: what the signature language can say of messages in order. */

#define DRAFT_STEPS 4 /* messages of a rule */
#define DRAFT_SIZES 6 /* sizes that are listed; more become a range */

enum draft_kind {
	DRAFT_SIZE_OF,	/* size = that of step @other, + @plus */
	DRAFT_EQUAL,	/* @length bytes at @at equal those at @there of step @other */
	DRAFT_CHANGE,	/* 2-byte number at @at minus that of step @other is 1 to @plus */
	DRAFT_ADDRESS,	/* four bytes are the address of the @sender, or else the receiver */
	DRAFT_LENGTH,	/* size minus 2-byte number at @at is @plus */
	DRAFT_SEQUENCE, /* from @at on, x' = @mul x + @add, in @low bytes or more */
	DRAFT_COUNTER, /* 2-byte number at @at moves up from flow to flow of an endpoint, @low times */
	DRAFT_NIBBLES,	   /* high halves of @length bytes at @at equal those at @there */
	DRAFT_BYTES_ARE,   /* @length bytes at @at are @value under @mask */
	DRAFT_SIZE,	   /* one of @sizes, or from @low to @high */
	DRAFT_NEXT,	   /* the next message of its direction */
	DRAFT_FIRST,	   /* the first of the flow */
	DRAFT_NEAR_CLIENT, /* the client's endpoint is known */
	DRAFT_NEAR_SERVER, /* the server's endpoint is known to the client's host */
};

/**
 * struct draft_constraint - a condition on the message of one step
 * @bits:	Chance: a message of free bytes fulfils it once in 2^bits
 * @held, @of:	Positive flows: with it, of those that fulfil all others of the rule
 * @hosts, @hosts_of: The same in hosts
 * @excludes:	Negative flows that it alone keeps out
 */
struct draft_constraint {
	enum draft_kind kind;
	uint8_t step, other, mul, add, sizes_n;
	bool sender;
	uint16_t at, there, length;
	int32_t plus;
	uint32_t low, high, sizes[DRAFT_SIZES];
	uint8_t value[DRAFT_BYTES], mask[DRAFT_BYTES];
	double bits;
	uint64_t held, of, excludes;
	size_t hosts, hosts_of;
};

/* Whether the flow @f fulfils it when its messages @place[step] are the steps. @client_opened: who the
 * client is. */
bool constraint_holds(const struct draft_constraint *c, const struct draft_flow *f,
		      const uint8_t place[DRAFT_STEPS], bool client_opened);
/* Whether both ask the same, whatever was counted for them. */
bool constraint_same(const struct draft_constraint *a, const struct draft_constraint *b);
/* How hard it is to read, and how easily a version changes it: relations 1, ranges most. */
double constraint_cost(const struct draft_constraint *c);
/* Whether it is a constant of some characters. */
bool constraint_is_text(const struct draft_constraint *c);
/* Sets @bits, but of sizes, whose chance is that of the negatives. */
void constraint_chance(struct draft_constraint *c);
/* How the signature language says it: under a key, of which a message has one value, or a mapping of
 * offsets, or a list; or the rule has it. */
enum draft_form { DRAFT_ALONE, DRAFT_MAPPING, DRAFT_LIST, DRAFT_OF_RULE };
const char *constraint_key(enum draft_kind kind);
enum draft_form constraint_form(enum draft_kind kind);
/* The value behind the key: `18`, `2: "02"`, `{at: 0, ...}`. @name: of the steps. */
void constraint_put(const struct draft_constraint *c, FILE *f, const char *const name[DRAFT_STEPS]);

#endif
