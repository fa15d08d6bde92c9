// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * tally.c - shows how far a verification has come
 */
#include "lab/verify/tally.h"

void verify_progress(struct verify *v, const char *what)
{
	v->labs++;
	progress_show(&v->progress, -1, "%u labs, %u differences: %.40s", v->labs, v->differences,
		      what);
}
