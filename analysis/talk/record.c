// SPDX-License-Identifier: GPL-2.0-or-later
/* record.c - the flows of a capture, kept with their first messages; 38 MiB at most */
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>

#include "analysis/talk/record.h"
#include "base/err.h"
#include "base/moment.h"

void talk_flows_add(struct talk_flows *f, const struct message_flow *flow,
		    const struct talk_step *steps, uint8_t n)
{
	struct talk_flow *one;

	if (f->n == TALK_FLOWS) {
		f->left_out++;
		return;
	}
	if (f->n == f->room) {
		f->room = f->room ? f->room * 2 : 64;
		f->list = xrealloc(f->list, f->room * sizeof(*f->list));
	}
	one = &f->list[f->n++];
	one->flow = *flow;
	one->flow.label = NULL;
	one->flow.mine = NULL;
	one->steps_n = n;
	memcpy(one->steps, steps, n * sizeof(*steps));
}

static int order(const void *a, const void *b)
{
	const struct message_flow *x = &((const struct talk_flow *)a)->flow,
				  *y = &((const struct talk_flow *)b)->flow;
	int by_time = moment_order(x->first_ns, y->first_ns);

	if (x->input != y->input)
		return x->input < y->input ? -1 : 1;
	if (by_time)
		return by_time;
	return (x->id > y->id) - (x->id < y->id);
}

void talk_flows_sort(struct talk_flows *f)
{
	if (f->n)
		qsort(f->list, f->n, sizeof(*f->list), order);
}

void talk_flows_clear(struct talk_flows *f)
{
	free(f->list);
	*f = (struct talk_flows){0};
}

bool talk_answered(const struct message_flow *f)
{
	if (f->tuple.proto == IPPROTO_TCP)
		return f->synack > 0 || f->bytes[1] > 0;
	return f->packets[1] > 0;
}

bool talk_from_start(const struct message_flow *f)
{
	return f->tuple.proto != IPPROTO_TCP || f->syn > 0 || f->synack > 0;
}

const char *talk_proto(uint8_t proto)
{
	return proto == IPPROTO_TCP ? "tcp" : "udp";
}
