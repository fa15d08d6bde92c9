/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef REPLAY_CLIENT_H
#define REPLAY_CLIENT_H

#include "replay/skype/login_mode.h"

/* The emulated client as the user sees it: start, log in, quit, uninstall. */

struct sc;

/* Makes the client of its ->o, ->spec, ->v and names ready; opens nothing. */
void sc_init(struct sc *c);
/* Quits and frees what it holds, not @c itself. */
void sc_close(struct sc *c);
/* Starts the program and logs in; ->login_ended() is called with the result. A program that runs is
 * quit first. -1 when its port cannot be opened (a warning says why). */
int sc_log_in(struct sc *c, enum login_mode mode);
/* Quits the program. Caches and contacts stay. */
void sc_log_off(struct sc *c);
/* Quits and forgets all: the next start is that of a fresh installation. */
void sc_uninstall(struct sc *c);
/* The machine sleeps: nothing is sent and nothing that arrives is answered, until sc_wake(). Then the
 * client looks for another super node, for the old one has given it up. */
void sc_sleep(struct sc *c);
void sc_wake(struct sc *c);
/* Goes on at another node of the lab, with its address: what was open at the old one ends without a
 * word, and a super node is searched from the new one. Nothing when there is no such node (a warning
 * says so). */
void sc_roam(struct sc *c, const char *node);

#endif
