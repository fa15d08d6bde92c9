/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef REPLAY_SUPERNODE_VISIT_H
#define REPLAY_SUPERNODE_VISIT_H

#include "replay/skype/server.h"

/* @client has published itself at @publisher, on @flow: with the version's probability, some other
 * super node visits it within seconds. */
void visit_plan(struct server *publisher, const struct endpoint *client, long flow);
/* Drops all visits that are planned. */
void visits_free(struct overlay *o);

#endif
