// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * prefilter.c - what can be told of a packet without its flow
 *
 * The hash of the packet's flow, and which rules its payload may start wherever in the flow it
 * stands. Every packet gets this. Where a second thread reads ahead, detector_prefilter() does it
 * there and also searches the payload for what those rules would search it for, so that this work
 * leaves the thread that follows flows. It uses nothing of the detector that packets change, but
 * for a table of its own. Flow records may be made there, too (detector_meter_ahead()), since no rule about packets
 * sees them.
 */
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <string.h>

#include "base/capture/checksum.h"
#include "base/err.h"
#include "detector/engine/engine_private.h"
#include "detector/engine/match.h"
#include "detector/engine/prefilter.h"
#include "detector/engine/record_rules.h"

#define SEEN_BITS      17
#define FIRST_PAYLOADS 4
#define TH_ENDS	       (TH_SYN | TH_FIN | TH_RST)
#define RECORDS_AHEAD  8
#define RECORDS_MOST   ((1U << 28) - 1) /* that prefilter.records can say */

/* Whether the prefilter has left no start. */
static bool none_left(const struct dispatch_proto *dp, const struct prefilter *pre)
{
	return !dp->words || (dp->words == 1 && !pre->starts[0]) ||
	       (dp->words == 2 && !(pre->starts[0] | pre->starts[1]));
}

void prefilter_packet(const struct detector *d, const struct packet *p, struct prefilter *out)
{
	const struct dispatch_proto *dp;

	out->hash = 0;
	out->told = 0;
	if (p->proto != IPPROTO_UDP && p->proto != IPPROTO_TCP)
		return;
	out->hash = flows_hash(&d->flows, p);
	if (!p->len)
		return;
	dp = p->proto == IPPROTO_UDP ? &d->dispatch->udp : &d->dispatch->tcp;
	if (dp->words == 1)
		dispatch_payload(dp, 1, p, out->starts);
	else if (dp->words == 2)
		dispatch_payload(dp, 2, p, out->starts);
	out->none = none_left(dp, out);
}
_Static_assert(PREFILTER_WORDS == 2, "the words that prefilter_packet() spells out");

/* Runs the searches of the starts that are left, wherever in its flow the payload stands: starts
 * that find nothing are dropped. */
static void search(const struct detector *d, const struct packet *p, struct prefilter *pre)
{
	bool udp = p->proto == IPPROTO_UDP;
	const struct dispatch_proto *dp = udp ? &d->dispatch->udp : &d->dispatch->tcp;
	struct said said[2]; /* of a part that may grow, and of one that does not */

	said_begin(&said[0]);
	said_begin(&said[1]);
	for (unsigned w = 0; w < dp->words && dp->words <= PREFILTER_WORDS; w++)
		for (uint64_t b = pre->starts[w] & dp->seeks[w]; b; b &= b - 1) {
			unsigned bit = (unsigned)__builtin_ctzll(b);
			const struct dispatch_start *s = &dp->starts[w * 64 + bit];
			const struct rule *r = d->set->rules[s->rule];
			const struct message *m = &r->messages[s->message];
			struct view v = {.data = p->payload,
					 .len = p->len,
					 .avail = p->caplen,
					 .growing = !udp && !r->psh,
					 .ip_len = udp ? p->ip_len : 0,
					 .nth = m->nth.n ? m->nth.r[0].lo : 1,
					 .nth_of_flow =
						 m->nth_of_flow.n ? m->nth_of_flow.r[0].lo : 1,
					 .gap = UINT64_MAX,
					 .said = &said[!udp && !r->psh]};
			uint16_t pos[2];

			if (match_message(r, m, &v, NULL, pos) == MATCH_NO)
				pre->starts[w] &= ~(1ULL << bit);
		}
	pre->none = none_left(dp, pre);
}

/* Whether the payload is among the first of its flow, approximately: a table of 2^17 counters
 * indexed by flow hash. What rules search for mostly stands there; searching later payloads is
 * seldom worth it. This decides only which thread does the work, never what is found; so several
 * threads may count in it without a lock, and lose some. */
static bool is_early(struct detector *d, uint32_t hash)
{
	uint8_t *seen = &d->payloads_seen[hash >> (32 - SEEN_BITS)];
	uint8_t n = __atomic_load_n(seen, __ATOMIC_RELAXED);
	unsigned all = __atomic_load_n(&d->payloads_seen_n, __ATOMIC_RELAXED) + 1;

	if (all >> 20) { /* flows end: begin anew */
		for (size_t i = 0; i < 1U << SEEN_BITS; i++)
			__atomic_store_n(&d->payloads_seen[i], 0, __ATOMIC_RELAXED);
		all = 0;
	}
	__atomic_store_n(&d->payloads_seen_n, all, __ATOMIC_RELAXED);
	n += n < UINT8_MAX;
	__atomic_store_n(seen, n, __ATOMIC_RELAXED);
	return n <= FIRST_PAYLOADS;
}

void detector_meter_ahead(struct detector *d, bool ahead)
{
	if (d->records)
		record_rules_ahead(d->records, ahead);
}

/* Verifies what the other thread will want verified, most likely: checksums.c says what that is. */
static void verify(const struct packet *p, bool early, struct prefilter *out)
{
	bool udp = p->proto == IPPROTO_UDP;

	if (!p->head || !(udp ? early : (early && !out->none) || (p->tcp_flags & TH_ENDS)))
		return;
	out->checksum = checksum_verify(p) & 3;
	out->checked = 1;
}

/* Makes flow records. What packets need is fetched into the cache a few packets before. */
static void make_records(struct detector *d, const struct packet *p, size_t n,
			 struct prefilter *out)
{
	uint8_t groups[RECORDS_AHEAD];
	size_t ahead = 0;

	for (size_t i = 0; i < n; i++) {
		for (; ahead < n && ahead < i + RECORDS_AHEAD; ahead++)
			groups[ahead % RECORDS_AHEAD] =
				record_rules_groups(d->records, &p[ahead], out[ahead].hash);
		if (i + RECORDS_AHEAD / 2 < n)
			record_rules_hint(d->records, &p[i + RECORDS_AHEAD / 2],
					  out[i + RECORDS_AHEAD / 2].hash,
					  groups[(i + RECORDS_AHEAD / 2) % RECORDS_AHEAD]);
		if (engine_reads(&p[i]))
			out[i].records = record_rules_make(d->records, &p[i], out[i].hash,
							   groups[i % RECORDS_AHEAD]) &
					 RECORDS_MOST;
	}
}

void detector_prefilter(struct detector *d, const struct packet *p, size_t n, struct prefilter *out)
{
	if (!d->payloads_seen)
		d->payloads_seen = xcalloc(1U << SEEN_BITS, 1);
	for (size_t i = 0; i < n; i++) {
		bool early;

		prefilter_packet(d, &p[i], &out[i]);
		if (p[i].proto != IPPROTO_UDP && p[i].proto != IPPROTO_TCP)
			continue;
		early = p[i].len && is_early(d, out[i].hash);
		if (early && !out[i].none)
			search(d, &p[i], &out[i]);
		if (d->checksums != CHECKSUMS_NONE)
			verify(&p[i], early, &out[i]);
	}
	if (d->records && record_rules_are_ahead(d->records))
		make_records(d, p, n, out);
}

size_t prefilter_bytes(const struct detector *d)
{
	return d->payloads_seen ? 1U << SEEN_BITS : 0;
}
