// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * named_signatures.c - the signatures that somebody's events name
 *
 * Events are scored by signature and revision. Where no signature file is at hand, the events
 * themselves say which there are; two revisions of one name are two signatures.
 */
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "run/detect/named_signatures.h"

/* Whether the list has the event's signature. One that claims several applications has none. */
static bool listed(struct signature_list *l, const struct detection *v)
{
	for (size_t i = 0; i < l->n; i++) {
		if (strcmp(l->names[i], v->signature) != 0 ||
		    strcmp(l->revisions[i], v->revision) != 0)
			continue;
		if (l->applications[i] && !label_is(l->applications[i], v->application)) {
			free((char *)l->applications[i]);
			l->applications[i] = NULL;
		}
		return true;
	}
	return false;
}

void named_signatures_add(struct signature_list *l, const char *name, const char *revision,
			  const char *application)
{
	l->names = xrealloc(l->names, (l->n + 1) * sizeof(*l->names));
	l->revisions = xrealloc(l->revisions, (l->n + 1) * sizeof(*l->revisions));
	l->applications = xrealloc(l->applications, (l->n + 1) * sizeof(*l->applications));
	l->applications[l->n] = application ? xstrdup(application) : NULL;
	l->names[l->n] = xstrdup(name);
	l->revisions[l->n++] = xstrdup(revision);
}

void named_signatures_of(struct signature_list *l, const struct detections *d)
{
	for (size_t k = 0; k < detections_count(d); k++) {
		const struct detection *v = detections_at(d, k);

		if (!listed(l, v))
			named_signatures_add(l, v->signature, v->revision, v->application);
	}
}

void named_signatures_clear(struct signature_list *l)
{
	for (size_t i = 0; i < l->n; i++) {
		free((char *)l->names[i]);
		free((char *)l->revisions[i]);
		free((char *)l->applications[i]);
	}
	free(l->names);
	free(l->revisions);
	free(l->applications);
}
