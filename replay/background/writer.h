/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef REPLAY_BACKGROUND_WRITER_H
#define REPLAY_BACKGROUND_WRITER_H

#include <stdint.h>

#include "base/addr.h"
#include "base/rng.h"

/* A message being written. Bytes past @cap are dropped. */
struct writer {
	uint8_t *p;
	uint32_t len, cap;
};

/* Append; numbers are big-endian unless the name says otherwise. */
void put8(struct writer *w, unsigned v);
void put16(struct writer *w, unsigned v);
void put24(struct writer *w, unsigned v);
void put32(struct writer *w, uint32_t v);
void put64(struct writer *w, uint64_t v);
void put16le(struct writer *w, unsigned v);
void put32le(struct writer *w, uint32_t v);
void put(struct writer *w, const void *p, uint32_t n);
void put_zero(struct writer *w, uint32_t n);
void put_random(struct writer *w, struct rng *r, uint32_t n);
void put_text(struct writer *w, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
void put_ip(struct writer *w, const struct ip *ip);
/* The head and the one question of a DNS message (RFC 1035, section 4.1); answers follow. */
void put_dns_question(struct writer *w, unsigned id, unsigned flags, unsigned answers,
		      const char *name, unsigned type);
/* Overwrite earlier bytes, for lengths that are known only at the end. */
void set16(struct writer *w, uint32_t at, unsigned v);
void set24(struct writer *w, uint32_t at, unsigned v);

/* A host name such as "mail.example17.net", drawn; the same for the same random numbers. */
const char *host_name(struct rng *r, char buf[64]);

#endif
