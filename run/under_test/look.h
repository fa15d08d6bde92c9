/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef RUN_UNDER_TEST_LOOK_H
#define RUN_UNDER_TEST_LOOK_H

#include "base/err.h"
#include "results/score/detections.h"
#include "results/score/flows.h"
#include "run/under_test/facts.h"
#include "run/under_test/under_test.h"

/* Runs a foreign detector over a capture, adds its detections to @list, and says in @fact how that
 * went. @target: the application that its first verdict is about; @flows: what the capture holds;
 * @hidden: see struct foreign_job; @scratch: a folder for what it makes on the way. 0, also when it failed: the
 * fact says so, and @list is as it was. -1 with @e set: it could not be tried. */
int foreign_look(const struct foreign_detector *d, const char *capture, const char *const *hidden,
		 const char *scratch, const char *target, const struct flow_index *flows,
		 struct detections *list, struct detector_fact *fact, struct err *e);

#endif
