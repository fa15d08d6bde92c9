/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef LAB_TAP_H
#define LAB_TAP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"

struct lab;

/* Starts a capture at every vantage of spec.taps, before the first packet. Files go to @dir (which
 * exists) under their names only in lab_taps_finish(). 0, or -1 with @e set. */
int lab_taps_start(struct lab *lab, const char *dir, struct err *e);
/* Drains, writes and closes. 0; -1 with @e set: a tap lost packets (the message says which and how
 * many; the files are written all the same); -2 with @e set: a file could not be written. */
int lab_taps_finish(struct lab *lab, struct err *e);
struct lab_tap_stats {
	uint64_t packets, dropped, bytes;
};
/* Counts at a vantage: so far, and after lab_taps_finish() the final ones, until lab_down(). false
 * when there is no tap there. */
bool lab_tap_stats(const struct lab *lab, const char *vantage, struct lab_tap_stats *out);

/* Has @fn called with every frame that the tap at @vantage captures, in the order of the file,
 * until lab_taps_finish(). After lab_taps_start(). False when there is no tap, its frames are not
 * Ethernet (the core's), or two have them already. */
typedef void lab_frame_fn(void *arg, const void *frame, size_t len);
bool lab_tap_mirror(struct lab *lab, const char *vantage, lab_frame_fn *fn, void *arg);

/* Has the tap at @vantage keep no frame back, which costs a wake-up for each: what was captured when
 * the kernel was at rest, lab_tap_read() gives to the file and the mirror. Before lab_taps_start();
 * one vantage of a lab. */
void lab_tap_prompt(struct lab *lab, const char *vantage);
/* Reads all that the tap of lab_tap_prompt() has captured. Nothing when there is none. */
void lab_tap_read(struct lab *lab);

/* Stops and drops captures without giving files their names; for lab_down(). */
void lab_taps_abort(struct lab *lab);

#endif
