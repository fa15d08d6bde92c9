/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef RUN_FOREIGN_PREPARED_H
#define RUN_FOREIGN_PREPARED_H

#include "run/foreign/arguments.h"
#include "run/foreign/foreign.h"

/* A detector's command as a contained job, with all that this points to. */
struct prepared {
	struct contained_job job;
	struct arguments args;
	const char **hidden; /* (owned) */
	char *folder;	     /* (owned) of the capture */
};

/* @command: a->command, a->live or a->version, for what @of names. Free with prepared_free(). */
void prepared_make(struct prepared *p, const struct adapter *a, const struct adapter_list *command,
		   const struct arguments_of *of, const struct foreign_job *job);
/* A path (owned) of the folder of its outputs, for inner_open(), while @ran is not freed. */
char *prepared_outputs(const struct prepared *p, const struct contained_result *ran);
/* It ended as out->ran says: reads its outputs into @list, or says in @out how it failed; frees
 * out->ran's. */
void prepared_judge(const struct prepared *p, const struct adapter *a, const char *signature,
		    struct detections *list, struct foreign_result *out);
void prepared_free(struct prepared *p);

#endif
