/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef REPLAY_MESSAGE_H
#define REPLAY_MESSAGE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/addr.h"
#include "base/rng.h"
#include "replay/skype/cipher.h"

#define DATAGRAM_MAX 1472 /* payload bytes of one unfragmented datagram */

/* Function nibbles of a datagram's third byte. */
enum udp_function {
	FN_PAYLOAD = 0x2,
	FN_RESEND = 0x3,
	FN_ACK = 0x5,
	FN_NACK = 0x7,
	FN_MEDIA = 0xd,
	FN_FRAGMENT = 0xf,
};

/* Commands inside function-2 datagrams (numbers as decrypted from the capture of 2006). */
enum udp_command {
	CMD_NONE = 0,  /* in a session list: a request to the super node over TCP */
	CMD_VISIT = 2, /* ours: a node's own request to a client, 19 to 21 bytes */
	CMD_LIST = 6,
	CMD_LIST_REPLY = 8,
	CMD_PUBLISH = 12,
	CMD_SEARCH = 14,
	CMD_SEARCH_REPLY = 15,
	CMD_LOOKUP = 18,
	CMD_LOOKUP_REPLY = 19,
	CMD_PROBE = 27,
	CMD_ACCEPT = 28,
	CMD_REFUSE = 29,
	CMD_NAT_TEST = 35,
	CMD_NAT_REPLY = 36,
	CMD_PEERS = 44,
	CMD_PEERS_REPLY = 45,
	CMD_EVENT = 50, /* ours: to the event server */
	CMD_EVENT_REPLY = 51,
	CMD_CALL = 60, /* ours, call signalling: 60 and above */
	CMD_CALL_REPLY = 61,
	CMD_PUNCH = 62,
	CMD_PUNCH_REPLY = 63,
	CMD_RELAY = 64,
	CMD_RELAY_REPLY = 65,
};

/**
 * struct plain - the clear content of one request or reply
 * @b, @n:	Bytes and their number
 * @crc:	Check sum of @b, the same in every copy that is sent
 *
 * Layout: length, command * 8 + 2 as a base-128 number, request id, 0x42, body.
 */
struct plain {
	uint8_t b[DATAGRAM_MAX];
	size_t n;
	uint32_t crc;
};

/* Makes the content of a datagram of @size payload bytes in all (at least 17). The body is @body
 * followed by random bytes. */
void plain_make(struct plain *p, unsigned command, uint16_t reqid, size_t size, const void *body,
		size_t body_len, struct rng *r);
/* Reads one back; false when it is too short to be one. @body points into @p. */
bool plain_parse(const struct plain *p, unsigned *command, uint16_t *reqid, const uint8_t **body,
		 size_t *body_len);

/* Each writes a datagram into @out (DATAGRAM_MAX bytes) and returns its size. @src and @dst are the
 * addresses as the two ends know them; family 0 counts as 0.0.0.0. */

/* id 02 IV CRC ciphertext */
size_t datagram_payload(uint8_t *out, uint16_t id, const struct ip *src, const struct ip *dst,
			const struct plain *p, struct rng *r);
/* id x3 01 challenge dst CRC ciphertext: the answer to a NACK */
size_t datagram_resend(uint8_t *out, uint16_t id, uint32_t challenge, const struct ip *dst,
		       const struct plain *p, struct rng *r);
/* id x7 (or x5) ip challenge, 11 bytes */
size_t datagram_nack(uint8_t *out, enum udp_function fn, uint16_t id, const struct ip *ip,
		     uint32_t challenge, struct rng *r);
/* id xf id-of-the-request number 02 data; the last of a set has bit 7 of its number set */
size_t datagram_fragment(uint8_t *out, uint16_t id, uint16_t request, unsigned number, bool last,
			 size_t size, struct rng *r);
/* id xd data */
size_t datagram_media(uint8_t *out, uint16_t id, size_t size, struct rng *r);

/**
 * struct skype_datagram - a received datagram, taken apart
 * @fn:		Function nibble
 * @ip:		FN_NACK, FN_ACK: the address it carries
 * @challenge:	FN_NACK, FN_ACK, FN_RESEND
 * @plain:	FN_PAYLOAD and FN_RESEND, when @ok
 * @ok:		The check sum is right (true for other functions)
 */
struct skype_datagram {
	uint16_t id;
	unsigned fn;
	struct ip ip;
	uint32_t challenge;
	struct plain plain;
	bool ok;
};

/* False when it is no datagram of ours at all. @src and @dst as this end knows them. */
bool datagram_parse(const uint8_t *p, size_t n, const struct ip *src, const struct ip *dst,
		    struct skype_datagram *out);

#define ADDR_BYTES 6 /* an address in a list: IPv4, port */

/* What of a datagram is covered. */
enum udp_mask {
	MASK_NONE,
	MASK_FUNCTION, /* byte 2 */
	MASK_ALL,      /* byte 2 and all behind it */
};

/* Covers a datagram, or uncovers it, in place, with bytes that follow from its id. Ours: no version
 * of 2006 does it. */
void datagram_mask(uint8_t *p, size_t n, enum udp_mask mask);
/* A datagram of @size bytes, 3 or more, that every node ignores. Returns @size. */
size_t datagram_noise(uint8_t *out, size_t size, struct rng *r);

/* An address as lists and signals carry it. */
void put_address(uint8_t out[ADDR_BYTES], const struct endpoint *ep);
void get_address(const uint8_t p[ADDR_BYTES], struct endpoint *ep);

/* --- TCP ---------------------------------------------------------------------------------- */

#define HELLO_FIXED  56 /* fixed first bytes of R1 on port 443 */
#define HELLO_SIZE   72
#define SERVER_HELLO 79 /* fixed first bytes of R2 on port 443 */

extern const uint8_t hello_443[HELLO_FIXED];
extern const uint8_t server_hello_443[SERVER_HELLO];

enum pad_form {
	PAD_NONE,   /* the ten bytes end in 01, nothing follows */
	PAD_RANDOM, /* they end in 03; a padding record with random bytes follows */
	PAD_ONES,   /* the same with bytes 01 (clients before 2.5) */
};

/* A key block: seed in clear, ten constant bytes in RC4, then the stream restarted; with padding,
 * a record of @pad bytes after its length byte; with @tail, the two bytes 03 00 in the end.
 * T1, R1 on port 80, R3 and the super node's replies all have this form. @tx is the started
 * stream afterwards. Returns the size: 14, or 14 + 1 + pad, and 2 more with @tail. */
size_t key_block(uint8_t *out, enum pad_form form, size_t pad, bool tail, struct arcfour_ctx *tx,
		 struct rng *r);
/* Reads one at the start of @p: the stream is started in @rx. Returns the bytes it took, all
 * padding records included, or 0 when there are fewer than 14. */
size_t key_block_parse(const uint8_t *p, size_t n, struct arcfour_ctx *rx);

/* Commands of TCP records (ours: nobody can see them). */
enum record_command {
	REC_ACK = 1,  /* always 4 bytes in all */
	REC_CONNECT,  /* T2 */
	REC_EXTRA,    /* 2.0's message before T2 */
	REC_ACCEPT,   /* T3 */
	REC_REFUSE,   /* T3 of 339 bytes, with a list of addresses */
	REC_FOLLOW_A, /* the request that T4 carries */
	REC_FOLLOW_B, /* the next ones */
	REC_FOLLOW_C,
	REC_FOLLOW_D,
	REC_PING,  /* 13 bytes: answered by 48, 75 or 82 */
	REC_ASK,   /* other requests */
	REC_REPLY, /* answers that ask for nothing */
	REC_CALL,  /* call signalling through the SN; body says what */
	REC_JOIN,  /* to a relay; body: the id of the call */
	REC_MEDIA,
};

#define ACK_SIZE 4 /* 07 01 id */

/* Makes one clear record of @size bytes in all (at least 4): length, command, id, body, random
 * rest. Returns @size. */
size_t record_make(uint8_t *out, size_t size, unsigned command, uint16_t id, const void *body,
		   size_t body_len, struct rng *r);
/* Size of the record that holds exactly @body_len bytes of body. */
size_t record_size(size_t body_len);
size_t record_ack(uint8_t *out, uint16_t id);
/* Reads the clear record at the start of @p; returns its size, or 0 when it is not all there. */
size_t record_parse(const uint8_t *p, size_t n, unsigned *command, uint16_t *id,
		    const uint8_t **body, size_t *body_len);

#endif
