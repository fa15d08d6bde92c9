/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef RUN_FOREIGN_TALK_H
#define RUN_FOREIGN_TALK_H

#include <stdbool.h>

#include "base/err.h"
#include "run/foreign/contained.h"

/* What the processes around a contained program tell the caller. */
enum talk_kind {
	TALK_FEED,  /* with a descriptor: frames sent there arrive at its interface */
	TALK_READY, /* it listens on its interface */
	TALK_END,   /* the last one; with a descriptor of its outputs where nobody copies them */
};

/**
 * struct talk - one message
 * @failed:	Of TALK_END: @e says why nothing can be said of the program; else @r
 */
struct talk {
	enum talk_kind kind;
	bool failed;
	struct err e;
	struct contained_result r;
};

/* Two connected sockets that keep messages apart. 0, or -1 with errno set. */
int talk_pair(int fd[2]);
/* @passed: a descriptor to go with it, -1 = none. 0, or -1 with errno set. */
int talk_send(int fd, const struct talk *t, int passed);
/* Waits for a message. *passed, (owned), is set where one came with a descriptor. 0, or -1: the
 * other side is gone. */
int talk_receive(int fd, struct talk *t, int *passed);

#endif
