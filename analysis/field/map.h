/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef ANALYSIS_FIELD_MAP_H
#define ANALYSIS_FIELD_MAP_H

#include "analysis/field/class.h"
#include "analysis/field/statement.h"
#include "base/addr.h"

/**
 * struct field_map - what an analysis found
 * @classes:	Biggest first
 * @statements:	By class, then offset, then those that are not @second first. A class has the
 *		statements of the classes that hold it too, where they hold in it (@said_in)
 * @tried:	Statements that were tested, for the correction
 * @messages:	Seen; @sampled: kept to be looked at
 * @p2p:	(owned) Sockets of flows that classes call p2p, @p2p_n of them
 * @left_out:	Classes that were found and not looked at for want of room
 */
struct field_map {
	struct message_class *classes; /* (owned) */
	uint32_t classes_n;
	struct statement *statements; /* (owned) */
	uint32_t statements_n;
	uint64_t tried;
	uint64_t messages;
	uint32_t sampled, left_out;
	struct endpoint *p2p;
	uint32_t p2p_n;
	uint8_t *values; /* (owned) where the statements' values are */
};

/* The statements of a class: @n of them. */
const struct statement *field_map_of(const struct field_map *m, uint32_t class, uint32_t *n);
/* Where fields of a class begin, by offset from the front, after what its own statements say: @begins[1 .. n-1] true = a field that
 * something is said about begins or ends there. Offset 0 and the end are no boundaries. */
void field_map_boundaries(const struct field_map *m, uint32_t class, bool *begins, uint32_t n);
/* The same for one message of the class, of @size bytes with @kept at @bytes: with the fields of options, which are where
 * their lengths say. */
void field_map_begins_in(const struct field_map *m, uint32_t class, const uint8_t *bytes,
			 uint32_t kept, uint32_t size, bool *begins, uint32_t n);
/* Whether a flow is of one of the sockets that are p2p. */
bool field_map_p2p(const struct field_map *m, const struct tuple *t);
void field_map_free(struct field_map *m);

#endif
