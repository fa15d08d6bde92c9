// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * cmd_lab.c - `skypelab lab VERB`: hold a lab, look at it, run programs inside it
 *
 * The lab comes from a scenario's cell or from --site options. `up` leaves a process behind that
 * holds it (labhold.c); the other verbs ask that process (labctl.c) or step into its namespaces
 * (labjoin.c). `graph` of a scenario draws the plan and builds nothing.
 */
#include <errno.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/outfile.h"
#include "cli/commands.h"
#include "cli/lab/control.h"
#include "cli/lab/sites.h"
#include "run/cell/network.h"
#include "run/scenario/cells.h"
#include "run/scenario/load.h"
#include "run/scenario/schema.h"

/* What the options of `up` and `graph` ask for. */
struct wanted {
	const char *name; /* of the lab; NULL = not given */
	bool foreground, dot;
	char *capture; /* (owned) absolute */
	struct labsites sites;
	struct network network; /* when from a scenario */
	struct scenario *scenario, *cell;
	struct lab_spec spec;
};

static int complain(const struct err *e)
{
	log_error("%s", e->msg);
	return e->code ? (int)e->code : EXIT_USAGE;
}

static void wanted_free(struct wanted *w)
{
	free(w->capture);
	labsites_free(&w->sites);
	if (w->cell)
		network_free(&w->network);
	if (w->cell != w->scenario)
		scenario_free(w->cell);
	scenario_free(w->scenario);
}

/* One cell of a scenario: the named one, or the first. */
static int from_scenario(struct wanted *w, const char *path, const char *cell, struct err *e)
{
	struct scenario_cell *cells;
	size_t n, i = 0;

	w->scenario = scenario_load(path, e);
	if (!w->scenario)
		return -1;
	cells = scenario_cells(w->scenario, NULL, 0, &n, e);
	if (!cells)
		return -1;
	while (cell && i < n && strcmp(cells[i].name, cell) != 0)
		i++;
	if (i == n)
		err_set(e, "%s: no cell '%s'; `skypelab run --dry-run %s` lists them", path, cell,
			path);
	else
		w->cell = scenario_apply(w->scenario, &cells[i]);
	if (w->cell && !cell && n > 1)
		log_info("%s: cell %s, the first of %zu", path, cells[i].name, n);
	scenario_cells_free(cells, n);
	if (!w->cell)
		return -1;
	network_plan(&w->network, w->cell, w->scenario->scenario, NULL);
	w->spec = w->network.spec;
	if (lab_check(&w->spec, e) < 0)
		return err_push(e, "%s", path);
	return 0;
}

/* The lab the arguments name: a scenario and perhaps a cell, or --site options. */
static int resolve(struct wanted *w, int argc, char **argv, struct err *e)
{
	int left = argc - optind;

	if (w->sites.n && left)
		return err_set(e, "--site and a scenario were given: choose one");
	if (left > 2)
		return err_set(e, "'%s' is one argument too many", argv[optind + 2]);
	if (left)
		return from_scenario(w, argv[optind], left > 1 ? argv[optind + 1] : NULL, e);
	if (!w->sites.n)
		return err_set(e, "what lab? name a scenario, or describe it with --site");
	w->spec = labsites_spec(&w->sites);
	return 0;
}

enum { OPT_SITE = 256, OPT_INTERNET, OPT_SEED, OPT_CAPTURE, OPT_DOT, OPT_ALL };

static const struct option options[] = {
	{"name", required_argument, NULL, 'n'},
	{"foreground", no_argument, NULL, 'f'},
	{"site", required_argument, NULL, OPT_SITE},
	{"internet", required_argument, NULL, OPT_INTERNET},
	{"seed", required_argument, NULL, OPT_SEED},
	{"capture", required_argument, NULL, OPT_CAPTURE},
	{"dot", no_argument, NULL, OPT_DOT},
	{"all", no_argument, NULL, OPT_ALL},
	{"help", no_argument, NULL, 'h'},
	{NULL, 0, NULL, 0},
};

static int set_capture(struct wanted *w, const char *dir, struct err *e)
{
	struct stat st;

	if (make_dirs(dir, e) < 0)
		return -1;
	free(w->capture);
	w->capture = realpath(dir, NULL);
	if (!w->capture || stat(w->capture, &st) < 0 || !S_ISDIR(st.st_mode))
		return err_set(e, "--capture %s: not a folder", dir);
	return 0;
}

/* 1 = help was asked for. */
static int parse_wanted(struct wanted *w, int argc, char **argv, struct err *e)
{
	int c, rc = 0;

	optind = 1;
	while (!rc && (c = getopt_long(argc, argv, "n:fh", options, NULL)) != -1) {
		if (c == 'n')
			w->name = optarg;
		else if (c == 'f')
			w->foreground = true;
		else if (c == OPT_SITE)
			rc = labsites_site(&w->sites, optarg, e);
		else if (c == OPT_INTERNET)
			rc = labsites_internet(&w->sites, optarg, e);
		else if (c == OPT_SEED)
			rc = labsites_seed(&w->sites, optarg, e);
		else if (c == OPT_CAPTURE)
			rc = set_capture(w, optarg, e);
		else if (c == OPT_DOT)
			w->dot = true;
		else if (c == 'h')
			return 1;
		else
			rc = err_set(e, "`skypelab lab --help` lists the options");
	}
	return rc;
}

static int verb_up(int argc, char **argv)
{
	struct wanted w = {0};
	struct err e = {0};
	int rc = parse_wanted(&w, argc, argv, &e);

	if (rc > 0)
		rc = usage("lab");
	else if (rc < 0 || resolve(&w, argc, argv, &e) < 0)
		rc = complain(&e);
	else
		rc = labhold_up(&(struct labhold){.name = w.name ? w.name : "lab",
						  .spec = &w.spec,
						  .capture = w.capture,
						  .foreground = w.foreground});
	wanted_free(&w);
	return rc;
}

/* Asks a lab and copies the text of its answer to standard output. */
static int print_answer(const char *name, const char *request)
{
	struct labctl_answer a;
	struct err e = {0};
	char buf[4096];
	ssize_t n;
	int fd = labctl_connect(name, &e);

	if (fd < 0)
		return complain(&e);
	if (labctl_ask(fd, request, &a, &e) < 0) {
		close(fd);
		return complain(&e);
	}
	while ((n = read(a.fds[LABCTL_TEXT], buf, sizeof(buf))) > 0)
		fwrite(buf, 1, (size_t)n, stdout);
	close(a.fds[LABCTL_TEXT]);
	close(fd);
	return fflush(stdout) ? EXIT_USAGE : EXIT_DONE;
}

static int verb_graph(int argc, char **argv)
{
	struct wanted w = {0};
	struct err e = {0};
	int rc = parse_wanted(&w, argc, argv, &e);

	if (rc > 0)
		rc = usage("lab");
	else if (rc < 0)
		rc = complain(&e);
	else if (optind == argc && !w.sites.n)
		rc = print_answer(w.name, w.dot ? "dot" : "graph");
	else if (resolve(&w, argc, argv, &e) < 0 || lab_spec_graph(&w.spec, w.dot, stdout, &e) < 0)
		rc = complain(&e);
	wanted_free(&w);
	return rc;
}

/* -n NAME and nothing else but @max_args words; the index of the first word, or -1. */
static int parse_name(int argc, char **argv, const char **name, bool *all, int max_args)
{
	int c;

	*name = NULL;
	optind = 1;
	/* '+': what stands after the node belongs to the program that is run. */
	while ((c = getopt_long(argc, argv, "+n:h", options, NULL)) != -1) {
		if (c == 'n') {
			*name = optarg;
		} else if (c == OPT_ALL && all) {
			*all = true;
		} else {
			usage("lab");
			return -1;
		}
	}
	if (max_args >= 0 && argc - optind > max_args) {
		log_error("'%s' is one argument too many", argv[optind + max_args]);
		return -1;
	}
	return optind;
}

static int verb_status(int argc, char **argv)
{
	const char *name;
	char **names;
	size_t n;
	int rc = EXIT_DONE;

	if (parse_name(argc, argv, &name, NULL, 0) < 0)
		return EXIT_USAGE;
	if (name)
		return print_answer(name, "status");
	names = labctl_names(&n);
	for (size_t i = 0; i < n && rc == EXIT_DONE; i++) {
		int fd = labctl_connect(names[i], NULL);

		printf("%slab %s, process %d\n", i ? "\n" : "", names[i], (int)labctl_holder(fd));
		fflush(stdout);
		if (fd >= 0)
			close(fd);
		rc = print_answer(names[i], "status");
	}
	labctl_names_free(names, n);
	if (!n) {
		log_error("no lab is up");
		return EXIT_NO;
	}
	return rc;
}

static int verb_rules(int argc, char **argv)
{
	const char *name;
	char request[128];
	int i = parse_name(argc, argv, &name, NULL, 1);

	if (i < 0)
		return EXIT_USAGE;
	if (i == argc) {
		log_error("rules of which node? `skypelab lab status` lists them");
		return EXIT_USAGE;
	}
	snprintf(request, sizeof(request), "rules %s", argv[i]);
	return print_answer(name, request);
}

static int down_one(const char *name)
{
	struct labctl_answer a;
	struct err e = {0};
	int fd = labctl_connect(name, &e), rc;

	if (fd < 0)
		return complain(&e);
	rc = labctl_ask(fd, "down", &a, &e) < 0 ? complain(&e) : EXIT_DONE;
	close(fd);
	if (labctl_wait_gone(name, &e) < 0)
		rc = complain(&e);
	return rc;
}

static int verb_down(int argc, char **argv)
{
	const char *name;
	bool all = false;
	char **names;
	size_t n;
	int rc = EXIT_DONE;

	if (parse_name(argc, argv, &name, &all, 0) < 0)
		return EXIT_USAGE;
	if (name)
		return down_one(name);
	names = labctl_names(&n);
	if (n > 1 && !all) {
		log_error("%zu labs are up: say which with -n NAME, or --all", n);
		rc = EXIT_USAGE;
	} else if (!n && !all) {
		log_error("no lab is up");
		rc = EXIT_USAGE;
	}
	for (size_t i = 0; i < n && rc == EXIT_DONE; i++)
		rc = down_one(names[i]);
	labctl_names_free(names, n);
	return rc;
}

static int verb_exec(int argc, char **argv)
{
	const char *name;
	int i = parse_name(argc, argv, &name, NULL, -1);

	if (i < 0)
		return EXIT_USAGE;
	if (i < argc && i + 1 < argc && !strcmp(argv[i + 1], "--"))
		memmove(&argv[i + 1], &argv[i + 2], (size_t)(argc - i - 1) * sizeof(*argv)), argc--;
	if (argc - i < 2) {
		log_error("usage: skypelab lab exec [-n NAME] NODE -- COMMAND [ARGUMENT...]");
		return EXIT_USAGE;
	}
	return labjoin_run(name, argv[i], &argv[i + 1]);
}

static int verb_shell(int argc, char **argv)
{
	const char *name, *shell = getenv("SHELL");
	int i = parse_name(argc, argv, &name, NULL, 1);
	char *command[] = {NULL, NULL};

	if (i < 0)
		return EXIT_USAGE;
	if (i == argc) {
		log_error("a shell in which node? `skypelab lab status` lists them");
		return EXIT_USAGE;
	}
	command[0] = (char *)(shell && *shell ? shell : "/bin/sh");
	return labjoin_run(name, argv[i], command);
}

static const struct {
	const char *name;
	int (*fn)(int argc, char **argv);
	const char *args;
	const char *help;
} verbs[] = {
	{"up", verb_up, "[-f] [-n NAME] [--capture DIR] SCENARIO [CELL] | --site SITE...",
	 "build a lab and hold it until told"},
	{"exec", verb_exec, "[-n NAME] NODE -- COMMAND...", "run a program in a node"},
	{"shell", verb_shell, "[-n NAME] NODE", "a shell in a node"},
	{"status", verb_status, "[-n NAME]", "labs that are up, their nodes and captures"},
	{"graph", verb_graph, "[-n NAME] [--dot] [SCENARIO [CELL] | --site SITE...]",
	 "the topology as text or for Graphviz"},
	{"rules", verb_rules, "[-n NAME] NODE", "rules of a gateway, with counters"},
	{"down", verb_down, "[-n NAME | --all]", "end a lab"},
	{"verify", lab_verb_verify,
	 "[--nats] [--firewalls] [--peers] [--matrix] [--nat NAT] [--firewall POLICY] [--seed N]",
	 "probe every NAT and firewall, compare with what they declare"},
};

static void help(FILE *f)
{
	fprintf(f, "usage: skypelab lab VERB [...]\n\n");
	for (size_t i = 0; i < ARRAY_LEN(verbs); i++)
		fprintf(f, "  %-7s %s\n          %s\n", verbs[i].name, verbs[i].args,
			verbs[i].help);
	fprintf(f, "\nSITE is NAME[,hosts=N][,firewall=POLICY][,nat=NAT][,cgn=NAT][,delay=MS]"
		   "[,jitter=MS][,loss=P][,rate=BPS];\n--internet ADDRESS[/LENGTH] and --seed N go "
		   "with it. `man skypelab-lab` says all.\n");
}

int cmd_lab(int argc, char **argv)
{
	if (argc < 2)
		return help(stderr), EXIT_USAGE;
	if (!strcmp(argv[1], "--help") || !strcmp(argv[1], "-h") || !strcmp(argv[1], "help"))
		return help(stdout), EXIT_DONE;
	for (size_t i = 0; i < ARRAY_LEN(verbs); i++)
		if (!strcmp(argv[1], verbs[i].name)) {
			bool asked =
				argc > 2 && (!strcmp(argv[2], "--help") || !strcmp(argv[2], "-h"));

			if (!asked ||
			    verbs[i].fn == lab_verb_verify) /* which has a page of its own */
				return verbs[i].fn(argc - 1, argv + 1);
			printf("usage: skypelab lab %s %s\n\n%s\n", verbs[i].name, verbs[i].args,
			       verbs[i].help);
			return EXIT_DONE;
		}
	log_error("no `lab %s`; `skypelab lab --help` lists the verbs", argv[1]);
	return EXIT_USAGE;
}
