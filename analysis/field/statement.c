// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * statement.c - statements in words
 *
 * statement_text() is for people, statement_key() for comparing: it has every parameter that makes the
 * statement what it is, and nothing that was only counted.
 */
#include <ctype.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdlib.h>
#include <stdio.h>
#include <string.h>

#include "analysis/field/statement.h"

#define HEX_MOST 24 /* bytes shown */

static const char *const kind_names[STATEMENT_KINDS] = {
	"constant",  "values",	"masked", "random",   "counter", "echo",
	"address",   "port",	"length", "checksum", "text",	 "nibble",
	"generator", "restart", "time",	  "number",   "strings", "options"};
static const char *const of_names[OF_KINDS] = {
	"the last message of the other side",	  "the last but one of the other side",
	"the last message of this side",	  "the last but one of this side",
	"the host's message of this kind before", "the socket's message of this kind before"};
static const char *const of_keys[OF_KINDS] = {"other",	     "other-before", "same",
					      "same-before", "host",	     "socket"};
static const char *const whose_names[] = {"the sender's", "the receiver's",
					  "public, of the sender, in no header",
					  "public, of the receiver, in no header"};
static const char *const whose_keys[] = {"sender", "receiver", "sender-other", "receiver-other"};
static const char *const sum_names[SUM_KINDS] = {"CRC-32",
						 "CRC-32 without inversion",
						 "CRC-16/CCITT",
						 "CRC-16/ARC",
						 "Internet checksum",
						 "Adler-32",
						 "sum of bytes",
						 "XOR of bytes"};
static const char *const clock_names[] = {"seconds since 1970", "milliseconds since 1970",
					  "100 ns since 1601", "NTP seconds since 1900"};

/* A text that grows as far as there is room. */
struct out {
	char *buf;
	size_t n, room;
};

static void say(struct out *o, const char *format, ...) __attribute__((format(printf, 2, 3)));

static void say(struct out *o, const char *format, ...)
{
	va_list ap;
	int n;

	va_start(ap, format);
	n = vsnprintf(o->buf + o->n, o->room - o->n, format, ap);
	va_end(ap);
	if (n > 0)
		o->n += (size_t)n < o->room - o->n ? (size_t)n : o->room - o->n - 1;
}

static void say_hex(struct out *o, const uint8_t *b, uint32_t n, uint32_t most)
{
	for (uint32_t i = 0; i < n && i < most; i++)
		say(o, "%s%02x", i ? " " : "", b[i]);
	if (n > most)
		say(o, " ... (%u bytes)", n);
}

static bool readable(const uint8_t *b, uint32_t n)
{
	for (uint32_t i = 0; i < n; i++)
		if (!isprint(b[i]) && b[i] != '\r' && b[i] != '\n' && b[i] != '\t')
			return false;
	return n >= 3;
}

static void say_bytes(struct out *o, const uint8_t *b, uint32_t n)
{
	say_hex(o, b, n, HEX_MOST);
	if (!readable(b, n))
		return;
	say(o, " \"");
	for (uint32_t i = 0; i < n && i < HEX_MOST; i++)
		say(o, "%c", isprint(b[i]) ? b[i] : '.');
	say(o, "\"");
}

static void say_values(struct out *o, const struct statement *s)
{
	for (uint32_t i = 0; i < s->values_n; i++) {
		say(o, "%s", i ? ", " : "");
		say_hex(o, s->values + (size_t)i * s->width, s->width, 8);
	}
	if (s->mask != 0xff)
		say(o, " under mask %02x; the other bits move freely", s->mask);
}

static void say_width(struct out *o, const struct statement *s)
{
	say(o, ", %u bit%s", 8 * s->width, s->width > 1 && s->little ? " little-endian" : "");
}

static void say_delay(struct out *o, uint64_t ns)
{
	if (ns >= 1000000000)
		say(o, ", %.2f s later", (double)ns / 1e9);
	else
		say(o, ", %.1f ms later", (double)ns / 1e6);
}

static void say_echo(struct out *o, const struct statement *s)
{
	say(o, "echo of bytes %u-%u of %s", s->of_offset, s->of_offset + s->width - 1,
	    of_names[s->of]);
	if (s->step)
		say(o, ", %+" PRId64, s->step);
	if (s->copies)
		say(o, " where this is a copy of it");
	say_delay(o, s->delay_ns);
}

static void say_length(struct out *o, const struct statement *s)
{
	int64_t after = -(int64_t)(s->offset + s->width);

	if (s->step == after)
		say(o, "length of what follows");
	else if (s->step)
		say(o, "length of the message %+" PRId64, s->step);
	else
		say(o, "length of the message");
	say_width(o, s);
}

static void say_sum(struct out *o, const struct statement *s)
{
	say(o, "%s over the message", sum_names[s->algorithm]);
	if (s->from)
		say(o, " from byte %u", s->from);
	if (s->to)
		say(o, " but for the last %u", s->to);
	say_width(o, s);
}

const char *statement_text(const struct statement *s, char buf[STATEMENT_TEXT_MAX])
{
	struct out o = {buf, 0, STATEMENT_TEXT_MAX};

	buf[0] = '\0';
	switch (s->kind) {
	case STATEMENT_CONSTANT:
		say(&o, "constant ");
		say_bytes(&o, s->values, s->width);
		break;
	case STATEMENT_VALUES:
		say(&o, "one of ");
		say_values(&o, s);
		break;
	case STATEMENT_MASKED:
		say(&o, "masked: & %02x = %02x; the other bits move freely", s->mask, s->value);
		break;
	case STATEMENT_COUNTER:
		say(&o, "counter %+" PRId64, s->step);
		if (s->loose)
			say(&o, " most often, at most +%u", s->most);
		say_width(&o, s);
		say(&o, ", against %s", of_names[s->of]);
		break;
	case STATEMENT_ECHO:
		say_echo(&o, s);
		break;
	case STATEMENT_ADDRESS:
	case STATEMENT_PORT:
		say(&o, "%s: %s", kind_names[s->kind], whose_names[s->whose]);
		say_width(&o, s);
		break;
	case STATEMENT_LENGTH:
		say_length(&o, s);
		break;
	case STATEMENT_CHECKSUM:
		say_sum(&o, s);
		break;
	case STATEMENT_NIBBLE:
		say(&o, "agrees with byte %u in bits %02x (XOR = %02x)", s->of_offset, s->mask,
		    s->value);
		break;
	case STATEMENT_GENERATOR:
		say(&o, "generator x' = 0x%02x x + 0x%02x mod 256, from %u on, %u bytes and more",
		    s->a, s->c, s->offset, s->width);
		break;
	case STATEMENT_RESTART:
		say(&o,
		    "cipher stream begins anew after %u bytes: XOR with the byte %u further on & "
		    "%02x = %02x",
		    s->shift, s->shift, s->mask, s->value);
		break;
	case STATEMENT_TIME:
		say(&o, "time: %s", clock_names[s->clock]);
		say_width(&o, s);
		break;
	case STATEMENT_NUMBER:
		say(&o, "number of at most %u bits", s->most);
		say_width(&o, s);
		break;
	case STATEMENT_TEXT:
		say(&o, s->wide ? "text, 16 bit a character" : "text");
		break;
	case STATEMENT_OPTIONS:
		say(&o, "options: type, length, value, 8 bit each but the value");
		break;
	case STATEMENT_RECORDS:
		say(&o, "records, each with the distance to the next in 32 bit%s",
		    s->little ? " little-endian" : "");
		for (uint32_t i = 0; i < s->values_n; i++)
			say(&o, i ? " %u" : "; fields at %u", s->values[i]);
		break;
	case STATEMENT_STRINGS:
		say(&o, "strings, each with its length before it");
		break;
	default:
		say(&o, "%s", kind_names[s->kind]);
	}
	return buf;
}

const char *statement_place(const struct statement *s, char buf[64])
{
	if (s->from_end)
		snprintf(buf, 64, "-%u..-%u", s->offset, s->offset - s->width + 1);
	else if (s->to_end)
		snprintf(buf, 64, "%u-end", s->offset);
	else if (s->width == 1)
		snprintf(buf, 64, "%u", s->offset);
	else
		snprintf(buf, 64, "%u-%u", s->offset, s->offset + s->width - 1);
	return buf;
}

static int by_value(const void *a, const void *b)
{
	return *(const uint8_t *)a - *(const uint8_t *)b;
}

/* Values of several bytes in order: which is the most frequent is no part of what is said. */
static void key_wide(struct out *o, const struct statement *s)
{
	const uint8_t *v[STATEMENT_VALUES_MAX];
	uint32_t n = s->values_n < STATEMENT_VALUES_MAX ? s->values_n : STATEMENT_VALUES_MAX;

	for (uint32_t i = 0; i < n; i++) {
		uint32_t k = i;

		for (; k && memcmp(v[k - 1], s->values + (size_t)i * s->width, s->width) > 0; k--)
			v[k] = v[k - 1];
		v[k] = s->values + (size_t)i * s->width;
	}
	for (uint32_t i = 0; i < n; i++) {
		say_hex(o, v[i], s->width, 128 / n);
		say(o, " ");
	}
}

/* Values in order, since how frequent each is is no part of what is said. */
static void key_values(struct out *o, const struct statement *s)
{
	uint8_t v[STATEMENT_VALUES_MAX];

	if (s->kind == STATEMENT_CONSTANT) {
		say_hex(o, s->values, s->width * s->values_n, 128);
		return;
	}
	if (s->width > 1) {
		key_wide(o, s);
		return;
	}
	memcpy(v, s->values, s->values_n);
	qsort(v, s->values_n, 1, by_value);
	say_hex(o, v, s->values_n, STATEMENT_VALUES_MAX);
}

const char *statement_key(const struct statement *s, char buf[STATEMENT_TEXT_MAX])
{
	struct out o = {buf, 0, STATEMENT_TEXT_MAX};
	char place[64];

	say(&o, "%s %s %s", statement_place(s, place), kind_names[s->kind], s->little ? "le " : "");
	switch (s->kind) {
	case STATEMENT_CONSTANT:
	case STATEMENT_VALUES:
		key_values(&o, s);
		say(&o, " & %02x", s->mask);
		break;
	case STATEMENT_COUNTER:
	case STATEMENT_ECHO:
		say(&o, "%s@%u %+" PRId64 "%s", of_keys[s->of], s->of_offset, s->step,
		    s->loose	? " loose"
		    : s->copies ? " copies"
				: "");
		break;
	case STATEMENT_ADDRESS:
	case STATEMENT_PORT:
		say(&o, "%s", whose_keys[s->whose]);
		break;
	case STATEMENT_LENGTH:
		say(&o, "%+" PRId64, s->step);
		break;
	case STATEMENT_CHECKSUM:
		say(&o, "%s %u %u", sum_names[s->algorithm], s->from, s->to);
		break;
	case STATEMENT_MASKED:
	case STATEMENT_NIBBLE:
	case STATEMENT_RESTART:
		say(&o, "%02x %02x %u", s->mask, s->value,
		    s->kind == STATEMENT_MASKED	  ? 0
		    : s->kind == STATEMENT_NIBBLE ? s->of_offset
						  : s->shift);
		break;
	case STATEMENT_GENERATOR:
		say(&o, "%02x %02x", s->a, s->c);
		break;
	case STATEMENT_TIME:
		say(&o, "%s", clock_names[s->clock]);
		break;
	case STATEMENT_NUMBER:
		say(&o, "%u", s->most);
		break;
	case STATEMENT_TEXT:
		say(&o, s->wide ? "wide" : "");
		break;
	default:
		break;
	}
	return buf;
}

const char *statement_kind_name(enum statement_kind k)
{
	return (unsigned)k < STATEMENT_KINDS ? kind_names[k] : "unknown";
}
