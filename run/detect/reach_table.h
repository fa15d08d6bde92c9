/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef RUN_DETECT_REACH_TABLE_H
#define RUN_DETECT_REACH_TABLE_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#include "base/err.h"
#include "detector/detector.h"
#include "detector/engine/reach.h"
#include "results/score/labels.h"

/* How far the flows of captures that are not Skype came in every rule: `skypelab score --reach`. */

#define REACH_STEPS 8 /* steps of a rule with a count of their own */

struct reach_missing {
	uint16_t which;
	uint64_t flows;
};

/**
 * struct reach_row - one rule, in flows; each count includes the flows that came further
 * @flows:	Of the rule's protocol
 * @asked:	On which its ports, hosts and handshake allowed it to look at a payload
 * @near, @first: All of the first message but one condition; all of it
 * @known:	And what must be known before it begins was known
 * @step:	That came to step i, from 0
 * @all:	Every step
 * @acted:	What must be known was known too and the rule acted, or it reported at a step
 * @missing:	(owned) Conditions that alone were missing
 */
struct reach_row {
	struct reach_rule rule;
	uint64_t flows, asked, near, first, known, all, acted;
	uint64_t step[REACH_STEPS];
	struct reach_missing *missing;
	size_t missing_n;
};

/* Told of each flow that is the target, with a note for each rule of the set. */
typedef void reach_wanted_fn(void *arg, const struct label *row, const struct reach_note *notes);

/**
 * struct reach_table - the counts
 * @wanted:	Called for the flows that are not counted because they are the target; NULL = nobody asks
 */
struct reach_table {
	const struct signature_set *set;
	struct reach_row *rows; /* (owned) one per rule */
	size_t n;
	uint64_t captures, flows, packets;
	struct reach *reach; /* (owned) notes of the capture being read */
	reach_wanted_fn *wanted;
	void *wanted_arg;
};

struct reach_table *reach_table_new(const struct signature_set *set);
void reach_table_free(struct reach_table *t);
/* Sets all counts to none. */
void reach_table_clear(struct reach_table *t);
/* Adds the flows of one capture that count: those that @l calls not Skype and that are of its
 * @source ("" = any); all when @l is NULL. 0; -1 with @e set when the file was unreadable from some
 * point on: what was read before is there. */
int reach_table_capture(struct reach_table *t, const char *path, const struct labels *l,
			const char *source, struct err *e);
/* Writes the counts of @t to @f; adds to @t such counts, which a process of this one wrote of the same set. False when they
 * are not whole. */
void reach_table_send(const struct reach_table *t, FILE *f);
bool reach_table_add(struct reach_table *t, FILE *f);
/* Number of rules that no flow reached. */
size_t reach_table_blind(const struct reach_table *t);
/* The table as TSV, with @source in its first column, and a head line when @head. */
void reach_table_tsv(const struct reach_table *t, FILE *f, const char *source, bool head);
/* As a Markdown table, or as text for a terminal. */
void reach_table_markdown(const struct reach_table *t, FILE *f);
void reach_table_text(const struct reach_table *t, FILE *f);

#endif
