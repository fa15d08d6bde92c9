// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * cmd_regress.c - `skypelab regress`: is this signature better or worse than what it replaces
 *
 * Each signature file is held against its baseline revision: what --against names, else the bundled
 * signature of the same name. A bundled file that was changed in place is held against the
 * committed baseline results/baselines/recorded.tsv. It is tried on the recorded corpora (or on the
 * captures named), on the captures of runs, and with --lab on a fresh run of a scenario. The
 * verdict is said first; exit code 1 when it is worse, or when copies of the captures show that it
 * depends on free bytes.
 */
#include <fcntl.h>
#include <getopt.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/datadir.h"
#include "base/number.h"
#include "base/outfile.h"
#include "base/path.h"
#include "cli/commands.h"
#include "run/detect/captures.h"
#include "run/regress.h"
#include "results/history/compare_print.h"
#include "results/history/manifest.h"

#define CHANGES_SHOWN 20

struct options {
	const char *against, *lab, *out;
	const char **captures, **runs;
	size_t n_captures, n_runs;
	enum compare_format format;
	double tolerance;
	unsigned vary;
	uint64_t seed;
};

static const struct option longopts[] = {
	{"against", required_argument, NULL, 'a'},
	{"capture", required_argument, NULL, 'c'},
	{"run", required_argument, NULL, 'r'},
	{"lab", required_argument, NULL, 'L'},
	{"vary", required_argument, NULL, 'v'},
	{"seed", required_argument, NULL, 'S'},
	{"format", required_argument, NULL, 'f'},
	{"output", required_argument, NULL, 'o'},
	{"tolerance", required_argument, NULL, 't'},
	{"help", no_argument, NULL, 'h'},
	{0},
};

static bool same_file(const char *a, const char *b)
{
	char x[PATH_MAX], y[PATH_MAX];

	return realpath(a, x) && realpath(b, y) && !strcmp(x, y);
}

/* ---- the two sides ---- */

static int side_open(struct regress_side *s, const char *name, struct err *e)
{
	s->set = signatures_load(&name, 1, e);
	s->table = score_table_new();
	s->label = name;
	if (!s->set)
		return -1;
	snprintf(s->revision, sizeof(s->revision), "%u", signatures_info(s->set, 0)->revision);
	return 0;
}

/* The blocks of one signature of the committed baseline. */
static struct baseline *kept_baseline(const char *signature, struct err *e)
{
	char *path = data_path("results/baselines/recorded.tsv", e);
	struct baseline *b = path ? baseline_read(path, e) : NULL;
	size_t n = 0;

	for (size_t i = 0; b && i < b->n; i++) {
		struct baseline_block swap = b->blocks[n];

		if (strcmp(b->blocks[i].signature, signature) != 0)
			continue;
		b->blocks[n++] = b->blocks[i];
		b->blocks[i] = swap;
	}
	if (b && !n)
		err_set(e, "%s: nothing of %s in it; name what to compare with: --against", path,
			signature);
	free(path);
	if (b && n)
		return baseline_head(b, n);
	baseline_free(b);
	return NULL;
}

/* Opens both; *@kept is set when the base is the committed baseline. */
static int sides_open(struct regress *r, const struct options *o, const char *file,
		      struct baseline **kept, struct err *e)
{
	const struct signature_info *info;
	char *bundled;
	int rc;

	*kept = NULL;
	if (side_open(&r->now, file, e) < 0)
		return -1;
	info = signatures_info(r->now.set, 0);
	r->name = info->name;
	if (o->against)
		return side_open(&r->base, o->against, e);
	bundled = data_file("detector/signatures", info->name, e);
	if (bundled && !same_file(bundled, info->path)) {
		rc = side_open(&r->base, info->name, e);
	} else {
		r->base.table = score_table_new();
		r->base.label = "results/baselines/recorded.tsv";
		*kept = bundled ? kept_baseline(info->name, e) : NULL;
		rc = *kept ? 0 : -1;
		if (!bundled)
			err_set(e,
				"%s: no bundled signature is called %s; name what to compare with: "
				"--against FILE|NAME",
				file, info->name);
	}
	free(bundled);
	return rc;
}

/* ---- what they are tried on ---- */

/* Captures named, or the corpora: those with a label file are positives, the rest is negative. */
static int try_captures(struct regress *r, const struct options *o, int *code, struct err *e)
{
	char *dirs[] = {path_in(corpora_dir(), "positives"), path_in(corpora_dir(), "negatives")};
	char **list = o->n_captures ? capture_list(o->captures, o->n_captures, e)
		      : o->n_runs || o->lab
			      ? NULL
			      : capture_list((const char *const *)dirs, ARRAY_LEN(dirs), e);
	int rc = list || o->n_runs || o->lab ? 0 : -1;

	for (size_t i = 0; list && list[i]; i++) {
		char *path = labels_path_of(list[i], NULL);
		struct labels *l = path ? labels_read(path, e) : NULL;
		const char *name = l ? capture_name(list[i]) : NEGATIVES_CELL;
		struct score_setting s = {
			.source = SOURCE_RECORDED, .traffic_version = name, .cell = name};

		if (path && !l)
			rc = -1;
		else if (regress_capture(r, list[i], l, &s, e) < 0) {
			log_warn("%s", e->msg);
			*code = l ? EXIT_USAGE : *code; /* a broken negative is no reason to fail */
		}
		labels_free(l);
		free(path);
		if (rc < 0)
			break;
		if (isatty(STDERR_FILENO))
			fprintf(stderr, "\r%zu captures", i + 1);
	}
	if (isatty(STDERR_FILENO) && list)
		fputs("\r                \r", stderr);
	capture_list_free(list);
	free(dirs[0]);
	free(dirs[1]);
	return rc;
}

static int try_runs(struct regress *r, const struct options *o, struct err *e)
{
	for (size_t i = 0; i < o->n_runs; i++) {
		int state = manifest_verify(o->runs[i], e);

		if (state != MANIFEST_WHOLE || regress_run(r, o->runs[i], e) < 0)
			return -1;
	}
	return 0;
}

/* Runs the scenario with this same program into a fresh folder; its captures are then used. */
static int run_lab(const char *scenario, const char *signature, char *dir, struct err *e)
{
	int status = 0;
	pid_t pid = fork();

	if (pid == 0) {
		int null = open("/dev/null", O_WRONLY);

		if (null < 0 || dup2(null, STDOUT_FILENO) < 0)
			_exit(126);
		execl("/proc/self/exe", "skypelab", "-q", "run", "--no-report", "-s", signature,
		      "-o", dir, scenario, (char *)NULL);
		_exit(127);
	}
	if (pid < 0 || waitpid(pid, &status, 0) < 0)
		return err_sys(e, "%s: cannot run", scenario);
	if (WIFEXITED(status) && WEXITSTATUS(status) == 0)
		return 0;
	err_set(e, "%s: the run failed", scenario);
	e->code = WIFEXITED(status) ? (enum exit_code)WEXITSTATUS(status) : EXIT_ENV;
	return -1;
}

static int try_lab(struct regress *r, const struct options *o, const char *file, struct err *e)
{
	char dir[] = "/tmp/skypelab-regress.XXXXXX", *run;
	int rc;

	if (!o->lab)
		return 0;
	if (!mkdtemp(dir))
		return err_sys(e, "%s", dir);
	run = path_in(dir, "run");
	rc = run_lab(o->lab, file, run, e);
	rc = rc ? rc : regress_run(r, run, e);
	remove_tree(dir);
	free(run);
	return rc;
}

/* ---- the verdict ---- */

static size_t own_overfit(const struct regress *r)
{
	size_t n = 0;

	for (size_t i = 0; i < r->overfit_n; i++)
		n += r->overfit[i].copies && !r->overfit[i].base_too;
	return n;
}

static void put_overfit(const struct regress *r, FILE *f, const char *bullet)
{
	size_t own = own_overfit(r), shown = 0, inherited = 0;

	for (size_t i = 0; i < r->overfit_n; i++)
		inherited += r->overfit[i].copies && r->overfit[i].base_too;
	fprintf(f, "%u copies of each labelled capture, %zu payloads rewritten: ", r->vary,
		r->packets_rewritten);
	if (!own)
		fputs("no verdict changed that the baseline keeps\n", f);
	else
		fprintf(f,
			"OVERFITTED: %zu verdicts depend on bytes that the protocol leaves free\n",
			own);
	for (size_t i = 0; i < r->overfit_n; i++) {
		const struct overfit *o = &r->overfit[i];

		if (!o->copies || o->base_too || shown++ >= CHANGES_SHOWN)
			continue;
		fprintf(f, "%s%s %s: %s as recorded, %s in %u of %u copies\n", bullet, o->capture,
			o->subject, o->was_found ? "found" : "not found",
			o->was_found ? "not found" : "found", o->copies, r->vary);
	}
	if (shown > CHANGES_SHOWN)
		fprintf(f, "%s... and %zu more\n", bullet, shown - CHANGES_SHOWN);
	if (inherited)
		fprintf(f, "%zu verdicts change in the baseline's revision as well\n", inherited);
}

static void put_verdict(const struct regress *r, const struct comparison *c, FILE *f, int code,
			const char *bold)
{
	const char *why = !c->compared	   ? "nothing to compare"
			  : c->worse	   ? own_overfit(r) ? "worse, and overfitted" : "worse"
			  : own_overfit(r) ? "overfitted"
			  : c->better	   ? "better"
					   : "equal";

	fprintf(f, "%s%s: %s: %s%s\n", bold, r->name, code == EXIT_DONE ? "accepted" : "REFUSED",
		why, bold);
	if (*bold)
		fputc('\n', f);
}

static int judge(struct regress *r, const struct options *o, const struct baseline *kept, FILE *f)
{
	struct baseline *base = kept ? NULL : baseline_of(r->base.table, NULL, NULL);
	struct baseline *now = baseline_of(r->now.table, NULL, NULL);
	struct comparison *c = baseline_compare(kept ? kept : base, now, o->tolerance);
	char *was = xasprintf("%s@%s", r->base.label, kept ? "kept" : r->base.revision);
	char *is = xasprintf("%s@%s", r->now.label, r->now.revision);
	int code = !c->compared ? EXIT_USAGE : c->worse || own_overfit(r) ? EXIT_NO : EXIT_DONE;

	if (o->format != COMPARE_JUNIT)
		put_verdict(r, c, f, code, o->format == COMPARE_MARKDOWN ? "**" : "");
	comparison_print(c, f, o->format, was, is, log_level > 1 ? 0 : CHANGES_SHOWN);
	if (r->vary && o->format != COMPARE_JUNIT)
		put_overfit(r, f, o->format == COMPARE_MARKDOWN ? "- " : "  ");
	free(was);
	free(is);
	comparison_free(c);
	baseline_free(base);
	baseline_free(now);
	return code;
}

static int regress_one(const struct options *o, const char *file, FILE *f)
{
	struct regress r = {.vary = o->vary, .seed = o->seed};
	struct err e = {.code = EXIT_USAGE};
	struct baseline *kept = NULL;
	int code = EXIT_DONE, verdict;

	if (sides_open(&r, o, file, &kept, &e) < 0 || try_captures(&r, o, &code, &e) < 0 ||
	    try_runs(&r, o, &e) < 0 || try_lab(&r, o, file, &e) < 0) {
		log_error("%s", e.msg);
		code = (int)e.code;
	} else {
		verdict = judge(&r, o, kept, f);
		code = code == EXIT_DONE ? verdict : code;
	}
	baseline_free(kept);
	regress_free(&r);
	return code;
}

static int told(int rc, const struct err *e)
{
	if (rc < 0)
		log_error("regress: %s", e->msg);
	return rc;
}

static int parse_option(struct options *o, int c)
{
	struct err e;
	uint64_t v;

	switch (c) {
	case 'a':
		return o->against = optarg, 0;
	case 'c':
		return o->captures[o->n_captures++] = optarg, 0;
	case 'r':
		return o->runs[o->n_runs++] = optarg, 0;
	case 'L':
		return o->lab = optarg, 0;
	case 'o':
		return o->out = optarg, 0;
	case 'f':
		return compare_format_parse(optarg, &o->format);
	case 't':
		return told(number_real("--tolerance", optarg, 0, 1, &o->tolerance, &e), &e);
	case 'v':
		if (told(number_whole("--vary", optarg, 0, 10000, &v, &e), &e) < 0)
			return -1;
		return o->vary = (unsigned)v, 0;
	case 'S':
		return told(number_whole("--seed", optarg, 0, UINT64_MAX, &o->seed, &e), &e);
	}
	return -1;
}

static int run_all(const struct options *o, char **files, int n)
{
	struct outfile out;
	struct err e = {.code = EXIT_USAGE};
	int code = EXIT_DONE;

	if (outfile_open(&out, o->out ? o->out : "-", &e) < 0) {
		log_error("%s", e.msg);
		return (int)e.code;
	}
	for (int i = 0; i < n; i++) {
		int one = regress_one(o, files[i], out.f);

		code = one > code ? one : code;
	}
	if (outfile_commit(&out, &e) < 0) {
		log_error("%s", e.msg);
		code = (int)e.code;
	}
	return code;
}

int cmd_regress(int argc, char **argv)
{
	struct options o = {.tolerance = 0.01, .seed = 1};
	int c, code;

	o.captures = xcalloc((size_t)argc + 1, sizeof(char *));
	o.runs = xcalloc((size_t)argc + 1, sizeof(char *));
	while ((c = getopt_long(argc, argv, "o:f:h", longopts, NULL)) != -1) {
		if (c != 'h' && parse_option(&o, c) == 0)
			continue;
		code = usage("regress");
		code = c == 'h' ? EXIT_DONE : code;
		goto out;
	}
	code = optind < argc ? run_all(&o, argv + optind, argc - optind) : usage("regress");
out:
	free(o.captures);
	free(o.runs);
	return code;
}
