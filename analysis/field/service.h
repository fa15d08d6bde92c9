/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef ANALYSIS_FIELD_SERVICE_H
#define ANALYSIS_FIELD_SERVICE_H

#include "analysis/field/classes.h"

/* What all messages of one service have in common: both directions, all classes. */

#define SERVICES 32

/* Where the most significant byte of a number is. */
enum byte_order { ORDER_UNKNOWN, ORDER_BIG, ORDER_LITTLE };

/**
 * struct service - the messages to and from one port
 * @header:	Bytes that all of them have, before any text
 * @zero:	By offset below @header: zero in nearly all
 * @order:	Of its numbers
 * @usual:	Bytes of a number where its high bytes do not show it: 2 or 4
 * @four:	Four bytes from here on are one number: they are zero together
 * @eight:	Eight bytes are one number: the low half grows in a flow, the other is zero
 * @length, @length_width: Where the size of the message less something is; width 0 = nowhere
 * @begins:	Below @header: a field begins there in one of its classes
 */
struct service {
	uint8_t proto;
	uint16_t port;
	uint32_t messages, header;
	bool zero[SAMPLE_BYTES];
	enum byte_order order;
	uint32_t usual;
	bool four[SAMPLE_BYTES], eight[SAMPLE_BYTES];
	uint32_t length, length_width;
	bool begins[SAMPLE_BYTES + 1];
};

/**
 * struct services - the services of a sample
 * @s:		@n of them
 * @of_class:	By class: its service, or -1
 */
struct services {
	struct service s[SERVICES];
	uint32_t n;
	int32_t of_class[CLASSES_MAX];
};

struct services *services_find(const struct sample *x, uint32_t n, const struct class_set *set);
void services_free(struct services *s);

#endif
