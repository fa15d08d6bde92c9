// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * look_ahead.c - the checksums of a capture's first packets, before it is read
 *
 * Whoever reads a capture into a detector looks ahead, so that every command believes the same
 * senders. Limits: AHEAD packets; regular files only.
 */
#include <sys/stat.h>

#include "base/capture/capture.h"
#include "run/detect/look_ahead.h"

#define AHEAD 1000

void look_ahead(struct detector *d, const char *path)
{
	struct capture *c;
	struct packet p;
	struct stat st;
	struct err none;

	if (stat(path, &st) || !S_ISREG(st.st_mode))
		return;
	c = capture_open_files(&path, 1, NULL, &none);
	for (int n = 0; c && n < AHEAD && capture_next(c, &p, &none) == 1; n++)
		detector_checksum_ahead(d, &p);
	capture_close(c);
}
