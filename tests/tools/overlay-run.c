// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * overlay-run.c - runs the emulated overlay alone in one network namespace, for tests
 *
 * usage: overlay-run [-s SEED] [-n SUPER_NODES] [-c CLIENTS] [-m manual|automatic|wrong] [-f]
 *                    [-t MESSAGES.tsv] [-F FLOWS.tsv] [-x SECONDS] [-p PROXY:PORT] [-d]
 * VERSION.yaml [ACTION...]
 *
 * Everything is on the loopback: the namespace needs `lo` up with local routes for 198.18.0.0/15
 * and 10.0.0.0/8. Client i has the address 10.0.0.i. -f: freshly installed clients; -d: print the
 * canonical digest; -x: every other super node that lets clients in goes
 * away then; -p: an HTTP proxy; -R: in real time;
 * -F: one line per flow. Prints one line per outcome. The actions are each client's
 * script; after an argument "c2:" they are those of client c2 alone.
 */
#include <getopt.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "replay/overlay.h"

#define SERVERS_MAX 4096
#define EPOCH_NS    1156527072000000000ULL /* 25 August 2006 */

static void stop(void *arg)
{
	loop_stop(arg);
}

static void print_outcomes(const struct overlay *o)
{
	for (size_t i = 0; i < overlay_outcome_count(o); i++) {
		const struct overlay_outcome *u = overlay_outcome_at(o, i);
		char sn[ENDPOINT_TEXT_LEN] = "-";

		if (u->sn.port)
			endpoint_text(&u->sn, sn);
		printf("%s\t%s\t%s\t%u\t%s\t%s\t%s\t%s\t%s\t%u\t%s\t%.2f\t%u\t%u\n", u->client,
		       u->version, u->kind == OUTCOME_CALL ? "call" : "login", u->attempt, u->mode,
		       outcome_result_text(u->result), u->probe, u->path, sn, u->tcp_port,
		       u->login_by, u->seconds, u->probes, u->connects);
	}
}

static int run(struct overlay *o, struct loop *loop, struct truth_log *truth, const char *messages,
	       bool digest)
{
	char hex[65];
	struct err e;

	overlay_start(o, stop, loop);
	if (loop_run(loop, 0, &e) < 0 || (messages && truth_write_messages(truth, messages, &e))) {
		log_error("%s", e.msg);
		return 3;
	}
	print_outcomes(o);
	truth_digest(truth, hex);
	if (digest)
		printf("digest %s\n", hex);
	fprintf(stderr, "%zu flows, %llu messages\n", truth_flow_count(truth),
		(unsigned long long)overlay_messages(o));
	return 0;
}

/* proto, opener, peer of each flow, in the order of opening. */
static void write_flows(const struct truth_log *truth, const char *path)
{
	FILE *f = fopen(path, "w");

	for (size_t i = 0; f && i < truth_flow_count(truth); i++) {
		const struct truth_flow *t = truth_flow_at(truth, i);
		char a[ENDPOINT_TEXT_LEN], b[ENDPOINT_TEXT_LEN];

		fprintf(f, "%s\t%s\t%s\n", t->tuple.proto == IPPROTO_TCP ? "tcp" : "udp",
			endpoint_text(&t->tuple.src, a), endpoint_text(&t->tuple.dst, b));
	}
	if (f)
		fclose(f);
}

/* The actions of client @name: those after "NAME:", else those before any "NAME:". */
static void script_of(struct sc_spec *sc, const char *name, char **words, size_t n)
{
	size_t from = 0, to;

	for (size_t i = 0; i < n; i++)
		if (words[i][strlen(words[i]) - 1] == ':' &&
		    !strncmp(words[i], name, strlen(words[i]) - 1) &&
		    strlen(words[i]) - 1 == strlen(name))
			from = i + 1;
	for (to = from; to < n && words[to][strlen(words[to]) - 1] != ':'; to++)
		;
	sc->script = to > from ? (const char *const *)words + from : NULL;
	sc->script_len = to - from;
}

int main(int argc, char **argv)
{
	static struct overlay_server_spec servers[SERVERS_MAX];
	static const char *const modes[] = {"manual", "automatic", "wrong"};
	unsigned sns = 16, clients = 1;
	const char *messages = NULL, *flows = NULL;
	enum loop_clock clock = LOOP_VIRTUAL;
	double leaves = 0;
	struct sc_spec sc = {.node = "host", .netns = -1};
	struct truth_log *truth = truth_new();
	struct version *v;
	struct overlay *o;
	struct loop *loop;
	uint64_t seed = 1;
	bool digest = false;
	struct err e;
	size_t n;
	int opt, rc;

	while ((opt = getopt(argc, argv, "s:n:c:m:ft:F:x:p:Rd")) != -1) {
		switch (opt) {
		case 's':
			seed = strtoull(optarg, NULL, 0);
			break;
		case 'n':
			sns = (unsigned)atoi(optarg);
			break;
		case 'c':
			clients = (unsigned)atoi(optarg);
			break;
		case 'm':
			for (int i = 0; i < 3; i++)
				if (!strcmp(optarg, modes[i]))
					sc.login = (enum login_mode)i;
			break;
		case 'f':
			sc.fresh = true;
			break;
		case 't':
			messages = optarg;
			break;
		case 'F':
			flows = optarg;
			break;
		case 'p':
			if (endpoint_parse(optarg, &sc.proxy) < 0)
				return 2;
			break;
		case 'R':
			clock = LOOP_REAL;
			break;
		case 'x':
			leaves = atof(optarg);
			break;
		case 'd':
			digest = true;
			break;
		default:
			return 2;
		}
	}
	if (optind == argc) {
		log_error("usage: overlay-run [options] VERSION.yaml [ACTION...]");
		return 2;
	}
	v = version_load(argv[optind], &e);
	loop = v ? loop_new(clock, EPOCH_NS, &e) : NULL;
	if (!loop) {
		log_error("%s", e.msg);
		return v ? 3 : 2;
	}
	o = overlay_new(loop, seed, truth);
	n = overlay_plan(seed, sns, servers, SERVERS_MAX);
	for (size_t i = 0; i < n && i < SERVERS_MAX; i++) {
		servers[i].node = "internet";
		if (servers[i].role == ROLE_SN && servers[i].mood == SN_ACCEPTS && i % 4 == 0)
			servers[i].leaves_s = leaves;
		if (overlay_add_server(o, &servers[i], &e) < 0) {
			log_error("%s", e.msg);
			return 3;
		}
	}
	for (unsigned i = 1; i <= clients; i++) {
		char name[16];

		snprintf(name, sizeof(name), "c%u", i);
		sc.name = name;
		script_of(&sc, name, argv + optind + 1, (size_t)(argc - optind - 1));
		sc.version = v;
		sc.ip = ip4(0x0a000000U + i);
		if (overlay_add_client(o, &sc, &e) < 0) {
			log_error("%s", e.msg);
			return 2;
		}
	}
	rc = run(o, loop, truth, messages, digest);
	if (flows)
		write_flows(truth, flows);
	overlay_free(o);
	loop_free(loop);
	truth_free(truth);
	version_free(v);
	return rc;
}
