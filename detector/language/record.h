/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef DETECTOR_LANGUAGE_RECORD_H
#define DETECTOR_LANGUAGE_RECORD_H

#include "detector/language/value.h"

/* How records are made where a signature does not say: as Cisco's routers do by default. */
#define RECORD_ACTIVE_NS   (1800 * 1000000000ULL)
#define RECORD_INACTIVE_NS (15 * 1000000000ULL)

/* Reads "records" of a signature, how flow records are made. 0, or -1 with the parser's error set. */
int sig_record_times(struct sigparse *p, yaml_node_t *n, struct record_times *out);
/* Reads the rest of a rule about flow records into the rule being read. The same. */
int sig_record_rule(struct sigparse *p, yaml_node_t *n);

const char *record_flag_name(unsigned bit); /* of TCP flag 1 << @bit, bit below 8 */

#endif
