// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * playmix MIX SECONDS SEED HOST-IP SERVER-IP... - plays a mix in this network namespace
 *
 * For tests: the traffic of the background generators without a lab, between addresses that are
 * local here, in emulated time. Prints one line per generator and the real time it took.
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "replay/background/background.h"

#define EPOCH (1152000000ULL * NS_PER_SEC)

static int fail(const struct err *e)
{
	log_error("%s", e->msg);
	return e->code ? (int)e->code : EXIT_USAGE;
}

int main(int argc, char **argv)
{
	struct timespec a, b;
	struct background_stats stats[64];
	struct ip ips[32], host;
	struct dialogs *dialogs;
	struct background *bg;
	struct truth_log *truth = truth_new();
	struct err e = {.code = EXIT_USAGE};
	struct loop *loop = loop_new(LOOP_VIRTUAL, EPOCH, &e);
	uint64_t until, flows = 0, messages = 0;
	struct mix *mix;
	size_t n = 0;

	if (argc < 6)
		return fprintf(stderr, "usage: playmix MIX SECONDS SEED HOST-IP SERVER-IP...\n"), 2;
	mix = loop ? mix_load(argv[1], &e) : NULL;
	if (!mix)
		return fail(&e);
	until = EPOCH + strtoull(argv[2], NULL, 10) * NS_PER_SEC;
	ip_parse(argv[4], &host);
	for (int i = 5; i < argc && n < ARRAY_LEN(ips); i++)
		ip_parse(argv[i], &ips[n++]);
	dialogs = dialogs_new(loop, truth);
	bg = background_new(dialogs, strtoull(argv[3], NULL, 10), mix);
	background_host(bg, -1, "host", host);
	if (background_internet(bg, -1, "internet", ips, n, &e) < 0 || background_start(bg, &e) < 0)
		return fail(&e);
	clock_gettime(CLOCK_MONOTONIC, &a);
	if (loop_run(loop, until, &e) < 0)
		return fail(&e);
	background_finish(bg);
	loop_run(loop, until + NS_PER_SEC, &e);
	clock_gettime(CLOCK_MONOTONIC, &b);
	n = background_stats(bg, stats, ARRAY_LEN(stats));
	printf("generator\tsessions\tflows\tcomplete\tcut\tmessages\tbytes\n");
	for (size_t i = 0; i < n; i++) {
		printf("%s\t%" PRIu64 "\t%" PRIu64 "\t%" PRIu64 "\t%" PRIu64 "\t%" PRIu64
		       "\t%" PRIu64 "\n",
		       stats[i].generator, stats[i].sessions, stats[i].flows, stats[i].complete,
		       stats[i].cut, stats[i].messages, stats[i].bytes);
		flows += stats[i].flows;
		messages += stats[i].messages;
	}
	fprintf(stderr, "%" PRIu64 " flows, %" PRIu64 " messages in %.2f s\n", flows, messages,
		(double)(b.tv_sec - a.tv_sec) + (double)(b.tv_nsec - a.tv_nsec) / 1e9);
	background_free(bg);
	dialogs_free(dialogs);
	mix_free(mix);
	truth_free(truth);
	loop_free(loop);
	return EXIT_DONE;
}
