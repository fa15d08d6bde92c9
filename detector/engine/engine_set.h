/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef DETECTOR_ENGINE_SET_H
#define DETECTOR_ENGINE_SET_H

#include "detector/engine/engine_private.h"

/* What a detector has of its signatures; for detector_new() and detector_reload(). */

/* Takes the versions that the rules of @set say into d->versions, which is made anew, and then those
 * of traffic in @was (NULL = none). */
void engine_versions(struct detector *d, const struct signature_set *set,
		     const struct client_versions *was);
/* Bytes of a struct flow_state with a bit for each start of @set. */
size_t engine_flow_state_size(const struct signature_set *set);
/* @set is the one in force, once everything has its numbers; engine_versions() came before. */
void engine_set(struct detector *d, const struct signature_set *set);

#endif
