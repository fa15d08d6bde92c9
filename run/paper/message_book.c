// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * message_book.c - which messages were seen, in which sizes, how often
 *
 * Emulated: the truth of a cell says what was sent and how the message is called, the capture what
 * was there (run_messages.c). Recorded: a message has the name of the step of a signature that took
 * it, so it is counted by signature, and a flow counts once for each message.
 */
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "run/paper/message_book.h"

struct message_book {
	struct message_count *counts;
	struct tally *once; /* packets and flows of recorded captures that were counted */
};

struct message_book *message_book_new(void)
{
	return xcalloc(1, sizeof(struct message_book));
}

void message_book_free(struct message_book *b)
{
	struct message_count *c, *next;

	if (!b)
		return;
	HASH_ITER (hh, b->counts, c, next) {
		HASH_DEL(b->counts, c);
		tally_free(&c->sizes);
		free(c->words);
		free(c->key);
		free(c);
	}
	tally_free(&b->once);
	free(b);
}

/* Copies the words of @like into one piece of memory. */
static void keep_words(struct message_count *c, const struct message_count *like)
{
	size_t a = strlen(like->whose) + 1, b = strlen(like->by) + 1, n = strlen(like->name) + 1;

	c->words = xmalloc(a + b + n);
	c->whose = memcpy(c->words, like->whose, a);
	c->by = memcpy(c->words + a, like->by, b);
	c->name = memcpy(c->words + a + b, like->name, n);
}

struct message_count *message_book_at(struct message_book *b, const struct message_count *like)
{
	char key[256];
	struct message_count *c;

	snprintf(key, sizeof(key), "%d\t%s\t%s\t%s\t%d\t%d", (int)like->source, like->whose,
		 like->by, like->name, like->tcp, like->from_client);
	HASH_FIND_STR(b->counts, key, c);
	if (c)
		return c;
	c = xcalloc(1, sizeof(*c));
	c->source = like->source;
	c->tcp = like->tcp;
	c->from_client = like->from_client;
	keep_words(c, like);
	c->key = xstrdup(key);
	HASH_ADD_KEYPTR(hh, b->counts, c->key, strlen(c->key), c);
	return c;
}

/* ------------------------------------------------------------------ recorded */

static void take(struct message_book *b, struct message_count *c, const char *flow,
		 const struct evidence *v)
{
	char text[320], size[24];

	snprintf(text, sizeof(text), "%.200s\t%.100s", c->key, flow);
	c->seen += tally(&b->once, text)->n[0]++ == 0;
	snprintf(text, sizeof(text), "%.200s\t%.80s\t%llu", c->key, flow,
		 (unsigned long long)v->number);
	if (tally(&b->once, text)->n[0]++)
		return;
	snprintf(size, sizeof(size), "%u", v->size);
	tally(&c->sizes, size)->n[0]++;
}

void message_book_event(struct message_book *b, const char *capture,
			const struct detection_event *ev)
{
	char flow[2 * ENDPOINT_TEXT_LEN + 8], from[ENDPOINT_TEXT_LEN], to[ENDPOINT_TEXT_LEN];

	snprintf(flow, sizeof(flow), "%d %s %s", ev->flow.proto, endpoint_text(&ev->flow.src, from),
		 endpoint_text(&ev->flow.dst, to));
	for (size_t i = 0; i < ev->evidence_count; i++) {
		const struct evidence *v = &ev->evidence[i];
		struct message_count like = {.source = SOURCE_RECORDED,
					     .whose = capture,
					     .by = ev->signature,
					     .name = v->message ? v->message : "",
					     .tcp = ev->flow.proto == IPPROTO_TCP,
					     .from_client = v->from_client};

		if (*like.name && v->size)
			take(b, message_book_at(b, &like), flow, v);
	}
}

void message_book_flows(struct message_book *b, const char *capture, const uint64_t flows[2])
{
	for (struct message_count *c = b->counts; c; c = c->hh.next)
		if (c->source == SOURCE_RECORDED && !strcmp(c->whose, capture))
			c->of = flows[c->tcp];
}

/* ------------------------------------------------------------------ order */

#define IN_ORDER_SENT "URTL"

bool message_in_paper(const char *name)
{
	return name[0] && strchr(IN_ORDER_SENT, name[0]) && name[1] >= '1' && name[1] <= '4' &&
	       !name[2];
}

static long rank(const struct message_count *c)
{
	if (!message_in_paper(c->name))
		return (long)strlen(IN_ORDER_SENT);
	return strchr(IN_ORDER_SENT, c->name[0]) - IN_ORDER_SENT;
}

static int in_order(const struct message_count *a, const struct message_count *b)
{
	int d = (int)a->source - (int)b->source;

	d = d ? d : (int)(rank(a) - rank(b));
	d = d ? d : strverscmp(a->name, b->name);
	d = d ? d : strverscmp(a->whose, b->whose);
	d = d ? d : strcmp(a->by, b->by);
	return d ? d : (int)b->from_client - (int)a->from_client;
}

const struct message_count *message_book_sorted(struct message_book *b)
{
	HASH_SORT(b->counts, in_order);
	for (struct message_count *c = b->counts; c; c = c->hh.next)
		tally_sort(&c->sizes);
	return b->counts;
}
