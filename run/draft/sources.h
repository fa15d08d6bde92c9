/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef RUN_DRAFT_SOURCES_H
#define RUN_DRAFT_SOURCES_H

#include "analysis/draft/material.h"
#include "results/score/labels.h"
#include "results/score/table.h"
#include "run/regress/runs.h"

/* The captures that a signature is drafted from, or tried on, with their labels. */

/**
 * struct draft_capture - one of them; texts and labels are (owned)
 * @path:	The file
 * @labels:	NULL: none of its flows is the application's
 * @scored:	Of what is scored: @labels, or (owned) those in which hosts that an earlier vantage of its cell
 *		shows are unknown, so that each counts once
 * @trial:	Index of a recorded capture, or of a cell with all its vantages
 * @group:	The same; of a capture that shares flows with an earlier one, that one's
 * @cell:	Its name
 * @vantage, @version: Of a run's; else "" and the file's name
 * @part:	What it was named for
 * @drafts:	Its positive flows are drafted from: it was named as positive
 * @shared:	Flows of it that an earlier capture of another trial holds, too: they count there, it is of that one's
 *		group, and it is not scored
 * @unmet:	Its labels name none of its flows: nobody knows what they are, and it is not scored
 * @sha256:	Of the file
 */
struct draft_capture {
	char *path, *cell, *vantage, *version;
	struct labels *labels, *scored;
	enum traffic_source source;
	uint32_t trial, group;
	bool drafts;
	const char *part;
	uint64_t shared;
	bool unmet;
	char sha256[65];
};

/* @origin: (owned) a line for each file, folder or run that was named, with its digest. */
struct draft_sources {
	struct draft_capture *list; /* (owned) */
	char *origin;
	size_t n;
	uint32_t groups;
};

/**
 * struct draft_choice - what is taken
 * @target:	The application that is positive
 * @version:	Of runs: only cells with this traffic version; NULL = all
 */
struct draft_choice {
	const char *target, *version;
};

#define DRAFT_POSITIVE "positive"
#define DRAFT_NEGATIVE "negative"
#define DRAFT_APART    "apart"

/* The name of the host whose flow the label is, the application's client or else the flow's: as labels
 * name it, else its address, in @text. */
const char *draft_host_name(const struct labels *l, const struct label *row,
			    char text[IP_TEXT_LEN]);

/* Nobody knows any more what the row's flow is. */
void draft_label_forget(struct label *row);

/* Adds captures, folders of them, and run directories. @part: one of the words above. Positive ones must
 * have labels. Others may have them; of negative ones flows of the target are then left out, and what
 * is labelled otherwise is negative. One file for two parts is an error; one
 * that was added for the same part counts once, with a warning. 0, or -1 with @e set. */
int draft_sources_add(struct draft_sources *s, const char *const *paths, size_t n, const char *part,
		      const struct draft_choice *choice, struct err *e);
void draft_sources_free(struct draft_sources *s);
/* Reads the flows of all into @m. 0, or -1 with @e set: a file that drafts is not readable to its end, or
 * one that is apart shares flows with one that is not. Others are reported, and what was read counts. */
int draft_sources_read(struct draft_sources *s, struct draft_material *m, struct err *e);

#endif
