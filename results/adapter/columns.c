// SPDX-License-Identifier: GPL-2.0-or-later
/* columns.c - which fields of a detector's output count, and for what */
#include <stdio.h>
#include <string.h>

#include "results/adapter/columns.h"

static const char *const role_names[ADAPTER_ROLES] = {
	[ADAPTER_SRC_IP] = "src-ip",
	[ADAPTER_SRC_PORT] = "src-port",
	[ADAPTER_DST_IP] = "dst-ip",
	[ADAPTER_DST_PORT] = "dst-port",
	[ADAPTER_PROTOCOL] = "protocol",
	[ADAPTER_TIME] = "time",
	[ADAPTER_START] = "start",
	[ADAPTER_END] = "end",
	[ADAPTER_DURATION] = "duration",
	[ADAPTER_FRAME] = "frame",
	[ADAPTER_COMMUNITY_ID] = "community-id",
	[ADAPTER_ID] = "id",
	[ADAPTER_VERDICT] = "verdict",
};

const char *columns_role_text(enum adapter_role role)
{
	return role_names[role];
}

bool columns_needed(const struct adapter *a, const struct adapter_output *o, enum adapter_role role)
{
	if (role == ADAPTER_VERDICT)
		return true;
	if (role > ADAPTER_PROTOCOL)
		return false;
	if (a->claims == ADAPTER_CLAIMS_HOST)
		return role == ADAPTER_SRC_IP;
	return !o->columns.of[ADAPTER_ID].n;
}

int columns_of(const struct adapter_output *o, struct columns *c, struct err *e)
{
	size_t all = o->only_n;

	memset(c, 0, sizeof(*c));
	for (unsigned r = 0; r < ADAPTER_ROLES; r++)
		all += o->columns.of[r].n;
	if (all > COLUMNS_MAX)
		return err_set(e, "columns are %zu, at most %d are allowed", all, COLUMNS_MAX);
	for (unsigned r = 0; r < ADAPTER_ROLES; r++) {
		c->first[r] = c->n;
		for (unsigned i = 0; i < o->columns.of[r].n; i++)
			c->name[c->n++] = o->columns.of[r].items[i];
	}
	c->first[ADAPTER_ROLES] = c->n;
	for (unsigned i = 0; i < o->only_n; i++)
		c->name[c->n++] = o->only[i].column;
	return 0;
}

/* "a, b or c" of the columns of a role. */
static const char *names_text(const struct columns *c, unsigned from, unsigned to, char out[200])
{
	size_t at = 0;

	out[0] = '\0';
	for (unsigned i = from; i < to && at < 200; i++)
		at += (size_t)snprintf(out + at, 200 - at, "%s%s", i == from ? "" : " or ",
				       c->name[i]);
	return out;
}

int columns_check(const struct adapter *a, const struct adapter_output *o, const struct columns *c,
		  const bool *there, struct err *e)
{
	char names[200];

	for (unsigned r = 0; r < ADAPTER_ROLES; r++) {
		bool has = false;

		for (unsigned i = c->first[r]; i < c->first[r + 1]; i++)
			has |= there[i];
		if (!has && columns_needed(a, o, (enum adapter_role)r))
			return err_set(e, "no column %s, which %s takes for %s",
				       names_text(c, c->first[r], c->first[r + 1], names), a->path,
				       role_names[r]);
	}
	for (unsigned i = c->first[ADAPTER_ROLES]; i < c->n; i++)
		if (!there[i])
			return err_set(e, "no column %s, which %s has under only", c->name[i],
				       a->path);
	return 0;
}
