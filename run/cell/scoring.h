/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef RUN_CELL_SCORING_H
#define RUN_CELL_SCORING_H

#include <jansson.h>

#include "base/err.h"
#include "results/score/table.h"
#include "run/cell/cell.h"

/* Traffic of one source in a cell. */
struct scoring_source {
	bool has; /* the cell has traffic of this source */
	char *traffic_version, *cluster;
};

/* What scoring needs to know of a cell, apart from its truth files. Owns all texts. */
struct cell_scoring {
	char *dir;  /* the cell's folder */
	char *name; /* of the cell */
	char *caller_firewall, *caller_nat, *callee_firewall, *callee_nat;
	char *axes;   /* see results/score/axes.h */
	char *target; /* the application that is looked for */
	struct scoring_source of[SOURCE_RECORDED + 1];
	uint64_t watched_s; /* how long its hosts were watched; 0 = as long as a capture lasts */
};

void cell_scoring_of(struct cell_scoring *c, const struct cell_job *job, uint64_t watched_s);
/* The member "scoring" of cell.json (owned by the caller). */
json_t *cell_scoring_json(const struct cell_scoring *c);
/* How long the hosts of a finished cell were watched; 0 = as long as a capture lasts. */
uint64_t cell_scoring_watched(const json_t *facts);
/* From the text that a run left. 0; -1 with @e set, naming @dir. */
int cell_scoring_read(struct cell_scoring *c, const char *dir, const char *name,
		      const json_t *facts, struct err *e);
void cell_scoring_clear(struct cell_scoring *c);

/* "caller.lan, caller.wan": the vantages among the taps of cell.json (owned). */
char *cell_vantages(json_t *taps);

/* Whether the sources of the cell report every event that happens: emulated ones do. */
bool cell_knows_events(const struct cell_scoring *c);

#endif
