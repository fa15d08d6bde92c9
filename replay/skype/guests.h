/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef REPLAY_GUESTS_H
#define REPLAY_GUESTS_H

/* Clients from elsewhere in the overlay, which come to a client that is a super node. */

#define GUESTS_MAX 32 /* of one overlay; also the most that a script can ask for at once */

struct overlay;
struct sc;

/* So many guests (fewer when the overlay has no more places for them, overlay_set_guests()) look
 * for
 * @host as their super node, each for some time. */
void guests_come(struct sc *host, unsigned n);
/* Ends and frees all of them. */
void guests_free(struct overlay *o);

#endif
