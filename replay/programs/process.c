// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * process.c - one process of a real program: its arguments, its files, its end
 *
 * A process gets its node's network, a file system of its own in memory (nothing it writes is left,
 * and a client cannot find a server's files), and none of our descriptors; it dies when we do. It
 * prints into a pipe of which only the end is kept: if it fails, that is what its user would have
 * read. A helper is for programs that refuse to run as root. It runs as an ordinary user of a
 * further user namespace, because the lab's own has no second user.
 *
 *  state   | what enters it                     | what leaves it
 *  --------+------------------------------------+----------------------------------------------
 *  forked  | process_start()                    | execv() -> running; a step of become() fails ->
 *          |                                    | ended, exit code 127 and the reason printed
 *  running | the child's execv()                | it exits -> ended; process_kill() -> freed
 *  ended   | its pidfd becomes readable         | the callback with the last lines -> freed
 *
 * Limits: a process that a program starts itself outlives it until the run's PID namespace ends.
 */
#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/netns.h"
#include "base/outfile.h"
#include "base/path.h"
#include "base/reap.h"
#include "base/rng.h"
#include "replay/programs/process.h"
#include "replay/programs/torrent.h"

#define ARGS	   48
#define LAST_BYTES 400 /* kept of what it printed */
#define ORDINARY   "65534"

struct process {
	struct loop *loop;
	process_end_fn *fn;
	void *arg;
	pid_t pid;
	int pidfd, out;
	size_t kept; /* bytes in @last */
	char last[LAST_BYTES];
};

char *process_binary(const char *name)
{
	return path_of_program(name, "/usr/sbin:/sbin:/usr/local/sbin");
}

const char *process_folder(void)
{
	static const char *const folders[] = {"/mnt", "/media", "/srv"};

	for (size_t i = 0; i < ARRAY_LEN(folders); i++)
		if (!access(folders[i], F_OK))
			return folders[i];
	return NULL;
}

/* --- arguments and files ------------------------------------------------------------------ */

/* @text with @IP@ and the like replaced; (owned). */
static char *fill_in(const char *text, const struct placeholders *n)
{
	char ip[IP_TEXT_LEN], host[IP_TEXT_LEN] = "", number[5][16], *out = NULL;
	const char *keys[] = {"@IP@",	 "@HOST@",  "@DIR@", "@PORT@",
			      "@CPORT@", "@MPORT@", "@N@",   "@LAST@"};
	const char *values[] = {ip,	   host,      n->dir,	 number[0],
				number[1], number[2], number[3], number[4]};
	const unsigned numbers[] = {n->server.port, n->client_port, n->media_port, n->serial,
				    n->server.ip.b[3]};
	size_t len = 0;
	FILE *f = open_memstream(&out, &len);

	ip_text(&n->server.ip, ip);
	if (n->host.family)
		ip_text(&n->host, host);
	for (size_t i = 0; i < ARRAY_LEN(numbers); i++)
		snprintf(number[i], sizeof(number[i]), "%u", numbers[i]);
	while (*text) {
		size_t k = 0;

		while (k < ARRAY_LEN(keys) && strncmp(text, keys[k], strlen(keys[k])) != 0)
			k++;
		if (k < ARRAY_LEN(keys)) {
			fputs(values[k], f);
			text += strlen(keys[k]);
		} else {
			fputc(*text++, f);
		}
	}
	fclose(f);
	return out;
}

static char *random_bytes(uint64_t seed, const struct program_file *file)
{
	char *bytes = xmalloc(file->random);
	struct rng rng;

	rng_init(&rng, seed, file->name);
	rng_fill(&rng, bytes, file->random);
	return bytes;
}

static const struct program_file *file_named(const struct program_pair *pair, const char *name)
{
	const struct program_file *f = pair->files;

	while (f->name && strcmp(f->name, name) != 0)
		f++;
	return f;
}

/* (owned), @len bytes. */
static char *content(const struct process_job *job, const struct program_file *file, size_t *len)
{
	const struct program_file *of;
	char *text, *data, *torrent, hash[TORRENT_HASH];

	if (file->random) {
		*len = file->random;
		return random_bytes(job->seed, file);
	}
	text = fill_in(file->text, &job->names);
	*len = strlen(text);
	if (!file->torrent_of)
		return text;
	of = file_named(job->pair, file->torrent_of);
	data = random_bytes(job->seed, of);
	torrent = torrent_make(text, of->name, data, of->random, len, hash);
	free(data);
	if (*text) {
		free(text);
		return torrent;
	}
	free(text);
	free(torrent);
	*len = strlen(hash);
	return xasprintf("%s\n", hash);
}

static int write_files(const struct process_job *job, struct err *e)
{
	for (const struct program_file *file = job->pair->files; file->name; file++) {
		char *path, *text;
		struct outfile o;
		size_t len;
		int rc;

		if (file->server_only && job->role == PROCESS_CLIENT)
			continue;
		path = path_in(job->names.dir, file->name);
		text = content(job, file, &len);
		rc = outfile_open(&o, path, e);
		if (rc == 0) {
			fwrite(text, 1, len, o.f);
			rc = outfile_commit(&o, e);
		}
		free(text);
		free(path);
		if (rc < 0)
			return -1;
	}
	return 0;
}

/* --- in the child ------------------------------------------------------------------------- */

static void __attribute__((noreturn, format(printf, 1, 2))) give_up(const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	vdprintf(STDERR_FILENO, fmt, ap);
	va_end(ap);
	_exit(127);
}

/* A file system of the process's own, in memory, over a folder: nothing it writes is left. */
static int private_folder(const char *dir)
{
	if (unshare(CLONE_NEWNS) < 0 || mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) < 0 ||
	    mount("tmpfs", dir, "tmpfs", MS_NOSUID | MS_NODEV, "mode=755,size=64m") < 0)
		return -1;
	return chdir(dir);
}

/* The lab's root becomes nobody in a user namespace below the lab's. */
static int ordinary_user(void)
{
	if (unshare(CLONE_NEWUSER) < 0 || write_existing("/proc/self/setgroups", "deny") < 0 ||
	    write_existing("/proc/self/uid_map", ORDINARY " 0 1") < 0)
		return -1;
	return write_existing("/proc/self/gid_map", ORDINARY " 0 1");
}

/* Turns the child into the program: in its node, without our descriptors, dying with the parent. */
static void __attribute__((noreturn))
become(const struct process_job *job, const char *binary, char **argv, int out, pid_t parent)
{
	struct err e;
	sigset_t none;

	dup2(open("/dev/null", O_RDWR), STDIN_FILENO);
	dup2(out, STDOUT_FILENO);
	dup2(out, STDERR_FILENO);
	if (job->netns >= 0 && netns_enter(job->netns, &e) < 0)
		give_up("%s", e.msg);
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	if (getppid() != parent)
		_exit(127);
	if (private_folder(job->names.dir) < 0)
		give_up("no private file system on %s: %s", job->names.dir, strerror(errno));
	if (write_files(job, &e) < 0)
		give_up("%s", e.msg);
	signal(SIGPIPE, SIG_DFL);
	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
	close_range(3, ~0u, 0);
	if (job->role == PROCESS_HELPER && ordinary_user() < 0)
		give_up("no user namespace for an ordinary user: %s", strerror(errno));
	prctl(PR_SET_PDEATHSIG, SIGKILL); /* a change of user clears it */
	execv(binary, argv);
	give_up("cannot run %s: %s", binary, strerror(errno));
}

/* --- in the parent ------------------------------------------------------------------------ */

/* Reads what it printed and keeps the end. False when the pipe is closed. */
static bool listen_to(struct process *p)
{
	char buf[4096];
	ssize_t n;

	while ((n = read(p->out, buf, sizeof(buf))) > 0) {
		size_t take = (size_t)n < LAST_BYTES ? (size_t)n : LAST_BYTES;
		size_t keep = p->kept + take > LAST_BYTES ? LAST_BYTES - take : p->kept;

		memmove(p->last, p->last + p->kept - keep, keep);
		memcpy(p->last + keep, buf + n - take, take);
		p->kept = keep + take;
		if (log_level >= 3)
			fwrite(buf, 1, (size_t)n, stderr);
	}
	return n < 0 && (errno == EAGAIN || errno == EINTR);
}

static void on_output(void *arg, uint32_t events)
{
	struct process *p = arg;

	(void)events;
	if (!listen_to(p)) {
		loop_fd_del(p->loop, p->out);
		close(p->out);
		p->out = -1;
	}
}

/* Its last two lines, joined into one of printable characters. */
static void last_lines(const struct process *p, char *text, size_t size)
{
	size_t from, to = p->kept, n;

	while (to && isspace((unsigned char)p->last[to - 1]))
		to--;
	for (from = to, n = 0; from && n < 2; from--)
		n += p->last[from - 1] == '\n' || p->last[from - 1] == '\r';
	if (n == 2) /* begin after the line break */
		from++;
	for (n = 0; from < to && n + 1 < size; from++) {
		unsigned char c = (unsigned char)p->last[from];

		if (c == '\n' || c == '\r')
			n += (size_t)snprintf(text + n, size - n, "; ");
		else
			text[n++] = (char)(isprint(c) ? c : ' ');
	}
	text[n < size ? n : size - 1] = '\0';
}

static void process_free(struct process *p)
{
	loop_fd_del(p->loop, p->pidfd);
	close(p->pidfd);
	if (p->out >= 0) {
		loop_fd_del(p->loop, p->out);
		close(p->out);
	}
	free(p);
}

static void on_end(void *arg, uint32_t events)
{
	struct process *p = arg;
	char lines[LAST_BYTES + 8], how[LAST_BYTES + 64];
	int status = 0;
	bool good;

	(void)events;
	reap(p->pid, &status);
	if (p->out >= 0)
		listen_to(p);
	last_lines(p, lines, sizeof(lines));
	good = WIFEXITED(status) && !WEXITSTATUS(status);
	snprintf(how, sizeof(how), "%s %d%s%s", WIFEXITED(status) ? "exit code" : "signal",
		 WIFEXITED(status) ? WEXITSTATUS(status) : WTERMSIG(status), *lines ? ": " : "",
		 lines);
	p->fn(p->arg, p, good, how);
	process_free(p);
}

struct process *process_start(struct loop *loop, const struct process_job *job, process_end_fn *fn,
			      void *arg, struct err *e)
{
	const char *const *argv = job->role == PROCESS_HELPER	? job->pair->helper
				  : job->role == PROCESS_SERVER ? job->pair->server
								: job->pair->client;
	struct process *p = xcalloc(1, sizeof(*p));
	char *args[ARGS] = {NULL}, *binary = process_binary(argv[0]);
	pid_t self = getpid();
	int out[2] = {-1, -1};

	*p = (struct process){.loop = loop, .fn = fn, .arg = arg, .pid = -1, .pidfd = -1};
	for (unsigned i = 0; i < ARGS - 1 && argv[i]; i++)
		args[i] = fill_in(argv[i], &job->names);
	if (binary && pipe2(out, O_CLOEXEC) == 0 && fcntl(out[0], F_SETFL, O_NONBLOCK) == 0)
		p->pid = fork();
	if (p->pid == 0)
		become(job, binary, args, out[1], self);
	if (p->pid > 0)
		p->pidfd = (int)syscall(SYS_pidfd_open, p->pid, 0);
	if (p->pidfd < 0)
		err_env(e, "cannot run %s: %s", argv[0],
			binary ? strerror(errno) : "it is not installed");
	if (out[1] >= 0)
		close(out[1]);
	p->out = out[0];
	if (p->pidfd < 0 || loop_fd_add(loop, p->pidfd, EPOLLIN, on_end, p, e) < 0 ||
	    loop_fd_add(loop, p->out, EPOLLIN, on_output, p, e) < 0) {
		process_kill(p);
		p = NULL;
	}
	for (unsigned i = 0; args[i]; i++)
		free(args[i]);
	free(binary);
	return p;
}

void process_kill(struct process *p)
{
	if (p->pid > 0) {
		kill(p->pid, SIGKILL);
		reap(p->pid, NULL);
	}
	process_free(p);
}
