// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * count_clients.c - the unit client: which hosts a signature names as Skype clients, and how soon
 *
 * Every event claims one host, see hosts.h. A claim is right (the host is a client), has the wrong
 * role (the host is the peer of a client), is false (a monitored host without Skype, or nobody), or
 * cannot be judged (nothing but unknown flows).
 */
#include <string.h>

#include "results/score/claimed.h"
#include "results/score/count_clients.h"
#include "results/score/delay.h"

#define NS_PER_S 1000000000

/* Which hosts, and which addresses that are no host's, the signature named. */
struct named {
	struct claimed *hosts;	/* by the host's pointer */
	struct claimed *other;	/* by address */
	struct claimed *shared; /* by address: that of several hosts */
};

static void collect(const struct score_job *j, const struct hosts *hosts, struct named *n)
{
	for (size_t i = 0; i < detections_count(j->in->detections); i++) {
		const struct detection *v = detections_at(j->in->detections, i);
		struct ip client = hosts_client(hosts, v);
		const struct host *h;
		bool several;

		if (!job_has(j, v))
			continue;
		h = hosts_named(hosts, v, &several);
		if (h)
			claimed_note(&n->hosts, &h, sizeof(h), v);
		else
			claimed_note(several ? &n->shared : &n->other, &client, sizeof(client), v);
	}
}

/* How long a host was watched. Where the source of the traffic does not say, by the capture. */
static uint64_t watched_s(const struct score_input *in)
{
	return in->watched_s ? in->watched_s
			     : (flow_index_span_ns(in->flows) + NS_PER_S / 2) / NS_PER_S;
}

static void host_result(struct score_job *j, uint32_t row, const struct host *h,
			const struct claimed *c)
{
	const struct detection *v = c ? c->first : NULL;
	struct score_claim *claim;

	switch (host_role(h)) {
	case HOST_CLIENT:
		claim = job_result(j, row, h->name, "", c ? CLAIM_TP : CLAIM_FN, v);
		if (c && j->in->flows)
			delay_of_flows(claim, j->in->flows, h->seen, h->n, v);
		return;
	case HOST_PEER:
		if (c)
			job_result(j, row, h->name, "peer", CLAIM_WRONG_ROLE, v);
		return;
	case HOST_NEGATIVE:
		if (j->in->flows)
			job_count(j, row, COUNT_HOST_SECONDS, watched_s(j->in));
		job_result(j, row, h->name, "", c ? CLAIM_FP : CLAIM_TN, v);
		return;
	case HOST_UNKNOWN:
		return;
	}
	if (!c)
		return;
	/* the far side of a flow that is not Skype, or nobody that the vantage saw */
	job_result(j, row, h->name, h->held ? "not monitored" : "not in the capture", CLAIM_FP, v);
	if (!h->held)
		job_unmatched(j, row, false);
}

static void nobody(struct score_job *j, uint32_t row, const struct claimed *map, const char *reason,
		   bool unlabelled)
{
	char text[IP_TEXT_LEN];

	for (const struct claimed *c = map; c; c = c->hh.next) {
		struct ip address;

		memcpy(&address, c->key, sizeof(address));
		job_result(j, row, ip_text(&address, text), reason, CLAIM_FP, c->first);
		job_unmatched(j, row, unlabelled);
	}
}

void count_clients(struct score_job *j, const struct hosts *hosts)
{
	uint32_t row = job_row(j, UNIT_CLIENT);
	size_t before = j->t->claims_n;
	struct named n = {0};

	collect(j, hosts, &n);
	for (const struct host *h = hosts_all(hosts); h; h = h->hh.next)
		host_result(j, row, h, claimed_find(n.hosts, &h, sizeof(h)));
	nobody(j, row, n.other, "no label", true);
	nobody(j, row, n.shared, "an address of several hosts", false);
	job_mark_empty(j, row, before);
	claimed_free(&n.hosts);
	claimed_free(&n.other);
	claimed_free(&n.shared);
}
