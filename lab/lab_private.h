/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef LAB_LAB_PRIVATE_H
#define LAB_LAB_PRIVATE_H

#include "base/loop.h"
#include "lab/plan.h"

/* A lab as its own files see it; others use lab.h. */

struct tap;
struct wire;

struct lab {
	char *name; /* (owned) */
	struct plan plan;
	struct loop *loop; /* the caller's */
	char **taps;	   /* (owned) vantages to capture at */
	size_t n_taps;
	char prompt[LAB_NAME_LEN]; /* vantage whose tap keeps no frame back; "" = none */
	struct tap *tap;	   /* (owned) running captures, or NULL */
	size_t n_tap;
	struct wire *wire; /* (owned) impaired links, or NULL */
	unsigned step;	   /* set-up steps done, for fault injection */
};

#endif
