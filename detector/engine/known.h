/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef DETECTOR_KNOWN_H
#define DETECTOR_KNOWN_H

#include "detector/engine/engine_private.h"

/* Whether what a rule must know is known. */
enum known_answer {
	KNOWN_NO,
	KNOWN_YES,  /* all of it */
	KNOWN_HOLD, /* not yet, and the match may wait for it ("hold") */
};

/* The key of an address alone. */
struct memory_key known_address_key(const struct detector *d, const struct ip *ip);
/* The same key as known_key() makes for a flow between these ends; it has no bytes of messages. */
struct memory_key known_ends_key(const struct detector *d, const struct set_key *k,
				 const struct endpoint *client, const struct endpoint *server);
/* The values of a key for a flow, as one memory key; false when it needs bytes of a match and @in
 * is NULL. */
bool known_key(struct detector *d, const struct set_key *k, const struct flow *f, int client_dir,
	       const struct match *in, struct memory_key *out);
/* Asks the rule's "known" and "unknown" conditions; only those that need no match, unless
 * @complete. @in, which may be NULL, gets the client version of what is known, and whether an
 * answered exchange stands behind it. */
enum known_answer known_ask(struct detector *d, const struct rule *r, const struct flow *f,
			    int client_dir, struct match *in, bool complete);

#endif
