/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef RUN_REGRESS_ABLATE_H
#define RUN_REGRESS_ABLATE_H

#include <stdio.h>

#include "run/regress/material.h"

/* What each part of the signature in file @path is worth: it is taken away, and what is then found and
 * what is falsely claimed is written to @f; @tsv: every part, as TSV, else those that move a
 * figure. *@bad as in material_each(). 0, or -1 with @e set. */
int ablate(const char *path, const struct material *m, FILE *f, bool tsv, bool *bad, struct err *e);

#endif
