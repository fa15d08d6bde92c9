// SPDX-License-Identifier: GPL-2.0-or-later
/* default_signatures.c - the signatures of `detect` and `watch` when none is named */
#include <string.h>

#include "base/err.h"
#include "cli/default_signatures.h"

int default_signatures(const char *chosen[DEFAULT_SIGNATURES_MAX], struct err *e)
{
	static const char *const best[] = {"skypelab-2006", "skypelab-2013"};
	char **names = signatures_names(e);
	int n = 0;

	if (!names)
		return -1;
	for (size_t i = 0; i < ARRAY_LEN(best); i++)
		for (size_t k = 0; names[k]; k++)
			if (!strcmp(names[k], best[i]))
				chosen[n++] = best[i];
	if (!n)
		chosen[n++] = "ehlert-petgang-1.4";
	signatures_names_free(names);
	return n;
}

struct signature_set *default_signatures_load(struct err *e)
{
	const char *names[DEFAULT_SIGNATURES_MAX];
	int n = default_signatures(names, e);

	return n < 0 ? NULL : signatures_load(names, (size_t)n, e);
}
