// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * corpora.c - public captures: described in our files, downloaded from their origin
 *
 * The captures belong to other people and are never shipped. For each, a corpus file names its
 * origin (a repository, commit and path, or a URL), SHA-256, licence and contents. A download goes
 * to "PATH.part" and is resumed from there; it gets its name only when the digest is right.
 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <fnmatch.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/datadir.h"
#include "base/inner.h"
#include "base/outfile.h"
#include "base/path.h"
#include "base/yaml.h"
#include "replay/recorded/corpora.h"
#include "replay/recorded/libcurl.h"

#define CAPTURE_BYTES_MAX 0x1p40       /* 1 TiB */
#define UNKNOWN_BYTES_MAX (4ULL << 30) /* where a corpus file does not say */
#define TIMEOUT_S	  (6 * 3600L)

#define TEXT(key, flags, member)                                                                   \
	CYAML_FIELD_STRING_PTR(key, CYAML_FLAG_POINTER | (flags), struct corpus_capture, member,   \
			       0, CYAML_UNLIMITED)

static const cyaml_schema_field_t capture_fields[] = {
	TEXT("path", 0, path),
	TEXT("role", 0, role),
	TEXT("sha256", 0, sha256),
	CYAML_FIELD_UINT("bytes", CYAML_FLAG_OPTIONAL, struct corpus_capture, bytes),
	CYAML_FIELD_UINT("packets", CYAML_FLAG_OPTIONAL, struct corpus_capture, packets),
	TEXT("repository", CYAML_FLAG_OPTIONAL, repository),
	TEXT("commit", CYAML_FLAG_OPTIONAL, commit),
	TEXT("source", CYAML_FLAG_OPTIONAL, source_path),
	TEXT("url", CYAML_FLAG_OPTIONAL, url),
	TEXT("licence", 0, licence),
	TEXT("version", CYAML_FLAG_OPTIONAL, version),
	TEXT("labels", CYAML_FLAG_OPTIONAL, labels),
	TEXT("contains", CYAML_FLAG_OPTIONAL, contains),
	CYAML_FIELD_END,
};

static const cyaml_schema_value_t capture_schema = {
	CYAML_VALUE_MAPPING(CYAML_FLAG_DEFAULT, struct corpus_capture, capture_fields),
};

static const cyaml_schema_field_t corpus_fields[] = {
	CYAML_FIELD_STRING_PTR("corpus", CYAML_FLAG_POINTER, struct corpus, name, 1, 64),
	CYAML_FIELD_STRING_PTR("about", CYAML_FLAG_POINTER, struct corpus, about, 0,
			       CYAML_UNLIMITED),
	CYAML_FIELD_SEQUENCE("captures", CYAML_FLAG_POINTER, struct corpus, captures,
			     &capture_schema, 1, CYAML_UNLIMITED),
	CYAML_FIELD_END,
};

static const cyaml_schema_value_t corpus_schema = {
	CYAML_VALUE_MAPPING(CYAML_FLAG_POINTER, struct corpus, corpus_fields),
};

static const struct yaml_number corpus_numbers[] = {
	{"captures.bytes", 1, CAPTURE_BYTES_MAX, "bytes"},
	{"captures.packets", 0, 1e12, NULL},
	{NULL, 0, 0, NULL},
};

static int check_capture(const char *file, unsigned i, struct corpus_capture *c, struct err *e)
{
	const char *wrong = NULL, *value = NULL;
	char node[64];

	if (!inner_name(c->path))
		wrong = "a path below the corpora folder", value = c->path;
	else if (c->labels && !inner_name(c->labels))
		wrong = "labels below scenarios/corpora", value = c->labels;
	else if (c->url && strncmp(c->url, "https://", 8) != 0 &&
		 strncmp(c->url, "http://", 7) != 0)
		wrong = "an address that begins with https://", value = c->url;
	else if (strlen(c->sha256) != 64 || strspn(c->sha256, "0123456789abcdef") != 64)
		wrong = "a SHA-256 of 64 hexadecimal digits", value = c->sha256;
	else if (!label_is(c->role, LABEL_SKYPE) && !label_is(c->role, LABEL_NOT_SKYPE))
		wrong = "skype or not-skype", value = c->role;
	c->kind = label_kind(c->role, LABEL_SKYPE);
	if (!wrong)
		return 0;
	snprintf(node, sizeof(node), "captures[%u]", i);
	return err_set(e, "%s:%u: %s, expected %s", file, yaml_line(file, node), value, wrong);
}

static void corpus_free(struct corpus *c)
{
	if (c)
		yaml_drop(&corpus_schema, c);
}

/* NULL with @e set: file, line, value. */
static struct corpus *corpus_load(const char *path, struct err *e)
{
	struct corpus *c = yaml_load(path, &corpus_schema, corpus_numbers, e);

	if (!c)
		return NULL;
	for (unsigned i = 0; i < c->captures_count; i++)
		if (check_capture(path, i, &c->captures[i], e) < 0) {
			corpus_free(c);
			return NULL;
		}
	return c;
}

static int is_yaml(const struct dirent *d)
{
	return !fnmatch("*.yaml", d->d_name, 0);
}

int corpora_each(corpora_fn *fn, void *arg, struct err *e)
{
	char *dir = data_path("scenarios/corpora", e);
	struct dirent **names = NULL;
	int n;

	if (!dir)
		return -1;
	n = scandir(dir, &names, is_yaml, alphasort);
	if (n <= 0) {
		err_set(e, "%s: no corpus file (*.yaml) there", dir);
		free(names);
		free(dir);
		return -1;
	}
	for (int i = 0; i < n; i++) {
		char *path = path_in(dir, names[i]->d_name);
		struct err wrong = {.code = EXIT_USAGE};
		struct corpus *c = corpus_load(path, &wrong);

		fn(arg, c, &wrong);
		corpus_free(c);
		free(path);
		free(names[i]);
	}
	free(names);
	free(dir);
	return 0;
}

struct digest_search {
	const char *path;
	char *hex;
	bool found;
};

static void find_digest(void *arg, const struct corpus *c, const struct err *wrong)
{
	struct digest_search *w = arg;

	(void)wrong;
	for (unsigned i = 0; c && i < c->captures_count; i++)
		if (!strcmp(c->captures[i].path, w->path)) {
			memcpy(w->hex, c->captures[i].sha256, 65);
			w->found = true;
		}
}

bool corpora_digest(const char *path, char hex[65])
{
	struct digest_search w = {path, hex, false};

	corpora_each(find_digest, &w, NULL);
	return w.found;
}

/* Where a capture is downloaded from: its path below @mirror, or its origin. (owned), or NULL: the
 * origin is not on the net. */
static char *corpus_url(const struct libcurl *lib, const struct corpus_capture *c,
			const char *mirror)
{
	char *path, *url;

	if (!mirror && c->url)
		return xstrdup(c->url);
	if (!mirror && (!c->repository || !c->commit || !c->source_path))
		return NULL;
	path = lib->easy_escape(NULL, mirror ? c->path : c->source_path, 0);
	if (!path)
		return NULL;
	for (char *p = strstr(path, "%2F"); p; p = strstr(p, "%2F")) { /* folders stay folders */
		*p = '/';
		memmove(p + 1, p + 3, strlen(p + 3) + 1);
	}
	if (mirror)
		url = xasprintf("%s/%s", mirror, path);
	else
		url = xasprintf("https://raw.githubusercontent.com/%s/%s/%s", c->repository,
				c->commit, path);
	lib->free(path);
	return url;
}

enum corpus_state corpus_check(const struct corpus_capture *c, const char *dir, char hex[65])
{
	char *path = path_in(dir, c->path);
	enum corpus_state state = CORPUS_GOOD;

	hex[0] = '\0';
	if (access(path, F_OK) < 0)
		state = CORPUS_MISSING;
	else if (file_sha256(path, hex, NULL) < 0 || strcmp(hex, c->sha256) != 0)
		state = CORPUS_DIFFERS;
	free(path);
	return state;
}

/* --- download ----------------------------------------------------------------------------- */

struct transfer {
	corpus_progress *progress;
	void *arg;
	uint64_t before; /* bytes of an earlier attempt */
	uint64_t limit;	 /* the most bytes that there should be */
	bool too_much;
	const char *part;
	FILE *f; /* of @part, from the first byte on */
	int why; /* errno of what could not be written */
};

static int on_progress(void *arg, curl_off_t all, curl_off_t got, curl_off_t a, curl_off_t b)
{
	struct transfer *t = arg;

	(void)a;
	(void)b;
	if (t->progress)
		t->progress(t->arg, t->before + (uint64_t)got, t->before + (uint64_t)all);
	t->too_much = t->before + (uint64_t)got > t->limit;
	return t->too_much; /* it cannot be the right file: stop here */
}

/* A file for what arrives; links are not followed. NULL with errno set. */
static FILE *open_part(const char *part)
{
	int fd = open(part, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK,
		      0644);
	struct stat st;

	if (fd < 0)
		return NULL;
	if (fstat(fd, &st) == 0 && S_ISREG(st.st_mode))
		return fdopen(fd, "ab");
	close(fd);
	errno = EINVAL;
	return NULL;
}

static size_t on_data(char *data, size_t one, size_t n, void *arg)
{
	struct transfer *t = arg;
	size_t done;

	if (!t->f)
		t->f = open_part(t->part);
	done = t->f ? fwrite(data, one, n, t->f) : 0;
	if (done < n)
		t->why = errno;
	return done * one;
}

/* Bytes in @part that an earlier attempt left. */
static uint64_t bytes_of_part(const char *part)
{
	struct stat st;

	return lstat(part, &st) == 0 && S_ISREG(st.st_mode) ? (uint64_t)st.st_size : 0;
}

/* A mirror on this machine must hold files: a device or a pipe would never end. */
static int check_local(const struct libcurl *lib, const char *url, struct err *e)
{
	struct stat st;
	char *path;
	int rc = 0;

	if (strncasecmp(url, "file:", 5) != 0)
		return 0;
	url += strspn(url + 5, "/") > 2 ? 7 : 5;
	path = lib->easy_unescape(NULL, url, 0, NULL);
	if (!path || stat(path, &st) < 0)
		rc = err_sys(e, "%s", url);
	else if (!S_ISREG(st.st_mode))
		rc = err_set(e, "%s: not a regular file", url);
	lib->free(path);
	return rc;
}

/* Appends what is missing to the part. 0, or -1 with @e set; what arrived is kept for the next try. */
static int download(const struct libcurl *lib, const char *url, struct transfer *t, struct err *e)
{
	char why[CURL_ERROR_SIZE] = "";
	CURL *curl;
	CURLcode rc;

	if (check_local(lib, url, e) < 0)
		return -1;
	curl = lib->easy_init();
	if (!curl)
		return err_set(e, "%s: libcurl cannot begin", url);
	t->before = bytes_of_part(t->part);
	lib->easy_setopt(curl, CURLOPT_URL, url);
	lib->easy_setopt(curl, CURLOPT_WRITEFUNCTION, on_data);
	lib->easy_setopt(curl, CURLOPT_WRITEDATA, t);
	lib->easy_setopt(curl, CURLOPT_ERRORBUFFER, why);
	lib->easy_setopt(curl, CURLOPT_FAILONERROR, 1L);
	lib->easy_setopt(curl, CURLOPT_FOLLOWLOCATION, 1L);
	lib->easy_setopt(curl, CURLOPT_PROTOCOLS_STR, "https,http,file");
	lib->easy_setopt(curl, CURLOPT_REDIR_PROTOCOLS_STR, "https,http");
	lib->easy_setopt(curl, CURLOPT_CONNECTTIMEOUT, 20L);
	lib->easy_setopt(curl, CURLOPT_LOW_SPEED_LIMIT, 100L);
	lib->easy_setopt(curl, CURLOPT_LOW_SPEED_TIME, 60L);
	lib->easy_setopt(curl, CURLOPT_TIMEOUT, TIMEOUT_S);
	lib->easy_setopt(curl, CURLOPT_MAXREDIRS, 5L);
	lib->easy_setopt(curl, CURLOPT_MAXFILESIZE_LARGE, (curl_off_t)t->limit);
	lib->easy_setopt(curl, CURLOPT_USERAGENT, "skypelab/" SKYPELAB_VERSION);
	lib->easy_setopt(curl, CURLOPT_RESUME_FROM_LARGE, (curl_off_t)t->before);
	lib->easy_setopt(curl, CURLOPT_NOPROGRESS, 0L);
	lib->easy_setopt(curl, CURLOPT_XFERINFOFUNCTION, on_progress);
	lib->easy_setopt(curl, CURLOPT_XFERINFODATA, t);
	rc = lib->easy_perform(curl);
	lib->easy_cleanup(curl);
	if (t->f && fclose(t->f) != 0 && !t->why)
		t->why = errno;
	t->f = NULL;
	if (t->why) {
		errno = t->why;
		return err_sys(e, "%s", t->part);
	}
	if (rc == CURLE_OK)
		return 0;
	if (t->too_much || rc == CURLE_FILESIZE_EXCEEDED) {
		unlink(t->part);
		return err_set(e,
			       "%s: more than the %" PRIu64
			       " bytes expected; the download is discarded",
			       url, t->limit);
	}
	/* The server cannot resume, or the part is longer than the file: start afresh next time. */
	if (rc == CURLE_RANGE_ERROR || rc == CURLE_BAD_DOWNLOAD_RESUME ||
	    rc == CURLE_HTTP_RETURNED_ERROR)
		unlink(t->part);
	return err_set(e, "%s: %s", url, why[0] ? why : lib->easy_strerror(rc));
}

/* Gives a download its name if its digest is right; else removes it. */
static int check_and_rename(const struct corpus_capture *c, const char *part, const char *path,
			    struct err *e)
{
	char hex[65];

	if (file_sha256(part, hex, e) < 0)
		return -1;
	if (strcmp(hex, c->sha256) != 0) {
		unlink(part);
		return err_set(e, "%s: SHA-256 is %s, expected %s; the download is discarded",
			       c->path, hex, c->sha256);
	}
	if (rename(part, path) < 0)
		return err_sys(e, "%s", path);
	return 0;
}

int corpus_fetch(const struct corpus_capture *c, const char *dir, const char *mirror,
		 corpus_progress *progress, void *arg, struct err *e)
{
	char *path = path_in(dir, c->path), *part = xasprintf("%s.part", path);
	const struct libcurl *lib = libcurl(e);
	char *url = lib ? corpus_url(lib, c, mirror) : NULL, *folder = xstrdup(path);
	struct transfer t = {.progress = progress,
			     .arg = arg,
			     .limit = c->bytes ? c->bytes : UNKNOWN_BYTES_MAX,
			     .part = part};
	int rc = -1;

	*strrchr(folder, '/') = '\0';
	if (lib && !url)
		err_set(e, "%s: its origin is no longer on the net (%s); try --mirror", c->path,
			c->source_path ? c->source_path : "none named");
	else if (lib && make_dirs(folder, e) == 0) {
		/* A part that is already complete cannot be resumed, and needs no download. */
		bool whole = c->bytes && bytes_of_part(part) >= c->bytes;

		if (whole || download(lib, url, &t, e) == 0)
			rc = check_and_rename(c, part, path, e);
	}
	free(folder);
	free(url);
	free(part);
	free(path);
	return rc;
}
