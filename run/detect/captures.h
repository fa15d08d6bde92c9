/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef RUN_DETECT_CAPTURES_H
#define RUN_DETECT_CAPTURES_H

#include <stdbool.h>
#include <stddef.h>

#include "base/err.h"

/* Every capture file at or below each of the @n paths, sorted; NULL-terminated, free with
 * capture_list_free(). A file that is named itself is taken whatever its name is; in a folder,
 * files ending in .pcap, .pcapng, .cap or .dmp are. NULL with @e set. */
char **capture_list(const char *const *paths, size_t n, struct err *e);
void capture_list_free(char **list); /* NULL is allowed */

/* Whether @path is a run's directory, and not a folder of captures: it holds manifest.json, or the folder cells of a run
 * that did not end, which who reads it says. */
bool is_run_directory(const char *path);
/* Where a capture lies in a run's directory, no output may take the place of a file there. */
void captures_note_runs(const char *const *paths, size_t n);

/* The file's name: what follows the last slash of @path. */
const char *capture_name(const char *path);
/* Label file of a capture: CAPTURE.tsv, ../labels/NAME.tsv beside it, or
 * $SKYPELAB_CORPORA/labels/NAME.tsv. (owned) path, or NULL with @e set. */
char *labels_path_of(const char *capture, struct err *e);

#endif
