/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef RUN_SWEEP_COPY_H
#define RUN_SWEEP_COPY_H

#include <stddef.h>

#include "base/err.h"
#include "results/history/manifest.h"

/* Puts the @n @files of the folder @below of @dir, where anybody could have put anything, into the new
 * folder @to, and no others: as the same files where that can be, else as copies. 0, or -1 with @e
 * set: also when one is a link, or not as long as it should be. */
int copy_files(const char *dir, const char *below, const char *to,
	       const struct manifest_file *files, size_t n, struct err *e);

#endif
