// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * verify.c - does the lab do what its policies say? All parts, and the verdict
 *
 * Each behaviour, policy and pair gets a lab of its own, so that nothing of an earlier one's state
 * is left. The declared side comes from the policy files, the observed side from packets that real
 * sockets received or did not; neither knows the rules. Same seed, same output.
 */
#include <dirent.h>
#include <stdlib.h>
#include <string.h>

#include "base/datadir.h"
#include "lab/verify/bench.h"

static int is_policy(const struct dirent *entry)
{
	size_t len = strlen(entry->d_name);

	return len > 5 && !strcmp(entry->d_name + len - 5, ".yaml");
}

char **verify_names(const char *folder, struct err *e)
{
	char *path = data_path(folder, e), **names = NULL;
	struct dirent **list = NULL;
	int n = path ? scandir(path, &list, is_policy, alphasort) : -1;

	if (path && n < 0)
		err_sys(e, "%s", path);
	free(path);
	if (n < 0)
		return NULL;
	names = xcalloc((size_t)n + 1, sizeof(*names));
	for (int i = 0; i < n; i++) {
		names[i] = xstrdup(list[i]->d_name);
		names[i][strlen(names[i]) - 5] = '\0';
		free(list[i]);
	}
	free(list);
	return names;
}

void verify_names_free(char **names)
{
	for (size_t i = 0; names && names[i]; i++)
		free(names[i]);
	free(names);
}

void verify_progress(struct verify *v, const char *what)
{
	v->labs++;
	if (v->o->progress)
		fprintf(stderr, "\r%4u labs, %u differences: %-40.40s", v->labs, v->differences,
			what);
}

int lab_verify(const struct lab_verify_options *o, FILE *out, struct err *e)
{
	struct verify v = {.o = o, .out = out};
	bool all = !o->nats && !o->firewalls && !o->peers && !o->matrix && !o->nat && !o->firewall;
	int rc = 0;

	if ((o->firewall && !policies_firewall(&v.policies, o->firewall, e)) ||
	    (o->nat && !policies_nat(&v.policies, o->nat, e))) {
		policies_free(&v.policies);
		return -1;
	}
	if (all || o->nats || o->nat)
		rc = verify_nats(&v, e);
	if (!rc && (all || o->firewalls || o->firewall))
		rc = verify_firewalls(&v, e);
	if (!rc && (all || o->peers))
		rc = verify_peers(&v, e);
	if (!rc && (all || o->matrix))
		rc = verify_matrix(&v, e);
	if (o->progress)
		fprintf(stderr, "\r%70s\r", "");
	policies_free(&v.policies);
	if (rc < 0)
		return -1;
	fprintf(out, "%u checks in %u labs, %u differences\n", v.checks, v.labs, v.differences);
	return v.differences ? 1 : 0;
}
