/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef REPLAY_CLIENT_PRIVATE_H
#define REPLAY_CLIENT_PRIVATE_H

#include "base/rng.h"
#include "replay/skype/call.h"
#include "replay/skype/client_connect.h"
#include "replay/skype/client_contacts.h"
#include "replay/skype/client_hosts.h"
#include "replay/skype/client_login.h"
#include "replay/skype/client_outcome.h"
#include "replay/skype/client_probe.h"
#include "replay/skype/client_request.h"
#include "replay/skype/client_script.h"
#include "replay/skype/client_session.h"
#include "replay/skype/client_standing.h"
#include "replay/skype/client_supernode.h"
#include "replay/skype/client_update.h"
#include "replay/skype/flow_log.h"
#include "replay/skype/overlay.h"
#include "replay/skype/overlay_private.h"
#include "replay/skype/peer_tcp.h"
#include "replay/skype/peer_udp.h"
#include "replay/skype/version.h"

struct server;

/* The emulated client as all its parts know it; each part's own state is in its header. */

enum sc_state {
	SC_OFF,	      /* the program does not run */
	SC_SEARCHING, /* looks for a super node */
	SC_CONNECTED, /* has one */
	SC_RESTING,   /* 1.4 after two hours without success */
	SC_FAILED, /* 2.0 after eight minutes: an error is on the screen; a guest that lost its node */
};

/**
 * struct sc - one emulated Skype client (the paper's SC)
 * @opener:	Who it is, for the truth log
 * @v:		Its version
 * @mode:	Of the login that was asked for last
 * @fresh:	The program has just been installed
 * @asleep:	Its machine sleeps
 * @guest:	It comes from elsewhere, to a client that is a super node (guests.c)
 * @promoted:	The super node that it is as well, or NULL (client_promoted.c)
 * @udp, @tcp:	Its own port, over UDP and TCP
 * @udp_port:	That port
 * @public_ip, @public_port: As the overlay sees it; family 0 and port 0 = not known
 * @standing:	When it was in
 * @give_up:	Until the search for a super node ends without success
 * @rest:	Until a client that gave up begins again
 * @login_ended: A login has come to its result; set by the script
 * @action_ended: The call that the script began is over; set by the script
 */
struct sc {
	struct overlay *o;
	struct sc_spec spec;
	char name[32], node[32];
	struct flow_opener opener;
	const struct version *v;
	struct rng rng;
	enum sc_state state;
	enum login_mode mode;
	bool fresh, asleep, guest;
	struct server *promoted;
	struct udp_sock udp;
	struct listener tcp;
	uint16_t udp_port;
	struct ip public_ip;
	uint16_t public_port;
	struct peer_timer give_up, rest;
	struct host_cache hosts;
	struct requests requests;
	struct probing probing;
	struct source_ports source;
	struct supernode_link supernode;
	struct login login;
	struct update_check update;
	struct session session;
	struct contacts contacts;
	struct calls calls;
	struct login_outcome outcome;
	struct client_standing standing;
	struct script_run script;
	void (*login_ended)(struct sc *c);
	void (*action_ended)(struct sc *c);
};

#endif
