/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef ANALYSIS_TALK_NAMES_H
#define ANALYSIS_TALK_NAMES_H

#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"
#include "detector/detector.h"

/* What signatures call the messages that they found. */

#define NAMES_MAX 262144 /* messages; later ones have no name */

struct message_names;

struct message_names *message_names_new(void);
void message_names_free(struct message_names *n);
/* A detection_fn; @arg is the names. The signature set must outlive them. Of several names of one
 * message that of the signature that stands first in the set stays. */
void message_names_event(void *arg, const struct detection_event *ev);
/* "U1"; NULL = none. @signature (may be NULL): whose name it is. */
const char *message_name(const struct message_names *n, uint16_t input, uint64_t number,
			 const char **signature);
/* Whether it is a short name as papers have them: "U1", "T3". */
bool message_name_short(const char *name);
uint64_t message_names_count(const struct message_names *n);

#endif
