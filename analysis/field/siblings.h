/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef ANALYSIS_FIELD_SIBLINGS_H
#define ANALYSIS_FIELD_SIBLINGS_H

#include "analysis/field/board.h"
#include "analysis/field/class.h"

/* Cuts random bytes of a class where those of a class with the same head are cut. @found: the ideas of all
 * @classes, those of one side by side. @copied: by class, messages that are copies of the one before. */
void cut_siblings(struct board *found, const struct message_class *classes, uint32_t classes_n,
		  const uint32_t *copied);

#endif
