// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * call_signal.c - call signals, byte by byte
 *
 * Model. Receiver's name, sender's name (each after its length), kind, id of the leg, and what the
 * kind carries.
 *
 * Limits. The form is ours: that of 2006 is not known, and it is encrypted on the wire.
 */
#include <string.h>

#include "replay/skype/call_signal.h"

static size_t put_name(uint8_t *out, const char *name)
{
	size_t n = strlen(name);

	out[0] = (uint8_t)n;
	memcpy(out + 1, name, n); /* NOLINT(bugprone-not-null-terminated-result): length first */
	return n + 1;
}

static size_t get_name(const uint8_t *p, size_t n, char name[32])
{
	if (!n || p[0] > 31 || n < 1U + p[0])
		return 0;
	memcpy(name, p + 1, p[0]);
	name[p[0]] = '\0';
	return 1U + p[0];
}

size_t call_signal_make(uint8_t *out, const struct call_signal *s)
{
	size_t k = put_name(out, s->to);

	k += put_name(out + k, s->from);
	out[k++] = (uint8_t)s->kind;
	memcpy(out + k, &s->id, 4);
	k += 4;
	memcpy(out + k, s->more, s->n);
	return k + s->n;
}

bool call_signal_parse(const uint8_t *p, size_t n, struct call_signal *s)
{
	size_t k = get_name(p, n, s->to), m = k ? get_name(p + k, n - k, s->from) : 0;

	if (!m || n < k + m + 5)
		return false;
	p += k + m;
	s->kind = (enum call_signal_kind)p[0];
	memcpy(&s->id, p + 1, 4);
	s->more = p + 5;
	s->n = n - k - m - 5;
	return true;
}
