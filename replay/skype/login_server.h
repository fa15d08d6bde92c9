/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef REPLAY_LS_H
#define REPLAY_LS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/rng.h"

/* The login messages L1-L4, both sides. Private to the overlay. */

#define TLS_HEAD     5	 /* 17 03 01 length */
#define L3_KEY_BYTES 192 /* RSA-1536 block */
#define L3_BLOB_AT   215 /* bytes of L3 before the second record's content */
#define L4_SHORT     16	 /* L4 of the event server and the PSTN gateway's server */

enum ls_stage { LS_START, LS_HELLO, LS_ANSWERED, LS_AFTER, LS_PROXY };
enum { LOGIN_BAD = 0x4e, LOGIN_OK = 0x59 }; /* first clear byte of L4 (ours) */

size_t login_l1(uint8_t *out);
bool login_is_l2(const uint8_t *p, size_t n);
/* L3 is 215 + @blob bytes; @key gets what is needed to read L4. @out: 1300 bytes. */
size_t login_l3(uint8_t *out, const char *name, bool wrong, size_t blob, uint32_t *key,
		struct rng *r);
/* A further record of 5 + @blob bytes. */
size_t login_data(uint8_t *out, uint32_t key, size_t blob, struct rng *r);
/* 1 = logged in, 0 = wrong password, -1 = this is no L4. */
int login_l4_result(const uint8_t *p, size_t n, uint32_t key);

#endif
