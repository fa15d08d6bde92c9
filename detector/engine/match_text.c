// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * match_text.c - tests on a message that read it as text: HTTP, DNS, regular expressions
 *
 * Answers are those of match.c.
 */
#include "detector/engine/dns_answer.h"
#include "detector/engine/http_head.h"
#include "detector/engine/match_text.h"
#include "detector/language/regex.h"

/* Seen wholly, or as far as it can be: a head that goes on is waited for. */
enum match_result match_http(const struct test *t, const struct view *v)
{
	struct http_head own, *head = &own;
	bool is_head;

	if (v->said)
		head = &v->said->head;
	is_head = v->said && v->said->head_read ? v->said->is_head
						: http_head_read(v->data, v->avail, head);
	if (v->said) {
		v->said->head_read = true;
		v->said->is_head = is_head;
	}
	if (!is_head)
		return match_sense(false, t);
	if (!head->complete && v->growing && v->avail == v->len)
		return MATCH_MORE;
	if (!head->complete && t->negate)
		return MATCH_NO; /* unseen bytes prove nothing */
	return match_sense(http_head_fits(head, t->http), t);
}

enum match_result match_dns(const struct test *t, const struct view *v)
{
	struct ip answers[DNS_ADDRESSES];

	if (v->avail < v->len)
		return MATCH_NO; /* unseen bytes prove nothing */
	return match_sense(dns_addresses(v->data, v->len, t->name, answers) > 0, t);
}

/* Bytes that were not seen, and a search that was given up, prove nothing. */
enum match_result match_regex(const struct test *t, const struct view *v, uint16_t *pos)
{
	uint32_t n = v->avail < t->length ? v->avail : t->length;
	size_t at, length;

	if (!v->given_up)
		return MATCH_MORE;
	switch (regex_search(t->regex, v->data, n, &at, &length)) {
	case REGEX_YES:
		*pos = (uint16_t)at;
		return match_sense(true, t);
	case REGEX_GIVEN_UP:
		++*v->given_up;
		return MATCH_NO;
	default:
		if (n < t->length && v->avail < v->len && t->negate)
			return MATCH_NO;
		if (v->growing && v->len < t->length && v->avail == v->len)
			return t->negate ? MATCH_YES : MATCH_MORE;
		return match_sense(false, t);
	}
}
