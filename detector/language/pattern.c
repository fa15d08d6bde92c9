// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * pattern.c - byte patterns of the signature language
 *
 * "16 03 0?" is bytes with halves that may be anything, "07/8f" a value under a mask, "02 | 03"
 * alternatives of one length. At most 512 bytes and 64 alternatives.
 */
#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "detector/language/pattern.h"

static int hexdigit(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	if (c >= 'a' && c <= 'f')
		return c - 'a' + 10;
	return c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
}

/* "0? 5d/8f" into bytes and masks; returns the number of bytes, -1 when it cannot be read. */
static int hex(const char *s, size_t len, uint8_t *v, uint8_t *m, size_t max)
{
	const char *end = s + len;
	size_t n = 0;

	for (;;) {
		while (s < end && isspace((unsigned char)*s))
			s++;
		if (s >= end)
			return (int)n;
		if (end - s < 2 || n == max)
			return -1;
		v[n] = m[n] = 0;
		for (int i = 0; i < 2; i++) {
			int d = hexdigit(s[i]);

			if (d < 0 && s[i] != '?')
				return -1;
			v[n] = (uint8_t)(v[n] << 4 | (d < 0 ? 0 : d));
			m[n] = (uint8_t)(m[n] << 4 | (d < 0 ? 0 : 15));
		}
		s += 2;
		if (s < end && *s == '/') {
			if (end - s < 3 || hexdigit(s[1]) < 0 || hexdigit(s[2]) < 0)
				return -1;
			m[n] = (uint8_t)(hexdigit(s[1]) << 4 | hexdigit(s[2]));
			if (v[n] & ~m[n])
				return -1;
			s += 3;
		}
		n++;
	}
}

/* How common a byte is in traffic, roughly; what is searched for begins with the rarest. */
static int commonness(uint8_t b)
{
	if (b == 0 || b == ' ' || b == 'e' || b == 't' || b == 'a')
		return 4;
	if ((b >= 'a' && b <= 'z') || b == '/' || b == '.' || b == '-')
		return 3;
	if ((b >= '0' && b <= '9') || b == ':' || b == '=' || b == 0xff || b == 1)
		return 2;
	return b >= ' ' && b < 0x7f;
}

static void settle_pattern(struct test *t)
{
	t->plain = true;
	for (unsigned i = 0; i < (unsigned)t->alternatives * t->length; i++)
		t->plain &= t->masks[i] == 0xff;
	for (uint16_t i = 1; i < t->length; i++)
		if (commonness(t->values[i]) < commonness(t->values[t->anchor]))
			t->anchor = i;
}

/* Letters are told from others by all bits but the one of their case. */
static void either_case(uint8_t *v, uint8_t *m, int len)
{
	for (int i = 0; i < len; i++)
		if (v[i] < 0x80 && isalpha(v[i])) {
			m[i] = 0xdf;
			v[i] &= 0xdf;
		}
}

int sig_pattern(struct sigparse *p, yaml_node_t *n, enum pattern_form form, struct test *t)
{
	const char *s = sig_text(n), *bar;
	uint8_t v[512], m[512];
	int len;

	if (!s || !*s)
		return sig_error(p, n, "%s, expected bytes such as \"16 03 0?\" or \"07/8f\"",
				 sig_show(n));
	for (;; s = bar + 1) {
		bar = form == PATTERN_BYTES ? strchr(s, '|') : NULL;
		if (form != PATTERN_BYTES) {
			len = (int)strnlen(s, sizeof(v));
			memcpy(v, s, (size_t)len);
			memset(m, 0xff, (size_t)len);
			if (form == PATTERN_NOCASE)
				either_case(v, m, len);
		} else {
			len = hex(s, bar ? (size_t)(bar - s) : strlen(s), v, m, sizeof(v));
		}
		if (len <= 0)
			return sig_error(p, n,
					 "%s, expected bytes as hexadecimal pairs, ? for any "
					 "half, VALUE/MASK, | between alternatives",
					 sig_show(n));
		if (t->alternatives && len != t->length)
			return sig_error(p, n, "%s, expected alternatives of one length",
					 sig_show(n));
		if (t->alternatives == 64)
			return sig_error(p, n, "more than 64 alternatives");
		t->length = (uint16_t)len;
		t->values = xrealloc(t->values, (t->alternatives + 1UL) * (size_t)len);
		t->masks = xrealloc(t->masks, (t->alternatives + 1UL) * (size_t)len);
		memcpy(t->values + t->alternatives * len, v, (size_t)len);
		memcpy(t->masks + t->alternatives * len, m, (size_t)len);
		t->alternatives++;
		if (!bar) {
			settle_pattern(t);
			return 0;
		}
	}
}
