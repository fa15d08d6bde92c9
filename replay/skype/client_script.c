// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * client_script.c - what the user does
 *
 * Model. A client's script is a list of actions, done one after the other: an action ends when what
 * it asked for has come to its result (a login: in, refused or given up; a call: over), then the
 * next begins. "wait" passes emulated seconds. The list of verbs is that of the experiments in
 * Ehlert and Petgang, section 3: install and first login, log off and on, calls, quitting,
 * uninstalling and installing again.
 */
#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "replay/skype/call.h"
#include "replay/skype/client.h"

enum verb {
	V_INSTALL,
	V_LOGIN,
	V_LOGOFF,
	V_QUIT,
	V_UNINSTALL,
	V_WAIT,
	V_IDLE,
	V_CALL,
	V_HANGUP,
	V_CONFERENCE,
	V_PSTN,
	V_SEARCH,
	V_ADD,
	V_REMOVE,
	V_BLOCK,
	V_PRESENCE,
	V_ANSWER,
	V_UDP_PORT,
};

enum arg_kind { ARG_NONE, ARG_SECONDS, ARG_NAME, ARG_MODE, ARG_PRESENCE, ARG_ANSWER, ARG_PORT };

#define ARGS_MAX 3

static const struct {
	const char *word;
	enum verb verb;
	unsigned needed;
	enum arg_kind args[ARGS_MAX];
	const char *form;
} verbs[] = {
	{"install", V_INSTALL, 0, {ARG_NONE}, "install"},
	{"login", V_LOGIN, 0, {ARG_MODE}, "login [manual|automatic|wrong]"},
	{"logoff", V_LOGOFF, 0, {ARG_NONE}, "logoff"},
	{"quit", V_QUIT, 0, {ARG_NONE}, "quit"},
	{"uninstall", V_UNINSTALL, 0, {ARG_NONE}, "uninstall"},
	{"wait", V_WAIT, 1, {ARG_SECONDS}, "wait SECONDS"},
	{"idle", V_IDLE, 1, {ARG_SECONDS}, "idle SECONDS"},
	{"call", V_CALL, 2, {ARG_NAME, ARG_SECONDS}, "call NAME SECONDS"},
	{"hangup", V_HANGUP, 0, {ARG_NONE}, "hangup"},
	{"conference",
	 V_CONFERENCE,
	 3,
	 {ARG_NAME, ARG_NAME, ARG_SECONDS},
	 "conference NAME NAME SECONDS"},
	{"pstn", V_PSTN, 2, {ARG_NAME, ARG_SECONDS}, "pstn NUMBER SECONDS"},
	{"search", V_SEARCH, 1, {ARG_NAME}, "search NAME"},
	{"add", V_ADD, 1, {ARG_NAME}, "add NAME"},
	{"remove", V_REMOVE, 1, {ARG_NAME}, "remove NAME"},
	{"block", V_BLOCK, 1, {ARG_NAME}, "block NAME"},
	{"presence", V_PRESENCE, 1, {ARG_PRESENCE}, "presence online|away|busy|invisible"},
	{"answer", V_ANSWER, 1, {ARG_ANSWER}, "answer yes|no|busy"},
	{"udp-port", V_UDP_PORT, 1, {ARG_PORT}, "udp-port PORT"},
};

struct action {
	enum verb verb;
	char arg[ARGS_MAX][32];
	double seconds;
	int choice;
};

static const char *const modes[] = {"manual", "automatic", "wrong", NULL};
static const char *const presences[] = {"online", "away", "busy", "invisible", NULL};
static const char *const answers[] = {"yes", "no", "busy", NULL};

static int choose(const char *word, const char *const *list)
{
	for (int i = 0; list[i]; i++)
		if (!strcmp(word, list[i]))
			return i;
	return -1;
}

static int read_arg(struct action *a, enum arg_kind kind, const char *word)
{
	char *end;

	switch (kind) {
	case ARG_SECONDS:
		a->seconds = strtod(word, &end);
		return *end || a->seconds < 0 || a->seconds > 1e6 ? -1 : 0;
	case ARG_NAME:
		return strlen(word) < sizeof(a->arg[0]) ? 0 : -1;
	case ARG_MODE:
		return (a->choice = choose(word, modes)) < 0 ? -1 : 0;
	case ARG_PRESENCE:
		return (a->choice = choose(word, presences)) < 0 ? -1 : 0;
	case ARG_ANSWER:
		return (a->choice = choose(word, answers)) < 0 ? -1 : 0;
	case ARG_PORT:
		a->choice = (int)strtol(word, &end, 10);
		return *end || a->choice < 1024 || a->choice > 65535 ? -1 : 0;
	default:
		return -1;
	}
}

static int action_read(struct action *a, const char *text, struct err *e)
{
	char copy[160], *save = NULL, *word;
	unsigned n = 0;
	size_t i;

	memset(a, 0, sizeof(*a));
	a->choice = -1;
	snprintf(copy, sizeof(copy), "%s", text);
	word = strtok_r(copy, " ", &save);
	for (i = 0; i < ARRAY_LEN(verbs); i++)
		if (word && !strcmp(word, verbs[i].word))
			break;
	if (i == ARRAY_LEN(verbs))
		return err_set(e,
			       "unknown action \"%s\", expected login, logoff, quit, install, "
			       "uninstall, wait, idle, call, hangup, conference, pstn, search, "
			       "add, remove, block, presence, answer or udp-port",
			       text);
	a->verb = verbs[i].verb;
	while ((word = strtok_r(NULL, " ", &save))) {
		if (n == ARGS_MAX || read_arg(a, verbs[i].args[n], word) < 0)
			return err_set(e, "action \"%s\": \"%s\" does not fit, expected %s", text,
				       word, verbs[i].form);
		snprintf(a->arg[n++], sizeof(a->arg[0]), "%s", word);
	}
	if (n < verbs[i].needed)
		return err_set(e, "action \"%s\" is not complete, expected %s", text,
			       verbs[i].form);
	return 0;
}

int script_check(const char *action, struct err *e)
{
	struct action a;

	return action_read(&a, action, e);
}

int script_read(struct sc *c, const char *const *texts, size_t n, struct err *e)
{
	static const char *const usual[] = {"login", "wait 60", "quit"};

	if (!texts) {
		texts = usual;
		n = ARRAY_LEN(usual);
	}
	c->actions = xcalloc(n + 1, sizeof(*c->actions));
	c->action_count = n;
	for (size_t i = 0; i < n; i++)
		if (action_read(&c->actions[i], texts[i], e) < 0)
			return err_push(e, "client %s", c->name);
	return 0;
}

void script_free(struct sc *c)
{
	free(c->actions);
	c->actions = NULL;
	c->action_count = 0;
}

/* --- doing -------------------------------------------------------------------------------- */

static void step(void *arg);

void script_next(struct sc *c)
{
	c->action_at++;
	ptimer_after(c->o, &c->script, 0, step, c);
}

void script_login_ended(struct sc *c)
{
	if (c->action_at < c->action_count && c->actions[c->action_at].verb == V_LOGIN)
		script_next(c);
}

static void waited(void *arg)
{
	script_next(arg);
}

static void script_end(struct sc *c)
{
	if (c->ended)
		return;
	c->ended = true;
	overlay_client_ended(c->o);
}

static void reinstall(struct sc *c, bool fresh)
{
	sc_log_off(c);
	c->fresh = fresh;
	if (fresh) {
		c->host_count = 0;
		c->connections = 0;
		c->buddy_count = 0;
		c->src_port = 0;
		if (!c->spec.udp_port)
			c->udp_port = (uint16_t)rng_range(&c->rng, 1025, 65000);
	}
}

/* Does one action; true when it is done at once. */
static bool act(struct sc *c, struct action *a)
{
	switch (a->verb) {
	case V_INSTALL:
	case V_UNINSTALL:
		reinstall(c, true);
		return true;
	case V_LOGIN:
		return sc_log_in(c, a->choice < 0 ? c->spec.login : (enum login_mode)a->choice) < 0;
	case V_LOGOFF:
	case V_QUIT:
		call_end(c);
		sc_log_off(c);
		return true;
	case V_WAIT:
	case V_IDLE:
		ptimer_after(c->o, &c->script, a->seconds, waited, c);
		return false;
	case V_CALL:
		return call_start(c, a->arg[0], NULL, a->seconds) < 0;
	case V_CONFERENCE:
		return call_start(c, a->arg[0], a->arg[1], a->seconds) < 0;
	case V_PSTN:
		return call_pstn(c, a->arg[0], a->seconds) < 0;
	case V_HANGUP:
		call_end(c);
		return true;
	case V_SEARCH:
		sc_search(c);
		return true;
	case V_ADD:
		buddy_add(c, a->arg[0]);
		sc_contacts(c);
		return true;
	case V_REMOVE:
		buddy_remove(c, a->arg[0]);
		sc_contacts(c);
		return true;
	case V_BLOCK:
		call_block(c, a->arg[0]);
		sc_contacts(c);
		return true;
	case V_PRESENCE:
		sc_presence(c);
		return true;
	case V_ANSWER:
		c->answers = a->choice == 0;
		c->busy = a->choice == 2;
		return true;
	case V_UDP_PORT:
		c->spec.udp_port = c->udp_port = (uint16_t)a->choice;
		return true;
	}
	return true;
}

static void step(void *arg)
{
	struct sc *c = arg;

	if (c->action_at >= c->action_count) {
		script_end(c);
		return;
	}
	if (act(c, &c->actions[c->action_at]))
		script_next(c);
}

void script_start(void *arg)
{
	step(arg);
}
