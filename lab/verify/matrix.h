/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef LAB_VERIFY_MATRIX_H
#define LAB_VERIFY_MATRIX_H

#include "lab/verify/tally.h"

/* 0, or -1 with @e set. */
int verify_matrix(struct verify *v, struct err *e);
unsigned verify_matrix_labs(const struct verify *v); /* how many labs it builds */

#endif
