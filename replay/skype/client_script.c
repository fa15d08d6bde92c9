// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * client_script.c - does what the user's script says
 *
 * Model. A client's script is a list of actions (script.c), done one after the other. An action
 * ends when what it asked for has come to its result, then the next begins.
 *
 *   state           entered when               left when
 *   not begun       the overlay starts         the client's start time comes
 *   an action runs  the one before has ended   wait, idle: so many emulated seconds are over
 *                                              sleep: the same, and the client is awake
 *                                              login: in, refused or given up
 *                                              call, conference, pstn: over
 *                                              others, and what cannot begin: at once
 *   ended           the last action has ended  (stays)
 */
#include "replay/skype/call.h"
#include "replay/skype/call_pstn.h"
#include "replay/skype/client.h"
#include "replay/skype/client_contacts.h"
#include "replay/skype/client_private.h"
#include "replay/skype/client_promoted.h"
#include "replay/skype/client_script.h"
#include "replay/skype/client_session.h"
#include "replay/skype/client_supernode.h"
#include "replay/skype/guests.h"

static void next_action(void *arg);

/* The action under way has ended. */
static void action_ended(struct sc *c)
{
	c->script.at++;
	peer_timer_after(c->o, &c->script.timer, 0, next_action, c);
}

static const struct script_action *current(const struct sc *c)
{
	const struct script *s = &c->script.script;

	return c->script.at < s->count ? &s->actions[c->script.at] : NULL;
}

/* A login that no action waits for any more (1.4 after its rest) moves nothing. */
static void login_ended(struct sc *c)
{
	if (current(c) && current(c)->verb == VERB_LOGIN)
		action_ended(c);
}

static void waited(void *arg)
{
	action_ended(arg);
}

static void woken(void *arg)
{
	sc_wake(arg);
	action_ended(arg);
}

static void end(struct sc *c)
{
	if (c->script.ended)
		return;
	c->script.ended = true;
	c->script.all_done(c->o);
}

/* Does one action; true when it is done at once. */
static bool act(struct sc *c, const struct script_action *a)
{
	switch (a->verb) {
	case VERB_INSTALL:
	case VERB_UNINSTALL:
		sc_uninstall(c);
		return true;
	case VERB_LOGIN:
		return sc_log_in(c, a->mode < 0 ? c->spec.login : (enum login_mode)a->mode) < 0;
	case VERB_LOGOFF:
	case VERB_QUIT:
		call_end(c);
		sc_log_off(c);
		return true;
	case VERB_WAIT:
	case VERB_IDLE:
		peer_timer_after(c->o, &c->script.timer, a->seconds, waited, c);
		return false;
	case VERB_CALL:
		return call_start(c, a->name[0], NULL, a->seconds, a->tcp) < 0;
	case VERB_CONFERENCE:
		return call_start(c, a->name[0], a->name[1], a->seconds, false) < 0;
	case VERB_PSTN:
		return pstn_start(c, a->name[0], a->seconds) < 0;
	case VERB_HANGUP:
		call_end(c);
		return true;
	case VERB_SEARCH:
		client_session_search(c);
		return true;
	case VERB_ADD:
		contacts_add(c, a->name[0]);
		return true;
	case VERB_REMOVE:
		contacts_remove(c, a->name[0]);
		return true;
	case VERB_BLOCK:
		call_block(c, a->name[0]);
		contacts_changed(c);
		return true;
	case VERB_PRESENCE:
		client_session_presence(c);
		return true;
	case VERB_ANSWER:
		c->calls.answers = a->answer == ANSWER_YES;
		c->calls.busy = a->answer == ANSWER_BUSY;
		return true;
	case VERB_UDP_PORT:
		c->spec.udp_port = c->udp_port = a->port;
		return true;
	case VERB_NODE_LEAVES:
		supernode_falls_silent(c);
		return true;
	case VERB_SLEEP:
		sc_sleep(c);
		peer_timer_after(c->o, &c->script.timer, a->seconds, woken, c);
		return false;
	case VERB_ROAM:
		sc_roam(c, a->name[0]);
		return true;
	case VERB_SUPER_NODE:
		if (promoted_start(c))
			guests_come(c, a->count);
		return true;
	}
	return true;
}

static void next_action(void *arg)
{
	struct sc *c = arg;

	if (!current(c))
		end(c);
	else if (act(c, current(c)))
		action_ended(c);
}

void client_script_start(struct sc *c, double delay_s, void (*all_done)(struct overlay *o))
{
	c->login_ended = login_ended;
	c->action_ended = action_ended;
	c->script.all_done = all_done;
	peer_timer_after(c->o, &c->script.timer, delay_s, next_action, c);
}

void client_script_free(struct sc *c)
{
	peer_timer_cancel(&c->script.timer);
	script_free(&c->script.script);
}
