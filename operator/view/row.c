// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * row.c - of a client, what its line in the list shows
 *
 * A plain value of some 450 bytes: rows are copied while the picture is locked, and sorted, filtered and
 * drawn after that.
 *
 * Limits: texts that are longer than their room are cut; the detail page has them whole.
 */
#include <string.h>

#include "operator/view/row.h"

const char *row_state_text(enum row_state s)
{
	static const char *const texts[ROW_STATES] = {
		[ROW_SEEN] = "seen",	     [ROW_LEFT] = "left", [ROW_PROBED] = "probe",
		[ROW_CONNECTED] = "session", [ROW_CALL] = "call",
	};

	return s < ROW_STATES ? texts[s] : "?";
}

static enum row_state state_of(const struct client *c)
{
	if (c->in_call)
		return ROW_CALL;
	switch (c->state) {
	case CLIENT_CONNECTED:
		return ROW_CONNECTED;
	case CLIENT_PROBED:
		return ROW_PROBED;
	case CLIENT_LEFT:
		return ROW_LEFT;
	default:
		return ROW_SEEN;
	}
}

/* Adds @word to the words in @out; what does not fit is left out. */
static void add_word(char *out, size_t room, const char *word)
{
	size_t n = strlen(out), more = strlen(word);

	if (n + more + 2 > room)
		return;
	if (n)
		out[n++] = ' ';
	memcpy(out + n, word, more + 1);
}

/* "U1 U2 U3 U4" of the evidence; "" when there is none. */
static void put_messages(char *out, size_t room, const struct sighting *s)
{
	out[0] = '\0';
	for (size_t i = 0; i < s->evidence_count && i < EVIDENCE_MAX; i++)
		add_word(out, room, s->evidence[i].message);
}

/* What a sighting's kind says of the client, the most telling greatest. */
static int telling(const struct sighting *s)
{
	static const int weights[EVENT_KINDS] = {
		[EVENT_CALL_START] = 4,	    [EVENT_CALL_END] = 4,    [EVENT_SESSION_START] = 3,
		[EVENT_SESSION_CHANGE] = 3, [EVENT_SESSION_END] = 3, [EVENT_PROBE_ACCEPTED] = 2,
		[EVENT_FLOW] = 1,
	};

	return s->kind < EVENT_KINDS ? weights[s->kind] : 0;
}

/* Of the sightings kept, the most telling, of these the last; NULL when none is kept. */
static const struct sighting *why(const struct client *c)
{
	const struct sighting *best = client_kept(c, 0), *s;

	for (size_t i = 1; (s = client_kept(c, i)); i++)
		if (telling(s) > telling(best))
			best = s;
	return best;
}

void row_from_client(struct row *r, const struct client *c)
{
	const struct sighting *reason = why(c);

	*r = (struct row){
		.ip = c->ip,
		.state = state_of(c),
		.in_part = c->in_part,
		.blocked = client_blocked(c, false),
		.would_block = client_blocked(c, true),
		.answered = c->answered,
		.first_ns = c->first_ns,
		.last_ns = c->last_ns,
		.call_since_ns = c->call_since_ns,
		.events = client_sightings(c),
		.super_node = c->super_node,
		.sensor_count = c->sensor_count,
	};
	for (size_t i = c->address_count; i-- > 0;)
		if (!ip_eq(&c->addresses[i], &c->ip))
			r->outside = c->addresses[i];
	if (c->version_count)
		sighting_text(r->version, sizeof(r->version), c->versions[0]);
	for (size_t i = 0; i < c->sensor_count; i++)
		add_word(r->sensors, sizeof(r->sensors), c->sensors[i]);
	if (!reason)
		return;
	sighting_text(r->signature, sizeof(r->signature), reason->signature);
	sighting_text(r->rule, sizeof(r->rule), reason->rule);
	put_messages(r->messages, sizeof(r->messages), reason);
}
