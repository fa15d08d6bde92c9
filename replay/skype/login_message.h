/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef REPLAY_LOGIN_MESSAGE_H
#define REPLAY_LOGIN_MESSAGE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/rng.h"

/* The login messages L1 to L4, as both sides make and read them. Sizes are bytes of payload. */

#define LOGIN_MAX   1472 /* bytes of the longest message; every @out below has so many */
#define L1_SIZE	    5	 /* of L2 as well */
#define RECORD_HEAD 5	 /* 17 03 01 length */

/* Where a login conversation stands, at either end: ->stage of its connection. */
enum login_stage {
	LOGIN_START,	/* connected; L1 is sent or awaited */
	LOGIN_HELLO,	/* L2 is sent or received, L3 follows */
	LOGIN_ANSWERED, /* L4 is sent or received */
	LOGIN_PROXY,	/* the client waits for its HTTP proxy */
};

size_t login_l1(uint8_t *out);
bool login_is_l1(const uint8_t *p, size_t n);
size_t login_l2(uint8_t *out);
bool login_is_l2(const uint8_t *p, size_t n);

/* L3 has 215 + @blob bytes; @key gets what is needed to read L4. @wrong: with a wrong password. */
size_t login_l3(uint8_t *out, const char *name, bool wrong, size_t blob, uint32_t *key,
		struct rng *r);
/* Whether the first bytes are those of L3. */
bool login_is_l3(const uint8_t *p, size_t n);
/* Size of the L3 at @p; 0 when it is not all there or is none. */
size_t login_l3_size(const uint8_t *p, size_t n);
/* Key and password of L3. False when it is too short. */
bool login_l3_read(const uint8_t *p, size_t n, uint32_t *key, bool *right);

/* L4 of @size bytes in all; @right: the password was right. */
size_t login_l4(uint8_t *out, bool right, size_t size, uint32_t key, struct rng *r);
/* 1 = logged in, 0 = wrong password, -1 = this is no L4. */
int login_l4_result(const uint8_t *p, size_t n, uint32_t key);

/* A further record of @size bytes in all. */
size_t login_data(uint8_t *out, size_t size, uint32_t key, struct rng *r);

#endif
