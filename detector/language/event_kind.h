/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef DETECTOR_EVENT_KIND_H
#define DETECTOR_EVENT_KIND_H

#include <stdbool.h>

/* What an event says. The text is what EVE's skype.event holds and what signatures write. */
enum event_kind {
	EVENT_EVIDENCE,	      /* "evidence": a sign, not a detection by itself */
	EVENT_PROBE_ACCEPTED, /* "probe-accepted": a super node said yes over UDP */
	EVENT_SESSION_START,  /* "session-start": connected to the super node in .super_node */
	EVENT_SESSION_CHANGE, /* "session-change": now to another super node */
	EVENT_SESSION_END,    /* "session-end" */
	EVENT_CALL_START,     /* "call-start" */
	EVENT_CALL_END,	      /* "call-end" */
	EVENT_FLOW,	      /* "flow": this flow is Skype's too (attributed to a known client) */
	EVENT_KINDS,
};
/* "?" for what is no kind. */
const char *event_kind_text(enum event_kind k);
/* The kind of that word; false when there is none. */
bool event_kind_parse(const char *word, enum event_kind *k);

#endif
