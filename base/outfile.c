// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * outfile.c - output files that are whole or not there
 *
 * A file is written without a name (O_TMPFILE) and linked to its name at the end, so that nothing
 * half-written is left whenever the program is killed, kill -9 included. On a file system without
 * nameless files, a temporary name in the same folder is used and renamed; then kill -9 can leave
 * that one file. linkat() does not replace, so to replace an existing file the new one is linked to
 * a temporary name first and then renamed.
 *
 * What stands under the name already decides what happens to it:
 *
 *   nothing                        the file appears, whole, at the end
 *   a regular file                 it is replaced at the end; mode, owner and group stay
 *   a link                         the same is done to what it leads to; the link stays
 *   a device, pipe, terminal       it is written to as data comes; a pipe needs a reader within 5 s
 *   standard output or error       by another name (/dev/stdout): it is written to as data comes
 *   a folder, or a file that may   an error
 *   not be written, or an input
 *
 * Limits: access control lists and hard links of a replaced file are not kept.
 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <nettle/sha2.h>
#include <stdio_ext.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <time.h>
#include <unistd.h>

#include "base/input.h"
#include "base/outfile.h"
#include "base/path.h"

#define READER_WAIT_MS 5000 /* for somebody to read a named pipe */
#define READER_LOOK_MS 20
#define STREAM_BUFFER  (1 << 16)

static int cannot_write(struct err *e, const char *path)
{
	return errno == ELOOP ? err_set(e, "%s: cannot write: too many links", path)
			      : err_sys(e, "%s: cannot write", path);
}

static int refuse_input(const char *path, struct err *e)
{
	return input_is(path) ? err_set(e,
					"%s: is read as an input too; give the output another "
					"name",
					path)
			      : 0;
}

/* A descriptor of standard output or error when @st is the file behind it, else -1. */
static int standard_stream(const struct stat *st)
{
	struct stat mine;

	for (int fd = STDOUT_FILENO; fd <= STDERR_FILENO; fd++)
		if (!fstat(fd, &mine) && mine.st_dev == st->st_dev && mine.st_ino == st->st_ino)
			return fcntl(fd, F_DUPFD_CLOEXEC, STDERR_FILENO + 1);
	return -1;
}

/* A named pipe, when somebody reads from it. Without a reader open() would wait for ever; the reader
 * has READER_WAIT_MS to come. -1 with errno set: ENXIO = nobody came. */
static int open_pipe(const char *path)
{
	const struct timespec pause = {.tv_nsec = READER_LOOK_MS * 1000000L};
	int fd = -1;

	for (int ms = 0; fd < 0 && ms < READER_WAIT_MS; ms += READER_LOOK_MS) {
		fd = open(path, O_WRONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
		if (fd < 0 && errno != ENXIO)
			return -1;
		if (fd < 0)
			nanosleep(&pause, NULL);
	}
	if (fd < 0)
		errno = ENXIO;
	else if (fcntl(fd, F_SETFL, O_WRONLY) < 0) {
		close(fd);
		return -1;
	}
	return fd;
}

/* Looks at what @path names. 1: @fd is open on it, to be written to as data comes; 0: @path is free
 * or names a regular file, then of @o's mode and owner; -1 with @e set. */
static int look(struct outfile *o, const char *path, int *fd, struct err *e)
{
	struct stat st;

	if (stat(path, &st) < 0)
		return errno == ENOENT ? 0 : cannot_write(e, path);
	*fd = standard_stream(&st);
	if (*fd >= 0)
		return 1;
	if (S_ISDIR(st.st_mode))
		return err_set(e, "%s: cannot write: it is a folder", path);
	if (!S_ISREG(st.st_mode)) {
		*fd = S_ISFIFO(st.st_mode) ? open_pipe(path)
					   : open(path, O_WRONLY | O_NOCTTY | O_CLOEXEC);
		if (*fd < 0 && errno == ENXIO && S_ISFIFO(st.st_mode))
			return err_set(e, "%s: nobody reads from this pipe; start its reader first",
				       path);
		return *fd < 0 ? cannot_write(e, path) : 1;
	}
	if (refuse_input(path, e) < 0)
		return -1;
	if (faccessat(AT_FDCWD, path, W_OK, AT_EACCESS) < 0)
		return cannot_write(e, path);
	o->replaces = true;
	o->mode = st.st_mode & 07777;
	o->uid = st.st_uid;
	o->gid = st.st_gid;
	return 0;
}

static char *temporary_name(const char *path)
{
	return xasprintf("%s.tmp%ld", path, (long)getpid());
}

/* A file in the folder of @o->path that has no name yet, or a temporary one. -1 with errno set. */
static int open_nameless(struct outfile *o)
{
	char *dir = xstrdup(o->path), *slash = strrchr(dir, '/');
	int fd = -1;

	if (slash)
		slash[slash == dir] = '\0';
	errno = EOPNOTSUPP;
	if (!access("/proc/self/fd", X_OK)) /* through which it gets its name */
		fd = open(slash ? dir : ".", O_TMPFILE | O_RDWR | O_CLOEXEC, 0644);
	free(dir);
	if (fd < 0 && (errno == EOPNOTSUPP || errno == EISDIR || errno == EINVAL)) {
		o->tmp = temporary_name(o->path);
		fd = open(o->tmp, O_CREAT | O_EXCL | O_RDWR | O_CLOEXEC, 0644);
		if (fd < 0) {
			free(o->tmp);
			o->tmp = NULL;
		}
	}
	return fd;
}

/* Mode and owner of the file that @fd is to replace, as far as this user may give them. Without the
 * owner there are no set-user-ID and set-group-ID bits either. */
static void keep_mode(const struct outfile *o, int fd)
{
	struct stat now;
	mode_t mode = o->mode;

	if (fstat(fd, &now) < 0 ||
	    ((now.st_uid != o->uid || now.st_gid != o->gid) && fchown(fd, o->uid, o->gid) < 0 &&
	     fchown(fd, (uid_t)-1, o->gid) < 0))
		mode &= 0777;
	(void)!fchmod(fd, mode);
}

static int open_stream(struct outfile *o, int fd, struct err *e)
{
	o->f = fdopen(fd, o->through ? "w" : "w+");
	if (o->f) {
		setvbuf(o->f, NULL, _IOFBF, STREAM_BUFFER);
		return 0;
	}
	cannot_write(e, o->path);
	close(fd);
	outfile_abort(o);
	return -1;
}

int outfile_open(struct outfile *o, const char *path, struct err *e)
{
	int fd = -1, found;

	memset(o, 0, sizeof(*o));
	if (!strcmp(path, "-")) {
		o->f = stdout;
		return 0;
	}
	found = look(o, path, &fd, e);
	if (found < 0)
		return -1;
	o->through = found > 0;
	o->path = o->through ? xstrdup(path) : path_end_of_links(path);
	if (o->path && !o->through)
		fd = open_nameless(o);
	if (fd < 0) {
		cannot_write(e, path);
		outfile_abort(o);
		return -1;
	}
	if (o->replaces)
		keep_mode(o, fd);
	return open_stream(o, fd, e);
}

int outfile_follow(struct outfile *o, const char *path, struct err *e)
{
	int fd = -1, found;

	memset(o, 0, sizeof(*o));
	if (!strcmp(path, "-")) {
		o->f = stdout;
	} else {
		found = look(o, path, &fd, e);
		if (found < 0)
			return -1;
		if (!found)
			fd = open(path, O_WRONLY | O_CREAT | O_APPEND | O_NOCTTY | O_CLOEXEC, 0644);
		if (fd < 0)
			return cannot_write(e, path);
		o->path = xstrdup(path);
		o->through = true;
		if (open_stream(o, fd, e) < 0)
			return -1;
	}
	setvbuf(o->f, NULL, _IOLBF, STREAM_BUFFER);
	return 0;
}

/* Gives a file without a name that of @o->path. 0, or -1 with errno set. */
static int link_in(const struct outfile *o)
{
	char proc[64], *tmp;
	int bad;

	snprintf(proc, sizeof(proc), "/proc/self/fd/%d", fileno(o->f));
	bad = linkat(AT_FDCWD, proc, AT_FDCWD, o->path, AT_SYMLINK_FOLLOW) < 0;
	if (!bad || errno != EEXIST)
		return bad ? -1 : 0;
	tmp = temporary_name(o->path);
	bad = linkat(AT_FDCWD, proc, AT_FDCWD, tmp, AT_SYMLINK_FOLLOW) < 0;
	if (!bad && rename(tmp, o->path) < 0) {
		bad = errno;
		unlink(tmp);
		errno = bad;
	}
	free(tmp);
	return bad ? -1 : 0;
}

/* Puts the file into its place. 0, or -1 with @e set. */
static int put_in_place(struct outfile *o, struct err *e)
{
	/* Inputs may have been opened since; and a pipe may stand there now. */
	struct stat st;

	if (refuse_input(o->path, e) < 0)
		return -1;
	if (!lstat(o->path, &st) && !S_ISREG(st.st_mode))
		return err_set(e, "%s: cannot write: something else was put there meanwhile",
			       o->path);
	if ((o->tmp ? rename(o->tmp, o->path) : link_in(o)) < 0)
		return cannot_write(e, o->path);
	free(o->tmp);
	o->tmp = NULL;
	input_own(fileno(o->f));
	return 0;
}

/* 0, or -1 with errno set, also when a write failed before. */
static int flush(FILE *f)
{
	if (fflush(f))
		return -1;
	if (!ferror(f))
		return 0;
	/* Another write fails for the same reason as the one before, and says it. */
	if (write(fileno(f), "", 1) >= 0)
		errno = EIO;
	return -1;
}

/* A failure of standard output is reported: it shall not be found a second time. */
static void forget_standard(void)
{
	__fpurge(stdout);
	clearerr(stdout);
}

int outfile_flush_standard(struct err *e)
{
	if (flush(stdout) == 0)
		return 0;
	err_sys(e, "standard output: cannot write");
	forget_standard();
	return -1;
}

int outfile_commit(struct outfile *o, struct err *e)
{
	int bad;

	if (o->f == stdout) {
		o->f = NULL;
		return outfile_flush_standard(e);
	}
	if (!o->f)
		return 0;
	bad = flush(o->f);
	if (bad)
		cannot_write(e, o->path);
	else if (!o->through)
		bad = put_in_place(o, e);
	outfile_abort(o);
	return bad ? -1 : 0;
}

void outfile_abort(struct outfile *o)
{
	if (o->f && o->f != stdout)
		fclose(o->f);
	else if (o->f && ferror(stdout))
		forget_standard();
	if (o->tmp)
		unlink(o->tmp);
	free(o->tmp);
	free(o->path);
	memset(o, 0, sizeof(*o));
}

int write_existing(const char *path, const char *text)
{
	int fd = open(path, O_WRONLY | O_CLOEXEC), rc, why;

	if (fd < 0)
		return -1;
	rc = write(fd, text, strlen(text)) < 0 ? -1 : 0;
	why = errno;
	close(fd);
	errno = why;
	return rc;
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
	return read_file_within(path, READ_FILE_MAX, len, e);
}

/* A device other than a terminal: /dev/zero never ends. */
static bool is_device(FILE *f)
{
	struct stat st;

	return fstat(fileno(f), &st) == 0 &&
	       (S_ISBLK(st.st_mode) ||
		(S_ISCHR(st.st_mode) && !isatty(fileno(f)) && st.st_rdev != makedev(1, 3)));
}

char *read_stream_within(FILE *f, const char *path, size_t most, size_t *len, struct err *e)
{
	size_t n = 0, cap = 4096, got;
	char *buf = NULL;

	if (is_device(f)) {
		err_set(e, "%s: a device, expected a file", path);
		goto bad;
	}
	buf = xmalloc(cap);
	while ((got = fread(buf + n, 1, cap - n - 1, f)) > 0) {
		n += got;
		if (n > most) {
			err_set(e, "%s: longer than %zu bytes", path, most);
			goto bad;
		}
		if (cap - n < 2)
			buf = xrealloc(buf, cap *= 2);
	}
	if (ferror(f)) {
		err_sys(e, "%s: cannot read", path);
		goto bad;
	}
	fclose(f);
	buf[n] = '\0';
	if (len)
		*len = n;
	return buf;
bad:
	fclose(f);
	free(buf);
	return NULL;
}

char *read_file_within(const char *path, size_t most, size_t *len, struct err *e)
{
	FILE *f = input_open(path, e);

	return f ? read_stream_within(f, path, most, len, e) : NULL;
}

static void sha256_hex(struct sha256_ctx *ctx, char hex[65])
{
	uint8_t digest[SHA256_DIGEST_SIZE];

	sha256_digest(ctx, sizeof(digest), digest);
	for (size_t i = 0; i < sizeof(digest); i++)
		snprintf(hex + 2 * i, 3, "%02x", digest[i]);
}

int stream_sha256(FILE *f, const char *path, char hex[65], struct err *e)
{
	struct sha256_ctx ctx;
	uint8_t buf[65536];
	size_t n;

	sha256_init(&ctx);
	while ((n = fread(buf, 1, sizeof(buf), f)) > 0)
		sha256_update(&ctx, n, buf);
	if (ferror(f))
		return err_sys(e, "%s: cannot read", path);
	sha256_hex(&ctx, hex);
	return 0;
}

int file_sha256(const char *path, char hex[65], struct err *e)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK), rc;
	FILE *f = fd < 0 ? NULL : fdopen(fd, "r");
	struct stat st;

	if (!f) {
		if (fd >= 0)
			close(fd);
		return err_sys(e, "%s: cannot read", path);
	}
	if (fstat(fd, &st) < 0 || !S_ISREG(st.st_mode))
		rc = err_set(e, "%s: not a regular file", path);
	else
		rc = stream_sha256(f, path, hex, e);
	fclose(f);
	return rc;
}

void bytes_sha256(const void *p, size_t n, char hex[65])
{
	struct sha256_ctx ctx;

	sha256_init(&ctx);
	sha256_update(&ctx, n, p);
	sha256_hex(&ctx, hex);
}
