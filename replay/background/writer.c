// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * writer.c - writing messages of background protocols into a buffer
 *
 * A writer never goes past its buffer. What does not fit is dropped and the message is what the
 * buffer holds, so generators need not check the sizes they draw.
 */
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "base/bytes.h"
#include "base/err.h"
#include "replay/background/writer.h"

void put(struct writer *w, const void *p, uint32_t n)
{
	if (n > w->cap - w->len)
		n = w->cap - w->len;
	if (n)
		memcpy(w->p + w->len, p, n);
	w->len += n;
}

void put8(struct writer *w, unsigned v)
{
	uint8_t b = (uint8_t)v;

	put(w, &b, 1);
}

void put16(struct writer *w, unsigned v)
{
	uint8_t b[] = {(uint8_t)(v >> 8), (uint8_t)v};

	put(w, b, sizeof(b));
}

void put24(struct writer *w, unsigned v)
{
	put8(w, v >> 16);
	put16(w, v & 0xffff);
}

void put32(struct writer *w, uint32_t v)
{
	put16(w, v >> 16);
	put16(w, v & 0xffff);
}

void put64(struct writer *w, uint64_t v)
{
	put32(w, (uint32_t)(v >> 32));
	put32(w, (uint32_t)v);
}

void put16le(struct writer *w, unsigned v)
{
	put8(w, v & 0xff);
	put8(w, v >> 8);
}

void put32le(struct writer *w, uint32_t v)
{
	put16le(w, v & 0xffff);
	put16le(w, v >> 16);
}

void put_zero(struct writer *w, uint32_t n)
{
	while (n--)
		put8(w, 0);
}

void put_random(struct writer *w, struct rng *r, uint32_t n)
{
	if (n > w->cap - w->len)
		n = w->cap - w->len;
	rng_fill(r, w->p + w->len, n);
	w->len += n;
}

void put_text(struct writer *w, const char *fmt, ...)
{
	va_list ap;
	int n;

	va_start(ap, fmt);
	/* NOLINTNEXTLINE(clang-analyzer-valist.Uninitialized): clang-tidy 14 loses va_start() */
	n = vsnprintf((char *)w->p + w->len, w->cap - w->len, fmt, ap);
	va_end(ap);
	if (n > 0)
		w->len += (uint32_t)n < w->cap - w->len ? (uint32_t)n : w->cap - w->len - 1;
}

void put_ip(struct writer *w, const struct ip *ip)
{
	put(w, ip->b, ip->family == 6 ? 16 : 4);
}

static void put_name(struct writer *w, const char *name)
{
	while (*name) {
		size_t n = strcspn(name, ".");

		put8(w, (unsigned)n);
		put(w, name, (uint32_t)n);
		name += n + (name[n] == '.');
	}
	put8(w, 0);
}

void put_dns_question(struct writer *w, unsigned id, unsigned flags, unsigned answers,
		      const char *name, unsigned type)
{
	put16(w, id);
	put16(w, flags);
	put16(w, 1);
	put16(w, answers);
	put32(w, 0);
	put_name(w, name);
	put16(w, type);
	put16(w, 1);
}

void set16(struct writer *w, uint32_t at, unsigned v)
{
	if (at + 2 > w->cap)
		return;
	put_be16(w->p + at, (uint16_t)v);
}

void set24(struct writer *w, uint32_t at, unsigned v)
{
	if (at + 3 > w->cap)
		return;
	w->p[at] = (uint8_t)(v >> 16);
	set16(w, at + 1, v & 0xffff);
}

const char *host_name(struct rng *r, char buf[64])
{
	static const char *const first[] = {"www", "mail", "static", "api", "img", "news", "cdn"};
	static const char *const second[] = {"example", "weather",   "library", "garden",
					     "harbour", "timetable", "museum"};
	static const char *const last[] = {"com", "net", "org", "de", "info"};

	/* Drawn one by one, because the compiler may evaluate arguments in any order. */
	const char *a = first[rng_range(r, 0, ARRAY_LEN(first) - 1)];
	const char *b = second[rng_range(r, 0, ARRAY_LEN(second) - 1)];
	unsigned n = rng_range(r, 1, 999);

	snprintf(buf, 64, "%s.%s%u.%s", a, b, n, last[rng_range(r, 0, ARRAY_LEN(last) - 1)]);
	return buf;
}
