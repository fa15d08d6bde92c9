// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * verify.c - `skypelab lab verify`: options of lab/verify/verify.h, and the exit code
 *
 * Exit status 1 when anything behaves otherwise than it declares, so that a script can rely on it.
 */
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/number.h"
#include "cli/lab/control.h"
#include "lab/lab.h"
#include "lab/verify/verify.h"

static int verify_usage(FILE *f, int code)
{
	fprintf(f,
		"usage: skypelab lab verify [--nats] [--firewalls] [--peers] [--matrix]\n"
		"                           [--nat NAT] [--firewall POLICY] [--seed N]\n\n"
		"Builds a lab for every NAT behaviour, firewall policy, pair of peers and cell of "
		"the paper's\nmatrix, probes it from both sides and prints what was observed; "
		"where "
		"that is not what is\ndeclared, both. Without a part's name: all parts; with NAT "
		"or "
		"POLICY, a name or a file: that one.\nExit status 1 on any difference.\n");
	return code;
}

static int parse(int argc, char **argv, struct lab_verify_options *o)
{
	static const struct option options[] = {{"nats", no_argument, NULL, 'n'},
						{"firewalls", no_argument, NULL, 'f'},
						{"peers", no_argument, NULL, 'p'},
						{"matrix", no_argument, NULL, 'm'},
						{"seed", required_argument, NULL, 's'},
						{"nat", required_argument, NULL, 'N'},
						{"firewall", required_argument, NULL, 'F'},
						{"help", no_argument, NULL, 'h'},
						{0}};
	struct err e;
	int c;

	optind = 1;
	while ((c = getopt_long(argc, argv, "h", options, NULL)) >= 0) {
		if (c == 'n') {
			o->nats = true;
		} else if (c == 'f') {
			o->firewalls = true;
		} else if (c == 'p') {
			o->peers = true;
		} else if (c == 'm') {
			o->matrix = true;
		} else if (c == 'N') {
			o->nat = optarg;
		} else if (c == 'F') {
			o->firewall = optarg;
		} else if (c == 's') {
			if (number_whole("--seed", optarg, 0, UINT64_MAX, &o->seed, &e) < 0)
				return log_error("%s", e.msg), EXIT_USAGE;
		} else {
			return verify_usage(c == 'h' ? stdout : stderr,
					    c == 'h' ? EXIT_DONE : EXIT_USAGE);
		}
	}
	if (optind < argc) {
		log_error("lab verify: '%s' is not an option", argv[optind]);
		return verify_usage(stderr, EXIT_USAGE);
	}
	return -1;
}

int lab_verb_verify(int argc, char **argv)
{
	struct lab_verify_options o = {.seed = 1, .progress = isatty(STDERR_FILENO)};
	struct err e = {0};
	int rc = parse(argc, argv, &o);

	if (rc >= 0)
		return rc;
	rc = lab_sandbox_enter(&e);
	if (!rc)
		rc = lab_verify(&o, stdout, &e);
	if (rc >= 0 && fflush(stdout) == EOF)
		rc = err_sys(&e, "standard output");
	if (rc < 0) {
		log_error("%s", e.msg);
		return (int)e.code;
	}
	return rc ? EXIT_NO : EXIT_DONE;
}
