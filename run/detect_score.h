/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef CLI_VERDICTS_H
#define CLI_VERDICTS_H

#include "base/err.h"
#include "detector/detector.h"
#include "results/score/score.h"

/* An event of the detector as a verdict for scoring; same shape as a detection_fn's argument. */
void detection_of_event(struct detection *v, const struct detection_event *ev);
/* A detection_fn whose @arg is a struct detections. */
void detections_collect(void *arg, const struct detection_event *ev);

/**
 * detect_capture() - run all signatures of @set over one capture file
 * @v:	Verdicts are added here
 * @x:	Flows are added here; NULL = not wanted
 *
 * Return: 0; -1 with @e set when the file was unreadable from some point on: what was read before
 * is there.
 */
int detect_capture(const struct signature_set *set, const char *path, struct detections *v,
		   struct flow_index *x, struct err *e);

/* The same with any callback. */
int detect_with(const struct signature_set *set, const char *path, detection_fn *fn, void *arg,
		struct flow_index *x, struct err *e);

/* Captures without Skype are scored as one cell; each false positive names its capture as its
 * reason: the claims of @t from @from on get the file's name. */
#define NEGATIVES_CELL "negatives"
void name_negatives(struct score_table *t, size_t from, const char *path);
const char *file_name(const char *path); /* behind the last slash */

/* Names and revisions of a set as arrays for struct score_input. */
struct signature_list {
	const char **names;
	const char **revisions; /* (owned texts) */
	size_t n;
};
void signature_list_of(const struct signature_set *set, struct signature_list *out);
void signature_list_free(struct signature_list *l);

/* Label file of a capture: CAPTURE.tsv, ../labels/NAME.tsv beside it, or
 * $SKYPELAB_CORPORA/labels/NAME.tsv. (owned) path, or NULL with @e set. */
char *labels_path_of(const char *capture, struct err *e);
/* Every capture file at or below @path, sorted; NULL-terminated, free with file_list_free(). A file
 * given by name is taken whatever its name is; below a folder: .pcap, .pcapng, .cap, .dmp. NULL
 * with
 * @e set. */
char **capture_list(const char *const *paths, size_t n, struct err *e);
void file_list_free(char **list);

#endif
