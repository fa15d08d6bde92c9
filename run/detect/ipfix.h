/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef RUN_DETECT_IPFIX_H
#define RUN_DETECT_IPFIX_H

#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "run/detect/record_list.h"

#define IPFIX_VERSION 10
#define IPFIX_HEADER  16 /* bytes of a message's head: version, length, time, sequence, domain */

/* The messages of one exporter, whose templates hold until it sends others. */
struct ipfix;

/* Never NULL; ends the program where libfixbuf is missing. Records become input number @input of @out. */
struct ipfix *ipfix_new(struct record_list *out, uint16_t input);
void ipfix_free(struct ipfix *x);
/* When the exporter started, in ms since 1970, at most LATEST_MS: for records that count from then. */
void ipfix_started(struct ipfix *x, int64_t ms);
/* Reads a message of @n bytes, as its head says, which may be changed. Records are numbered on from *@number.
 * 0, or -1 with @e set: what is wrong with the record that *@number names, or with the message. */
int ipfix_message(struct ipfix *x, uint8_t *message, size_t n, uint64_t *number, struct err *e);
/* Sets of data that came before their template, which were passed over, since the last call; of all exporters. */
uint64_t ipfix_passed_over(void);

#endif
