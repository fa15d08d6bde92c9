// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * client.c - the emulated Skype client: start and end
 *
 * Model. A client opens one UDP socket and a TCP listener on the same port, and looks for a super
 * node: by UDP probes (client_probe.c), by TCP when UDP is silent, always in the order own port,
 * 443, 80 (client_supernode.c). It then logs in (client_login.c) and goes on as an idle client does
 * (client_session.c). What the user does comes from a script (client_script.c), what the version
 * does from its file. Nothing tells the client what the network lets through: it sees answers,
 * silence and errors, as a real one.
 *
 *   state         entered when                             left when
 *   SC_OFF        the client is made, or quits             the user logs in
 *   SC_SEARCHING  the user logs in; the rest is over; the  a super node accepts (T3); the version's
 *                 super node is lost                       give-up time is over
 *   SC_CONNECTED  a super node accepts                     its connection closes; the user quits
 *   SC_RESTING    1.4 has given up (two hours)             the version's pause is over
 *   SC_FAILED     2.0 has given up (eight minutes)         the user quits or logs in again
 *
 * A machine that sleeps (->asleep) stays in its state, silent. One that wakes in SC_CONNECTED, or roams
 * in any state but SC_OFF, is SC_SEARCHING again.
 *
 * From every state, quitting leads to SC_OFF. While the client searches, the ways in are tried
 * thus:
 *
 *   way             what is tried
 *   UDP             probes in rounds; each host that accepts is tried over TCP at once
 *   TCP, own port   hosts that accept; any host when UDP stays silent for the version's patience
 *   443, 80, proxy  of the same host, each when the one before is refused or silent
 *
 * The login follows in SC_CONNECTED, on its own ladder of ports (client_server_login.c); calls need
 * it (call_leg.c). Each part lists the states of its own.
 */
#include <netinet/in.h>
#include <stdio.h>

#include "replay/skype/call.h"
#include "replay/skype/call_pstn.h"
#include "replay/skype/client.h"
#include "replay/skype/client_connect.h"
#include "replay/skype/client_datagram.h"
#include "replay/skype/client_hosts.h"
#include "replay/skype/client_login.h"
#include "replay/skype/client_outcome.h"
#include "replay/skype/client_private.h"
#include "replay/skype/client_probe.h"
#include "replay/skype/client_promoted.h"
#include "replay/skype/client_request.h"
#include "replay/skype/client_session.h"
#include "replay/skype/client_standing.h"
#include "replay/skype/client_supernode.h"
#include "replay/skype/client_update.h"
#include "replay/skype/client_visited.h"

static void give_up(void *arg);

static void rested(void *arg)
{
	struct sc *c = arg;

	c->state = SC_SEARCHING;
	hosts_fill(c);
	probing_start(c);
	peer_timer_after(c->o, &c->give_up, c->v->tcp.give_up, give_up, c);
}

static void give_up(void *arg)
{
	struct sc *c = arg;

	probing_stop(c);
	supernode_search_stop(c);
	c->state = SC_FAILED;
	if (c->v->tcp.pause > 0) { /* 1.4 rests and begins again; 2.0 shows an error */
		c->state = SC_RESTING;
		peer_timer_after(c->o, &c->rest, c->v->tcp.pause, rested, c);
	}
	outcome_login_ended(c, OUTCOME_GAVE_UP);
}

static int open_sockets(struct sc *c, struct err *e)
{
	struct endpoint local = {c->spec.ip, c->udp_port};

	c->udp.owner = c;
	c->udp.rx = client_datagram;
	c->udp.mask = c->v->udp.mask;
	c->tcp.owner = c;
	c->tcp.accepted = visited_accepted;
	for (int i = 0; i < 16; i++) { /* a drawn port may be taken by another client here */
		if (udp_sock_open(&c->udp, c->o, c->spec.netns, &local, e) == 0) {
			if (listener_open(&c->tcp, c->o, c->spec.netns, &local, false, e) == 0)
				return 0;
			udp_sock_close(&c->udp);
		}
		if (c->spec.udp_port)
			return -1;
		local.port = c->udp_port = (uint16_t)rng_range(&c->rng, 1025, 65000);
	}
	return -1;
}

int sc_log_in(struct sc *c, enum login_mode mode)
{
	struct err e;

	if (c->state != SC_OFF)
		sc_log_off(c);
	if (open_sockets(c, &e) < 0) {
		log_warn("client %s: %s", c->name, e.msg);
		return -1;
	}
	c->mode = mode;
	c->state = SC_SEARCHING;
	c->login.authed = c->login.wrong = c->probing.udp_alive = false;
	c->public_ip = (struct ip){0};
	c->requests.next_id = version_id_after(c->v, (uint16_t)rng_u32(&c->rng), 0);
	source_ports_start(c);
	hosts_fill(c);
	standing_asked(c);
	outcome_login_start(c, mode);
	peer_timer_after(c->o, &c->give_up, c->v->tcp.give_up, give_up, c);
	probing_start(c);
	return 0;
}

void sc_log_off(struct sc *c)
{
	if (c->state == SC_OFF)
		return;
	standing_quit(c);
	pstn_free(c);
	client_session_stop(c);
	login_stop(c);
	probing_stop(c);
	supernode_search_stop(c);
	requests_drop(c);
	peer_timer_cancel(&c->give_up);
	peer_timer_cancel(&c->rest);
	supernode_leave(c);
	promoted_stop(c);
	udp_sock_close(&c->udp);
	listener_close(&c->tcp);
	c->state = SC_OFF;
	c->fresh = false;
	outcome_login_left(c);
}

void sc_sleep(struct sc *c)
{
	call_end(c);
	client_session_stop(c);
	login_stop(c);
	probing_stop(c);
	requests_drop(c);
	promoted_fall_silent(c);
	c->asleep = true;
}

void sc_wake(struct sc *c)
{
	c->asleep = false;
	if (c->state == SC_SEARCHING)
		probing_start(c);
	else
		supernode_replace(c);
}

/* Ends what is open at the old address as a cable that is pulled does. */
static void vanish(struct sc *c)
{
	call_end(c);
	client_session_stop(c);
	login_stop(c);
	probing_stop(c);
	supernode_search_stop(c);
	requests_drop(c);
	supernode_vanish(c);
	promoted_vanish(c);
	udp_sock_close(&c->udp);
	listener_close(&c->tcp);
}

void sc_roam(struct sc *c, const char *node)
{
	struct err e;
	struct ip ip;
	int netns = -1;

	if (!c->o->place || !c->o->place(c->o->place_arg, node, &netns, &ip)) {
		log_warn("client %s: roam %s: no such node", c->name, node);
		return;
	}
	if (c->state != SC_OFF)
		vanish(c);
	snprintf(c->node, sizeof(c->node), "%s", node);
	c->spec.netns = netns;
	c->spec.ip = c->opener.ip = ip;
	c->public_ip = (struct ip){0};
	c->public_port = 0;
	if (c->state == SC_OFF)
		return;
	c->state = SC_SEARCHING;
	c->probing.udp_alive = false;
	if (open_sockets(c, &e) < 0) {
		log_warn("client %s: %s", c->name, e.msg);
		c->state = SC_OFF;
		return;
	}
	probing_start(c);
}

void sc_init(struct sc *c)
{
	char name[64];

	snprintf(name, sizeof(name), "sc/%s", c->name);
	rng_init(&c->rng, c->o->seed, name);
	snprintf(name, sizeof(name), "silence/%s", c->name);
	rng_init(&c->session.patience, c->o->seed, name);
	c->udp_port =
		c->spec.udp_port ? c->spec.udp_port : (uint16_t)rng_range(&c->rng, 1025, 65000);
	c->opener = (struct flow_opener){c->node, c->name, c->v->name, c->spec.ip};
	c->fresh = c->spec.fresh;
	c->outcome.index = -1;
	c->tcp.fd = -1;
	calls_init(c);
	c->probing.positive = supernode_try;
	c->probing.silent = supernode_search;
	c->session.gone = supernode_replace;
	udp_sock_init(&c->udp);
	update_check_init(c);
}

void sc_close(struct sc *c)
{
	calls_free(c);
	sc_log_off(c);
	client_session_free(c);
}

void sc_uninstall(struct sc *c)
{
	sc_log_off(c);
	c->fresh = true;
	c->hosts.count = 0;
	c->session.connections = 0;
	c->contacts.count = 0;
	c->source.next = 0;
	if (!c->spec.udp_port)
		c->udp_port = (uint16_t)rng_range(&c->rng, 1025, 65000);
}
