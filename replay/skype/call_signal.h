/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef REPLAY_CALL_SIGNAL_H
#define REPLAY_CALL_SIGNAL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Call signals, the bodies of REC_CALL records. Clients send them, super nodes pass them on. */

#define SIGNAL_MAX 256 /* bytes of the longest one */

enum call_signal_kind {
	SIG_INVITE = 1, /* the caller's endpoints */
	SIG_ACCEPT,	/* the callee's endpoints */
	SIG_REFUSE,	/* the reason, one byte: enum call_refusal */
	SIG_OFFLINE,	/* from the super node: nobody of that name is there */
	SIG_PATH,	/* the caller's choice: way, the relay's endpoint */
	SIG_BYE,
	SIG_WHERE, /* this and the next two carry two endpoints: the public one, whose address the SN puts in, and
		    * the own one; port 0 = not open. Where is the callee? */
	SIG_HERE, /* here it is */
	SIG_COME, /* the caller cannot connect to the callee: it shall connect to the caller */
	SIG_FAR,  /* the callee cannot either; carries nothing */
};

enum call_refusal { NO_ANSWER, BUSY, BLOCKED };

/**
 * struct call_signal - one signal
 * @to, @from:	Names of the clients
 * @id:		Of the call's leg
 * @more, @n:	What the kind carries; a received one is followed by padding
 */
struct call_signal {
	char to[32], from[32];
	enum call_signal_kind kind;
	uint32_t id;
	const uint8_t *more;
	size_t n;
};

/* Writes it to @out (SIGNAL_MAX bytes) and returns its size. */
size_t call_signal_make(uint8_t *out, const struct call_signal *s);
/* False when it is none. @s->more points into @p. */
bool call_signal_parse(const uint8_t *p, size_t n, struct call_signal *s);

#endif
