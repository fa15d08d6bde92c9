// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * text.c - what is plain text, and how all else is shown
 *
 * Names come from files, packets, the command line and other programs, and go to terminals, tables
 * and pages. Plain is every printable character of Unicode in UTF-8. Not plain are the control
 * characters (C0, DEL, and C1, which terminals obey as well), line and paragraph separators, the
 * marks that turn the direction of writing (a name that reads as another), and bytes that are not
 * UTF-8. Such a byte or character is shown as \x1b or \u202e, never sent.
 *
 * UTF-8: RFC 3629; no overlong forms, no surrogates, nothing above U+10FFFF. Directions: Unicode
 * Standard Annex 9, table 4.
 */
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "base/text.h"

/* Bytes of the character at @s, and its number in @point; 0 when it is not UTF-8. */
static size_t decode(const char *s, uint32_t *point)
{
	static const uint32_t least[] = {0, 0, 0x80, 0x800, 0x10000};
	const unsigned char *b = (const unsigned char *)s;
	size_t n = b[0] < 0x80	     ? 1
		   : b[0] >> 5 == 6  ? 2
		   : b[0] >> 4 == 14 ? 3
		   : b[0] >> 3 == 30 ? 4
				     : 0;

	if (n < 2) {
		*point = b[0];
		return n;
	}
	*point = b[0] & (0x7fU >> n);
	for (size_t i = 1; i < n; i++) {
		if (b[i] >> 6 != 2)
			return 0;
		*point = *point << 6 | (b[i] & 0x3f);
	}
	return *point < least[n] || *point > 0x10ffff || *point >> 11 == 0x1b ? 0 : n;
}

size_t text_encode(uint32_t c, char *out)
{
	char *to = out;

	if (c < 0x80) {
		*to++ = (char)c;
	} else if (c < 0x800) {
		*to++ = (char)(0xc0 | c >> 6);
		*to++ = (char)(0x80 | (c & 0x3f));
	} else if (c < 0x10000) {
		*to++ = (char)(0xe0 | c >> 12);
		*to++ = (char)(0x80 | (c >> 6 & 0x3f));
		*to++ = (char)(0x80 | (c & 0x3f));
	} else {
		*to++ = (char)(0xf0 | c >> 18);
		*to++ = (char)(0x80 | (c >> 12 & 0x3f));
		*to++ = (char)(0x80 | (c >> 6 & 0x3f));
		*to++ = (char)(0x80 | (c & 0x3f));
	}
	return (size_t)(to - out);
}

static bool is_plain(uint32_t c)
{
	return c >= 0x20 && (c < 0x7f || c > 0x9f) && c != 0x200e && c != 0x200f &&
	       (c < 0x2028 || c > 0x202e) && (c < 0x2066 || c > 0x2069) && c != 0x061c &&
	       c != 0xfeff;
}

bool text_piece(const char **s, char out[TEXT_PIECE])
{
	uint32_t c;
	size_t n;

	if (!**s)
		return false;
	n = decode(*s, &c);
	if (n && is_plain(c)) {
		memcpy(out, *s, n);
		out[n] = '\0';
	} else if (n > 1) {
		snprintf(out, TEXT_PIECE, "\\u%04x", c & 0xffff);
	} else {
		snprintf(out, TEXT_PIECE, "\\x%02x", (unsigned char)**s);
	}
	*s += n ? n : 1;
	return true;
}

bool text_plain(const char *s)
{
	uint32_t c;

	while (*s) {
		size_t n = decode(s, &c);

		if (!n || !is_plain(c))
			return false;
		s += n;
	}
	return true;
}

void text_show(char *out, size_t room, const char *s)
{
	char piece[TEXT_PIECE];
	size_t at = 0;

	while (room && text_piece(&s, piece)) {
		size_t n = strlen(piece);

		if (n >= room - at)
			break;
		memcpy(out + at, piece, n);
		at += n;
	}
	if (room)
		out[at] = '\0';
}

void text_cut(char *out, size_t room, const char *s)
{
	size_t len = strlen(s), end = len < room ? len : room - 4;

	while (len >= room && end && ((unsigned char)s[end] & 0xc0) == 0x80)
		end--; /* not within a character */
	memcpy(out, s, end);
	memcpy(out + end, len < room ? "" : "...", len < room ? 1 : 4);
}

bool text_is_below(const char *name, size_t n, const char *domain)
{
	size_t d = strlen(domain);

	return n >= d && !strncasecmp(name + n - d, domain, d) &&
	       (n == d || name[n - d - 1] == '.');
}
