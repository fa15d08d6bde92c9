/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef RUN_VARY_CHANGE_H
#define RUN_VARY_CHANGE_H

#include "run/vary/copied.h"

/* What a new version could do to every message of Skype, more or less of it. */
enum vary_what {
	VARY_PAD,     /* bytes added at the end of each message */
	VARY_MASK,    /* bytes at the beginning of each message that become noise */
	VARY_IDS,     /* share of the request ids over UDP that are drawn anew */
	VARY_STRETCH, /* factor on all times */
	VARY_WHATS
};

/* A change and its amount; @seed of what is drawn. */
struct vary_change {
	enum vary_what what;
	double amount;
	uint64_t seed;
};

/* Makes it, in frames that are indexed and have their new time. Returns how many payloads it changed. */
uint64_t change_capture(struct copied_capture *r, const struct vary_change *c);

#endif
