// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * tally.c - counts the checks of a verification, and shows how far it has come
 */
#include "lab/verify/tally.h"

void verify_check(struct verify *v, const char *part, const char *subject, const char *tried,
		  const char *declared, const char *observed, bool agrees)
{
	v->checks++;
	v->differences += !agrees;
	if (v->list)
		listing_row(v->list, part, subject, tried, declared, observed,
			    agrees ? "yes" : "no");
}

void verify_progress(struct verify *v, const char *what)
{
	v->labs++;
	progress_show(&v->progress, -1, "%u labs, %u differences: %.40s", v->labs, v->differences,
		      what);
}
