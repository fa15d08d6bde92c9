/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef ANALYSIS_FIELD_SELECTOR_H
#define ANALYSIS_FIELD_SELECTOR_H

#include <stdbool.h>
#include <stdint.h>

/* The byte that says of what type a message is. */

#define SELECTOR_BYTES	24 /* of a message that are looked at */
#define SELECTOR_VALUES 16

/* What a sample is to the classes: small, since all are walked over many times. */
struct brief {
	uint32_t size, index;
	uint16_t port;
	uint8_t proto, place, kept;
	bool reply, p2p;
	uint8_t b[SELECTOR_BYTES];
};

/* Byte @offset & @mask has one of @n @values in nearly all messages. */
struct selector {
	uint16_t offset;
	uint8_t mask;
	uint32_t n;
	uint8_t values[SELECTOR_VALUES];
};

/* The byte that tells most about direction, place and size of @n messages; false = none does. */
bool selector_find(const struct brief *const *m, uint32_t n, struct selector *out);

#endif
