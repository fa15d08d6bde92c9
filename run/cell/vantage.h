/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef RUN_CELL_VANTAGE_H
#define RUN_CELL_VANTAGE_H

#include "base/err.h"
#include "base/truth.h"
#include "lab/lab.h"
#include "run/scenario/scenario.h"

#define VANTAGE_FILE_LEN  64
#define VANTAGE_DEPTH_MAX 3 /* gateways in a row */

/* Name of a vantage's capture in the cell's folder, "caller-gw.lan.pcap"; "-" when there is no such
 * vantage. Writes into @buf and returns it. */
const char *vantage_file(const struct lab *lab, const char *vantage, char buf[VANTAGE_FILE_LEN]);

/* The truth of every vantage of a cell: flows are put in as their sources, or a capture, saw them,
 * and stand in the file of every vantage that was to see them, under the tuple that they have
 * there. A flow that a gateway dropped is in no file behind that gateway. */
struct vantage_truth;

/* Reads what the gateways let through; call it when the taps have finished. Which hosts run a Skype
 * client is taken from @log. @lab and @s must outlive the result. NULL with @e set. */
struct vantage_truth *vantage_truth_new(const struct lab *lab, const struct scenario *s,
					const struct truth_log *log, struct err *e);
void vantage_truth_free(struct vantage_truth *v);
/* Adds a flow of the log, by its number in it. @seen NULL: its tuple is what the opener's socket had. Else the tuple is what @seen
 * saw, and client_ip (where set) the client's address there. */
void vantage_truth_flow(struct vantage_truth *v, uint32_t number, const struct truth_flow *f,
			const struct lab_vantage *seen);
/* Adds what happened on a flow, as its source reported both; @number: from 1, of the cell's events. */
void vantage_truth_event(struct vantage_truth *v, const struct truth_flow *f,
			 const struct truth_event *event, unsigned number);
/* Whether a vantage of the cell has a row of this tuple, in either direction. */
bool vantage_truth_has(const struct vantage_truth *v, const struct lab_vantage *at,
		       const struct tuple *t);
/* The host behind an endpoint of its site as @at saw it: its own, or that of a NAT's mapping. false:
 * no packet of any host went through there. */
bool vantage_truth_host(const struct vantage_truth *v, const struct lab_vantage *at, uint8_t proto,
			const struct endpoint *outside, struct ip *host);
/* Writes truth.<vantage>.tsv (skypelab-labels(5)) of every vantage and, if @events, what happened
 * there as events.<vantage>.tsv. 0, or -1 with @e set. */
int vantage_truth_write(const struct vantage_truth *v, const char *dir, bool events, struct err *e);

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
