/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef RUN_CELL_VANTAGE_H
#define RUN_CELL_VANTAGE_H

#include "base/err.h"
#include "base/truth.h"
#include "lab/lab.h"
#include "run/scenario/scenario.h"

#define VANTAGE_FILE_LEN 64
/* Name of a vantage's capture in the cell's folder, "caller-gw.lan.pcap"; "-" when there is no such
 * vantage. Writes into @buf and returns it. */
const char *vantage_file(const struct lab *lab, const char *vantage, char buf[VANTAGE_FILE_LEN]);

/* Writes truth.<vantage>.tsv (skypelab-labels(5)) for every vantage of the cell: every flow of
 * @truth that was to be seen there, under the tuple it has there. Flows that a gateway dropped
 * before a vantage are not in that vantage's file. 0, or -1 with @e set. */
int vantage_write_truth(const struct lab *lab, const struct truth_log *truth,
			const struct scenario *s, const char *dir, struct err *e);

/* A vantage and its capture in the cell's folder. */
struct vantage_capture {
	char vantage[LAB_NAME_LEN];
	char file[VANTAGE_FILE_LEN];
};
/* The captures of all vantages of the cell, valid after the lab is gone: an (owned) array, *n
 * long. */
struct vantage_capture *vantage_captures(const struct lab *lab, const struct scenario *s,
					 size_t *n);

#endif
