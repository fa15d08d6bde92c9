/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef ANALYSIS_PAGE_DOCUMENT_H
#define ANALYSIS_PAGE_DOCUMENT_H

#include "analysis/page/sheet.h"

/* What is printed, whatever the form: facts, and sections of lines, tables and pictures. */

enum item_kind { ITEM_LINE, ITEM_SHEET, ITEM_PICTURE };

/**
 * struct picture - an SVG picture
 * @name:	Of its file, without end
 * @caption:	(owned) What it shows
 * @svg:	(owned) The file's text; NULL = it could not be made
 * @text:	(owned) The same as text; NULL = text output leaves it out
 * @wide:	A narrow screen scrolls it rather than to make it small
 */
struct picture {
	const char *name;
	char *caption, *svg, *text;
	bool wide;
};

struct item {
	enum item_kind kind;
	char *line;	     /* (owned) */
	struct sheet *sheet; /* (owned) */
	struct picture picture;
};

struct section {
	const char *id, *title;
	struct item *items; /* (owned) */
	size_t n;
};

#define DOCUMENT_SECTIONS 8
#define DOCUMENT_FACTS	  16

struct document {
	char *title; /* (owned) */
	struct {
		const char *key;
		char *value; /* (owned) */
	} facts[DOCUMENT_FACTS];
	size_t facts_n;
	struct section sections[DOCUMENT_SECTIONS];
	size_t sections_n;
};

void document_begin(struct document *d, const char *title);
void document_clear(struct document *d);
void document_fact(struct document *d, const char *key, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));
/* @id: of its anchor and its member in JSON. */
struct section *document_section(struct document *d, const char *id, const char *title);
void section_line(struct section *s, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
/* @sheet becomes the section's. */
void section_sheet(struct section *s, struct sheet *sheet);
/* The texts of @p become the section's. */
void section_picture(struct section *s, const struct picture *p);

#endif
