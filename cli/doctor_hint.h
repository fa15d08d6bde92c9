/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef CLI_DOCTOR_HINT_H
#define CLI_DOCTOR_HINT_H

#include "base/err.h"

/* Where the environment cannot and the message names no mend: adds that `skypelab doctor @command` says
 * what is missing. */
void doctor_hint(struct err *e, const char *command);

#endif
