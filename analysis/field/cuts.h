/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef ANALYSIS_FIELD_CUTS_H
#define ANALYSIS_FIELD_CUTS_H

#include "analysis/field/board.h"
#include "analysis/field/class.h"

#define REFERRED     24 /* earlier messages of an echo that are remembered */
#define REFERRED_TOP 16 /* bytes of each */

/* An earlier message that an echo refers to. */
struct referred {
	struct class_marks marks; /* but for @bytes */
	uint8_t top[REFERRED_TOP];
};

/**
 * struct referral - bytes [@offset, @offset + @width) of earlier messages come again
 * @seen:	@n of those messages, each of which stands for @each
 */
struct referral {
	uint32_t offset, width, n;
	double each;
	struct referred seen[REFERRED];
};

struct referrals {
	struct referral *r; /* (owned) */
	uint32_t n, room;
};

/* Remembers what an echo in messages @x, @n of them, refers to. */
void refer(struct referrals *to, const struct statement *echo, const struct sample *const *x,
	   uint32_t n);
/* Cuts random bytes where a later message repeats some of them: @found has the ideas of all @classes. */
void cut_random(struct board *found, const struct referrals *by,
		const struct message_class *classes);

#endif
