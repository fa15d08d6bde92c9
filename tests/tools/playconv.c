// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * playconv CAPTURE LABELS|- FATES CLIENT-IP - replays a capture by conversation in this namespace
 *
 * For tests: client and remotes both live here (every address must be local), nothing in between.
 * Writes the fates, prints how many flows had which fate and the real time it took.
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "replay/recorded/conversation.h"

#define EPOCH (1152000000ULL * NS_PER_SEC)

static int fail(const struct err *e)
{
	log_error("%s", e->msg);
	return e->code ? (int)e->code : EXIT_USAGE;
}

int main(int argc, char **argv)
{
	struct timespec start, a, b;
	struct err e = {.code = EXIT_USAGE};
	struct loop *loop = loop_new(LOOP_VIRTUAL, EPOCH, &e);
	struct truth_log *truth = truth_new();
	struct conversation_spec spec = {.version = "test"};
	struct conversation_nodes where = {-1, "client", {0}, -1, "internet", {0}};
	uint64_t count[FATES] = {0}, messages = 0;
	struct dialogs *dialogs;
	struct conversation *c;

	if (argc != 5)
		return fprintf(stderr, "usage: playconv CAPTURE LABELS|- FATES CLIENT-IP\n"), 2;
	spec.capture = argv[1];
	spec.labels = strcmp(argv[2], "-") ? argv[2] : NULL;
	ip_parse(argv[4], &where.client_ip);
	where.public_ip = where.client_ip;
	clock_gettime(CLOCK_MONOTONIC, &start);
	c = loop ? conversation_load(&spec, &e) : NULL;
	dialogs = dialogs_new(loop, truth);
	if (!c || conversation_start(c, dialogs, 1, &where, NULL, NULL, &e) < 0)
		return fail(&e);
	clock_gettime(CLOCK_MONOTONIC, &a);
	if (loop_run(loop, 0, &e) < 0)
		return fail(&e);
	conversation_finish(c);
	clock_gettime(CLOCK_MONOTONIC, &b);
	for (size_t i = 0; i < conversation_flow_count(c); i++) {
		struct conversation_fate f;

		conversation_fate(c, i, &f);
		count[f.fate]++;
		messages += f.fate == FATE_NOT_PLAYED ? 0 : f.messages;
	}
	for (int f = 0; f < FATES; f++)
		printf("%s\t%" PRIu64 "\n", fate_text((enum fate)f), count[f]);
	fprintf(stderr, "%" PRIu64 " messages in %.2f s, begun after %.2f s\n", messages,
		(double)(b.tv_sec - a.tv_sec) + (double)(b.tv_nsec - a.tv_nsec) / 1e9,
		(double)(a.tv_sec - start.tv_sec) + (double)(a.tv_nsec - start.tv_nsec) / 1e9);
	if (conversation_write_fates(c, argv[3], &e) < 0)
		return fail(&e);
	conversation_free(c);
	dialogs_free(dialogs);
	truth_free(truth);
	loop_free(loop);
	return EXIT_DONE;
}
