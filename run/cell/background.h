/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef RUN_CELL_BACKGROUND_H
#define RUN_CELL_BACKGROUND_H

#include <jansson.h>

#include "replay/dialog/dialog.h"
#include "run/cell/network.h"
#include "run/scenario/cells.h"
#include "lab/lab.h"

/* The background entries of a cell's scenario, on the nodes of its lab. */
struct backgrounds;

/* Do the mixes of all @n cells have what they need of the scenario? @real: the clock is real
 * whatever the scenario says. Creates nothing. 0, or -1 with @e set. */
int backgrounds_check(const struct scenario *s, const struct scenario_cell *cells, size_t n,
		      bool real, struct err *e);

/* Puts them on their nodes and starts them. NULL with @e set. All arguments outlive the result. */
struct backgrounds *backgrounds_start(const struct scenario *s, struct lab *lab,
				      const struct network *net, struct dialogs *dialogs,
				      struct err *e);
/* Begins no session any more; open ones go on to their end, or for ever where they are loops that
 * nobody leaves. */
void backgrounds_stop(struct backgrounds *b);
/* Whether a session is open. */
bool backgrounds_busy(const struct backgrounds *b);
/* Ends every open session. */
void backgrounds_finish(struct backgrounds *b);
/* Kills the real programs, so that nothing of theirs is on its way when the taps end. */
void backgrounds_end_programs(struct backgrounds *b);
bool backgrounds_have_programs(const struct backgrounds *b);
/* The name of the real program that a flow belongs to, or NULL. @inside: the end at the site with
 * index @site, by a host's address or by the site's outer one; @outside: the other end. */
const char *backgrounds_program(const struct backgrounds *b, int site, uint8_t proto,
				const struct endpoint *inside, const struct endpoint *outside);
/* What each generator and program did: an array for cell.json; caller owns. */
json_t *backgrounds_facts(const struct backgrounds *b);
void backgrounds_free(struct backgrounds *b);

#endif
