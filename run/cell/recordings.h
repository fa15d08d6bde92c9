/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef RUN_CELL_RECORDINGS_H
#define RUN_CELL_RECORDINGS_H

#include <jansson.h>

#include "run/cell/network.h"
#include "replay/recorded/conversation.h"
#include "replay/recorded/frame_replay.h"

/* The recordings of one cell, by conversation or by frame. Zero it first. */
struct recordings {
	const struct scenario *s;
	struct conversation **conversations; /* (owned) by recording; NULL = not played so */
	struct frame_replay **frames;	     /* the same */
	struct network_remotes remotes;	     /* (owned arrays) */
};

/* Reads the captures of the recordings that the cell plays. 0, or -1 with @e set. */
int recordings_load(struct recordings *r, const struct scenario *s, struct err *e);
/* How many the cell plays: @ended is called once for each. */
size_t recordings_played(const struct recordings *r);
/* Puts them on their nodes and starts them. 0, or -1 with @e set. */
int recordings_start(struct recordings *r, struct lab *lab, struct dialogs *dialogs,
		     void (*ended)(void *arg), void *arg, struct err *e);
/* The fates of the @nth conversation that a cell played, from 1: fates.tsv, fates.2.tsv, ... in the
 * cell's folder; caller frees. */
char *recordings_fates_path(const char *dir, unsigned nth);
/* Writes a file of fates per conversation that was played. 0, or -1 with @e set. */
int recordings_write_fates(const struct recordings *r, const char *dir, struct err *e);
/* After the run: 0, or -1 with @e set when a recording could not be sent to its end. */
int recordings_ended(const struct recordings *r, struct err *e);
/* Adds to cell.json what became of frames, and what is wrong with captures. */
void recordings_facts(const struct recordings *r, json_t *facts);
void recordings_free(struct recordings *r);

#endif
