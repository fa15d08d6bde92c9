// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * bytes.c - what messages' bytes are, in a thread of its own where that is faster
 *
 * Two questions are asked of the same captures: who talks with whom, and what the bytes are. Neither needs
 * the other's answer. Where a second processor is free each reads the captures for itself, with flows of
 * its own: packets are read and put to flows twice, a fifth of the work, and nothing has to be handed over.
 * The looks at the tape are threads of their own from the moment on when it is full.
 * The answer is the same as of one pass, since it depends on the order of the packets alone. The caller's
 * pass says what is wrong with a capture; the thread's is silent.
 *
 * One pass serves both where there is one processor, where the captures are small, and where one of them
 * can be read only once (a pipe, standard input).
 */
#include <sys/stat.h>

#include "base/threads.h"
#include "run/analyze/bytes.h"

#define BESIDE_FROM (8 << 20) /* bytes of all captures; fewer are not worth a second reading */

static bool worth_it(const struct material *m)
{
	uint64_t bytes = 0;
	struct stat st;

	for (size_t i = 0; i < m->n; i++) {
		if (stat(m->pieces[i].path, &st) < 0 || !S_ISREG(st.st_mode))
			return false;
		bytes += (uint64_t)st.st_size;
	}
	return bytes >= BESIDE_FROM && threads_useful() > 1;
}

/* A full tape is looked at again while the rest is read. */
static void to_tape(void *arg, const struct message *m)
{
	struct bytes *b = arg;

	tape_message(b->tape, m);
	if (!b->looks && tape_full(b->tape))
		b->looks = leave_out_begin(b->tape);
}

static void add_users(struct bytes *b, struct listeners *to)
{
	to->users[to->n++] = (struct message_user){.arg = b->fields,
						   .message = field_analysis_message,
						   .end = field_analysis_end,
						   .fetch = field_analysis_fetch};
	to->users[to->n++] = (struct message_user){.arg = b, .message = to_tape};
}

static void answer(struct bytes *b)
{
	if (!b->looks)
		b->looks = leave_out_begin(b->tape);
	b->map = field_analysis_finish(b->fields);
	b->rests = leave_out_end(b->looks, b->map);
	b->looks = NULL;
}

static void *read_beside(void *arg)
{
	struct bytes *b = arg;
	struct listeners to = {.again = true};
	struct pass pass;

	add_users(b, &to);
	b->rc = one_pass(b->material, b->choice, &to, &pass, &b->e);
	if (b->rc == 0)
		answer(b);
	return NULL;
}

void bytes_begin(struct bytes *b, const struct material *m, const struct flow_choice *choice,
		 struct listeners *to)
{
	*b = (struct bytes){.material = m, .choice = choice};
	b->fields = field_analysis_new(NULL);
	b->tape = tape_new(0, 0);
	b->beside = worth_it(m) && !thread_start(&b->thread, read_beside, b);
	if (!b->beside)
		add_users(b, to);
}

static void wait_for_it(struct bytes *b)
{
	if (b->beside)
		pthread_join(b->thread, NULL);
	b->beside = false;
}

int bytes_finish(struct bytes *b, struct err *e)
{
	if (!b->beside) {
		answer(b);
		return 0;
	}
	wait_for_it(b);
	if (b->rc < 0)
		*e = b->e;
	return b->rc;
}

void bytes_clear(struct bytes *b)
{
	wait_for_it(b);
	leave_out_stop(b->looks);
	leave_out_free(b->rests);
	field_map_free(b->map);
	tape_free(b->tape);
	field_analysis_free(b->fields);
	*b = (struct bytes){0};
}
