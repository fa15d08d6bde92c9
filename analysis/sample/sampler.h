/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef ANALYSIS_SAMPLE_SAMPLER_H
#define ANALYSIS_SAMPLE_SAMPLER_H

#include "analysis/message/stream.h"
#include "analysis/sample/sample.h"

/* Chooses which messages are kept. */
struct sampler;

/* @room: the most that are kept, at least 64 */
struct sampler *sampler_new(uint32_t room);
void sampler_message(struct sampler *s, const struct message *m);
/* A message of the flow may follow soon, as in struct message_user. */
void sampler_fetch(const struct sampler *s, const struct message_flow *f, const void *mine,
		   bool reply);
void sampler_end(struct sampler *s, struct message_flow *f);
/* Sets what is said of all of them together (@rank, @p2p, @from_host, @to_host), and gives them in the
 * order in which they came, the sampler's; valid until the next message. */
const struct sample *sampler_finish(struct sampler *s, uint32_t *n, uint32_t *hosts);
/* The sockets of flows that are p2p, *@n of them; the sampler's, valid until the next message. */
const struct endpoint *sampler_p2p(const struct sampler *s, uint32_t *n);
/* Messages seen, those that are broken left out. */
uint64_t sampler_seen(const struct sampler *s);
/* How many messages a kept one stands for. */
double sampler_weight(const struct sampler *s, const struct sample *x);
void sampler_free(struct sampler *s);

#endif
