// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * tests.c - the tests on a message's bytes, from their text
 *
 *   text                    | holds when
 *   2: 02 ?7                | the bytes from offset 2 are these; ? stands for any hexadecimal digit
 *   contains 00 0c 01       | the pattern stands somewhere
 *   0+2 = U1@0              | 2 bytes from offset 0 equal those of U1 from offset 0
 *   size = U1+5             | the size is that of U1 and 5
 *   3+4 address public      | 4 bytes from offset 3 are an address that is public, private, the
 *                           | sender's or the receiver's
 *   nibbles 4+2 = 14        | the high nibbles of 2 bytes from 4 equal those from 14
 *   not ...                 | the rest does not hold
 *
 * Offsets count from 0. U1 is an earlier message of the sequence under its own name. A test on bytes
 * that the message does not have does not hold; neither does its "not": nothing is known of them.
 */
#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "analysis/claims/tests.h"

#define OFFSET_MAX 2000

int claim_message_of(const struct claim_set *s, const char *name, size_t len)
{
	for (unsigned i = 0; i < s->messages_n; i++)
		if (strlen(s->messages[i].name) == len && !strncmp(s->messages[i].name, name, len))
			return (int)i;
	return -1;
}

static const char *skip(const char *s)
{
	while (*s == ' ')
		s++;
	return s;
}

/* Takes @word off the front of *@s. */
static bool take(const char **s, const char *word)
{
	size_t n = strlen(word);

	if (strncmp(*s, word, n) != 0)
		return false;
	*s = skip(*s + n);
	return true;
}

static bool number(const char **s, uint32_t most, uint32_t *out)
{
	const char *t = *s;
	uint32_t v = 0;

	if (!isdigit((unsigned char)*t))
		return false;
	for (; isdigit((unsigned char)*t); t++) {
		v = v * 10 + (uint32_t)(*t - '0');
		if (v > most)
			return false;
	}
	*s = skip(t);
	*out = v;
	return true;
}

/* "AT+LENGTH" */
static bool span(const char **s, struct claim_test *t)
{
	return number(s, OFFSET_MAX, &t->at) && take(s, "+") && number(s, 64, &t->length) &&
	       t->length;
}

static int hex(char c)
{
	const char *digits = "0123456789abcdef", *at = strchr(digits, tolower((unsigned char)c));

	return c && at ? (int)(at - digits) : -1;
}

static bool half(char c, int shift, uint8_t *value, uint8_t *mask)
{
	int v = hex(c);

	if (c != '?' && v < 0)
		return false;
	*value = (uint8_t)(*value | (v < 0 ? 0 : v << shift));
	*mask = (uint8_t)(*mask | (v < 0 ? 0 : 15 << shift));
	return true;
}

static bool pattern(const char *s, struct claim_test *t)
{
	for (t->length = 0; *s; s = skip(s + 2)) {
		uint8_t *v = &t->value[t->length], *m = &t->mask[t->length];

		if (t->length == CLAIM_PATTERN)
			return false;
		*v = *m = 0;
		if (!half(s[0], 4, v, m) || !half(s[1], 0, v, m))
			return false;
		t->length++;
	}
	return t->length > 0;
}

/* "NAME" of a message before @stop. */
static bool reference(const struct claim_set *set, const char **s, const char *stop,
		      struct claim_test *t)
{
	size_t n = strcspn(*s, stop);

	while (n && (*s)[n - 1] == ' ')
		n--;
	t->to = claim_message_of(set, *s, n);
	*s = skip(*s + strcspn(*s, stop));
	return t->to >= 0;
}

static bool size_test(const struct claim_set *set, const char *s, struct claim_test *t)
{
	uint32_t plus = 0;
	bool ok;

	t->kind = CLAIM_SIZE;
	ok = take(&s, "=") && reference(set, &s, "+", t);
	if (ok && take(&s, "+"))
		ok = number(&s, OFFSET_MAX, &plus);
	t->there = (int32_t)plus;
	return ok && !*s;
}

static bool nibbles_test(const char *s, struct claim_test *t)
{
	uint32_t there;

	t->kind = CLAIM_NIBBLES;
	if (!span(&s, t) || !take(&s, "=") || !number(&s, OFFSET_MAX, &there) || *s)
		return false;
	t->there = (int32_t)there;
	return true;
}

static bool address_test(const char *s, struct claim_test *t)
{
	static const char *const words[] = {"public", "private", "sender", "receiver"};

	t->kind = CLAIM_ADDRESS;
	for (size_t i = 0; i < ARRAY_LEN(words); i++)
		if (!strcmp(s, words[i])) {
			t->address = (enum claim_address)i;
			return t->length == 4;
		}
	return false;
}

static bool equal_test(const struct claim_set *set, const char *s, struct claim_test *t)
{
	uint32_t there;

	t->kind = CLAIM_EQUAL;
	if (!reference(set, &s, "@", t) || !take(&s, "@") || !number(&s, OFFSET_MAX, &there) || *s)
		return false;
	t->there = (int32_t)there;
	return true;
}

/* A test that begins with an offset. */
static bool offset_test(const struct claim_set *set, const char *s, struct claim_test *t)
{
	if (!number(&s, OFFSET_MAX, &t->at))
		return false;
	if (take(&s, ":")) {
		t->kind = CLAIM_BYTES;
		return pattern(s, t);
	}
	if (!take(&s, "+") || !number(&s, 64, &t->length) || !t->length)
		return false;
	if (take(&s, "address "))
		return address_test(s, t);
	return take(&s, "=") && equal_test(set, s, t);
}

int claim_test_parse(const struct claim_set *set, const char *text, struct claim_test *t,
		     const char **why)
{
	const char *s = skip(text);
	bool ok;

	memset(t, 0, sizeof(*t));
	t->to = -1;
	t->not = take(&s, "not ");
	if (take(&s, "size"))
		ok = size_test(set, s, t);
	else if (take(&s, "nibbles "))
		ok = nibbles_test(s, t);
	else if (take(&s, "contains ")) {
		t->kind = CLAIM_HOLDS;
		ok = pattern(s, t);
	} else {
		ok = offset_test(set, s, t);
	}
	*why = "expected a test such as \"2: ?7\", \"0+2 = U1@0\", \"size = U1+5\", "
	       "\"3+4 address public\", \"nibbles 4+2 = 14\" or \"contains 00 0c\", with the name "
	       "of a message of this file";
	return ok ? 0 : -1;
}
