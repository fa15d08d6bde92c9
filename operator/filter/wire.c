// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * wire.c - what the two processes of `watch --filter` say to each other
 *
 * Model. A SOCK_SEQPACKET pair keeps messages apart; each has the size of struct wire. The process that
 * reads packets may have been taken over by one of them: so the filter takes nothing from it but
 * sightings, and requests to end a block, whose every member is in range: families, protocols, kinds,
 * counts, and text that ends and is plain ASCII (it goes into comments of the kernel's elements). The
 * other direction is checked alike.
 *
 * Limits. A process that was taken over can have anybody blocked who is not on the allow list, as fast
 * as the policy's rate lets it, and anybody unblocked. It cannot change any other rule.
 */
#include <errno.h>
#include <netinet/in.h>
#include <string.h>
#include <sys/socket.h>

#include "operator/filter/wire.h"

#define MAGIC 0x736b6677u /* "skfw" */

void wire_new(struct wire *w, enum wire_type type)
{
	memset(w, 0, sizeof(*w));
	w->magic = MAGIC;
	w->type = type;
}

int wire_send(int fd, const struct wire *w, int flags)
{
	ssize_t n;

	do
		n = send(fd, w, sizeof(*w), flags | MSG_NOSIGNAL);
	while (n < 0 && errno == EINTR);
	return n == (ssize_t)sizeof(*w) ? 0 : -1;
}

/* ---- checking ---- */

/* Ends @s within @room, and shows what is not printable ASCII as '?'. */
static void plain(char *s, size_t room)
{
	s[room - 1] = '\0';
	for (; *s; s++)
		if (*s < ' ' || *s > '~')
			*s = '?';
}

#define PLAIN(field) plain(field, sizeof(field))

/* What an address does not use is zero: else one address would be many. */
static bool good_ip(const struct ip *ip, bool may_be_none)
{
	static const uint8_t zero[sizeof(ip->b)];
	size_t used = ip->family == 6 ? 16 : ip->family;

	if (ip->family != 4 && ip->family != 6 && (ip->family || !may_be_none))
		return false;
	return !memcmp(ip->b + used, zero, sizeof(ip->b) - used);
}

static bool good_proto(uint8_t proto)
{
	return proto == IPPROTO_UDP || proto == IPPROTO_TCP;
}

static bool good_tuple(const struct tuple *t, bool may_be_none)
{
	if (may_be_none && !t->proto)
		return true;
	return good_proto(t->proto) && good_ip(&t->src.ip, false) && good_ip(&t->dst.ip, false) &&
	       t->src.ip.family == t->dst.ip.family;
}

/* A bool from outside may be any byte, which C does not foresee. */
static bool good_bool(const bool *b)
{
	unsigned char byte;

	memcpy(&byte, b, 1);
	return byte <= 1;
}

static bool good_sighting(struct sighting *s)
{
	PLAIN(s->application);
	PLAIN(s->signature);
	PLAIN(s->rule);
	PLAIN(s->client_version);
	PLAIN(s->community_id);
	PLAIN(s->sensor);
	for (size_t i = 0; i < EVIDENCE_MAX; i++)
		PLAIN(s->evidence[i].message);
	return (unsigned)s->kind < EVENT_KINDS && good_tuple(&s->flow, false) &&
	       good_ip(&s->super_node.ip, true) && good_bool(&s->answered) &&
	       good_bool(&s->in_part) && s->evidence_count <= EVIDENCE_MAX;
}

/* Whether a line that is about a block says of what. */
static bool names_one(const struct filter_block *b)
{
	if (!b->who.ip.family)
		return false;
	return b->what == FILTER_CLIENT ||
	       (good_proto(b->proto) && (b->what != FILTER_FLOW || b->flow.proto));
}

static bool good_line(struct filter_block *b)
{
	PLAIN(b->application);
	PLAIN(b->signature);
	PLAIN(b->rule);
	PLAIN(b->why);
	return (unsigned)b->outcome < FILTER_OUTCOMES && (unsigned)b->what < FILTER_WHATS &&
	       good_tuple(&b->flow, true) && good_ip(&b->who.ip, true) &&
	       good_ip(&b->client, true) && good_ip(&b->inside, true) &&
	       (unsigned)b->kind < EVENT_KINDS && b->n_frames <= FILTER_FRAMES &&
	       good_bool(&b->dry_run) && (b->outcome == FILTER_REPORT || names_one(b));
}

/* Is this a message that may be acted on? Text is made plain. */
static bool good(struct wire *w, size_t len, bool to_filter)
{
	if (len != sizeof(*w) || w->magic != MAGIC || w->type >= WIRE_TYPES)
		return false;
	if ((w->type <= WIRE_LIST) != to_filter)
		return false;
	switch ((enum wire_type)w->type) {
	case WIRE_SIGHTING:
		return good_sighting(&w->sighting);
	case WIRE_UNBLOCK:
		return good_ip(&w->ip, true);
	case WIRE_FAILED:
		PLAIN(w->failure.msg);
		if (w->failure.code != EXIT_USAGE)
			w->failure.code = EXIT_ENV;
		return true;
	case WIRE_LINE:
		return good_line(&w->line);
	default:
		return true;
	}
}

int wire_receive(int fd, struct wire *w, bool to_filter, int flags)
{
	ssize_t n;

	do
		n = recv(fd, w, sizeof(*w), flags | MSG_TRUNC);
	while (n < 0 && errno == EINTR);
	if (n < 0 && (errno == EAGAIN || errno == EWOULDBLOCK))
		return 0;
	return n > 0 && good(w, (size_t)n, to_filter) ? 1 : -1;
}
