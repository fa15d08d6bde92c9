/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef BASE_OFFSETS_H
#define BASE_OFFSETS_H

#include <stddef.h>
#include <stdint.h>

/* How far an emulated clock was ahead of the real one, and since when. Zero it before first use. */
struct offsets {
	struct offset_since *at; /* (owned) */
	size_t count, cap;
};

/* From @real_ns on (not before the last such time) emulated time is real time plus @offset, which may
 * be less than it was: time that is taken back. Unsigned arithmetic, which may wrap. */
void offsets_note(struct offsets *o, uint64_t real_ns, uint64_t offset);
/* The first one is @offset instead, from the beginning of time. */
void offsets_begin(struct offsets *o, uint64_t offset);
/* Emulated time at @real_ns. Never less than at an earlier time: what was taken back stands still. */
uint64_t offsets_stamp(const struct offsets *o, uint64_t real_ns);
void offsets_free(struct offsets *o);

#endif
