/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef REPLAY_DNS_MESSAGE_H
#define REPLAY_DNS_MESSAGE_H

#include <stddef.h>
#include <stdint.h>

#include "base/addr.h"

#define DNS_MAX 256

/* A query for the address of @name (labels of at most 63 bytes). Writes it to @out, which has room
 * for DNS_MAX bytes; returns the size, 0 when the name is too long. */
size_t dns_query(uint8_t *out, uint16_t id, const char *name);
/* The answer to the query [q, q + n): @ip. @out as above; 0 when it is no query of ours. */
size_t dns_answer(uint8_t *out, const uint8_t *q, size_t n, const struct ip *ip);

#endif
