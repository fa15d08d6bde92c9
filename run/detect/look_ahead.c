// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * look_ahead.c - the checksums of a capture's first packets, before it is read
 *
 * Whoever reads a capture into a detector looks ahead, so that every command believes the same
 * senders. Limits: LOOK_AHEAD packets; regular files only.
 */
#include <sys/stat.h>

#include "base/capture/capture.h"
#include "run/detect/look_ahead.h"

bool can_look_ahead(const char *path)
{
	struct stat st;

	return stat(path, &st) == 0 && S_ISREG(st.st_mode);
}

void look_ahead(struct detector *const *d, size_t n, const char *path)
{
	struct capture *c;
	struct packet p;
	struct err none;

	if (!can_look_ahead(path))
		return;
	c = capture_open_files(&path, 1, NULL, &none);
	for (int k = 0; c && k < LOOK_AHEAD && capture_next(c, &p, &none) == 1; k++)
		for (size_t i = 0; i < n; i++)
			detector_checksum_ahead(d[i], &p);
	capture_close(c);
}
