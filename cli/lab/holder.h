/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef CLI_LAB_HOLDER_H
#define CLI_LAB_HOLDER_H

#include <stdbool.h>

#include "base/err.h"
#include "lab/spec.h"

/* How to hold a lab. */
struct holder_options {
	const char *name;
	const struct lab_spec *spec;
	const char *capture; /* folder for the taps' files, or NULL */
	bool foreground;
};

/* Builds a lab and holds it until `skypelab lab down` or a signal. In the background: returns when
 * the lab is up. 0, or -1 with @e set. */
int holder_up(const struct holder_options *o, struct err *e);

#endif
