// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * shared_rules.c - rules that ask the same question are asked once
 *
 * Two revisions of a signature, or two signatures built on the same exchange, share most of their
 * rules down to the byte. Rules that differ only in what follows from a match (name, actions, what
 * must be known when it is complete) are put into one chain; the first is the only one that begins,
 * is under way and takes messages, and when it is complete, the actions of all are carried out
 * (emit.c). So a second revision costs what it says anew.
 *
 * Not joined: rules that ask something known before they begin (each has its own moment), rules
 * that begin when a flow opens, rules that count on with the side and version that was known when
 * they were complete, and rules of a signature with the same text in another order.
 */
#include <string.h>

#include "detector/language/signature.h"

static bool same_text(const char *a, const char *b)
{
	return a == b || (a && b && !strcmp(a, b));
}

static bool same_numbers(const struct numset *a, const struct numset *b)
{
	return a->n == b->n && !memcmp(a->r, b->r, a->n * sizeof(a->r[0]));
}

static bool same_test(const struct test *a, const struct test *b)
{
	size_t n = (size_t)a->length * a->alternatives;

	return a->kind == b->kind && a->negate == b->negate && a->high == b->high &&
	       a->shorter == b->shorter && a->address == b->address && a->at == b->at &&
	       a->from == b->from && a->to == b->to && a->there == b->there &&
	       a->length == b->length && a->save == b->save && a->alternatives == b->alternatives &&
	       a->least == b->least && a->ref == b->ref && a->mul == b->mul && a->add == b->add &&
	       same_numbers(&a->numbers, &b->numbers) && !a->values == !b->values &&
	       !a->masks == !b->masks && (!a->values || !memcmp(a->values, b->values, n)) &&
	       (!a->masks || !memcmp(a->masks, b->masks, n));
}

static bool same_saves(const struct message *a, const struct message *b)
{
	if (a->saves_n != b->saves_n)
		return false;
	for (unsigned i = 0; i < a->saves_n; i++)
		if (a->saves[i].at != b->saves[i].at || a->saves[i].length != b->saves[i].length ||
		    a->saves[i].save != b->saves[i].save)
			return false;
	return true;
}

static bool same_message(const struct message *a, const struct message *b)
{
	if (strcmp(a->name, b->name) != 0 || a->from != b->from || a->size_ref != b->size_ref ||
	    a->size_plus != b->size_plus || a->gap_min != b->gap_min || a->gap_max != b->gap_max ||
	    a->gap_off != b->gap_off || a->whole != b->whole || a->anywhere != b->anywhere ||
	    a->next != b->next || a->tests_n != b->tests_n || !same_numbers(&a->size, &b->size) ||
	    !same_numbers(&a->ip_length, &b->ip_length) || !same_numbers(&a->nth, &b->nth) ||
	    !same_numbers(&a->nth_of_flow, &b->nth_of_flow) || !same_text(a->version, b->version) ||
	    !same_text(a->version_after, b->version_after) || !same_saves(a, b))
		return false;
	for (unsigned i = 0; i < a->tests_n; i++)
		if (!same_test(&a->tests[i], &b->tests[i]))
			return false;
	return true;
}

static bool same_hosts(const struct hosts *a, const struct hosts *b)
{
	if (a->n != b->n)
		return false;
	for (unsigned i = 0; i < a->n; i++)
		if (a->r[i].bits != b->r[i].bits || a->r[i].negate != b->r[i].negate ||
		    !ip_eq(&a->r[i].net, &b->r[i].net))
			return false;
	return true;
}

static bool same_flow(const struct rule *a, const struct rule *b)
{
	return a->udp == b->udp && a->tcp == b->tcp && a->psh == b->psh && a->client == b->client &&
	       a->handshake == b->handshake && same_numbers(&a->client_port, &b->client_port) &&
	       same_numbers(&a->server_port, &b->server_port) &&
	       same_numbers(&a->any_port, &b->any_port) &&
	       same_hosts(&a->client_host, &b->client_host) &&
	       same_hosts(&a->server_host, &b->server_host);
}

static bool same_steps(const struct rule *a, const struct rule *b)
{
	if (a->steps_n != b->steps_n)
		return false;
	for (unsigned i = 0; i < a->steps_n; i++) {
		const struct step *s = &a->steps[i], *t = &b->steps[i];

		if (s->first != t->first || s->n != t->n || s->optional != t->optional ||
		    s->repeat_min != t->repeat_min || s->repeat_max != t->repeat_max ||
		    s->within != t->within || s->has_then != t->has_then)
			return false;
	}
	return true;
}

static bool same_when(const struct rule *a, const struct rule *b)
{
	if (a->tallies != b->tallies || a->when_n != b->when_n)
		return false;
	for (unsigned i = 0; i < a->when_n; i++) {
		const struct when *v = &a->when[i], *w = &b->when[i];

		if (v->kind != w->kind || v->tally != w->tally || v->lo != w->lo || v->hi != w->hi)
			return false;
	}
	return true;
}

/* Whether all that must be known is asked when the rule is complete, and it is over then. */
static bool asks_late(const struct rule *r)
{
	if (r->tallies && !r->once && r->known_n)
		return false;
	for (unsigned i = 0; i < r->known_n; i++)
		if (!r->known[i].hold && !r->known[i].key.length)
			return false;
	return !r->on_open;
}

static bool twins(const struct rule *a, const struct rule *b)
{
	if (!asks_late(a) || !asks_late(b) || a->once != b->once || a->within != b->within ||
	    a->messages_n != b->messages_n || a->save_bytes != b->save_bytes || !same_flow(a, b) ||
	    !same_steps(a, b) || !same_when(a, b))
		return false;
	for (unsigned i = 0; i < a->messages_n; i++)
		if (!same_message(&a->messages[i], &b->messages[i]))
			return false;
	return true;
}

/* The rule among the first @n that asks what @r asks, and follows no other; NULL = none. */
static struct rule *asked_before(const struct signature_set *set, size_t n, const struct rule *r)
{
	for (size_t k = 0; k < n; k++)
		if (!set->rules[k]->follows && twins(set->rules[k], r))
			return set->rules[k];
	return NULL;
}

void signature_set_twins(struct signature_set *set)
{
	for (size_t i = 0; i < set->rules_n; i++) {
		struct rule *r = set->rules[i], *last = asked_before(set, i, r);

		r->follows = last;
		r->twin = NULL;
		while (last && last->twin)
			last = last->twin;
		if (last)
			last->twin = r;
	}
}
