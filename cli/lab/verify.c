// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * verify.c - `skypelab lab verify`: enters the sandbox, calls lab_verify()
 *
 * Any difference between what is declared and what is observed is a finding, so that a script can
 * rely on the exit status.
 */
#include <stdio.h>

#include "base/outfile.h"
#include "cli/lab/verify.h"
#include "lab/lab.h"

enum command_end verify_labs(const struct lab_verify_options *o, struct err *e)
{
	int rc = lab_sandbox_enter(e);

	if (!rc)
		rc = lab_verify(o, stdout, e);
	if (rc >= 0 && outfile_flush_standard(e) < 0)
		rc = -1;
	return rc < 0 ? COMMAND_FAILED : rc ? COMMAND_FINDING : COMMAND_DONE;
}
