// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * choose_signatures.c - which signatures a run's detector has
 */
#include <stdbool.h>
#include <stdlib.h>

#include "base/label.h"
#include "run/choose_signatures.h"
#include "run/detect/detect_score.h"

/* Those of the scenario, and the bundled ones for its target. */
static struct signature_set *with_bundled(const struct scenario *s, struct err *e)
{
	const char **names = xcalloc(s->signatures_len + 1, sizeof(*names));
	char *more = label_is(s->target, LABEL_SKYPE) ? xstrdup("ehlert-petgang-1.4")
						      : xasprintf("all:%s", s->target);
	struct signature_set *set;

	for (unsigned i = 0; i < s->signatures_len; i++)
		names[i] = s->signatures[i];
	names[s->signatures_len] = more;
	set = signatures_load(names, s->signatures_len + 1, e);
	free(more);
	free(names);
	return set;
}

struct signature_set *choose_signatures(const struct run_options *o, const struct scenario *s,
					struct err *e)
{
	bool given = o->signatures_len, others = o->detectors_len || s->detectors_len;
	const char *const *names = given ? o->signatures : (const char *const *)s->signatures;
	size_t n = given ? o->signatures_len : s->signatures_len;
	struct signature_set *set = n ? signatures_load(names, n, e) : NULL, *more;

	if (n && (!set || signature_set_wanted(set, s->target, e) || (given && others)))
		return set;
	more = given ? NULL : with_bundled(s, e);
	if (!more && set && others)
		return set;
	signatures_free(set);
	return more;
}
