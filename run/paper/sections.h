/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef RUN_PAPER_SECTIONS_H
#define RUN_PAPER_SECTIONS_H

#include "run/paper/exhibit.h"

/* The sections of results, each with its heading. Those of traffic that is not there say so. */
void section_material(struct exhibits *d);
void section_messages(struct exhibits *d, const struct figures *figures);
void section_accuracy(struct exhibits *d, const struct figures *figures);
void section_false_alarms(struct exhibits *d);

#endif
