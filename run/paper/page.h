/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef RUN_PAPER_PAGE_H
#define RUN_PAPER_PAGE_H

#include "run/paper/figures.h"
#include "run/paper/material.h"

/* Writes the document at @path from the tables and figures in @folder, which are there. 0, or -1 with
 * @e set. */
int paper_page_write(const char *path, const char *folder, struct paper_material *m,
		     const struct figures *figures, struct err *e);

#endif
