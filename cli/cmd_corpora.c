// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * cmd_corpora.c - `skypelab corpora`: lists, downloads and checks recorded captures
 *
 * It works on every capture that the files of scenarios/corpora describe, or on those whose corpus
 * or path matches an argument (a shell pattern).
 */
#include <fnmatch.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/datadir.h"
#include "base/listing.h"
#include "base/outfile.h"
#include "base/path.h"
#include "base/progress.h"
#include "cli/cmd_corpora.h"
#include "cli/command/failure.h"
#include "replay/recorded/corpora.h"

struct corpora_options {
	const char *dir, *mirror;
	int role; /* enum label_kind; -1 = any */
	bool json;
};

#define AT(field) offsetof(struct corpora_options, field)

enum { FORM_LIST, FORM_FETCH, FORM_VERIFY };

static const struct option_row rows[] = {
	OPTION(TEXT, "dir", 'd', "DIRECTORY", dir,
	       "folder of the captures; default SKYPELAB_CORPORA or corpora"),
	OPTION(TEXT, "mirror", 'm', "URL", mirror, "fetch from this URL or folder",
	       .forms = OPTION_FORM(FORM_FETCH), .long_usage = true),
	OPTION(CHOICE, "role", 'r', "skype|not-skype", role, "only captures with this role",
	       .long_usage = true),
	OPTION(FLAG, "json", 0, NULL, json, "list as JSON", .forms = OPTION_FORM(FORM_LIST)),
};

struct job;
typedef void capture_fn(struct job *j, const struct corpus *c, const struct corpus_capture *cap);

/* One call of the command: what it does to each capture, and its counts. */
struct job {
	capture_fn *each;
	struct listing *listing; /* of list, or NULL */
	const char *dir, *mirror;
	int role; /* enum label_kind; -1 = any */
	char **patterns;
	size_t pattern_count;
	struct progress progress; /* of what is fetched */
	unsigned long shown, good, missing, differs, failed, malformed;
};

static bool wanted(const struct job *j, const struct corpus *c, const struct corpus_capture *cap)
{
	if (j->role >= 0 && j->role != (int)cap->kind)
		return false;
	for (size_t i = 0; i < j->pattern_count; i++) {
		const char *base = strrchr(cap->path, '/');

		if (!fnmatch(j->patterns[i], c->name, 0) ||
		    !fnmatch(j->patterns[i], cap->path, 0) ||
		    (base && !fnmatch(j->patterns[i], base + 1, 0)))
			return true;
	}
	return j->pattern_count == 0;
}

static enum corpus_state check_file(struct job *j, const struct corpus_capture *cap, char hex[65])
{
	enum corpus_state s = corpus_check(cap, j->dir, hex);

	j->good += s == CORPUS_GOOD;
	j->missing += s == CORPUS_MISSING;
	j->differs += s == CORPUS_DIFFERS;
	return s;
}

static void list_one(struct job *j, const struct corpus *c, const struct corpus_capture *cap)
{
	char hex[65], packets[24];
	enum corpus_state state = check_file(j, cap, hex);

	snprintf(packets, sizeof(packets), "%" PRIu64, cap->packets);
	listing_row(j->listing, c->name, cap->role, packets,
		    state == CORPUS_GOOD      ? "here"
		    : state == CORPUS_MISSING ? NULL
					      : "differs",
		    cap->licence, cap->path, cap->contains);
}

static void verify_one(struct job *j, const struct corpus *c, const struct corpus_capture *cap)
{
	char hex[65];

	(void)c;
	switch (check_file(j, cap, hex)) {
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

	progress_show(&j->progress, all ? (double)got / (double)all : -1, "of %" PRIu64 " bytes",
		      all);
}

/* Copies the project's labels of a capture to the corpora folder, where scenarios look for them. */
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

static void fetch_one(struct job *j, const struct corpus *c, const struct corpus_capture *cap)
{
	enum corpus_state s;
	struct err e;
	char hex[65];

	(void)c;
	s = corpus_check(cap, j->dir, hex);
	if (s == CORPUS_DIFFERS) {
		log_error("%s: the existing file has SHA-256 %s, expected %s; move it away first",
			  cap->path, hex[0] ? hex : "unreadable", cap->sha256);
		j->differs++;
		return;
	}
	if (s == CORPUS_MISSING) {
		int rc;

		j->progress = progress_begin(log_level > 0, false);
		rc = corpus_fetch(cap, j->dir, j->mirror, on_progress, j, &e);
		progress_end(&j->progress);
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

/* ---- every corpus file ---- */

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
			j->each(j, c, &c->captures[k]);
			j->shown++;
		}
}

/* The URL of a mirror; a folder becomes a file:// URL. NULL = neither a folder nor a URL. */
static const char *mirror_url(const char *text)
{
	static char *url;
	char *real = strstr(text, "://") ? NULL : realpath(text, NULL);

	free(url);
	url = real ? xasprintf("file://%s", real) : strstr(text, "://") ? xstrdup(text) : NULL;
	free(real);
	return url;
}

/* Calls @fn for every capture that the arguments match; @l: of list. 0, or -1 with @e set. */
static int each_capture(struct job *j, capture_fn *fn, struct listing *l,
			const struct command_call *call, struct err *e)
{
	const struct corpora_options *o = call->options;

	*j = (struct job){.each = fn,
			  .listing = l,
			  .dir = o->dir ? o->dir : corpora_dir(),
			  .role = o->role,
			  .patterns = call->arguments,
			  .pattern_count = call->n};
	if (o->mirror && !(j->mirror = mirror_url(o->mirror)))
		return err_set(e, "--mirror %s: expected a folder or a URL", o->mirror);
	if (corpora_each(each, j, e) < 0)
		return -1;
	if (!j->shown && !j->malformed)
		return err_set(e, "no capture matches; `skypelab corpora list` shows all");
	fprintf(stderr, "%lu capture%s: %lu here, %lu missing, %lu with another digest", j->shown,
		j->shown == 1 ? "" : "s", j->good, j->missing, j->differs);
	if (fn == fetch_one)
		fprintf(stderr, ", %lu could not be fetched", j->failed);
	fputc('\n', stderr);
	return 0;
}

static enum command_end list(struct command_call *call, struct err *e)
{
	const struct corpora_options *o = call->options;
	const struct listing_column columns[] = {{.name = "corpus"},
						 {.name = "role"},
						 {.name = "packets", .number = true},
						 {.name = "here"},
						 {.name = "licence"},
						 {.name = "path"},
						 {.name = "contains", .json_only = log_level < 2}};
	struct listing *l = listing_new(columns, ARRAY_LEN(columns));
	struct job j;
	int rc = each_capture(&j, list_one, l, call, e);

	listing_end(l, stdout, o->json && rc == 0);
	if (rc < 0)
		return COMMAND_FAILED;
	return j.malformed ? failure_reported(e, EXIT_USAGE) : COMMAND_DONE;
}

static enum command_end fetch(struct command_call *call, struct err *e)
{
	struct job j;

	if (each_capture(&j, fetch_one, NULL, call, e) < 0)
		return COMMAND_FAILED;
	return j.malformed || j.failed || j.differs ? failure_reported(e, EXIT_USAGE)
						    : COMMAND_DONE;
}

static enum command_end verify(struct command_call *call, struct err *e)
{
	struct job j;

	if (each_capture(&j, verify_one, NULL, call, e) < 0)
		return COMMAND_FAILED;
	if (j.malformed)
		return failure_reported(e, EXIT_USAGE);
	return j.missing || j.differs ? COMMAND_FINDING : COMMAND_DONE;
}

static const struct command_form forms[] = {
	[FORM_LIST] = {.verb = "list",
		       .arguments = "[PATTERN]...",
		       .help = "list the captures and whether they are here; meant without a verb",
		       .alone = true,
		       .run = list},
	[FORM_FETCH] = {.verb = "fetch",
			.arguments = "[PATTERN]...",
			.help = "download captures that are missing",
			.run = fetch},
	[FORM_VERIFY] = {.verb = "verify",
			 .arguments = "[PATTERN]...",
			 .help = "compare captures with their digests",
			 .run = verify},
};

const struct command corpora_command = {
	.name = "corpora",
	.help = "list, download and check the recorded captures that the project knows",
	.forms = forms,
	.form_count = ARRAY_LEN(forms),
	.rows = rows,
	.row_count = ARRAY_LEN(rows),
	.size = sizeof(struct corpora_options),
	.defaults = &(const struct corpora_options){.role = -1},
};
