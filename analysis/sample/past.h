/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef ANALYSIS_SAMPLE_PAST_H
#define ANALYSIS_SAMPLE_PAST_H

#include "analysis/message/stream.h"
#include "analysis/sample/sample.h"

/* The earlier messages of flows and hosts. A flow's are what its `mine` points to. */
struct past;

struct past *past_new(void);
/* Copies what came before @m into @s, where @s is not NULL, and remembers @m. */
void past_message(struct past *p, const struct message *m, struct sample *s);
/* A message of the flow, in this direction, may follow soon: has the processor fetch what it needs. */
void past_fetch(const struct past *p, const struct message_flow *f, const void *mine, bool reply);
/* The flow has ended. */
void past_end(struct past *p, struct message_flow *f);
void past_free(struct past *p);

#endif
