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

#include "replay/skype/overlay.h"
#include "replay/skype/version.h"

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
		       u->version, outcome_kind_text(u->kind), u->attempt, outcome_mode_text(u),
		       outcome_result_text(u->result), outcome_probe_text(u->probe), u->path, sn,
		       u->tcp_port, outcome_login_by_text(u->login_by), u->seconds, u->probes,
		       u->connects);
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

struct options {
	uint64_t seed;
	unsigned sns, clients;
	const char *messages, *flows;
	enum loop_clock clock;
	double leaves_s;
	bool digest;
	struct sc_spec sc;
};

static int read_options(int argc, char **argv, struct options *o)
{
	int opt;

	while ((opt = getopt(argc, argv, "s:n:c:m:ft:F:x:p:Rd")) != -1) {
		switch (opt) {
		case 's':
			o->seed = strtoull(optarg, NULL, 0);
			break;
		case 'n':
			o->sns = (unsigned)atoi(optarg);
			break;
		case 'c':
			o->clients = (unsigned)atoi(optarg);
			break;
		case 'm':
			if (login_mode_parse(optarg) < 0)
				return -1;
			o->sc.login = (enum login_mode)login_mode_parse(optarg);
			break;
		case 'f':
			o->sc.fresh = true;
			break;
		case 't':
			o->messages = optarg;
			break;
		case 'F':
			o->flows = optarg;
			break;
		case 'p':
			if (endpoint_parse(optarg, &o->sc.proxy) < 0)
				return -1;
			break;
		case 'R':
			o->clock = LOOP_REAL;
			break;
		case 'x':
			o->leaves_s = atof(optarg);
			break;
		case 'd':
			o->digest = true;
			break;
		default:
			return -1;
		}
	}
	return optind < argc ? 0 : -1;
}

static int populate(struct overlay *o, struct options *opt, char **script, size_t script_len,
		    struct err *e)
{
	static struct overlay_server_spec servers[SERVERS_MAX];
	size_t n = overlay_plan(opt->seed, opt->sns, servers, SERVERS_MAX);

	for (size_t i = 0; i < n && i < SERVERS_MAX; i++) {
		servers[i].node = "internet";
		if (servers[i].role == ROLE_SN && servers[i].mood == SN_ACCEPTS && i % 4 == 0)
			servers[i].leaves_s = opt->leaves_s;
		if (overlay_add_server(o, &servers[i], e) < 0)
			return -1;
	}
	overlay_set_guests(o, -1, "internet", ip4(0xc613fe01), 32);
	for (unsigned i = 1; i <= opt->clients; i++) {
		char name[16];

		snprintf(name, sizeof(name), "c%u", i);
		opt->sc.name = name;
		opt->sc.ip = ip4(0x0a000000U + i);
		script_of(&opt->sc, name, script, script_len);
		if (overlay_add_client(o, &opt->sc, e) < 0)
			return -1;
	}
	return 0;
}

int main(int argc, char **argv)
{
	struct options opt = {
		.seed = 1, .sns = 16, .clients = 1, .sc = {.node = "host", .netns = -1}};
	struct truth_log *truth;
	struct version *v;
	struct overlay *o;
	struct loop *loop;
	struct err e;
	int rc = EXIT_USAGE;

	if (read_options(argc, argv, &opt) < 0) {
		log_error("usage: overlay-run [options] VERSION.yaml [ACTION...]");
		return EXIT_USAGE;
	}
	v = version_load(argv[optind], &e);
	loop = v ? loop_new(opt.clock, EPOCH_NS, &e) : NULL;
	if (!loop) {
		log_error("%s", e.msg);
		version_free(v);
		return v ? EXIT_ENV : EXIT_USAGE;
	}
	opt.sc.version = v;
	truth = truth_new();
	o = overlay_new(loop, opt.seed, truth);
	if (populate(o, &opt, argv + optind + 1, (size_t)(argc - optind - 1), &e) < 0)
		log_error("%s", e.msg);
	else
		rc = run(o, loop, truth, opt.messages, opt.digest);
	if (opt.flows)
		write_flows(truth, opt.flows);
	overlay_free(o);
	loop_free(loop);
	truth_free(truth);
	version_free(v);
	return rc;
}
