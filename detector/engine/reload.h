/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef DETECTOR_RELOAD_H
#define DETECTOR_RELOAD_H

#include <stddef.h>

struct detector;
struct signature_set;

/* Signatures by what became of them, see reload.c. @changed: of the same name, with other content. */
struct reload_counts {
	size_t kept, changed, added, removed;
};

/* Goes on with @set in place of the set there was, which the caller may free then: its own copies of
 * names in events too, so that a struct eve is begun anew. No other thread may be in
 * detector_prefilter(), nor hold what that filled in, nor be in any other function of the detector.
 * Not with detector_reach(). @out, which may be NULL, gets what became of the signatures. */
void detector_reload(struct detector *d, const struct signature_set *set,
		     struct reload_counts *out);

#endif
