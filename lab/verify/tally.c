// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * tally.c - shows how far a verification has come
 */
#include "lab/verify/tally.h"

void verify_progress(struct verify *v, const char *what)
{
	v->labs++;
	if (v->o->progress)
		fprintf(stderr, "\r%4u labs, %u differences: %-40.40s", v->labs, v->differences,
			what);
}
