// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * event_kind.c - the words for what an event says
 */
#include "detector/language/event_kind.h"

static const char *const words[EVENT_KINDS] = {
	"evidence",    "probe-accepted", "session-start", "session-change",
	"session-end", "call-start",	 "call-end",	  "flow"};

const char *event_kind_text(enum event_kind k)
{
	return k < EVENT_KINDS ? words[k] : "?";
}
