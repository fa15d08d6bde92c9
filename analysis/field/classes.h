/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef ANALYSIS_FIELD_CLASSES_H
#define ANALYSIS_FIELD_CLASSES_H

#include "analysis/field/class.h"
#include "analysis/sample/sampler.h"

/* Finds the classes of a sample. */

#define CLASSES_MAX 512

/**
 * struct class_set - classes and their messages
 * @c:		@n of them, those that hold others before these
 * @member:	Indices into the sample: those of class i are [@begin[i], @begin[i + 1])
 * @left_out:	Classes that were not taken for want of room
 */
struct class_set {
	struct message_class c[CLASSES_MAX];
	uint32_t n, left_out;
	uint32_t begin[CLASSES_MAX + 1];
	uint32_t *member; /* (owned) */
};

struct class_set *classes_find(const struct sampler *s, const struct sample *x, uint32_t n);
void classes_free(struct class_set *c);

#endif
