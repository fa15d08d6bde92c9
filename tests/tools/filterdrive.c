// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * filterdrive.c - the filter of `skypelab watch` alone, driven by lines on standard input
 *
 *	filterdrive [-p POLICY] [-c] [-n] [-j] [-P]	-c fail closed, -n dry run, -j lines as JSON,
 *							-P in a process of its own, as watch has it
 *
 *	see KIND PROTO SRC:PORT DST:PORT answered|forged [SUPER-NODE:PORT]
 *	flood N, answered N	N probes to 198.51.100.1: forged, or answered. Each is from another address, but
 *				each 100th from 11.0.0.1
 *	work N			without end: blocks come, are prolonged, expire and are ended by hand. Clients
 *				10.1.0.0/16 and super nodes come and go; 10.0.0.0/16 + 4 N to 4 N + 3 stay
 *	settle, blocked, unblock ADDRESS|all, totals, memory
 *
 * Each command is answered by its lines and then "ok". What a sighting says comes from here, so tests
 * need no detector to see what the kernel then does.
 */
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "operator/filter/filter.h"
#include "operator/filter/line.h"
#include "operator/filter/process.h"

static bool as_json;
static struct filter *here; /* one of the two */
static struct filter_process *there;

static int sighting(const struct sighting *s)
{
	if (here)
		return filter_sighting(here, s);
	filter_process_sighting(there, s);
	return -1;
}

static void print(void *arg, const struct filter_block *b)
{
	json_t *o;
	char *text;

	(void)arg;
	if (!as_json) {
		filter_line_text(stdout, b);
		return;
	}
	o = filter_line_json(b, "here");
	text = json_dumps(o, JSON_COMPACT);
	puts(text);
	free(text);
	json_decref(o);
}

static void see(const char *line)
{
	char kind[32], proto[8], src[64], dst[64], answered[16], sn[64] = "";
	struct sighting s = {.application = "skype", .signature = "test", .rule = "driven"};

	if (sscanf(line, "see %31s %7s %63s %63s %15s %63s", kind, proto, src, dst, answered, sn) <
		    5 ||
	    endpoint_parse(src, &s.flow.src) < 0 || endpoint_parse(dst, &s.flow.dst) < 0 ||
	    (*sn && endpoint_parse(sn, &s.super_node) < 0)) {
		printf("bad line: %s", line);
		return;
	}
	event_kind_parse(kind, &s.kind); /* else evidence */
	s.flow.proto = strcmp(proto, "tcp") ? IPPROTO_UDP : IPPROTO_TCP;
	s.answered = !strcmp(answered, "answered");
	s.flow_packets = 2;
	s.evidence_count = 2;
	s.evidence[0].number = 3;
	s.evidence[1].number = 5;
	s.ts_ns = clock_ns(CLOCK_REALTIME);
	sighting(&s);
}

static void flood(unsigned long n, bool answered)
{
	struct sighting s = {.signature = "test", .rule = "flood", .kind = EVENT_PROBE_ACCEPTED};

	s.answered = answered;
	s.flow.proto = IPPROTO_UDP;
	s.flow.dst.ip = ip4(0xc6336401);
	s.flow.dst.port = 4321;
	for (unsigned long i = 0; i < n; i++) {
		s.flow.src.ip = ip4(0x0b000001 + (i % 100 ? (uint32_t)i : 0));
		s.flow.src.port = (uint16_t)(1024 + i % 60000);
		s.ts_ns = clock_ns(CLOCK_REALTIME);
		sighting(&s);
	}
}

/* Over all kinds of blocks. */
static unsigned long long came_of(const struct filter_totals *t, enum filter_outcome outcome)
{
	uint64_t n = 0;

	for (unsigned what = 0; what < FILTER_WHATS; what++)
		n += t->blocks[what][outcome];
	return n;
}

static unsigned long long refused(const struct filter_totals *t)
{
	uint64_t n = 0;

	for (unsigned what = 0; what < FILTER_WHATS; what++)
		for (unsigned why = 0; why < REFUSALS; why++)
			n += t->refused[what][why];
	return n;
}

static int unblock(const struct ip *ip, struct err *e)
{
	int n = here ? filter_unblock(here, ip) : filter_process_unblock(there, ip, e);

	printf("unblocked %d\n", n);
	return n < 0 ? -1 : 0;
}

static struct sighting probe(struct ip src, struct ip dst)
{
	struct sighting s = {.signature = "test",
			     .rule = "work",
			     .kind = EVENT_PROBE_ACCEPTED,
			     .answered = true,
			     .ts_ns = clock_ns(CLOCK_REALTIME)};

	s.flow.proto = IPPROTO_UDP;
	s.flow.src = (struct endpoint){src, 1024};
	s.flow.dst = (struct endpoint){dst, 4000};
	return s;
}

static int settle_here(struct err *e)
{
	int rc = filter_settle(here, e);

	while (filter_tend(here))
		;
	return rc;
}

/* What is under way all the time, for who kills it. Sightings do not come faster than the filter can work
 * them off: two that never rest leave no processor to the kernel, which ends a table when it has freed what
 * was removed before. */
static int work(unsigned long from, struct err *e)
{
	for (uint32_t i = 0;; i++) {
		struct ip node = ip4(0xc6336401 + i % 250), passing = ip4(0x0a010001 + i % 997);
		struct sighting s = probe(passing, node);
		int rc = 0;

		sighting(&s);
		if (i % 64 == 0 && i < 256) {
			s = probe(ip4(0x0a000000 + 4 * (uint32_t)from + i / 64), node);
			sighting(&s);
		}
		if (there && i % 4 == 0)
			usleep(500);
		if (i % 16 == 0)
			rc = unblock(i % 32 ? &passing : &node, e);
		else if (i % 50 == 0)
			rc = there ? filter_process_read(there, e) : settle_here(e);
		if (rc < 0)
			return -1;
	}
}

static void totals(void)
{
	uint64_t behind = 0;
	const struct filter_totals *t =
		here ? filter_totals(here) : filter_process_totals(there, &behind);

	for (unsigned what = 0; what < FILTER_WHATS; what++)
		printf("%s: %llu blocked, %llu in force, %llu packets stopped\n",
		       filter_what_text(what), (unsigned long long)t->blocks[what][FILTER_BLOCKED],
		       (unsigned long long)t->in_force[what], (unsigned long long)t->packets[what]);
	printf("refused %llu, prolonged %llu, expired %llu, behind %llu\n", refused(t),
	       came_of(t, FILTER_PROLONGED), came_of(t, FILTER_EXPIRED),
	       (unsigned long long)behind);
}

static void memory(void)
{
	char line[256];
	FILE *f = fopen("/proc/self/status", "r");

	while (f && fgets(line, sizeof(line), f))
		if (!strncmp(line, "VmHWM:", 6))
			fputs(line, stdout);
	if (f)
		fclose(f);
}

static int blocked(struct err *e)
{
	if (there)
		return filter_process_blocked(there, e);
	filter_blocked(here);
	return 0;
}

/* What the other process wrote meanwhile comes before the answer to the next command. */
static int settle(struct err *e)
{
	if (here)
		return settle_here(e);
	usleep(200000);
	return filter_process_read(there, e);
}

static int command(const char *line, struct err *e)
{
	char word[64] = "";
	struct ip ip;

	if (!strncmp(line, "see ", 4))
		see(line);
	else if (sscanf(line, "flood %63s", word) == 1)
		flood(strtoul(word, NULL, 10), false);
	else if (sscanf(line, "answered %63s", word) == 1)
		flood(strtoul(word, NULL, 10), true);
	else if (sscanf(line, "unblock %63s", word) == 1)
		return unblock(ip_parse(word, &ip) < 0 ? NULL : &ip, e);
	else if (sscanf(line, "work %63s", word) == 1)
		return work(strtoul(word, NULL, 10), e);
	else if (!strncmp(line, "settle", 6))
		return settle(e);
	else if (!strncmp(line, "blocked", 7))
		return blocked(e);
	else if (!strncmp(line, "totals", 6))
		totals();
	else if (!strncmp(line, "memory", 6))
		memory();
	return there ? settle(e) : 0;
}

int main(int argc, char **argv)
{
	struct filter_wish wish = {.netns = -1, .fn = print};
	struct filter_policy *policy;
	const char *path = NULL;
	struct err e = {0};
	bool process = false;
	char line[512];
	int option;

	while ((option = getopt(argc, argv, "p:cnjP")) > 0)
		if (option == 'p')
			path = optarg;
		else if (option == 'c')
			wish.fail_closed = true;
		else if (option == 'n')
			wish.dry_run = true;
		else if (option == 'j')
			as_json = true;
		else if (option == 'P')
			process = true;
		else
			return 2;
	setvbuf(stdout, NULL, _IOLBF, 0);
	policy = filter_policy_load(path, &e);
	if (policy && process)
		there = filter_process_start(policy, &wish, NULL, &e);
	else if (policy)
		here = filter_open(policy, &wish, &e);
	if (!here && !there) {
		fprintf(stderr, "filterdrive: %s\n", e.msg);
		return (int)e.code;
	}
	puts("ok");
	while (fgets(line, sizeof(line), stdin)) {
		if (command(line, &e) < 0)
			break;
		puts("ok");
	}
	filter_close(here);
	filter_process_stop(there);
	filter_policy_free(policy);
	if (e.msg[0])
		fprintf(stderr, "filterdrive: %s\n", e.msg);
	return e.msg[0] ? 1 : 0;
}
