// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * flow_read.c - the flow index of a capture file
 *
 * Apart from flows.c so that scoring itself needs no packet library.
 */
#include "results/score/flows.h"

int flow_index_read(struct flow_index *x, const char *path, struct err *e)
{
	struct capture *c = capture_open_files(&path, 1, NULL, e);
	struct packet p;
	int rc, ret = 0;

	if (!c)
		return -1;
	while ((rc = capture_next(c, &p, e)) != 0) {
		if (rc < 0) {
			ret = -1;
			break;
		}
		flow_index_packet(x, &p);
	}
	capture_close(c);
	return ret;
}
