/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef RUN_PAPER_MESSAGE_BOOK_H
#define RUN_PAPER_MESSAGE_BOOK_H

#include <stdbool.h>
#include <stdint.h>
#include <uthash.h>

#include "detector/detection.h"
#include "results/report/traffic.h"
#include "results/score/source.h"

/**
 * struct message_count - one message of one version (emulated) or capture (recorded)
 * @source, @whose: Emulated: the version; recorded: the capture
 * @by:		Who knows its name: "truth", or the signature that took it
 * @name, @tcp, @from_client: The message
 * @seen:	Emulated: seen at the vantage. Recorded: flows in which the signature took it
 * @of:		Emulated: sent on flows that the vantage saw. Recorded: set by message_book_flows()
 * @sizes:	How often each size was seen; the text is the number
 */
struct message_count {
	char *key; /* (owned) */
	enum traffic_source source;
	const char *whose, *by, *name; /* in @words */
	char *words;		       /* (owned) */
	bool tcp, from_client;
	uint64_t seen, of;
	struct tally *sizes;
	UT_hash_handle hh;
};

struct message_book;

struct message_book *message_book_new(void);
void message_book_free(struct message_book *b);
/* Adds the messages that an event of a recorded capture shows, each packet once. */
void message_book_event(struct message_book *b, const char *capture,
			const struct detection_event *ev);
/* How many Skype flows a capture has by UDP and TCP: what its counts are out of. */
void message_book_flows(struct message_book *b, const char *capture, const uint64_t flows[2]);
/* The entry of a message, made when it is not there. */
struct message_count *message_book_at(struct message_book *b, const struct message_count *like);
/* Whether a message is one of those that the publication names in its figures 3 to 8. */
bool message_in_paper(const char *name);
/* The first in the order of messages, `hh.next` the following; sizes are sorted, too. */
const struct message_count *message_book_sorted(struct message_book *b);

#endif
