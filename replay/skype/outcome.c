// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * outcome.c - how the logins and calls of a run went, and the words outcomes.tsv has for it
 */
#include <stdio.h>

#include "base/err.h"
#include "replay/skype/outcome.h"
#include "replay/skype/overlay_private.h"

const char *outcome_kind_text(enum outcome_kind k)
{
	return k == OUTCOME_CALL ? "call" : "login";
}

const char *outcome_result_text(enum outcome_result r)
{
	static const char *const text[] = {"pending", "in", "gave up", "refused"};

	return text[r];
}

const char *outcome_probe_text(enum outcome_probe p)
{
	static const char *const text[] = {"none", "partial", "full"};

	return text[p];
}

const char *outcome_login_by_text(enum outcome_login_by b)
{
	static const char *const text[] = {"", "ls", "relay", "cached"};

	return text[b];
}

const char *outcome_mode_text(const struct overlay_outcome *u)
{
	return u->kind == OUTCOME_CALL ? u->callee : login_mode_text(u->mode);
}

struct overlay_outcome *outcome_add(struct overlay *o, enum outcome_kind kind, const char *client,
				    const char *version, unsigned attempt)
{
	struct overlay_outcome *u;

	if (o->outcome_count == o->outcome_cap) {
		o->outcome_cap = o->outcome_cap ? o->outcome_cap * 2 : 16;
		o->outcomes = xrealloc(o->outcomes, o->outcome_cap * sizeof(*o->outcomes));
	}
	u = &o->outcomes[o->outcome_count++];
	*u = (struct overlay_outcome){.kind = kind, .attempt = attempt};
	snprintf(u->client, sizeof(u->client), "%s", client);
	snprintf(u->version, sizeof(u->version), "%s", version);
	return u;
}

long outcome_last(const struct overlay *o)
{
	return (long)o->outcome_count - 1;
}
