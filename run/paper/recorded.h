/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef RUN_PAPER_RECORDED_H
#define RUN_PAPER_RECORDED_H

#include "run/paper/material.h"

/* One pass over a recorded capture: its flows, what the signatures of @m find of them, and the
 * messages that they take. 0; -1 with @e set, and with @c->why when it is only this capture that
 * cannot be used. */
int recorded_capture(struct paper_material *m, struct paper_capture *c, struct err *e);
/* The same for a capture without Skype; what is not readable to its end is warned of and counted.
 * 0, or -1 with @e set. */
int recorded_negative(struct paper_material *m, const char *path, struct err *e);

#endif
