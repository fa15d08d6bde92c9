/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef REPLAY_CALL_DIRECT_H
#define REPLAY_CALL_DIRECT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* A TCP connection straight between two clients, for the signals and the media of their call. */

struct call_signal;
struct leg;
struct sc;
struct tcp_conn;

/* Looks for a connection with the leg's other end. ->reached() of struct calls is called once, with
 * the result, unless the leg is over before. */
void direct_search(struct leg *l);
/* A signal of such a search; false when it is another one. @l: the leg it is about, or NULL. */
bool direct_signalled(struct sc *c, struct leg *l, const struct call_signal *s);
/* Bytes of a connection to the client's own port, after the key blocks. False when they are no
 * call's: the connection stays as it is. */
bool direct_arrived(struct sc *c, struct tcp_conn *k, const uint8_t *p, size_t n);

#endif
