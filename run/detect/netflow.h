/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef RUN_DETECT_NETFLOW_H
#define RUN_DETECT_NETFLOW_H

#include <stddef.h>
#include <stdint.h>

#include "run/detect/record_list.h"

#define DATAGRAM_MAX 65535

/* Whether these are the bytes of an export datagram, by its lengths: the version of NetFlow (5, 9) or IPFIX (10);
 * else 0. */
unsigned netflow_version(const uint8_t *b, size_t n);
/* Adds the records of a datagram of version 5, numbered on from *@number. 0, or -1: one ends before it
 * begins, or began before 1970. */
int netflow5_read(const uint8_t *b, size_t n, uint16_t input, uint64_t *number,
		  struct record_list *out);
/* The same as an IPFIX message, of a datagram of version 9. How many bytes. *@started_ms: when the exporter
 * started, in ms since 1970. */
size_t netflow9_to_ipfix(const uint8_t *b, size_t n, uint8_t out[DATAGRAM_MAX],
			 int64_t *started_ms);

#endif
