// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * view.c - the file system that a contained program sees
 *
 * Model: an allow-list. The root is an empty tmpfs; into it go, read-only, the folders of the
 * system from which programs live, the program itself and what the job lists. One tmpfs of limited
 * size, /out and /tmp, is all that can be written. Nothing else has a name: the old root is gone.
 *
 *	/usr /etc /opt ...	the system's, read-only; hidden folders are empty in them
 *	/in/...			what the job lists, read-only
 *	/out, /tmp		a tmpfs: its size is the limit of the output
 *	/dev			null, zero, full, random, urandom
 *	/proc			of its own PID namespace, read-only
 *
 * Sources are opened as detached mounts first and put in place afterwards, so that no name is
 * looked up twice.
 *
 * Limits: needs Linux 5.12 (mount_setattr). A file that others may not read is copied into memory
 * when root runs the program, since the program runs as nobody. A folder that is reachable by a
 * second mount below /usr, /etc or /opt is hidden under one of its names only.
 */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/sendfile.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/outfile.h"
#include "base/path.h"
#include "run/foreign/view.h"

#define ROOT	 "/tmp" /* where it is put together; its own /tmp is another */
#define HARMLESS (MOUNT_ATTR_NOSUID | MOUNT_ATTR_NODEV)

static const char *const system_folders[] = {"/usr",   "/bin",	  "/sbin", "/lib", "/lib32",
					     "/lib64", "/libx32", "/etc",  "/opt", "/nix"};
/* What has these names outside is not shown; a path below the program's /tmp may be. */
static const char *const own_folders[] = {"/in", "/out", "/proc", "/dev"};
static const char *const devices[] = {"/dev/null", "/dev/zero", "/dev/full", "/dev/random",
				      "/dev/urandom"};

/* One thing that is shown: a detached mount, and where it goes. Root's program runs as nobody: what
 * only its owner may read, such as a capture, is open as @copied (else -1) and becomes a copy. */
struct piece {
	int mount, copied;
	char *from, *at; /* (owned); @from without links */
	bool folder;
};

struct pieces {
	struct piece *of;
	size_t n;
	char **hidden; /* without links (owned) */
	size_t n_hidden;
};

/* Whether @path is @folder or below it. */
static bool below(const char *path, const char *folder)
{
	size_t n = strlen(folder);

	return !strncmp(path, folder, n) && (!path[n] || path[n] == '/');
}

static bool below_any(const char *path, const char *const *folders, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (below(path, folders[i]))
			return true;
	return false;
}

static char *absolute(const char *path)
{
	char *here, *whole;

	if (*path == '/')
		return xstrdup(path);
	here = getcwd(NULL, 0);
	whole = path_in(here ? here : "", path);
	free(here);
	return whole;
}

char *view_program(const char *name)
{
	char *found = path_of_program(name, "/usr/local/sbin:/usr/sbin:/sbin");
	char *whole = found ? absolute(found) : NULL;
	struct stat st;

	free(found);
	if (whole && stat(whole, &st) == 0 && S_ISREG(st.st_mode) && access(whole, X_OK) == 0)
		return whole;
	free(whole);
	return NULL;
}

static bool is_private(const struct stat *st)
{
	return geteuid() == 0 && S_ISREG(st->st_mode) && !(st->st_mode & S_IROTH);
}

static int piece_add(struct pieces *list, const char *from, const char *at, unsigned long long set,
		     struct err *e)
{
	struct mount_attr attr = {.attr_set = set};
	char *real = realpath(from, NULL);
	struct stat st;
	int fd;

	if (!real || stat(real, &st) < 0) {
		free(real);
		return err_set(e, "%s: %s", from, strerror(errno));
	}
	if (below(at, "/in") && !S_ISREG(st.st_mode) && !S_ISDIR(st.st_mode)) {
		free(real);
		return err_set(e, "%s: neither a file nor a folder", from);
	}
	fd = open_tree(AT_FDCWD, real, OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC | AT_RECURSIVE);
	if (fd < 0 ||
	    mount_setattr(fd, "", AT_EMPTY_PATH | AT_RECURSIVE, &attr, sizeof(attr)) < 0) {
		err_env(e, "%s: cannot be shown to a contained program (%s; Linux 5.12 can)", from,
			strerror(errno));
		if (fd >= 0)
			close(fd);
		free(real);
		return -1;
	}
	list->of = xrealloc(list->of, (list->n + 1) * sizeof(*list->of));
	list->of[list->n++] = (struct piece){
		fd, is_private(&st) && below(at, "/in") ? open(real, O_RDONLY | O_CLOEXEC) : -1,
		real, xstrdup(at), S_ISDIR(st.st_mode)};
	return 0;
}

static void pieces_free(struct pieces *list)
{
	for (size_t i = 0; i < list->n; i++) {
		close(list->of[i].mount);
		if (list->of[i].copied >= 0)
			close(list->of[i].copied);
		free(list->of[i].from);
		free(list->of[i].at);
	}
	for (size_t i = 0; i < list->n_hidden; i++)
		free(list->hidden[i]);
	free(list->hidden);
	free(list->of);
}

/* The system's folders; those that are links (/bin to usr/bin) become links. */
static int system_pieces(struct pieces *list, struct err *e)
{
	struct stat st;

	for (size_t i = 0; i < ARRAY_LEN(system_folders); i++)
		if (lstat(system_folders[i], &st) == 0 && S_ISDIR(st.st_mode) &&
		    piece_add(list, system_folders[i], system_folders[i],
			      HARMLESS | MOUNT_ATTR_RDONLY, e) < 0)
			return -1;
	for (size_t i = 0; i < ARRAY_LEN(devices); i++)
		if (access(devices[i], F_OK) == 0 &&
		    piece_add(list, devices[i], devices[i], MOUNT_ATTR_NOSUID | MOUNT_ATTR_NOEXEC,
			      e) < 0)
			return -1;
	return 0;
}

static bool shown(const struct pieces *list, const char *path)
{
	for (size_t i = 0; i < list->n; i++)
		if (below(path, list->of[i].at))
			return true;
	return false;
}

/* Something that is shown where it is, unless it is there already. */
static int same_place(struct pieces *list, const char *path, struct err *e)
{
	char *whole;
	int rc = 0;

	if (below_any(path, system_folders, ARRAY_LEN(system_folders)))
		return 0;
	whole = absolute(path);
	if (!shown(list, whole) && !below_any(whole, own_folders, ARRAY_LEN(own_folders)))
		rc = piece_add(list, whole, whole, HARMLESS | MOUNT_ATTR_RDONLY, e);
	free(whole);
	return rc;
}

static int listed_pieces(struct pieces *list, const struct contained_job *job, struct err *e)
{
	for (size_t i = 0; i < job->n_reads; i++) {
		const struct contained_read *r = &job->reads[i];
		int rc = below(r->at, "/in")
				 ? piece_add(list, r->from, r->at, HARMLESS | MOUNT_ATTR_RDONLY, e)
				 : same_place(list, r->from, e);

		if (rc < 0)
			return -1;
	}
	return 0;
}

/* An empty file or folder at @path below ROOT, with the folders that lead to it. */
static int make_place(const char *path, bool folder, struct err *e)
{
	char *at = path_inf(ROOT, "%s", path + 1), *slash = strrchr(at, '/');
	int rc = 0, fd;

	if (folder) {
		rc = make_dirs(at, e);
	} else {
		*slash = '\0';
		rc = make_dirs(at, e);
		*slash = '/';
		fd = rc < 0 ? -1 : open(at, O_WRONLY | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0444);
		if (rc == 0 && fd < 0)
			rc = err_env(e, "%s: cannot make a place for it: %s", path,
				     strerror(errno));
		if (fd >= 0)
			close(fd);
	}
	free(at);
	return rc;
}

static int place(const struct piece *p, struct err *e)
{
	char *at = path_inf(ROOT, "%s", p->at + 1);
	int rc = make_place(p->at, p->folder, e);

	if (rc == 0 && move_mount(p->mount, "", AT_FDCWD, at, MOVE_MOUNT_F_EMPTY_PATH) < 0)
		rc = err_env(e, "%s: cannot be mounted: %s", p->at, strerror(errno));
	free(at);
	return rc;
}

static int copy(const struct piece *p, struct err *e)
{
	char *at = path_inf(ROOT, "%s", p->at + 1);
	int rc = make_place(p->at, false, e), out = rc < 0 ? -1 : open(at, O_WRONLY | O_CLOEXEC);
	ssize_t n = out < 0 ? -1 : 1;

	while (n > 0)
		n = sendfile(out, p->copied, NULL, 1 << 30);
	if (rc == 0 && n < 0)
		rc = err_sys(e, "%s: cannot be copied for a contained program", p->from);
	if (out >= 0)
		close(out);
	free(at);
	return rc;
}

static int place_all(const struct pieces *list, struct err *e)
{
	for (size_t i = 0; i < list->n; i++)
		if ((list->of[i].copied < 0 ? place(&list->of[i], e) : copy(&list->of[i], e)) < 0)
			return -1;
	return 0;
}

/* Puts an empty folder over @hidden wherever one of the pieces would show it. */
static int hide(const struct pieces *list, const char *hidden, struct err *e)
{
	int rc = 0;

	for (size_t i = 0; rc == 0 && i < list->n; i++) {
		const struct piece *p = &list->of[i];
		char *at;

		if (!p->folder || !below(hidden, p->from))
			continue;
		at = path_inf(ROOT, "%s%s", p->at + 1, hidden + strlen(p->from));
		if (mount("skypelab", at, "tmpfs", MS_NOSUID | MS_NODEV | MS_NOEXEC | MS_RDONLY,
			  "size=4k,mode=755") < 0 &&
		    errno != ENOENT) /* hidden already, with a folder above it */
			rc = err_env(e, "%s: cannot be hidden: %s", hidden, strerror(errno));
		free(at);
	}
	return rc;
}

static int hide_all(const struct pieces *list, struct err *e)
{
	for (size_t i = 0; i < list->n_hidden; i++)
		if (hide(list, list->hidden[i], e) < 0)
			return -1;
	return 0;
}

/* What is to be hidden, unless the program itself lies there. */
static void find_hidden(struct pieces *list, const char *const *hidden, const char *program)
{
	char *own = realpath(program, NULL);

	for (; hidden && *hidden; hidden++) {
		char *real = realpath(*hidden, NULL);

		if (!real || (own && below(own, real))) {
			free(real);
			continue;
		}
		list->hidden = xrealloc(list->hidden, (list->n_hidden + 1) * sizeof(char *));
		list->hidden[list->n_hidden++] = real;
	}
	free(own);
}

static void links(void)
{
	static const char *const of_dev[][2] = {{"/proc/self/fd", ROOT "/dev/fd"},
						{"/proc/self/fd/0", ROOT "/dev/stdin"},
						{"/proc/self/fd/1", ROOT "/dev/stdout"},
						{"/proc/self/fd/2", ROOT "/dev/stderr"},
						{"/tmp", ROOT "/dev/shm"}};
	char to[PATH_MAX], *at;
	ssize_t n;

	for (size_t i = 0; i < ARRAY_LEN(of_dev); i++)
		(void)!symlink(of_dev[i][0], of_dev[i][1]);
	for (size_t i = 0; i < ARRAY_LEN(system_folders); i++) {
		n = readlink(system_folders[i], to, sizeof(to) - 1);
		if (n <= 0)
			continue;
		to[n] = '\0';
		at = path_inf(ROOT, "%s", system_folders[i] + 1);
		(void)!symlink(to, at);
		free(at);
	}
}

/* /out and /tmp: two folders of one tmpfs, so that one limit holds for both. */
static int writable(const struct contained_limits *l, struct err *e)
{
	static const char *const names[] = {"out", "tmp"};
	char *size = xasprintf("size=%llu,nr_inodes=%u,mode=755",
			       (unsigned long long)l->output_bytes, l->files + 3);
	int rc = make_place("/stage", true, e);

	if (rc == 0 && mount("skypelab", ROOT "/stage", "tmpfs", MS_NOSUID | MS_NODEV, size) < 0)
		rc = err_env(e, "cannot mount a tmpfs for a program's output: %s", strerror(errno));
	free(size);
	for (size_t i = 0; rc == 0 && i < ARRAY_LEN(names); i++) {
		char *from = path_inf(ROOT, "stage/%s", names[i]), *to = path_in(ROOT, names[i]);

		if (mkdir(from, 0777) < 0 || chmod(from, 01777) < 0 || mkdir(to, 0755) < 0 ||
		    mount(from, to, NULL, MS_BIND, NULL) < 0)
			rc = err_env(e, "cannot make a folder for a program's output: %s",
				     strerror(errno));
		free(from);
		free(to);
	}
	if (rc == 0 && (umount2(ROOT "/stage", MNT_DETACH) < 0 || rmdir(ROOT "/stage") < 0))
		rc = err_env(e, "cannot put a program's output in place: %s", strerror(errno));
	return rc;
}

int view_build(const struct contained_job *job, const char *program, struct err *e)
{
	struct pieces list = {0};
	int rc = system_pieces(&list, e);

	find_hidden(&list, job->hidden, program);
	if (rc == 0)
		rc = same_place(&list, program, e);
	if (rc == 0)
		rc = listed_pieces(&list, job, e);
	if (rc == 0 && mount("skypelab", ROOT, "tmpfs", MS_NOSUID, "mode=755") < 0)
		rc = err_env(e, "cannot mount a tmpfs for a contained program: %s",
			     strerror(errno));
	if (rc == 0)
		rc = writable(&job->limits, e);
	if (rc == 0)
		rc = make_place("/proc", true, e);
	if (rc == 0)
		rc = place_all(&list, e);
	if (rc == 0)
		rc = hide_all(&list, e);
	if (rc == 0)
		links();
	pieces_free(&list);
	return rc;
}

int view_enter(bool *proc, struct err *e)
{
	struct mount_attr read_only = {.attr_set = MOUNT_ATTR_RDONLY};

	*proc = mount("proc", ROOT "/proc", "proc", MS_NOSUID | MS_NODEV | MS_NOEXEC | MS_RDONLY,
		      NULL) == 0;
	if (!*proc)
		log_debug("no /proc for a contained program: %s", strerror(errno));
	if (mount_setattr(AT_FDCWD, ROOT, 0, &read_only, sizeof(read_only)) < 0 ||
	    chdir(ROOT) < 0 || syscall(SYS_pivot_root, ".", ".") < 0 ||
	    umount2(".", MNT_DETACH) < 0 || chdir("/") < 0)
		return err_env(e, "cannot make a root of its own for a contained program: %s",
			       strerror(errno));
	return 0;
}
