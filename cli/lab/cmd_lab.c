// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * cmd_lab.c - `skypelab lab VERB`: hold a lab, look at it, run programs inside it
 *
 * The lab comes from a scenario's cell or from --site options (wanted.c). `up` leaves a process
 * behind that holds it (holder.c); the other verbs ask that process (control.c) or step into its
 * namespaces (join.c). `graph` of a scenario draws the plan and builds nothing. `verify` needs no
 * lab (verify.c).
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/outfile.h"
#include "cli/command/failure.h"
#include "cli/lab/cmd_lab.h"
#include "cli/lab/control.h"
#include "cli/lab/holder.h"
#include "cli/lab/join.h"
#include "cli/lab/verify.h"
#include "cli/lab/wanted.h"
#include "lab/lab.h"

struct lab_options {
	const char *name, *capture;
	struct option_list sites, internet;
	struct option_whole seed;
	bool foreground, dot, all, json;
	bool nats, firewalls, peers, matrix;
	const char *nat, *firewall;
};

#define AT(field) offsetof(struct lab_options, field)

enum {
	FORM_UP,
	FORM_UP_SITE,
	FORM_EXEC,
	FORM_SHELL,
	FORM_STATUS,
	FORM_GRAPH,
	FORM_GRAPH_SITE,
	FORM_RULES,
	FORM_DOWN,
	FORM_VERIFY
};
#define UP	   OPTION_FORM(FORM_UP)
#define UP_SITE	   OPTION_FORM(FORM_UP_SITE)
#define GRAPH	   OPTION_FORM(FORM_GRAPH)
#define GRAPH_SITE OPTION_FORM(FORM_GRAPH_SITE)
#define HELD                                                                                       \
	(OPTION_FORM(FORM_EXEC) | OPTION_FORM(FORM_SHELL) | OPTION_FORM(FORM_STATUS) | GRAPH |     \
	 OPTION_FORM(FORM_RULES) | OPTION_FORM(FORM_DOWN))
#define SITE   (UP_SITE | GRAPH_SITE)
#define VERIFY OPTION_FORM(FORM_VERIFY)

static const struct option_row rows[] = {
	OPTION(LIST, "site", 0, "SITE", sites, "NAME[,KEY=VALUE]...: a site, see the manual",
	       .forms = SITE, .needed = SITE),
	OPTION(LIST, "internet", 0, "ADDRESS[/LENGTH]", internet,
	       "server address or prefix of the internet", .forms = SITE),
	OPTION(FLAG, "foreground", 'f', NULL, foreground, "hold the lab in this process",
	       .forms = UP | UP_SITE),
	OPTION(TEXT, "name", 'n', "NAME", name,
	       "the lab's name; default lab for up and down, else the only lab",
	       .forms = UP | UP_SITE | HELD),
	OPTION(TEXT, "capture", 0, "DIRECTORY", capture, "capture at every vantage",
	       .forms = UP | UP_SITE),
	OPTION(FLAG, "dot", 0, NULL, dot, "print for Graphviz", .forms = GRAPH | GRAPH_SITE),
	OPTION(FLAG, "json", 0, NULL, json, "as JSON: an object a lab, or a check",
	       .forms = OPTION_FORM(FORM_STATUS) | VERIFY),
	OPTION(FLAG, "all", 0, NULL, all, "end all labs", .forms = OPTION_FORM(FORM_DOWN)),
	OPTION(FLAG, "nats", 0, NULL, nats, "probe the NAT behaviours", .forms = VERIFY),
	OPTION(FLAG, "firewalls", 0, NULL, firewalls, "probe the firewall policies",
	       .forms = VERIFY),
	OPTION(FLAG, "peers", 0, NULL, peers, "probe the pairs of peers", .forms = VERIFY),
	OPTION(FLAG, "matrix", 0, NULL, matrix, "probe the cells of the paper's matrix",
	       .forms = VERIFY),
	OPTION(TEXT, "nat", 0, "NAT", nat, "probe only this NAT behaviour, a name or file",
	       .forms = VERIFY),
	OPTION(TEXT, "firewall", 0, "POLICY", firewall, "probe only this policy, a name or file",
	       .forms = VERIFY),
	OPTION(WHOLE, "seed", 0, "NUMBER", seed, "for NAT ports, loss and jitter",
	       .high = UINT64_MAX, .forms = SITE | VERIFY),
};

#define LAB_NAME "lab" /* of a lab that was given none */

/* ---- up, graph ---- */

/* The lab that the call describes. 0, or -1 with @e set. */
static int wanted_of(struct wanted *w, const struct command_call *call, struct err *e)
{
	const struct lab_options *o = call->options;

	*w = (struct wanted){0};
	if (o->sites.n)
		return wanted_from_sites(w, &o->sites, &o->internet, o->seed.value, e);
	return wanted_from_scenario(w, call->arguments[0], call->n > 1 ? call->arguments[1] : NULL,
				    e);
}

/* Makes the folder for captures. Its absolute path (owned), or NULL with @e set. */
static char *capture_folder(const char *dir, struct err *e)
{
	struct stat st;
	char *path;

	if (make_dirs(dir, e) < 0)
		return NULL;
	path = realpath(dir, NULL);
	if (path && stat(path, &st) == 0 && S_ISDIR(st.st_mode))
		return path;
	free(path);
	err_set(e, "--capture %s: not a folder", dir);
	return NULL;
}

static enum command_end up(struct command_call *call, struct err *e)
{
	const struct lab_options *o = call->options;
	struct holder_options h = {.name = o->name ? o->name : LAB_NAME,
				   .foreground = o->foreground};
	struct wanted w;
	char *capture = NULL;
	int rc = wanted_of(&w, call, e);

	if (rc == 0 && o->capture && !(capture = capture_folder(o->capture, e)))
		rc = -1;
	h.spec = &w.spec;
	h.capture = capture;
	if (rc == 0)
		rc = holder_up(&h, e);
	free(capture);
	wanted_free(&w);
	return failure_or_done(rc);
}

/* Asks a lab. 0, with its @answer and the process that holds it; or -1 with @e set. */
static int ask(const char *name, const char *request, struct control_answer *answer, pid_t *holder,
	       struct err *e)
{
	int fd = control_connect(name, e), rc;

	if (fd < 0)
		return -1;
	*holder = control_holder(fd);
	rc = control_ask(fd, request, answer, e);
	close(fd);
	return rc;
}

/* Copies the text of an answer to standard output. */
static enum command_end print_text(struct control_answer *answer, struct err *e)
{
	char buf[4096];
	ssize_t n;

	while ((n = read(answer->fds[CONTROL_TEXT], buf, sizeof(buf))) > 0)
		fwrite(buf, 1, (size_t)n, stdout);
	close(answer->fds[CONTROL_TEXT]);
	return failure_or_done(outfile_flush_standard(e));
}

static enum command_end print_answer(const char *name, const char *request, struct err *e)
{
	struct control_answer a;
	pid_t holder;

	return ask(name, request, &a, &holder, e) < 0 ? COMMAND_FAILED : print_text(&a, e);
}

static enum command_end graph(struct command_call *call, struct err *e)
{
	const struct lab_options *o = call->options;
	struct wanted w;
	int rc;

	if (!call->n && !o->sites.n)
		return print_answer(o->name, o->dot ? "dot" : "graph", e);
	rc = wanted_of(&w, call, e);
	if (rc == 0)
		rc = lab_spec_graph(&w.spec, o->dot, stdout, e);
	wanted_free(&w);
	return failure_or_done(rc);
}

/* ---- verbs that use a held lab ---- */

static enum command_end status(struct command_call *call, struct err *e)
{
	const struct lab_options *o = call->options;
	enum command_end end = COMMAND_DONE;
	size_t n, shown = 0;
	char **names;

	if (o->name)
		return print_answer(o->name, o->json ? "status-json" : "status", e);
	names = control_names(&n);
	for (size_t i = 0; i < n && end == COMMAND_DONE; i++) {
		struct control_answer a;
		pid_t holder;

		if (ask(names[i], o->json ? "status-json" : "status", &a, &holder, e) == 0) {
			if (!o->json)
				printf("%slab %s, process %d\n", shown ? "\n" : "", names[i],
				       (int)holder);
			shown++;
			end = print_text(&a, e);
		} else if (control_is_up(names[i])) {
			end = COMMAND_FAILED;
		} /* else it has ended since it was listed */
	}
	control_names_free(names, n);
	if (!shown && end == COMMAND_DONE) {
		log_error("no lab is up");
		return COMMAND_FINDING;
	}
	return end;
}

static enum command_end rules(struct command_call *call, struct err *e)
{
	const struct lab_options *o = call->options;
	char request[128];

	snprintf(request, sizeof(request), "rules %s", call->arguments[0]);
	return print_answer(o->name, request, e);
}

/* 0, or -1 with @e set; also when the lab lost packets or did not end. */
static int down_one(const char *name, struct err *e)
{
	struct control_answer a;
	struct err gone;
	int fd = control_connect(name, e), rc;

	if (fd < 0)
		return -1;
	rc = control_ask(fd, "down", &a, e);
	close(fd);
	if (control_wait_gone(name, &gone) < 0) {
		if (rc < 0)
			failure_report(e);
		*e = gone;
		rc = -1;
	}
	return rc;
}

static enum command_end down(struct command_call *call, struct err *e)
{
	const struct lab_options *o = call->options;
	bool unnamed = false;
	char **names;
	size_t n;
	int rc = 0;

	if (o->name)
		return failure_or_done(down_one(o->name, e));
	names = control_names(&n);
	for (size_t i = 0; i < n; i++)
		unnamed |= !strcmp(names[i], LAB_NAME);
	if (!o->all && unnamed)
		rc = down_one(LAB_NAME, e);
	else if (!o->all && n == 1)
		rc = err_set(e, "no lab '" LAB_NAME "' is up; `skypelab lab down -n %s` ends '%s'",
			     names[0], names[0]);
	else if (!o->all)
		rc = n ? err_set(e,
				 "no lab '" LAB_NAME "' is up, but %zu others; say which with "
				 "-n NAME, or --all",
				 n)
		       : err_set(e, "no lab is up");
	for (size_t i = 0; i < n && rc == 0 && o->all; i++)
		rc = down_one(names[i], e);
	control_names_free(names, n);
	return failure_or_done(rc);
}

static enum command_end run_inside(struct command_call *call, char *const argv[], struct err *e)
{
	const struct lab_options *o = call->options;

	if (join_run(o->name, call->arguments[0], argv, &call->program_status, e) < 0)
		return COMMAND_FAILED;
	return COMMAND_PROGRAM;
}

static enum command_end exec_program(struct command_call *call, struct err *e)
{
	return run_inside(call, call->arguments + 1, e);
}

static enum command_end shell(struct command_call *call, struct err *e)
{
	char *shell_path = getenv("SHELL");
	char *argv[] = {shell_path && *shell_path ? shell_path : (char[]){"/bin/sh"}, NULL};

	return run_inside(call, argv, e);
}

/* ---- verify ---- */

static enum command_end verify(struct command_call *call, struct err *e)
{
	const struct lab_options *o = call->options;
	const struct lab_verify_options v = {.nats = o->nats,
					     .firewalls = o->firewalls,
					     .peers = o->peers,
					     .matrix = o->matrix,
					     .nat = o->nat,
					     .firewall = o->firewall,
					     .seed = o->seed.given ? o->seed.value : 1,
					     .json = o->json,
					     .progress = log_level > 0};

	return verify_labs(&v, e);
}

static const struct command_form forms[] = {
	[FORM_UP] = {.verb = "up",
		     .arguments = "SCENARIO [CELL]",
		     .help = "build a lab and hold it",
		     .run = up},
	[FORM_UP_SITE] = {.verb = "up", .selector = "site", .arguments = "", .run = up},
	[FORM_EXEC] = {.verb = "exec",
		       .arguments = "NODE [--] PROGRAM [ARGUMENT]...",
		       .help = "run a program in a node",
		       .run = exec_program},
	[FORM_SHELL] = {.verb = "shell",
			.arguments = "NODE",
			.help = "start a shell in a node",
			.run = shell},
	[FORM_STATUS] = {.verb = "status",
			 .arguments = "",
			 .help = "show the labs that are up, their nodes and captures",
			 .run = status},
	[FORM_GRAPH] = {.verb = "graph",
			.arguments = "[SCENARIO] [CELL]",
			.help = "draw the topology as text or for Graphviz",
			.run = graph},
	[FORM_GRAPH_SITE] = {.verb = "graph", .selector = "site", .arguments = "", .run = graph},
	[FORM_RULES] = {.verb = "rules",
			.arguments = "NODE",
			.help = "show the rules of a gateway, with counters",
			.run = rules},
	[FORM_DOWN] = {.verb = "down", .arguments = "", .help = "end a lab", .run = down},
	[FORM_VERIFY] = {.verb = "verify",
			 .arguments = "",
			 .help = "probe NATs and firewalls, compare with what they declare",
			 .run = verify},
};

const struct command lab_command = {
	.name = "lab",
	.help = "build, hold, enter and verify a lab",
	.forms = forms,
	.form_count = ARRAY_LEN(forms),
	.rows = rows,
	.row_count = ARRAY_LEN(rows),
	.size = sizeof(struct lab_options),
};
