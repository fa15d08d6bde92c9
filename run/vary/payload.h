/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef RUN_VARY_PAYLOAD_H
#define RUN_VARY_PAYLOAD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* One value for each thing that must change in the same way throughout a copy. */
struct vary_keys {
	uint64_t seed;
	uint16_t id;	    /* added to request ids */
	uint32_t checksum;  /* on the copied CRC field */
	uint32_t challenge; /* on the copied challenge field */
};

/* Maps an IPv4 address in network byte order, in place. */
typedef void vary_ip_fn(void *arg, uint8_t ip[4]);

/* Rewrites what is free in one UDP message of Skype, of which @n bytes were captured. @salt must
 * differ from packet to packet. True when the message was changed. */
bool vary_udp(const struct vary_keys *k, uint64_t salt, uint8_t *p, size_t n, vary_ip_fn *map,
	      void *arg);

#define VARY_HEAD 16384 /* bytes of a TCP direction that are understood; the rest is key stream */

/* One direction of a TCP connection of Skype, from its first byte. */
struct vary_stream {
	uint8_t old[VARY_HEAD];
	uint8_t new[VARY_HEAD];
	size_t n;     /* bytes without a gap from the start */
	size_t first; /* length of the first message, as it was sent */
	bool begun;   /* the beginning is there (SYN seen) */
	bool opaque;  /* what follows VARY_HEAD is key stream */
	uint64_t salt;
};

/* Fills @new of both directions. */
void vary_streams(const struct vary_keys *k, struct vary_stream *client,
		  struct vary_stream *server);
/* The byte of a stream at an offset after rewriting. */
uint8_t vary_stream_byte(const struct vary_keys *k, const struct vary_stream *s, size_t offset,
			 uint8_t old);

#endif
