/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef RUN_REGRESS_MATERIAL_H
#define RUN_REGRESS_MATERIAL_H

#include <stdbool.h>
#include <stdio.h>

#include "run/regress/runs.h"

/**
 * struct material_apart - how what is learned of a capture goes from the process that tried it to the one that asks
 * @one:	Is given to the function instead of its @arg, in each process
 * @send:	Writes what @one learned, and empties it
 * @add:	Adds that to @arg. False when it is not whole
 */
struct material_apart {
	void *one;
	void (*send)(void *one, FILE *out);
	bool (*add)(void *arg, FILE *in);
};

/**
 * struct material - what signatures are tried on
 * @captures, @captures_n: Files and folders
 * @runs, @runs_n: Run directories
 * @scenario:	Is run afresh, or NULL
 * @emulated:	The scenario "regress" is run afresh
 * @recorded:	The corpora, as far as they are there
 * @apart:	How listed captures can be tried by several processes; NULL = they are tried one after the other
 * @target:	The application that is looked for. Captures without labels hold no Skype; of another
 *		application nobody knows, so they are left out then
 */
struct material {
	const struct material_apart *apart;
	const char *const *captures, *const *runs;
	size_t captures_n, runs_n;
	const char *scenario;
	bool emulated, recorded;
	const char *target;
};

/* Whether there are recordings under the folder of the corpora. */
bool material_has_recordings(void);
/* Calls @fn for every capture. A labelled capture that is not readable to its end is reported and sets
 * *@bad. 0, or -1 with @e set. */
int material_each(const struct material *m, capture_fn *fn, void *arg, bool *bad, struct err *e);

#endif
