/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef ANALYSIS_CLAIMS_TESTS_H
#define ANALYSIS_CLAIMS_TESTS_H

#include "analysis/claims/claims.h"

/* Index of the message of that name in the set, -1 = there is none. */
int claim_message_of(const struct claim_set *s, const char *name, size_t len);
/* Reads a test on a message's bytes. 0, or -1 with @why set to a constant text: what is expected. */
int claim_test_parse(const struct claim_set *s, const char *text, struct claim_test *out,
		     const char **why);

#endif
