// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * script.c - reads the actions of a user script
 *
 * Model. An action is a verb and its arguments, separated by spaces; one table says which arguments
 * each verb takes. The verbs are those of the experiments in Ehlert and Petgang, section 3: install
 * and first login, log off and on, calls, quitting, uninstalling and installing again.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/number.h"
#include "replay/skype/guests.h"
#include "replay/skype/login_mode.h"
#include "replay/skype/script.h"

enum arg_kind {
	ARG_NONE,
	ARG_SECONDS,
	ARG_NAME,
	ARG_MODE,
	ARG_PRESENCE,
	ARG_ANSWER,
	ARG_PORT,
	ARG_COUNT,
	ARG_TCP
};

#define ARGS_MAX 3
#define GUESTS	 3 /* that come to a super node when the script does not say how many */

static const struct {
	const char *word;
	enum script_verb verb;
	unsigned needed;
	enum arg_kind args[ARGS_MAX];
	const char *form;
} verbs[] = {
	{"install", VERB_INSTALL, 0, {ARG_NONE}, "install"},
	{"login", VERB_LOGIN, 0, {ARG_MODE}, "login [manual|automatic|wrong]"},
	{"logoff", VERB_LOGOFF, 0, {ARG_NONE}, "logoff"},
	{"quit", VERB_QUIT, 0, {ARG_NONE}, "quit"},
	{"uninstall", VERB_UNINSTALL, 0, {ARG_NONE}, "uninstall"},
	{"wait", VERB_WAIT, 1, {ARG_SECONDS}, "wait SECONDS"},
	{"idle", VERB_IDLE, 1, {ARG_SECONDS}, "idle SECONDS"},
	{"call", VERB_CALL, 2, {ARG_NAME, ARG_SECONDS, ARG_TCP}, "call NAME SECONDS [tcp]"},
	{"hangup", VERB_HANGUP, 0, {ARG_NONE}, "hangup"},
	{"conference",
	 VERB_CONFERENCE,
	 3,
	 {ARG_NAME, ARG_NAME, ARG_SECONDS},
	 "conference NAME NAME SECONDS"},
	{"pstn", VERB_PSTN, 2, {ARG_NAME, ARG_SECONDS}, "pstn NUMBER SECONDS"},
	{"search", VERB_SEARCH, 1, {ARG_NAME}, "search NAME"},
	{"add", VERB_ADD, 1, {ARG_NAME}, "add NAME"},
	{"remove", VERB_REMOVE, 1, {ARG_NAME}, "remove NAME"},
	{"block", VERB_BLOCK, 1, {ARG_NAME}, "block NAME"},
	{"presence", VERB_PRESENCE, 1, {ARG_PRESENCE}, "presence online|away|busy|invisible"},
	{"answer", VERB_ANSWER, 1, {ARG_ANSWER}, "answer yes|no|busy"},
	{"udp-port", VERB_UDP_PORT, 1, {ARG_PORT}, "udp-port PORT"},
	{"node-leaves", VERB_NODE_LEAVES, 0, {ARG_NONE}, "node-leaves"},
	{"sleep", VERB_SLEEP, 1, {ARG_SECONDS}, "sleep SECONDS"},
	{"roam", VERB_ROAM, 1, {ARG_NAME}, "roam NODE"},
	{"super-node", VERB_SUPER_NODE, 0, {ARG_COUNT}, "super-node [CLIENTS], 0 to 32 of them"},
};

static int find_word(const char *word, const char *const *list, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (!strcmp(word, list[i]))
			return (int)i;
	return -1;
}

static int read_seconds(const char *word, double *seconds)
{
	return number_is_real(word, seconds) && *seconds >= 0 && *seconds <= 1e6 ? 0 : -1;
}

static int read_port(const char *word, uint16_t *port)
{
	uint64_t n;

	if (!number_is_whole(word, &n) || n < 1024 || n > 65535)
		return -1;
	*port = (uint16_t)n;
	return 0;
}

static int read_count(const char *word, unsigned *count)
{
	uint64_t n;

	if (!number_is_whole(word, &n) || n > GUESTS_MAX)
		return -1;
	*count = (unsigned)n;
	return 0;
}

/* Reads argument @n of an action. */
static int read_arg(struct script_action *a, enum arg_kind kind, unsigned n, const char *word)
{
	static const char *const presences[] = {"online", "away", "busy", "invisible"};
	static const char *const answers[] = {"yes", "no", "busy"};
	int found;

	switch (kind) {
	case ARG_SECONDS:
		return read_seconds(word, &a->seconds);
	case ARG_NAME:
		if (strlen(word) >= sizeof(a->name[n]))
			return -1;
		snprintf(a->name[n], sizeof(a->name[n]), "%s", word);
		return 0;
	case ARG_MODE:
		a->mode = login_mode_parse(word);
		return a->mode < 0 ? -1 : 0;
	case ARG_PRESENCE: /* only that it changes is seen */
		return find_word(word, presences, ARRAY_LEN(presences)) < 0 ? -1 : 0;
	case ARG_ANSWER:
		found = find_word(word, answers, ARRAY_LEN(answers));
		a->answer = (enum script_answer)found;
		return found < 0 ? -1 : 0;
	case ARG_PORT:
		return read_port(word, &a->port);
	case ARG_COUNT:
		return read_count(word, &a->count);
	case ARG_TCP:
		a->tcp = !strcmp(word, "tcp");
		return a->tcp ? 0 : -1;
	default:
		return -1;
	}
}

static int read_action(struct script_action *a, const char *text, struct err *e)
{
	char copy[160], *save = NULL, *word;
	unsigned n = 0;
	size_t i;

	memset(a, 0, sizeof(*a));
	a->mode = -1;
	a->count = GUESTS;
	snprintf(copy, sizeof(copy), "%s", text);
	word = strtok_r(copy, " ", &save);
	for (i = 0; i < ARRAY_LEN(verbs); i++)
		if (word && !strcmp(word, verbs[i].word))
			break;
	if (i == ARRAY_LEN(verbs))
		return err_set(e,
			       "unknown action \"%s\", expected login, logoff, quit, install, "
			       "uninstall, wait, idle, call, hangup, conference, pstn, search, "
			       "add, remove, block, presence, answer, udp-port, "
			       "node-leaves, sleep, roam or super-node",
			       text);
	a->verb = verbs[i].verb;
	while ((word = strtok_r(NULL, " ", &save))) {
		if (n == ARGS_MAX || read_arg(a, verbs[i].args[n], n, word) < 0)
			return err_set(e, "action \"%s\": \"%s\" does not fit, expected %s", text,
				       word, verbs[i].form);
		n++;
	}
	if (n < verbs[i].needed)
		return err_set(e, "action \"%s\" is not complete, expected %s", text,
			       verbs[i].form);
	return 0;
}

int script_check(const char *action, struct err *e)
{
	struct script_action a;

	return read_action(&a, action, e);
}

int script_read(struct script *s, const char *const *texts, size_t n, struct err *e)
{
	static const char *const usual[] = {"login", "wait 60", "quit"};

	if (!texts) {
		texts = usual;
		n = ARRAY_LEN(usual);
	}
	s->actions = xcalloc(n + 1, sizeof(*s->actions));
	s->count = n;
	for (size_t i = 0; i < n; i++)
		if (read_action(&s->actions[i], texts[i], e) < 0)
			return -1;
	return 0;
}

void script_free(struct script *s)
{
	free(s->actions);
	*s = (struct script){0};
}
