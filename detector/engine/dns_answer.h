/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef DETECTOR_ENGINE_DNS_ANSWER_H
#define DETECTOR_ENGINE_DNS_ANSWER_H

#include <stddef.h>

#include "base/addr.h"

#define DNS_ADDRESSES 16 /* of one answer; more are passed over */

/* The addresses that the DNS message @b gives in answer to one question for @name, or for a name below it: how many,
 * in @out; 0 = it is no such answer. */
size_t dns_addresses(const uint8_t *b, size_t n, const char *name, struct ip out[DNS_ADDRESSES]);

#endif
