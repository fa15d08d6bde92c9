// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * control.c - the socket at which a running `watch` answers
 *
 * A Unix stream socket of mode 0600. A request is one line, a JSON object with a member "verb"; so is the
 * answer, with "ok". Several requests may follow each other.
 *
 *   state of a client | what it means                    | left when
 *   ------------------+----------------------------------+-------------------------------------------
 *   reading           | a line is coming                 | it is whole -> writing; nothing came for
 *                     |                                  | IDLE_NS, it is too long, the end -> closed
 *   writing           | the answer goes out, nothing is  | all of it is out -> reading; nobody took
 *                     | read meanwhile                   | any for IDLE_NS -> closed
 *
 * Bounds: CLIENTS_MAX at a time (further ones are closed at once), LINE_BYTES a request, one answer a client
 * in memory. Nobody is waited for.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "operator/watch/control.h"

#define CLIENTS_MAX 8
#define VERBS_MAX   16
#define LINE_BYTES  4096
#define IDLE_NS	    (30 * NS_PER_SEC)

struct verb {
	const char *name;
	control_fn *fn;
	void *arg;
};

/**
 * struct client - see the table above
 * @fd:		-1 = free
 * @line, @n:	What has come of a request
 * @answer, @size, @at: (owned) What goes out, from @at on; NULL = reading
 * @idle:	Fires when nothing has happened for too long
 */
struct client {
	struct control *c;
	int fd;
	char line[LINE_BYTES];
	size_t n;
	char *answer;
	size_t size, at;
	struct loop_timer idle;
};

struct control {
	char *path;
	int fd;
	bool bound;
	struct loop *loop;
	struct verb verbs[VERBS_MAX];
	size_t verbs_n;
	struct client clients[CLIENTS_MAX];
};

static void hang_up(struct client *k)
{
	struct loop *loop = k->c->loop;

	loop_timer_cancel(loop, &k->idle);
	loop_fd_del(loop, k->fd);
	close(k->fd);
	free(k->answer);
	k->answer = NULL;
	k->fd = -1;
}

static void on_idle(void *arg)
{
	hang_up(arg);
}

static json_t *refusal(const char *why)
{
	json_t *text = json_string(why);

	return json_pack("{s:b, s:o}", "ok", 0, "error",
			 text ? text : json_string("error whose text is not UTF-8"));
}

/* The answer to a request line. */
static json_t *answer_to(const struct control *c, const char *line, size_t n)
{
	json_t *request = json_loadb(line, n, JSON_REJECT_DUPLICATES, NULL), *out = NULL;
	const char *verb = json_string_value(json_object_get(request, "verb"));
	struct err e = {0};

	if (!verb)
		err_set(&e, "expected a JSON object with \"verb\"");
	else
		err_set(&e, "no such verb");
	for (size_t i = 0; verb && i < c->verbs_n; i++)
		if (!strcmp(c->verbs[i].name, verb)) {
			out = c->verbs[i].fn(c->verbs[i].arg, request, &e);
			break;
		}
	if (out)
		json_object_set_new(out, "ok", json_true());
	else
		out = refusal(e.msg);
	json_decref(request);
	return out;
}

static void start_answer(struct client *k, json_t *o)
{
	char *text = json_dumps(o, JSON_COMPACT);
	size_t n = text ? strlen(text) : 0;

	json_decref(o);
	k->answer = xmalloc(n + 1);
	memcpy(k->answer, text ? text : "", n);
	k->answer[n] = '\n';
	k->size = n + 1;
	k->at = 0;
	free(text);
}

/* Takes a whole line from what has come. */
static bool take_line(struct client *k)
{
	char *end = memchr(k->line, '\n', k->n);
	size_t n = end ? (size_t)(end - k->line) : 0;

	if (!end)
		return false;
	start_answer(k, answer_to(k->c, k->line, n));
	k->n -= n + 1;
	memmove(k->line, end + 1, k->n);
	return true;
}

/* Whether the client is still there. */
static bool write_answer(struct client *k)
{
	ssize_t n = send(k->fd, k->answer + k->at, k->size - k->at, MSG_NOSIGNAL | MSG_DONTWAIT);

	if (n < 0)
		return errno == EAGAIN || errno == EINTR;
	k->at += (size_t)n;
	if (k->at < k->size)
		return true;
	free(k->answer);
	k->answer = NULL;
	return true;
}

static bool read_request(struct client *k)
{
	ssize_t n = recv(k->fd, k->line + k->n, sizeof(k->line) - k->n, MSG_DONTWAIT);

	if (n < 0)
		return errno == EAGAIN || errno == EINTR;
	k->n += (size_t)n;
	return n > 0;
}

static void on_client(void *arg, uint32_t events)
{
	struct client *k = arg;
	bool there = true;

	(void)events;
	loop_timer_after(k->c->loop, &k->idle, IDLE_NS);
	if (k->answer)
		there = write_answer(k);
	else
		there = read_request(k);
	while (there && !k->answer && take_line(k))
		there = write_answer(k);
	if (!there || (!k->answer && k->n == sizeof(k->line))) {
		hang_up(k);
		return;
	}
	loop_fd_mod(k->c->loop, k->fd, k->answer ? EPOLLOUT : EPOLLIN);
}

static void on_connection(void *arg, uint32_t events)
{
	struct control *c = arg;
	struct client *k = NULL;
	int fd = accept4(c->fd, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);

	(void)events;
	if (fd < 0)
		return;
	for (size_t i = 0; i < CLIENTS_MAX && !k; i++)
		if (c->clients[i].fd < 0)
			k = &c->clients[i];
	if (!k || loop_fd_add(c->loop, fd, EPOLLIN, on_client, k, NULL) < 0) {
		close(fd);
		return;
	}
	k->fd = fd;
	k->n = 0;
	k->idle.fn = on_idle;
	k->idle.arg = k;
	loop_timer_after(c->loop, &k->idle, IDLE_NS);
}

/* ---- opening ---- */

/* What stands at the name: removed when it is a socket at which nobody listens. 0, or -1 with @e set. */
static int make_way(const struct sockaddr_un *at, struct err *e)
{
	struct stat st;
	int fd, rc;

	if (lstat(at->sun_path, &st) < 0)
		return errno == ENOENT ? 0 : err_sys(e, "%s", at->sun_path);
	if (!S_ISSOCK(st.st_mode))
		return err_set(e, "%s: is no socket; name another one for --control", at->sun_path);
	fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (fd < 0)
		return err_sys(e, "socket");
	rc = connect(fd, (const struct sockaddr *)at, sizeof(*at));
	if (rc < 0 && errno == ECONNREFUSED && unlink(at->sun_path) == 0)
		rc = 1;
	close(fd);
	return rc == 1 ? 0
		       : err_set(e,
				 "%s: another program answers there; name another one for "
				 "--control",
				 at->sun_path);
}

static int bind_socket(struct control *c, struct err *e)
{
	struct sockaddr_un at = {.sun_family = AF_UNIX};

	if (strlen(c->path) >= sizeof(at.sun_path))
		return err_set(e, "%s: longer than a socket's name may be, %zu bytes", c->path,
			       sizeof(at.sun_path) - 1);
	snprintf(at.sun_path, sizeof(at.sun_path), "%s", c->path);
	if (make_way(&at, e) < 0)
		return -1;
	c->fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (c->fd < 0 || bind(c->fd, (const struct sockaddr *)&at, sizeof(at)) < 0)
		return err_sys(e, "%s: cannot make the control socket", c->path);
	c->bound = true;
	/* Before it listens nobody can connect. */
	if (chmod(c->path, 0600) < 0 || listen(c->fd, CLIENTS_MAX) < 0)
		return err_sys(e, "%s: cannot listen", c->path);
	return 0;
}

static int on_begin(void *arg, struct loop *loop, struct err *e)
{
	struct control *c = arg;

	c->loop = loop;
	return loop_fd_add(loop, c->fd, EPOLLIN, on_connection, c, e);
}

struct control *control_open(const char *path, struct watch_sink *sink, struct err *e)
{
	struct control *c = xcalloc(1, sizeof(*c));

	c->path = xstrdup(path);
	c->fd = -1;
	for (size_t i = 0; i < CLIENTS_MAX; i++) {
		c->clients[i].fd = -1;
		c->clients[i].c = c;
	}
	if (bind_socket(c, e) < 0) {
		control_close(c);
		return NULL;
	}
	*sink = (struct watch_sink){.name = "control", .arg = c, .begin = on_begin};
	return c;
}

void control_add(struct control *c, const char *verb, control_fn *fn, void *arg)
{
	if (c->verbs_n < VERBS_MAX)
		c->verbs[c->verbs_n++] = (struct verb){verb, fn, arg};
}

void control_close(struct control *c)
{
	if (!c)
		return;
	for (size_t i = 0; i < CLIENTS_MAX; i++)
		if (c->clients[i].fd >= 0)
			hang_up(&c->clients[i]);
	if (c->bound)
		unlink(c->path);
	if (c->fd >= 0)
		close(c->fd);
	free(c->path);
	free(c);
}
