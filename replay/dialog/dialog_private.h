/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef REPLAY_DIALOG_DIALOG_PRIVATE_H
#define REPLAY_DIALOG_DIALOG_PRIVATE_H

#include <uthash.h>

#include "replay/dialog/dialog.h"

/*
 * What the files of this room share. dialog.c holds the turns and calls udp.c and tcp.c (sockets),
 * which call ports.c (addresses in use). They report back through struct dialog_events only.
 */

/* What happens to a dialog's sockets. Any of these may end and free the dialog. */
struct dialog_events {
	/* A TCP connection is established on both sides. */
	void (*connected)(struct dialog *d);
	/* @dir: FROM_OPENER or FROM_ACCEPTOR */
	void (*datagram)(struct dialog *d, int dir, const uint8_t *data, uint32_t len);
	void (*bytes)(struct dialog *d, int dir, uint32_t len);
	/* The connection failed, was reset, or was closed before its time. */
	void (*broken)(struct dialog *d);
	/* Both sides of a TCP connection have closed it in order. */
	void (*closed)(struct dialog *d);
};

/* A message under way. */
struct flight {
	uint32_t index; /* from 1 */
	uint32_t size;
	uint64_t digest; /* UDP: of the payload */
	uint64_t end;	 /* TCP: stream offset after it */
};

enum { FROM_OPENER, FROM_ACCEPTOR };

/* One side's socket and what it still has to send (TCP). */
struct dialog_socket {
	struct dialog *dialog;
	int fd; /* TCP: own; UDP: the port's */
	bool watched_out, eof;
	uint8_t *out;
	uint32_t out_len, out_off, out_cap;
};

/* The table of transitions is in dialog.c. */
enum dialog_state {
	DIALOG_CONNECTING,
	DIALOG_SPEAKING,
	DIALOG_LAST,
	DIALOG_RESTING,
	DIALOG_CLOSING,
};

/* Pairs are by side (0 = the opener's) or by direction (FROM_OPENER, FROM_ACCEPTOR). */
struct dialog {
	struct dialogs *ds;
	struct dialog_spec spec;
	struct dialog *prev, *next; /* all open dialogs */
	struct dialog *wait_next;   /* in port.waiting */
	bool waiting, connected;
	enum dialog_state state;
	struct loop_timer timer;
	struct dialog_port *port[2]; /* by side: the opener's (UDP) and the acceptor's */
	struct dialog_socket sock[2];
	struct endpoint peer[2]; /* UDP: whom each side sends to */
	struct tuple tuple;
	uint32_t flow; /* in the truth log */
	bool have_turn, blocked;
	struct dialog_turn turn;
	uint64_t last_sent_ns[2]; /* by direction */
	uint64_t last_got_ns[2];
	unsigned naps;			/* times the loop stood still for the kernel */
	uint64_t stream[2], arrived[2]; /* TCP: bytes given to and taken from the socket */
	bool proven[2];			/* something arrived in this direction */
	struct flight *flight[2];
	uint32_t flights[2], flight_cap[2];
	struct dialog_result result;
};

struct dialogs {
	struct loop *loop;
	struct truth_log *truth;
	const struct dialog_events *events;
	struct dialog *first;
	struct dialog_port *ports;
};

#endif
