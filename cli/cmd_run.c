// SPDX-License-Identifier: GPL-2.0-or-later
/* cmd_run.c - `skypelab run`: a scenario's cells, their tables and report; skypelab-run(1) */
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/number.h"
#include "cli/commands.h"
#include "run/repeat.h"
#include "run/runner.h"

enum { OPT_FILTER = 256, OPT_DRY_RUN, OPT_SEED, OPT_NO_REPORT, OPT_MANIFEST, OPT_HELP };

static const struct option options[] = {
	{"output", required_argument, NULL, 'o'},
	{"jobs", required_argument, NULL, 'j'},
	{"signature", required_argument, NULL, 's'},
	{"filter", required_argument, NULL, OPT_FILTER},
	{"dry-run", no_argument, NULL, OPT_DRY_RUN},
	{"seed", required_argument, NULL, OPT_SEED},
	{"no-report", no_argument, NULL, OPT_NO_REPORT},
	{"manifest", required_argument, NULL, OPT_MANIFEST},
	{"help", no_argument, NULL, OPT_HELP},
	{0},
};

static char *command_line(int argc, char **argv)
{
	char *text = xstrdup("skypelab");

	for (int i = 0; i < argc; i++) {
		char *more = xasprintf("%s %s", text, argv[i]);

		free(text);
		text = more;
	}
	return text;
}

/* 0: go on; else the exit code + 1. */
static int parse(int argc, char **argv, struct run_options *o, const char **filters,
		 const char **signatures, const char **manifest, struct err *e)
{
	uint64_t n;
	int c;

	while ((c = getopt_long(argc, argv, "o:j:s:", options, NULL)) != -1) {
		switch (c) {
		case 'o':
			o->dir = optarg;
			break;
		case 'j':
			if (number_whole("-j", optarg, 1, 64, &n, e) < 0)
				return -1;
			o->jobs = (unsigned)n;
			break;
		case 's':
			signatures[o->signatures_len++] = optarg;
			break;
		case OPT_FILTER:
			filters[o->filters_len++] = optarg;
			break;
		case OPT_DRY_RUN:
			o->dry_run = true;
			break;
		case OPT_SEED:
			if (number_whole("--seed", optarg, 0, UINT64_MAX, &o->seed, e) < 0)
				return -1;
			o->seed_given = true;
			break;
		case OPT_MANIFEST:
			*manifest = optarg;
			break;
		case OPT_NO_REPORT:
			o->no_report = true;
			break;
		default:
			return 1 + (usage("run"), c == OPT_HELP ? EXIT_DONE : EXIT_USAGE);
		}
	}
	return 0;
}

int cmd_run(int argc, char **argv)
{
	const char **filters = xcalloc((size_t)argc, sizeof(char *));
	const char **signatures = xcalloc((size_t)argc, sizeof(char *));
	char *command = command_line(argc, argv);
	struct run_options o = {.filters = filters, .signatures = signatures, .command = command};
	const char *manifest = NULL;
	struct err e = {0};
	int rc = parse(argc, argv, &o, filters, signatures, &manifest, &e);

	if (rc > 0) {
		rc--;
	} else if (rc == 0 && optind + !manifest != argc) {
		rc = usage("run");
	} else {
		if (rc == 0) {
			o.scenario = argv[optind];
			rc = manifest ? run_repeat(manifest, &o, &e) : run_scenario(&o, &e);
		} else {
			rc = EXIT_USAGE;
		}
		if (e.msg[0] && rc != EXIT_DONE)
			log_error("%s", e.msg);
	}
	free(filters);
	free(signatures);
	free(command);
	return rc;
}
