/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef DETECTOR_REACH_H
#define DETECTOR_REACH_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/addr.h"
#include "base/capture/packet.h"

struct detector;
struct match;
struct reach;
struct reassembly;
struct signature_set;
struct view;

/* How far a rule came on a flow: one of these, and between REACH_FIRST and REACH_ALL_STEPS
 * REACH_FIRST + n when n more steps were taken. */
enum reach_level {
	REACH_NOTHING,
	REACH_NEAR,	      /* all conditions of the flow and of the first message held but one */
	REACH_FIRST,	      /* all held */
	REACH_ALL_STEPS = 64, /* every step was taken, or the counts were right */
};

/**
 * struct reach_note - how far one rule came on one flow
 * @level:	See above
 * @asked:	Some payload (of rules without a first message: the flow) was of the rule's protocol,
 *		and ports, hosts and handshake were what it asks for
 * @acted:	The rule did at its end what it is for, or reported an event at a step before
 * @known:	Where its first message stood, all was known that must be known by then
 * @missing:	REACH_NEAR: the condition that failed, for reach_missing_text()
 */
struct reach_note {
	uint8_t level;
	bool asked, known, acted;
	uint16_t missing;
};

/* A rule as far as readers of notes need it; texts are owned by the signature set. */
struct reach_rule {
	const char *signature, *rule;
	unsigned revision, line;
	bool udp, tcp;
	unsigned steps;
	bool must_know; /* it asks for something to be known */
	bool records;	/* it asks flow records, which are not followed here */
};

/* Notes of one pass over packets, to be given to detector_reach(). @set must outlive it. */
struct reach *reach_new(const struct signature_set *set);
/* Forgets the notes, for another pass. */
void reach_clear(struct reach *r);
void reach_free(struct reach *r);
size_t reach_rules(const struct signature_set *set);
void reach_rule_at(const struct signature_set *set, size_t i, struct reach_rule *out);
/* The condition in words: "size of U1, line 12". */
void reach_missing_text(const struct signature_set *set, size_t rule, uint16_t missing, char *buf,
			size_t size);
/* Calls @fn for every flow, in the order of their first packets: its tuple (src opened it, as far
 * as can be seen), the time of its first packet, and a note for each rule of the set. */
typedef void reach_fn(void *arg, const struct tuple *flow, uint64_t first_ns,
		      const struct reach_note *notes);
void reach_each(const struct reach *r, reach_fn *fn, void *arg);

/* What the engine tells; each only when d->reach is set. */
void reach_packet(struct detector *d, uint32_t flow, bool fresh);
void reach_payload(struct detector *d, uint32_t flow, int dir, const struct packet *p);
void reach_burst(struct detector *d, uint32_t flow, const struct reassembly *s,
		 const struct view *burst, bool over);
void reach_step(struct detector *d, const struct match *in, unsigned step);
void reach_all_steps(struct detector *d, const struct match *in);
/* The rule that @in names acts. */
void reach_acted(struct detector *d, const struct match *in);

#endif
