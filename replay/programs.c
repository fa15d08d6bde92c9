// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * programs.c - real servers and clients as background traffic
 *
 * Each program of a mix has one server process on the internet node, at a server address that no
 * other program shares, and one client process per session on the host; both die with this process.
 * Nobody here knows which ports they choose: their flows are found in a capture afterwards, as
 * those between a host and a program's server address (programs_claim()).
 *
 * Each process has its own file system in memory for its configuration and whatever it writes.
 *
 * They live in real time, so the loop's clock has to be the real one.
 */
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <sched.h>
#include <signal.h>
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
#include "replay/programs.h"

#define ARGS	    48
#define CLIENTS_MAX 32 /* of one program at a time */

struct child {
	struct programs *p;
	struct background_stats *stats; /* NULL: a server */
	unsigned entry;
	pid_t pid;
	int pidfd;
	struct child *next;
};

struct p_host {
	struct talk_side side;
	struct p_host *next;
};

/* Arrivals of one program's clients at one host. */
struct p_arrival {
	struct programs *p;
	const struct p_host *host;
	unsigned entry;
	struct rng rng;
	struct loop_timer timer;
	struct p_arrival *next;
};

struct programs {
	struct loop *loop;
	uint64_t seed;
	const struct mix *mix;
	struct background_stats *stats;
	struct talk_side internet;
	struct endpoint servers[MIX_ENTRIES]; /* by entry; family 0: not running */
	unsigned running[MIX_ENTRIES];
	const char *dir; /* each process mounts its own file system there */
	struct p_host *hosts;
	struct p_arrival *arrivals;
	struct child *children;
	unsigned serial;
	bool stopped;
};

static char *find_binary(const char *name)
{
	const char *path = getenv("PATH");
	char *all = xasprintf("%s:/usr/sbin:/sbin:/usr/local/sbin", path ? path : ""), *save;

	for (char *d = strtok_r(all, ":", &save); d; d = strtok_r(NULL, ":", &save)) {
		char *full = xasprintf("%s/%s", d, name);

		if (!access(full, X_OK)) {
			free(all);
			return full;
		}
		free(full);
	}
	free(all);
	return NULL;
}

bool real_pair_installed(const struct real_pair *p)
{
	char *a = find_binary(p->server[0]), *b = find_binary(p->client[0]);
	bool both = a && b;

	free(a);
	free(b);
	return both;
}

struct programs *programs_new(struct loop *loop, uint64_t seed, const struct mix *m,
			      struct background_stats *stats)
{
	struct programs *p = xcalloc(1, sizeof(*p));

	p->loop = loop;
	p->seed = seed;
	p->mix = m;
	p->stats = stats;
	return p;
}

void programs_host(struct programs *p, const struct talk_side *host)
{
	struct p_host *h = xcalloc(1, sizeof(*h));

	h->side = *host;
	h->next = p->hosts;
	p->hosts = h;
}

/* --- words with names in them ------------------------------------------------------------- */

struct names {
	const char *dir;
	struct endpoint server, host;
	unsigned client_port, media_port, serial;
};

/* @text with @IP@ and the like replaced; (owned). */
static char *fill_in(const char *text, const struct names *n)
{
	char ip[IP_TEXT_LEN], host[IP_TEXT_LEN] = "", number[4][16], *out = NULL;
	const char *keys[] = {"@IP@", "@HOST@", "@DIR@", "@PORT@", "@CPORT@", "@MPORT@", "@N@"};
	const char *values[] = {ip, host, n->dir, number[0], number[1], number[2], number[3]};
	size_t len = 0;
	FILE *f = open_memstream(&out, &len);

	ip_text(&n->server.ip, ip);
	if (n->host.ip.family)
		ip_text(&n->host.ip, host);
	snprintf(number[0], sizeof(number[0]), "%u", n->server.port);
	snprintf(number[1], sizeof(number[1]), "%u", n->client_port);
	snprintf(number[2], sizeof(number[2]), "%u", n->media_port);
	snprintf(number[3], sizeof(number[3]), "%u", n->serial);
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

static int write_files(struct programs *p, const struct real_pair *pair, const struct names *n,
		       struct err *e)
{
	for (const struct real_file *file = pair->files; file->name; file++) {
		char *path = xasprintf("%s/%s", n->dir, file->name);
		char *text = file->text ? fill_in(file->text, n) : xmalloc(file->random);
		size_t len = file->text ? strlen(text) : file->random;
		struct outfile o;
		struct rng rng;
		int rc;

		if (!file->text) {
			rng_init(&rng, p->seed, file->name);
			rng_fill(&rng, text, len);
		}
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

/* --- processes ---------------------------------------------------------------------------- */

/* A file system of the process's own, in memory, over an empty folder: nothing it writes is left.
 */
static int private_folder(const char *dir)
{
	if (unshare(CLONE_NEWNS) < 0 || mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) < 0 ||
	    mount("tmpfs", dir, "tmpfs", MS_NOSUID | MS_NODEV, "mode=755,size=64m") < 0)
		return -1;
	return chdir(dir);
}

/* In the child: into the node, dying with the parent, silent, no descriptor of ours. */
static void become(struct programs *p, const struct real_pair *pair, int netns, const char *binary,
		   char **argv, const struct names *n, pid_t parent)
{
	sigset_t none;
	int null;

	if (netns >= 0 && netns_enter(netns, NULL) < 0)
		_exit(127);
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	if (getppid() != parent || private_folder(n->dir) < 0 || write_files(p, pair, n, NULL) < 0)
		_exit(127);
	signal(SIGPIPE, SIG_DFL);
	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
	null = open("/dev/null", O_RDWR);
	dup2(null, STDIN_FILENO);
	dup2(null, STDOUT_FILENO);
	if (log_level < 3)
		dup2(null, STDERR_FILENO);
	close_range(3, ~0u, 0);
	execv(binary, argv);
	_exit(127);
}

static void child_free(struct child *c)
{
	for (struct child **i = &c->p->children; *i; i = &(*i)->next)
		if (*i == c) {
			*i = c->next;
			break;
		}
	loop_fd_del(c->p->loop, c->pidfd);
	close(c->pidfd);
	free(c);
}

static void on_child_end(void *arg, uint32_t events)
{
	struct child *c = arg;
	const char *name = c->p->mix->programs[c->entry].pair->name;
	int status = 0;

	(void)events;
	waitpid(c->pid, &status, 0);
	if (!c->stats) {
		log_warn("background: the server of %s ended by itself", name);
		c->p->servers[c->entry].ip.family = 0;
	} else {
		c->p->running[c->entry]--;
		if (WIFEXITED(status) && !WEXITSTATUS(status))
			c->stats->complete++;
		else
			c->stats->cut++;
		log_debug("background: a client of %s ended with %d", name, status);
	}
	child_free(c);
}

static int start(struct programs *p, unsigned entry, const char *const *argv, int netns,
		 const struct names *n, struct background_stats *stats, struct err *e)
{
	struct child *c = xcalloc(1, sizeof(*c));
	char *args[ARGS] = {NULL}, *binary = find_binary(argv[0]);
	pid_t self = getpid();
	int rc = -1;

	for (unsigned i = 0; i < ARGS - 1 && argv[i]; i++)
		args[i] = fill_in(argv[i], n);
	*c = (struct child){.p = p, .stats = stats, .entry = entry};
	c->pid = fork();
	if (c->pid == 0)
		become(p, p->mix->programs[entry].pair, netns, binary, args, n, self);
	c->pidfd = c->pid > 0 ? (int)syscall(SYS_pidfd_open, c->pid, 0) : -1;
	if (c->pidfd < 0 || loop_fd_add(p->loop, c->pidfd, EPOLLIN, on_child_end, c, e) < 0) {
		err_env(e, "cannot run %s: %s", argv[0], strerror(errno));
		free(c);
	} else {
		c->next = p->children;
		p->children = c;
		rc = 0;
	}
	for (unsigned i = 0; args[i]; i++)
		free(args[i]);
	free(binary);
	return rc;
}

/* --- arrivals ----------------------------------------------------------------------------- */

static void on_arrival(void *arg)
{
	struct p_arrival *a = arg;
	struct programs *p = a->p;
	const struct mix_program *en = &p->mix->programs[a->entry];
	struct background_stats *stats = &p->stats[a->entry];
	struct names n = {.dir = p->dir, .server = p->servers[a->entry], .serial = ++p->serial};
	struct err e;

	n.host = a->host->side.at;
	n.client_port = rng_range(&a->rng, 20000, 29999);
	n.media_port = rng_range(&a->rng, 15000, 24999) * 2;
	if (!p->stopped && n.server.ip.family && p->running[a->entry] < CLIENTS_MAX) {
		stats->sessions++;
		if (start(p, a->entry, en->pair->client, a->host->side.netns, &n, stats, &e) < 0)
			log_warn("%s", e.msg);
		else
			p->running[a->entry]++;
	}
	if (!p->stopped)
		loop_timer_after(p->loop, &a->timer,
				 (uint64_t)rng_exp(&a->rng, 60e9 / en->per_minute));
}

static int start_one(struct programs *p, unsigned i, struct ip ip, struct err *e)
{
	const struct mix_program *en = &p->mix->programs[i];
	struct names n = {.dir = p->dir, .server = {ip, (uint16_t)en->port}};

	if (start(p, i, en->pair->server, p->internet.netns, &n, NULL, e) < 0)
		return -1;
	p->servers[i] = n.server;
	for (const struct p_host *h = p->hosts; h; h = h->next) {
		struct p_arrival *a = xcalloc(1, sizeof(*a));
		char name[96];

		*a = (struct p_arrival){.p = p, .host = h, .entry = i, .next = p->arrivals};
		a->timer = (struct loop_timer){.fn = on_arrival, .arg = a};
		snprintf(name, sizeof(name), "%s %s", h->side.node, en->pair->name);
		rng_init(&a->rng, p->seed, name);
		p->arrivals = a;
		/* Servers get half a second to open their sockets. */
		loop_timer_after(p->loop, &a->timer,
				 NS_PER_SEC / 2 +
					 (uint64_t)rng_exp(&a->rng, 60e9 / en->per_minute));
	}
	return 0;
}

int programs_start(struct programs *p, const struct talk_side *internet, const struct ip *ips,
		   size_t n, struct err *e)
{
	static const char *const folders[] = {"/mnt", "/media", "/srv"};
	const struct mix *m = p->mix;
	size_t used = 0;

	p->internet = *internet;
	if (!m->programs_count)
		return 0;
	if (loop_kind(p->loop) != LOOP_REAL)
		return err_set(e, "mix %s has real programs: the scenario needs `clock: real`",
			       m->name);
	for (size_t i = 0; i < ARRAY_LEN(folders) && !p->dir; i++)
		if (!access(folders[i], F_OK))
			p->dir = folders[i];
	if (!p->dir)
		return err_env(e, "no %s to mount a private file system on", folders[0]);
	for (unsigned i = 0; i < m->programs_count; i++) {
		if (!real_pair_installed(m->programs[i].pair)) {
			log_warn("background: %s is left out: %s or %s is not installed",
				 m->programs[i].pair->name, m->programs[i].pair->server[0],
				 m->programs[i].pair->client[0]);
			continue;
		}
		if (++used > n)
			return err_set(e, "mix %s: more programs than server addresses", m->name);
		/* From the end: generators use the first addresses. */
		if (start_one(p, i, ips[n - used], e) < 0)
			return -1;
	}
	return 0;
}

void programs_stop(struct programs *p)
{
	p->stopped = true;
	for (struct p_arrival *a = p->arrivals; a; a = a->next)
		loop_timer_cancel(p->loop, &a->timer);
}

void programs_finish(struct programs *p)
{
	programs_stop(p);
	for (struct child *c = p->children, *next; c; c = next) {
		next = c->next;
		kill(c->pid, SIGKILL);
		waitpid(c->pid, NULL, 0);
		loop_fd_del(p->loop, c->pidfd);
		close(c->pidfd);
		free(c);
	}
	p->children = NULL;
}

void programs_free(struct programs *p)
{
	if (!p)
		return;
	programs_finish(p);
	for (struct p_arrival *a = p->arrivals, *next; a; a = next) {
		next = a->next;
		free(a);
	}
	for (struct p_host *h = p->hosts, *next; h; h = next) {
		next = h->next;
		free(h);
	}
	free(p);
}

const char *programs_claim(const struct programs *p, const struct tuple *t)
{
	for (const struct p_host *h = p->hosts; h; h = h->next) {
		bool out = ip_eq(&t->src.ip, &h->side.at.ip);
		const struct ip *other = out ? &t->dst.ip : &t->src.ip;

		if (!out && !ip_eq(&t->dst.ip, &h->side.at.ip))
			continue;
		for (unsigned i = 0; i < p->mix->programs_count; i++)
			if (p->servers[i].port && ip_eq(&p->servers[i].ip, other))
				return p->mix->programs[i].pair->name;
	}
	return NULL;
}
