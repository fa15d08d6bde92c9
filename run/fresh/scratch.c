// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * scratch.c - a folder below /tmp that goes with this process
 *
 * When the process is killed, its janitor (run/janitor.c) removes the folder. A run that was made in it is
 * killed with the process (fresh_run.c), but what clears up behind that run may still be writing: so the
 * folder is removed until it stays away, for GONE_TRIES times a tenth of a second at most.
 */
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

#include "base/outfile.h"
#include "run/fresh/scratch.h"
#include "run/janitor.h"

#define GONE_TRIES 50
#define GONE_LOOKS 3 /* that find nothing, one after the other */

static void clear(const void *arg)
{
	const char *dir = arg;
	struct timespec wait = {0, 100000000};

	for (int i = 0, gone = 0; i < GONE_TRIES && gone < GONE_LOOKS; i++) {
		gone = access(dir, F_OK) ? gone + 1 : 0;
		remove_tree(dir);
		nanosleep(&wait, NULL);
	}
}

int scratch_make(struct scratch *s, const char *name, struct err *e)
{
	*s = (struct scratch){.dir = xasprintf("/tmp/skypelab-%s.XXXXXX", name), .janitor = -1};
	if (!mkdtemp(s->dir)) {
		err_sys(e, "%s", s->dir);
		free(s->dir);
		s->dir = NULL;
		return -1;
	}
	s->janitor = janitor_start(clear, s->dir, e);
	if (s->janitor >= 0)
		return 0;
	scratch_remove(s);
	return -1;
}

void scratch_remove(struct scratch *s)
{
	if (!s->dir)
		return;
	remove_tree(s->dir);
	if (s->janitor >= 0)
		janitor_dismiss(s->janitor, true);
	free(s->dir);
	*s = (struct scratch){.janitor = -1};
}
