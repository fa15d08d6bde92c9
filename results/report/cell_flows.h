/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef RESULTS_CELL_FLOWS_H
#define RESULTS_CELL_FLOWS_H

#include <jansson.h>
#include <stddef.h>

#include "base/tsv.h"

/* Skype's flows in one trial, each once, wherever it was seen. */
struct cell_flows;

/**
 * struct cell_flow - one of them
 * @at:		Its place in the list
 * @value:	(borrowed) its data: "key", its name at its own vantage ("udp 192.0.2.1:5 198.51.100.1:33033"),
 *		"at", that vantage; "seen", its name at each vantage that it came past; "with", the places of
 *		flows that NAT made one with it somewhere; "kind", "node", "client", "server", "opened"; "verdicts", empty
 */
struct cell_flow {
	size_t at;
	json_t *value;
};

/* Never NULL. @vantages: a list of names, which outlives the result. */
struct cell_flows *cell_flows_new(const json_t *vantages);
void cell_flows_free(struct cell_flows *c);
/* Adds the rows of Skype in the truth of a vantage. A flow's own vantage is the LAN of its opener, where it was
 * seen there, else the first that is added of those that saw it. */
void cell_flows_add(struct cell_flows *c, const struct tsv *truth, const char *vantage);
/* The flow of a message: by its number in the truth, or, where the truth does not number flows, by its name at
 * its own vantage. NULL = it is none of these. */
const struct cell_flow *cell_flows_find(struct cell_flows *c, const char *number, const char *name);
/* Calls @fn with each flow that has @name at @vantage, its own. */
void cell_flows_each(struct cell_flows *c, const char *vantage, const char *name,
		     void (*fn)(void *arg, json_t *value), void *arg);
/* The data of all, in order of arrival (borrowed); how many more there are. */
json_t *cell_flows_list(const struct cell_flows *c);
size_t cell_flows_left(const struct cell_flows *c);

#endif
