/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef ANALYSIS_PAGE_ANALYSED_H
#define ANALYSIS_PAGE_ANALYSED_H

#include "analysis/compare/compare.h"
#include "analysis/compare/leave_out.h"
#include "analysis/field/map.h"
#include "analysis/page/document.h"
#include "analysis/talk/talk.h"

/**
 * struct analysed - everything that an analysis knows; all borrowed
 * @title:	Of the page
 * @source:	"emulated" or "recorded"
 * @captures, @captures_n: Names, by message_flow.input
 * @choice:	In words, which flows were taken; "" = all
 * @flows, @wanted: Flows that were there, and those that were taken
 * @evicted:	Flows that ended early for want of room
 * @host:	Asked for; NULL = none
 * @frame:	Draw the flow that has this frame among its first messages; 0 = none
 * @signatures:	Whose names messages have; "" = none
 * @map:	NULL = no look at bytes was taken
 * @rests:	NULL = not looked at
 * @against:	NULL = nothing to compare with; @against_names, @against_n: its captures
 * @most:	Rows of a table that will be printed; what only TSV and JSON have is left out. 0 = all
 * @plots:	Make pictures
 */
struct analysed {
	const char *title, *source, *choice, *signatures;
	const char *const *captures;
	size_t captures_n;
	uint64_t flows, wanted, evicted;
	const struct ip *host;
	uint64_t frame;
	struct talk *talk;
	const struct message_names *names;
	const struct field_map *map;
	const struct leave_out *rests;
	const struct compare *against;
	const char *const *against_names;
	size_t against_n;
	size_t most;
	bool plots;
};

/* Fills @d, which is empty, with the seven parts. 0; -1 with @e set where pictures are wanted and cannot
 * be made: the document is whole but for them. document_clear() in any case. */
int analysed_document(const struct analysed *a, struct document *d, struct err *e);

#endif
