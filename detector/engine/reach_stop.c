// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * reach_stop.c - of a flow that a signature misses, the condition that failed first
 *
 * Of the rules that report an event, the one counts that came furthest on the flow (reach.c). What came next
 * in it did not hold: one condition of its first message, the next message, or what it asks to be known of the
 * client and the other end by then. Where no rule came so near that one condition was missing, there is none
 * to name: then it is said whether a rule was asked at all.
 *
 * Limits: of rules that came equally far the first in the file counts. A rule that would report on another flow of the
 * same client counts like any other.
 */
#include <netinet/in.h>
#include <stdbool.h>
#include <stdio.h>

#include "detector/engine/reach_stop.h"
#include "detector/language/signature.h"

static bool reports(const struct rule *r)
{
	if (r->then.event >= 0 || r->end_event >= 0)
		return true;
	for (unsigned i = 0; i < r->steps_n; i++)
		if (r->steps[i].has_then && r->steps[i].then.event >= 0)
			return true;
	return false;
}

/* The order of notes: how far the rule came. */
static unsigned distance(const struct reach_note *n)
{
	return 4U * n->level + 2U * n->acted + n->asked;
}

/* The set that the rule asks for, whose entry was not there. */
static const char *asked_set(const struct signature_set *set, const struct rule *r)
{
	for (unsigned i = 0; i < r->known_n; i++)
		if (!r->known[i].negate)
			return set->sets[r->known[i].set].name;
	return NULL;
}

/* The message that had to follow step @last: the first behind it that is not optional. */
static void say_next(const struct rule *r, unsigned last, struct reach_stop *out)
{
	unsigned i = last + 1;

	while (i + 1 < r->steps_n && r->steps[i].optional)
		i++;
	if (i < r->steps_n)
		snprintf(out->why, sizeof(out->why), "%s did not follow, line %u",
			 r->messages[r->steps[i].first].name, r->messages[r->steps[i].first].line);
	else
		snprintf(out->why, sizeof(out->why),
			 "its counts, or the messages again, did not follow");
}

static void say(const struct signature_set *set, const struct rule *r, const struct reach_note *n,
		struct reach_stop *out)
{
	const char *must = asked_set(set, r);

	if (n->level >= REACH_ALL_STEPS && n->acted)
		snprintf(out->why, sizeof(out->why), "nothing: it acted, for another flow or time");
	else if (n->level >= REACH_FIRST && must && (!n->known || n->level >= REACH_ALL_STEPS))
		snprintf(out->why, sizeof(out->why), "not known: no entry in %s", must);
	else if (n->level >= REACH_ALL_STEPS)
		snprintf(out->why, sizeof(out->why), "its count was not reached");
	else if (n->level >= REACH_FIRST)
		say_next(r, n->level - REACH_FIRST, out);
	else
		reach_missing_text(set, r->index, n->missing, out->why, sizeof(out->why));
}

void reach_stop(const struct signature_set *set, size_t signature, uint8_t proto,
		const struct reach_note *notes, struct reach_stop *out)
{
	const struct rule *best = NULL;

	*out = (struct reach_stop){.rule = ""};
	for (size_t i = 0; i < set->rules_n; i++) {
		const struct rule *r = set->rules[i];

		if (r->signature == signature && (proto == IPPROTO_UDP ? r->udp : r->tcp) &&
		    reports(r) && (!best || distance(&notes[i]) > distance(&notes[best->index])))
			best = r;
	}
	if (best && notes[best->index].level != REACH_NOTHING) {
		out->rule = best->name;
		out->line = best->line;
		say(set, best, &notes[best->index], out);
	} else {
		snprintf(out->why, sizeof(out->why), "%s",
			 !best ? "no rule reports on this protocol"
			 : notes[best->index].asked
				 ? "no payload came near a rule's first message"
				 : "no payload, or none on ports and hosts of a rule");
	}
}
