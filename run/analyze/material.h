/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef RUN_ANALYZE_MATERIAL_H
#define RUN_ANALYZE_MATERIAL_H

#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "results/score/source.h"

/* The captures of an analysis: what the command line names, found, with their labels and settings. */

/**
 * struct piece - one capture
 * @path:	(owned)
 * @name:	(owned) Short: "SkypeIRC.cap", of a run "CELL/FILE"
 * @labels:	(owned) Label or truth file; NULL = there is none
 * @config:	Index of its configuration
 */
struct piece {
	char *path, *name, *labels;
	uint32_t config;
};

/**
 * struct material - the captures, all of one source
 * @names:	(owned array) of the pieces, for who wants an array
 * @config_of:	(owned) by piece
 * @configs, @configs_n: (owned) configurations, "caller_firewall=open caller_nat=public"; one for
 *		all captures that are no run's
 */
struct material {
	struct piece *pieces;
	size_t n;
	enum traffic_source source;
	const char **names;
	uint32_t *config_of;
	char **configs;
	size_t configs_n;
};

/**
 * struct material_request - what to look for
 * @paths, @n:	Captures, folders of captures, run directories
 * @labels:	Label file of the only capture; NULL = a run's truth, or what goes by the capture's name
 * @vantage:	Of a run's cells; NULL = cell_default_vantage()
 * @by:		Comma list of a cell's settings that make a configuration (caller_firewall, ..., version,
 *		axes); NULL = caller_firewall,caller_nat
 */
struct material_request {
	const char *const *paths;
	size_t n;
	const char *labels, *vantage, *by;
};

#define MATERIAL_CAPTURES 65535

/* 0; -1 with @e set: also when emulated and recorded captures are named together. Free with
 * material_clear() in any case. */
int material_find(struct material *m, const struct material_request *r, struct err *e);
void material_clear(struct material *m);

#endif
