// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * shared_rules.c - rules that ask the same question are asked once
 *
 * Two revisions of a signature, or two signatures built on the same exchange, share most of their
 * rules down to the byte. Rules that differ only in what follows from a match (name, actions, what
 * must be known when it is complete) are put into one chain. Only the first of a chain starts, is
 * under way and takes messages; when it is complete, the actions of all are carried out (action.c
 * of the engine). So a second revision costs only what it adds.
 *
 * Other rules may begin alike. A test that stands in several of their first messages gets a number
 * (test.alike), and what it says of a payload is remembered while starts are tried (struct said). So
 * does a whole first message, whatever side it is to come from (message.alike).
 *
 * Not joined: rules with a `known` condition checked at start, because each is checked at a
 * different packet; rules that start when a flow opens, or that read flow records; rules with
 * conditions on chi-square or belief; rules that count on after they were
 * complete, because each keeps the side and version that were known then; and rules whose tests
 * stand in another order.
 *
 * Rules are compared as bytes: a question is the compiled rule with everything that is no part of
 * the question set to zero. So a new field is compared without a line here. A field that is
 * forgotten can at worst keep equal rules apart (a pointer, or a line of the file), never join
 * different ones. The parser zeroes all structures before it fills them, padding included.
 */
#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "detector/language/shared_rules.h"
#include "detector/language/signature.h"

/* On the usual 64-bit machines: says which structures grew, so that nobody overlooks this file. */
#define SIZE_IS(type, size)                                                                        \
	_Static_assert(sizeof(void *) != 8 || sizeof(type) == (size),                              \
		       #type " has changed. Its new fields are compared as bytes: "                \
			     "if one is a pointer or is not part of the question, say so in the "  \
			     "function below; then give a new case to t_shared_rules.c, and the "  \
			     "new size here")
SIZE_IS(struct test, 232);
SIZE_IS(struct message, 816);
SIZE_IS(struct step, 392);
SIZE_IS(struct when, 20);
SIZE_IS(struct rule, 5416);

/* Whether both are NULL, or equal texts. */
static bool same_text(const char *a, const char *b)
{
	return a == b || (a && b && !strcmp(a, b));
}

/* Whether both are NULL, or @n equal bytes. */
static bool same_bytes(const uint8_t *a, const uint8_t *b, size_t n)
{
	return a == b || (a && b && !memcmp(a, b, n));
}

/* The question in a test: @q is a copy of it. What it points to is compared by same_test(). */
static void test_question(struct test *q)
{
	q->line = 0;
	q->alike = 0;
	q->values = q->masks = NULL;
}

static bool same_test(const struct test *a, const struct test *b)
{
	struct test qa, qb;

	memcpy(&qa, a, sizeof(qa));
	memcpy(&qb, b, sizeof(qb));
	test_question(&qa);
	test_question(&qb);
	// NOLINTNEXTLINE(bugprone-suspicious-memory-comparison): a false "no" only costs a question
	return !memcmp(&qa, &qb, sizeof(qa)) &&
	       same_bytes(a->values, b->values, (size_t)a->length * a->alternatives) &&
	       same_bytes(a->masks, b->masks, (size_t)a->length * a->alternatives);
}

/* The same of a message, whose texts and tests are compared by same_message(). */
static void message_question(struct message *q)
{
	q->line = 0;
	q->alike = 0;
	q->name = q->version = q->version_after = NULL;
	q->tests = NULL;
}

static bool same_message(const struct message *a, const struct message *b)
{
	struct message qa, qb;

	memcpy(&qa, a, sizeof(qa));
	memcpy(&qb, b, sizeof(qb));
	message_question(&qa);
	message_question(&qb);
	// NOLINTNEXTLINE(bugprone-suspicious-memory-comparison): a false "no" only costs a question
	if (memcmp(&qa, &qb, sizeof(qa)) != 0 || !same_text(a->name, b->name) ||
	    !same_text(a->version, b->version) || !same_text(a->version_after, b->version_after))
		return false;
	for (unsigned i = 0; i < a->tests_n; i++)
		if (!same_test(&a->tests[i], &b->tests[i]))
			return false;
	return true;
}

/* The same of a rule, whose messages are compared by same_rule(). */
static void rule_question(struct rule *q)
{
	/* who asks */
	q->name = NULL;
	q->line = 0;
	q->signature = q->index = 0;
	/* what follows from a match, and what is asked when it is complete */
	q->known_n = 0;
	memset(q->known, 0, sizeof(q->known));
	memset(&q->then, 0, sizeof(q->then));
	q->version = NULL;
	q->end_event = 0;
	q->end_idle = 0;
	for (unsigned i = 0; i < STEPS_MAX; i++)
		memset(&q->steps[i].then, 0, sizeof(q->steps[i].then));
	for (unsigned i = 0; i < ARRAY_LEN(q->when); i++)
		q->when[i].line = 0;
	/* what is found here */
	q->shared_next = q->shared_first = NULL;
	q->messages = NULL;
}

static bool same_numbers(const struct numset *a, const struct numset *b)
{
	unsigned i = 0;

	while (i < a->n && i < b->n && a->r[i].lo == b->r[i].lo && a->r[i].hi == b->r[i].hi)
		i++;
	return i == a->n && i == b->n;
}

/* What two rules with one question have in common and is soon compared: most pairs differ in it. */
static bool look_alike(const struct rule *a, const struct rule *b)
{
	return a->messages_n == b->messages_n && a->steps_n == b->steps_n && a->udp == b->udp &&
	       a->tcp == b->tcp && a->client == b->client && a->within == b->within &&
	       (!a->messages_n || (a->messages[0].tests_n == b->messages[0].tests_n &&
				   same_numbers(&a->messages[0].size, &b->messages[0].size)));
}

static bool same_rule(const struct rule *a, const struct rule *b)
{
	struct rule qa, qb;

	if (!look_alike(a, b))
		return false;
	memcpy(&qa, a, sizeof(qa));
	memcpy(&qb, b, sizeof(qb));
	rule_question(&qa);
	rule_question(&qb);
	// NOLINTNEXTLINE(bugprone-suspicious-memory-comparison): a false "no" only costs a question
	if (memcmp(&qa, &qb, sizeof(qa)) != 0)
		return false;
	for (unsigned i = 0; i < a->messages_n; i++)
		if (!same_message(&a->messages[i], &b->messages[i]))
			return false;
	return true;
}

/* Whether a rule asks all that it must know when it is complete, and is over then. */
static bool asks_late(const struct rule *r)
{
	if (r->tallies && !r->once && r->known_n)
		return false;
	for (unsigned i = 0; i < r->known_n; i++)
		if (!r->known[i].hold && !r->known[i].key.length)
			return false;
	return !r->on_open && !r->forms_n && !r->statistics_n;
}

/**
 * struct alike - the tests of first messages seen so far
 * @first:	First @n, all different
 * @next:	The next number
 * @message, @messages_n, @next_message: The same of the messages
 */
struct alike {
	struct test *first[256];
	size_t n;
	uint8_t next;
	struct message *message[256];
	size_t messages_n;
	uint8_t next_message;
};

/* Whether what the test says depends on nothing but the payload. */
static bool by_payload(const struct test *t)
{
	return t->ref < 0 && t->kind != TEST_ADDRESS;
}

static void number_test(struct alike *a, struct test *t)
{
	for (size_t i = 0; i < a->n; i++) {
		struct test *of = a->first[i];

		if (of->kind != t->kind || of->at != t->at || !same_test(of, t))
			continue;
		if (!of->alike && a->next < ALIKE_MAX)
			of->alike = a->next++;
		t->alike = of->alike;
		return;
	}
	if (a->n < ARRAY_LEN(a->first))
		a->first[a->n++] = t;
}

/* Whether two first messages ask the same of a payload, and of its place, by the payload alone. */
static bool same_content(const struct message *a, const struct message *b)
{
	if (a->tests_n != b->tests_n || a->size_ref >= 0 || b->size_ref >= 0 ||
	    a->unanswered != b->unanswered || a->gap_min != b->gap_min ||
	    a->gap_max != b->gap_max || a->gap_off != b->gap_off ||
	    !same_numbers(&a->size, &b->size) || !same_numbers(&a->ip_length, &b->ip_length) ||
	    !same_numbers(&a->nth, &b->nth) || !same_numbers(&a->nth_of_flow, &b->nth_of_flow))
		return false;
	for (unsigned i = 0; i < a->tests_n; i++)
		if (!by_payload(&a->tests[i]) || !same_test(&a->tests[i], &b->tests[i]))
			return false;
	return true;
}

static void number_message(struct alike *a, struct message *m)
{
	for (size_t i = 0; i < a->messages_n; i++) {
		struct message *of = a->message[i];

		if (!same_content(of, m))
			continue;
		if (!of->alike && a->next_message < ALIKE_MAX)
			of->alike = a->next_message++;
		m->alike = of->alike;
		return;
	}
	if (a->messages_n < ARRAY_LEN(a->message))
		a->message[a->messages_n++] = m;
}

/* Numbers the tests that several first messages have, and the messages that are alike, so that they
 * are asked once per payload. */
static void number_tests(struct signature_set *set)
{
	struct alike a = {.next = 1, .next_message = 1};

	for (size_t i = 0; i < set->rules_n; i++) {
		struct rule *r = set->rules[i];
		unsigned n = rule_begins_by(r);

		for (unsigned m = 0; m < n && !r->shared_first; m++) {
			for (unsigned k = 0; k < r->messages[m].tests_n; k++) {
				struct test *t = &r->messages[m].tests[k];

				t->alike = 0;
				if (by_payload(t))
					number_test(&a, t);
			}
			r->messages[m].alike = 0;
			number_message(&a, &r->messages[m]);
		}
	}
}

void shared_rules_join(struct signature_set *set)
{
	struct rule **last =
		xcalloc(set->rules_n + 1, sizeof(*last)); /* of the chain, by its first */

	for (size_t i = 0; i < set->rules_n; i++) {
		struct rule *r = set->rules[i];

		r->shared_first = r->shared_next = NULL;
		if (!asks_late(r))
			continue;
		for (size_t k = 0; k < i && !r->shared_first; k++)
			if (last[k] && same_rule(set->rules[k], r)) {
				r->shared_first = set->rules[k];
				last[k] = last[k]->shared_next = r;
			}
		if (!r->shared_first)
			last[i] = r;
	}
	free(last);
	number_tests(set);
}
