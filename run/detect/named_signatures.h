/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef RUN_DETECT_NAMED_SIGNATURES_H
#define RUN_DETECT_NAMED_SIGNATURES_H

#include "results/score/detections.h"
#include "run/detect/detect_score.h"

/* Signatures known by name alone, as events name them. All texts are owned by the list; free it with
 * named_signatures_clear(), not with signature_list_free(). */

/* @revision "": any. @application NULL: any, or several. */
void named_signatures_add(struct signature_list *l, const char *name, const char *revision,
			  const char *application);
/* Adds every signature and revision that @d names and the list lacks. */
void named_signatures_of(struct signature_list *l, const struct detections *d);
void named_signatures_clear(struct signature_list *l);

#endif
