// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * foreign.c - a detector that somebody else wrote, over one capture
 *
 * Model: the definition's command runs contained (contained.c), and the adapter reads its outputs,
 * in the memory where it wrote them or in the folder where they are kept. Its failure is its result
 * (prepared.c); whoever runs many detectors goes on with the next. Only what would be wrong for
 * every program is an error.
 */
#include <stdlib.h>
#include <string.h>

#include "base/inner.h"
#include "run/foreign/foreign.h"
#include "run/foreign/prepared.h"

#define VERSION_SECONDS 20
#define VERSION_BYTES	16384 /* of what it printed */

/* Puts the version into @version, when it printed one in the folder @dir: some print it as an
 * error. */
static void find_version(const char *dir, const char *error, char version[16])
{
	char text[VERSION_BYTES];
	FILE *f = inner_open(dir, ADAPTER_STDOUT_FILE, NULL);

	if (f) {
		text[fread(text, 1, sizeof(text) - 1, f)] = '\0';
		adapter_version(text, version);
		fclose(f);
	}
	if (!strcmp(version, "-"))
		adapter_version(error, version);
}

int foreign_version(const struct adapter *a, char version[16], struct err *e)
{
	const struct arguments_of nothing = {0};
	const struct foreign_job job = {0};
	struct contained_result ran;
	struct prepared p;
	char *folder;
	int rc;

	snprintf(version, 16, "-");
	if (!a->version.n)
		return 0;
	prepared_make(&p, a, &a->version, &nothing, &job);
	if (p.job.limits.wall_seconds > VERSION_SECONDS)
		p.job.limits.wall_seconds = VERSION_SECONDS;
	rc = contained_run(&p.job, &ran, e);
	folder = prepared_outputs(&p, &ran);
	if (rc == 0 && ran.end == CONTAINED_EXITED)
		find_version(folder, ran.last_line, version);
	free(folder);
	contained_result_free(&ran);
	prepared_free(&p);
	return rc;
}

int foreign_detect(const struct adapter *a, const struct foreign_job *job, struct detections *list,
		   struct foreign_result *out, struct err *e)
{
	const struct arguments_of given = {.capture = job->capture, .rules = job->rules};
	struct prepared p;
	int rc;

	memset(out, 0, sizeof(*out));
	if (job->version)
		snprintf(out->version, sizeof(out->version), "%s", job->version);
	else if (foreign_version(a, out->version, e) < 0)
		return -1;
	prepared_make(&p, a, &a->command, &given, job);
	rc = contained_run(&p.job, &out->ran, e);
	if (rc == 0)
		prepared_judge(&p, a, job->signature, list, out);
	prepared_free(&p);
	return rc;
}
