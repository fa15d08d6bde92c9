/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef OPERATOR_WATCH_OPENER_SERVE_H
#define OPERATOR_WATCH_OPENER_SERVE_H

#include <stdint.h>

#include "base/err.h"
#include "operator/watch/opener.h"

/* What the two processes of the opener say to each other: messages of one size each, over a socket pair
 * that keeps them apart (SOCK_SEQPACKET). */

enum opener_asked {
	OPENER_EVE_LOOK,    /* what stands under the name: @file; rc 0 = nothing */
	OPENER_EVE_OPEN,    /* a descriptor, of @file */
	OPENER_PROM_BEGIN,  /* a descriptor of a file that has no name yet */
	OPENER_PROM_COMMIT, /* which gets its name */
	OPENER_PROM_ABORT,  /* or goes */
	OPENER_SIGNATURE, /* file @number of the signatures, from 0 on, which looks for them anew; @name,
			     * @path and a descriptor; rc 0 = there are no more */
	OPENER_INPUT_LOOK, /* what stands under the name of input @number: @input; rc 0 = nothing */
	OPENER_INPUT_OPEN, /* likewise, and a descriptor of it */
	OPENER_OUTPUT_COMMIT, /* the output gets its name */
	OPENER_REMOVE,	      /* the names that end with the process */
	OPENER_ASKED,
};

#define OPENER_MAGIC 0x736b7970U

struct opener_request {
	uint32_t magic, what, number;
};

/**
 * struct opener_reply - the answer; a descriptor goes with it where there is one
 * @rc:		1 = done, 0 = there is nothing, -1 = @failure says why not
 */
struct opener_reply {
	uint32_t magic;
	int32_t rc;
	struct opener_file file;
	struct input_file input;
	uint32_t name;
	char path[1024];
	struct err failure;
};

/* The opener's process: serves @fd until its other end is closed or says what is no request. */
void opener_serve(const struct opener_paths *paths, int fd);

#endif
