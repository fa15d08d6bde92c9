// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * outfile.c - output files that are whole or not there
 *
 * A file is written without a name (O_TMPFILE) and linked to its name at the end, so that nothing
 * half-written is left whenever the program is killed, kill -9 included. On a file system without
 * nameless files, a temporary name in the same folder is used and renamed; then kill -9 can leave
 * that one file. linkat() does not replace, so to replace an existing file the new one is linked to
 * a temporary name first and then renamed.
 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <nettle/sha2.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/outfile.h"

int outfile_open(struct outfile *o, const char *path, struct err *e)
{
	char *dir, *slash;
	int fd;

	memset(o, 0, sizeof(*o));
	if (!strcmp(path, "-")) {
		o->f = stdout;
		return 0;
	}
	dir = xstrdup(path);
	slash = strrchr(dir, '/');
	if (slash)
		slash[slash == dir] = '\0';
	fd = open(slash ? dir : ".", O_TMPFILE | O_RDWR | O_CLOEXEC, 0644);
	if (fd < 0 && (errno == EOPNOTSUPP || errno == EISDIR || errno == EINVAL)) {
		o->tmp = xasprintf("%s.tmp%ld", path, (long)getpid());
		fd = open(o->tmp, O_CREAT | O_EXCL | O_RDWR | O_CLOEXEC, 0644);
	}
	free(dir);
	if (fd < 0) {
		err_sys(e, "%s: cannot write", path);
		free(o->tmp);
		o->tmp = NULL;
		return -1;
	}
	o->path = xstrdup(path);
	o->f = fdopen(fd, "w+");
	if (!o->f) {
		close(fd);
		outfile_abort(o);
		return err_sys(e, "%s: cannot write", path);
	}
	return 0;
}

int outfile_commit(struct outfile *o, struct err *e)
{
	char proc[64], *tmp;
	int bad;

	if (o->f == stdout) {
		o->f = NULL;
		if (fflush(stdout) || ferror(stdout))
			return err_sys(e, "standard output");
		return 0;
	}
	if (!o->f)
		return 0;
	bad = fflush(o->f) || ferror(o->f);
	if (!bad && !o->tmp) {
		snprintf(proc, sizeof(proc), "/proc/self/fd/%d", fileno(o->f));
		bad = linkat(AT_FDCWD, proc, AT_FDCWD, o->path, AT_SYMLINK_FOLLOW) < 0;
		if (bad && errno == EEXIST) {
			tmp = xasprintf("%s.tmp%ld", o->path, (long)getpid());
			bad = linkat(AT_FDCWD, proc, AT_FDCWD, tmp, AT_SYMLINK_FOLLOW) < 0 ||
			      rename(tmp, o->path) < 0;
			if (bad)
				unlink(tmp);
			free(tmp);
		}
	} else if (!bad) {
		bad = rename(o->tmp, o->path) < 0;
		if (!bad) {
			free(o->tmp);
			o->tmp = NULL;
		}
	}
	if (bad)
		err_sys(e, "%s: cannot write", o->path);
	outfile_abort(o);
	return bad ? -1 : 0;
}

void outfile_abort(struct outfile *o)
{
	if (o->f && o->f != stdout)
		fclose(o->f);
	if (o->tmp)
		unlink(o->tmp);
	free(o->tmp);
	free(o->path);
	memset(o, 0, sizeof(*o));
}

int make_dirs(const char *path, struct err *e)
{
	char *copy = xstrdup(path), *p = copy;
	struct stat st;

	for (;;) {
		p = strchr(p + 1, '/');
		if (p)
			*p = '\0';
		if (*copy && mkdir(copy, 0755) < 0 && errno != EEXIST) {
			err_sys(e, "%s: cannot make the folder", copy);
			free(copy);
			return -1;
		}
		if (!p)
			break;
		*p = '/';
	}
	free(copy);
	if (stat(path, &st) < 0 || !S_ISDIR(st.st_mode))
		return err_set(e, "%s: not a folder", path);
	return 0;
}

static void remove_at(int parent, const char *name)
{
	int fd;
	DIR *d;

	if (unlinkat(parent, name, 0) == 0 || errno == ENOENT)
		return;
	fd = openat(parent, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	d = fd < 0 ? NULL : fdopendir(fd);
	if (d) {
		for (struct dirent *de; (de = readdir(d));)
			if (strcmp(de->d_name, ".") && strcmp(de->d_name, ".."))
				remove_at(fd, de->d_name);
		closedir(d);
	} else if (fd >= 0) {
		close(fd);
	}
	unlinkat(parent, name, AT_REMOVEDIR);
}

void remove_tree(const char *path)
{
	remove_at(AT_FDCWD, path);
}

char *read_file(const char *path, size_t *len, struct err *e)
{
	FILE *f = fopen(path, "re");
	size_t n = 0, cap = 4096, got;
	char *buf;

	if (!f) {
		err_sys(e, "%s: cannot read", path);
		return NULL;
	}
	buf = xmalloc(cap);
	while ((got = fread(buf + n, 1, cap - n - 1, f)) > 0) {
		n += got;
		if (cap - n < 2)
			buf = xrealloc(buf, cap *= 2);
	}
	if (ferror(f)) {
		err_sys(e, "%s: cannot read", path);
		fclose(f);
		free(buf);
		return NULL;
	}
	fclose(f);
	buf[n] = '\0';
	if (len)
		*len = n;
	return buf;
}

static void sha256_hex(struct sha256_ctx *ctx, char hex[65])
{
	uint8_t digest[SHA256_DIGEST_SIZE];

	sha256_digest(ctx, sizeof(digest), digest);
	for (size_t i = 0; i < sizeof(digest); i++)
		snprintf(hex + 2 * i, 3, "%02x", digest[i]);
}

int file_sha256(const char *path, char hex[65], struct err *e)
{
	struct sha256_ctx ctx;
	uint8_t buf[65536];
	size_t n;
	FILE *f = fopen(path, "re");

	if (!f)
		return err_sys(e, "%s: cannot read", path);
	sha256_init(&ctx);
	while ((n = fread(buf, 1, sizeof(buf), f)) > 0)
		sha256_update(&ctx, n, buf);
	if (ferror(f)) {
		fclose(f);
		return err_sys(e, "%s: cannot read", path);
	}
	fclose(f);
	sha256_hex(&ctx, hex);
	return 0;
}

void bytes_sha256(const void *p, size_t n, char hex[65])
{
	struct sha256_ctx ctx;

	sha256_init(&ctx);
	sha256_update(&ctx, n, p);
	sha256_hex(&ctx, hex);
}
