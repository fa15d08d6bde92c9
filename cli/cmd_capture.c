// SPDX-License-Identifier: GPL-2.0-or-later
/* cmd_capture.c - `skypelab capture`: a real program's traffic as a labelled run;
 * skypelab-capture(1) */
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/path.h"
#include "cli/commands.h"
#include "run/runner.h"

enum { OPT_NODE = 256, OPT_LABEL, OPT_VERSION, OPT_FILTER, OPT_HELP };

static const struct option options[] = {
	{"output", required_argument, NULL, 'o'},
	{"signature", required_argument, NULL, 's'},
	{"node", required_argument, NULL, OPT_NODE},
	{"label", required_argument, NULL, OPT_LABEL},
	{"version", required_argument, NULL, OPT_VERSION},
	{"filter", required_argument, NULL, OPT_FILTER},
	{"help", no_argument, NULL, OPT_HELP},
	{0},
};

static int parse_label(const char *text, enum flow_label *out, struct err *e)
{
	if (label_parse(text, out) == 0)
		return 0;
	return err_set(e, "--label %s, expected skype, not-skype or unknown", text);
}

/* Asked before anything is built; a node sees the same files as we do. */
static int find_program(const char *name, struct err *e)
{
	char *path = path_of_program(name, NULL);

	if (!path)
		return err_set(e, "%s: no such program, nothing to capture", name);
	free(path);
	return 0;
}

int cmd_capture(int argc, char **argv)
{
	const char **filters = xcalloc((size_t)argc, sizeof(char *));
	const char **signatures = xcalloc((size_t)argc, sizeof(char *));
	struct program p = {.node = "caller-h1", .label = LABEL_UNKNOWN, .version = ""};
	struct run_options o = {.filters = filters,
				.signatures = signatures,
				.jobs = 1,
				.program = &p,
				.command = "skypelab capture"};
	struct err e = {0};
	int c, rc = EXIT_DONE;

	while (rc == EXIT_DONE && (c = getopt_long(argc, argv, "+o:s:", options, NULL)) != -1) {
		switch (c) {
		case 'o':
			o.dir = optarg;
			break;
		case 's':
			signatures[o.signatures_len++] = optarg;
			break;
		case OPT_NODE:
			p.node = optarg;
			break;
		case OPT_LABEL:
			rc = parse_label(optarg, &p.label, &e) < 0 ? EXIT_USAGE : EXIT_DONE;
			break;
		case OPT_VERSION:
			p.version = optarg;
			break;
		case OPT_FILTER:
			filters[o.filters_len++] = optarg;
			break;
		default:
			rc = usage("capture");
			rc = c == OPT_HELP ? EXIT_DONE : rc;
			goto out;
		}
	}
	if (rc == EXIT_DONE && optind + 2 < argc && !strcmp(argv[optind + 1], "--")) {
		o.scenario = argv[optind];
		p.argv = argv + optind + 2;
		p.reason = p.argv[0];
		rc = find_program(p.argv[0], &e) < 0 ? EXIT_USAGE : run_scenario(&o, &e);
	} else if (rc == EXIT_DONE) {
		rc = usage("capture");
	}
	if (e.msg[0] && rc != EXIT_DONE)
		log_error("%s", e.msg);
out:
	free(filters);
	free(signatures);
	return rc;
}
