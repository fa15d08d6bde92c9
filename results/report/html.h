/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef RESULTS_HTML_H
#define RESULTS_HTML_H

#include <stdbool.h>
#include <stdio.h>

#include "base/err.h"
#include "base/tsv.h"

/* printf with every %s argument escaped; only %s, %u, %zu, %d, %.Nf, %.Ng and %% are known. */
void html_printf(FILE *f, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
/* Up to </style>: title, style sheet for light, dark, print and narrow screens. */
void html_head(FILE *f, const char *title);
/* The same with rules of a page's own behind the common style. */
void html_head_with(FILE *f, const char *title, const char *more);
/* The script that sorts tables, and the end. */
void html_foot(FILE *f);
/* The same with a script of the page's own behind it, which must not hold "</script". */
void html_foot_with(FILE *f, const char *more);
/* A table that its headings sort, in a box that scrolls, up to its rows; @tall: the box has a limit of height. @label
 * names the box for a screen reader. */
void html_table_begin(FILE *f, bool tall, const char *label, const char *caption,
		      const char *const *heads, size_t n);
void html_table_end(FILE *f);
/* An <img> with the file's bytes in it. 0, or -1 with @e set. */
int html_image(FILE *f, const char *path, const char *type, const char *alt, struct err *e);
/* A link that saves the file's bytes, which are in it. 0, or -1 with @e set. */
int html_download(FILE *f, const char *path, const char *type, const char *text, struct err *e);

#endif
