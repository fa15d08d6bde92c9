// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * session.c - one walk through a generator's table of steps
 *
 * A session is a dialog whose messages come from the table: the step at hand builds one, then the
 * walk goes on to the next step, or back where the table has a loop (`back`, so often as drawn when
 * the loop is entered). Sockets and turns are dialog.c's. A generator with several flows (a SIP
 * call and its media) begins the others with session_spawn().
 *
 * A session draws every byte and gap from random numbers of its own, so one session more or less
 * changes no other.
 */
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "replay/background/generator.h"
#include "replay/background/session.h"

#define MESSAGE_MAX  65536
#define DATAGRAM_MAX 1472 /* fits one Ethernet frame */
#define GRID_NS	     (NS_PER_MS / 2)

static bool session_next(void *arg, struct dialog_turn *turn)
{
	struct gen_session *s = arg;
	const struct generator_step *step;

	if (s->turn) { /* leave the step just done */
		step = &s->gen->steps[s->step];
		if (step->back && !s->looping) {
			s->left = rng_range(&s->rng, step->times_lo, step->times_hi);
			s->looping = true;
		}
		if (step->back && s->left) {
			s->left--;
			s->step -= step->back - 1;
		} else {
			if (step->back)
				s->looping = false;
			s->step++;
		}
	}
	if (s->step >= s->gen->step_count || (s->all->stopped && s->looping))
		return false;
	step = &s->gen->steps[s->step];
	turn->to_opener = step->to_opener;
	turn->gap_ns =
		(uint64_t)rng_range(&s->rng, step->gap_lo_ms * 1000u, step->gap_hi_ms * 1000u) *
		1000;
	return true;
}

static uint32_t session_build(void *arg, struct dialog *t, const uint8_t **data, const char **name)
{
	static uint8_t buf[MESSAGE_MAX];
	struct gen_session *s = arg;
	struct writer w = {buf, 0, s->gen->proto == IPPROTO_UDP ? DATAGRAM_MAX : MESSAGE_MAX};

	(void)name;
	s->seen = *dialog_seen(t);
	s->host = dialog_tuple(t)->src;
	s->now_ns = loop_due(dialogs_loop(s->all->dialogs));
	s->gen->steps[s->step].build(s, &w);
	s->turn++;
	s->stats->messages++;
	s->stats->bytes += w.len;
	*data = buf;
	return w.len;
}

static void session_free(struct gen_session *s)
{
	if (s->prev)
		s->prev->next = s->next;
	else
		s->all->open = s->next;
	if (s->next)
		s->next->prev = s->prev;
	free(s);
}

static void session_ended(void *arg, const struct dialog_result *result)
{
	struct gen_session *s = arg;

	if (result->end == DIALOG_COMPLETE && s->gen->then && !s->all->stopped)
		s->gen->then(s);
	if (result->end == DIALOG_COMPLETE)
		s->stats->complete++;
	else
		s->stats->cut++;
	session_free(s);
}

static const struct dialog_ops session_ops = {session_next, session_build, session_ended};

void session_open(struct gen_session *s)
{
	struct sessions *all = s->all;
	struct dialog_spec spec = {
		.proto = s->gen->proto,
		.opener = *s->host_side,
		.acceptor = all->internet,
		.seed = rng_u64(&s->rng),
		.close = s->gen->close,
		.grid_ns = GRID_NS,
		.ops = &session_ops,
		.arg = s,
	};
	struct err e;

	spec.opener.at = s->host;
	if (s->gen->own_link)
		spec.acceptor = *s->host_side;
	spec.acceptor.at = s->server;
	label_copy(spec.flow.label, s->gen->application ? s->gen->application : s->gen->name);
	snprintf(spec.flow.reason, sizeof(spec.flow.reason), "%s%s%s", s->gen->name,
		 s->gen->more ? ": " : "", s->gen->more ? s->gen->more(s) : "");
	s->next = all->open;
	if (all->open)
		all->open->prev = s;
	all->open = s;
	s->dialog = dialog_open(all->dialogs, &spec, &e);
	if (!s->dialog) {
		log_debug("background %s: %s", s->gen->name, e.msg);
		s->stats->cut++;
		session_free(s);
		return;
	}
	s->stats->flows++;
}

struct gen_session *session_new(struct sessions *all, const struct generator *gen,
				const struct dialog_side *host, uint64_t seed,
				struct background_stats *stats)
{
	struct gen_session *s = xcalloc(1, sizeof(*s));

	s->all = all;
	s->gen = gen;
	s->stats = stats;
	s->host_side = host;
	s->host.ip = host->at.ip;
	rng_init(&s->rng, seed, gen->name);
	return s;
}

void session_spawn(struct gen_session *s, const struct generator *gen, uint16_t host_port,
		   uint16_t server_port, const uint64_t *words, unsigned n)
{
	struct gen_session *child =
		session_new(s->all, gen, s->host_side, rng_u64(&s->rng), s->stats);

	child->host.port = host_port;
	child->server.ip = s->server.ip;
	child->server.port =
		server_port ? server_port : (uint16_t)rng_range(&child->rng, 1025, 65000);
	memcpy(child->word, words, (n < SESSION_WORDS ? n : SESSION_WORDS) * sizeof(*words));
	session_open(child);
}

void sessions_finish(struct sessions *all)
{
	while (all->open)
		dialog_finish(all->open->dialog);
}
