// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * event_kind.c - the words for what an event says
 */
#include <string.h>

#include "detector/language/event_kind.h"

static const char *const words[EVENT_KINDS] = {
	"evidence",    "probe-accepted", "session-start", "session-change",
	"session-end", "call-start",	 "call-end",	  "flow"};

const char *event_kind_text(enum event_kind k)
{
	return k < EVENT_KINDS ? words[k] : "?";
}

bool event_kind_parse(const char *word, enum event_kind *k)
{
	for (int i = 0; i < EVENT_KINDS; i++)
		if (!strcmp(words[i], word)) {
			*k = (enum event_kind)i;
			return true;
		}
	return false;
}
