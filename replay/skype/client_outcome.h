/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef REPLAY_CLIENT_OUTCOME_H
#define REPLAY_CLIENT_OUTCOME_H

#include <stdint.h>

#include "replay/skype/outcome.h"

/* The outcome of the login that is under way. */

struct sc;

/**
 * struct login_outcome - the login that is under way
 * @index:	Of its outcome; -1 = none is under way
 * @start_ns:	When it began
 * @logins:	Logins so far
 * @way_udp, @way_tcp, @way_login: Messages of the way in
 */
struct login_outcome {
	long index;
	uint64_t start_ns;
	unsigned logins;
	char way_udp[24], way_tcp[64], way_login[32];
};

void outcome_login_start(struct sc *c, enum login_mode mode);
/* The outcome of the login under way, or NULL. */
struct overlay_outcome *outcome_login(struct sc *c);
/* The login under way has come to its result: the script goes on. Nothing when none is. */
void outcome_login_ended(struct sc *c, enum outcome_result result);
/* The program was quit while a login was under way; the outcome stays pending. */
void outcome_login_left(struct sc *c);

#endif
