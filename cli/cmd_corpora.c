// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * cmd_corpora.c - skypelab corpora list|fetch|verify: the recorded captures the project knows of
 *
 * Works on every file of scenarios/corpora, or on those captures whose corpus or path matches an
 * argument (a shell pattern).
 */
#include <fnmatch.h>
#include <getopt.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/datadir.h"
#include "base/outfile.h"
#include "base/path.h"
#include "cli/commands.h"
#include "replay/recorded/corpora.h"

struct job;
typedef void verb_fn(struct job *j, const struct corpus *c, const struct corpus_capture *cap);

struct job {
	verb_fn *verb;
	const char *dir, *mirror;
	const enum flow_label *role; /* NULL = any */
	char **patterns;
	int pattern_count;
	bool progress;
	unsigned long shown, good, missing, differs, failed, malformed;
};

static bool wanted(const struct job *j, const struct corpus *c, const struct corpus_capture *cap)
{
	if (j->role && *j->role != cap->label)
		return false;
	for (int i = 0; i < j->pattern_count; i++) {
		const char *base = strrchr(cap->path, '/');

		if (!fnmatch(j->patterns[i], c->name, 0) ||
		    !fnmatch(j->patterns[i], cap->path, 0) ||
		    (base && !fnmatch(j->patterns[i], base + 1, 0)))
			return true;
	}
	return j->pattern_count == 0;
}

static const char *state_text(enum corpus_state s)
{
	return s == CORPUS_GOOD ? "here" : s == CORPUS_MISSING ? "-" : "differs";
}

static enum corpus_state look(struct job *j, const struct corpus_capture *cap, char hex[65])
{
	enum corpus_state s = corpus_check(cap, j->dir, hex);

	j->good += s == CORPUS_GOOD;
	j->missing += s == CORPUS_MISSING;
	j->differs += s == CORPUS_DIFFERS;
	return s;
}

static void list(struct job *j, const struct corpus *c, const struct corpus_capture *cap)
{
	char hex[65];

	if (!j->shown)
		printf("%-24s %-9s %9s %-7s %-12s %s\n", "CORPUS", "ROLE", "PACKETS", "HERE",
		       "LICENCE", "PATH");
	printf("%-24s %-9s %9" PRIu64 " %-7s %-12.12s %s\n", c->name, cap->role, cap->packets,
	       state_text(look(j, cap, hex)), cap->licence, cap->path);
	if (cap->contains && cap->contains[0] && log_level > 1)
		printf("    %s\n", cap->contains);
}

static void verify(struct job *j, const struct corpus *c, const struct corpus_capture *cap)
{
	char hex[65];

	(void)c;
	switch (look(j, cap, hex)) {
	case CORPUS_GOOD:
		break;
	case CORPUS_MISSING:
		printf("missing %s\n", cap->path);
		break;
	case CORPUS_DIFFERS:
		printf("differs %s: SHA-256 is %s, expected %s\n", cap->path,
		       hex[0] ? hex : "unreadable", cap->sha256);
		break;
	}
}

static void on_progress(void *arg, uint64_t got, uint64_t all)
{
	struct job *j = arg;

	if (j->progress)
		fprintf(stderr, "\r%3.0f %% of %" PRIu64 " bytes ",
			all ? 100.0 * (double)got / (double)all : 0, all);
}

/* Our labels of a capture, beside it in the corpora folder, where scenarios name them. */
static int put_labels(const struct job *j, const struct corpus_capture *cap, struct err *e)
{
	char *relative, *from, *to, *folder, *text = NULL;
	struct outfile o;
	int rc = -1;
	size_t n;

	if (!cap->labels)
		return 0;
	relative = xasprintf("scenarios/corpora/%s", cap->labels);
	from = data_path(relative, e);
	to = path_in(j->dir, cap->labels);
	folder = xstrdup(to);
	*strrchr(folder, '/') = '\0';
	if (!access(to, F_OK))
		rc = 0;
	else if (from && (text = read_file(from, &n, e)) && !make_dirs(folder, e) &&
		 !outfile_open(&o, to, e)) {
		fwrite(text, 1, n, o.f);
		rc = outfile_commit(&o, e);
	}
	free(text);
	free(folder);
	free(to);
	free(from);
	free(relative);
	return rc;
}

static void fetch(struct job *j, const struct corpus *c, const struct corpus_capture *cap)
{
	enum corpus_state s;
	struct err e;
	char hex[65];

	(void)c;
	s = corpus_check(cap, j->dir, hex);
	if (s == CORPUS_DIFFERS) {
		log_error("%s: the file that is there has SHA-256 %s, expected %s; move it away "
			  "first",
			  cap->path, hex[0] ? hex : "unreadable", cap->sha256);
		j->differs++;
		return;
	}
	if (s == CORPUS_MISSING) {
		int rc = corpus_fetch(cap, j->dir, j->mirror, on_progress, j, &e);

		if (j->progress)
			fputs("\r\033[K", stderr);
		if (rc < 0) {
			log_error("%s", e.msg);
			j->failed++;
			return;
		}
		printf("fetched %s\n", cap->path);
	}
	j->good++;
	if (put_labels(j, cap, &e) < 0)
		log_error("%s", e.msg), j->failed++;
}

/* --- every corpus file -------------------------------------------------------------------- */

static void each(void *arg, const struct corpus *c, const struct err *wrong)
{
	struct job *j = arg;

	if (!c) {
		log_error("%s", wrong->msg);
		j->malformed++;
		return;
	}
	for (unsigned k = 0; k < c->captures_count; k++)
		if (wanted(j, c, &c->captures[k])) {
			j->verb(j, c, &c->captures[k]);
			j->shown++;
		}
}

static const struct option long_options[] = {
	{"dir", required_argument, NULL, 'd'},
	{"mirror", required_argument, NULL, 'm'},
	{"role", required_argument, NULL, 'r'},
	{"help", no_argument, NULL, 'h'},
	{NULL, 0, NULL, 0},
};

/* A folder stands for its file:// URL; NULL = neither a folder nor a URL. */
static const char *mirror_url(const char *text)
{
	static char *url;
	char *real = strstr(text, "://") ? NULL : realpath(text, NULL);

	free(url);
	url = real ? xasprintf("file://%s", real) : strstr(text, "://") ? xstrdup(text) : NULL;
	free(real);
	return url;
}

int cmd_corpora(int argc, char **argv)
{
	struct job j = {.dir = corpora_dir()};
	struct err e = {.code = EXIT_USAGE};
	const char *verb, *mirror = NULL, *role = NULL;
	enum flow_label label;
	verb_fn *fn;
	int opt;

	j.progress = isatty(STDERR_FILENO) && log_level > 0;
	while ((opt = getopt_long(argc, argv, "d:m:r:h", long_options, NULL)) != -1) {
		if (opt == 'd')
			j.dir = optarg;
		else if (opt == 'm')
			mirror = optarg;
		else if (opt == 'r')
			role = optarg;
		else
			return usage("corpora"), opt == 'h' ? EXIT_DONE : EXIT_USAGE;
	}
	verb = optind < argc ? argv[optind] : "";
	fn = !strcmp(verb, "list")     ? list
	     : !strcmp(verb, "verify") ? verify
	     : !strcmp(verb, "fetch")  ? fetch
				       : NULL;
	if (!fn && *verb)
		log_error("corpora: no verb %s, expected list, fetch or verify", verb);
	if (!fn)
		return usage("corpora");
	if (mirror && !(j.mirror = mirror_url(mirror)))
		return log_error("--mirror %s: no such folder, and no URL", mirror), EXIT_USAGE;
	if (role && (label_parse(role, &label) < 0 || label == LABEL_UNKNOWN))
		return log_error("--role %s, expected skype or not-skype", role), EXIT_USAGE;
	j.role = role ? &label : NULL;
	j.patterns = argv + optind + 1;
	j.pattern_count = argc - optind - 1;
	j.verb = fn;
	if (corpora_each(each, &j, &e) < 0)
		return log_error("%s", e.msg), (int)e.code;
	if (!j.shown && !j.malformed) {
		log_error("no capture matches; `skypelab corpora list` shows all");
		return EXIT_USAGE;
	}
	fprintf(stderr, "%lu capture%s: %lu here, %lu missing, %lu with another digest", j.shown,
		j.shown == 1 ? "" : "s", j.good, j.missing, j.differs);
	if (fn == fetch)
		fprintf(stderr, ", %lu could not be fetched", j.failed);
	fputc('\n', stderr);
	if (j.malformed)
		return EXIT_USAGE;
	if (fn == fetch)
		return j.failed || j.differs ? EXIT_USAGE : EXIT_DONE;
	return fn == verify && (j.missing || j.differs) ? EXIT_NO : EXIT_DONE;
}
