/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef RUN_FOREIGN_FOREIGN_H
#define RUN_FOREIGN_FOREIGN_H

#include <stdbool.h>

#include "base/err.h"
#include "results/adapter/adapter.h"
#include "results/adapter/read.h"
#include "results/score/detections.h"
#include "run/foreign/contained.h"

/**
 * struct foreign_job - what a detector is to look at
 * @capture:	File
 * @rules:	File or folder for {rules}, or NULL
 * @hidden:	NULL-terminated folders that it must not see, such as the run's; or NULL. The folder
 *		of @capture and that of recorded captures (corpora_dir()) are always hidden
 * @keep:	Folder that gets its output files; it exists and has no files of these names. NULL =
 *		they are dropped when they have been read
 * @signature:	What its detections are called; NULL = the definition's name
 * @version:	As foreign_version() says, for many captures; NULL = it is asked
 */
struct foreign_job {
	const char *capture, *rules;
	const char *const *hidden;
	const char *keep;
	const char *signature, *version;
};

/**
 * struct foreign_result - what became of it
 * @failed:	It is missing, ended badly, or wrote what cannot be read: there are no detections,
 *		which is no answer
 * @why:	Then: one line, "exit status 1: its last line"; plain text
 * @ran:	How it ended, what it took, digest of its outputs
 * @counts:	What its outputs held
 */
struct foreign_result {
	bool failed;
	char why[400];
	char version[16];
	struct contained_result ran;
	struct adapter_counts counts;
};

/* Runs a detector over a capture, contained, and adds its detections to @list. 0 when the detector
 * was tried, also when it failed: see @out. -1 with @e set when nothing can be said about it: no
 * namespaces here, or a file of the job is missing. */
int foreign_detect(const struct adapter *a, const struct foreign_job *job, struct detections *list,
		   struct foreign_result *out, struct err *e);
/* What its version command says, "-" when it has none or it fails. 0, or -1 with @e set as
 * above. */
int foreign_version(const struct adapter *a, char version[16], struct err *e);

#endif
