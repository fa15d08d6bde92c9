// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * http.c - a very small HTTP server: GET /metrics, nothing else
 *
 * Whoever reaches the address may send what he likes, so everything has a bound: CONNECTIONS at a time
 * (one more takes the place of the oldest), REQUEST_MAX bytes up to the empty line, SECONDS for all of it. A
 * body is not read. The answer is copied when the request is whole, and the connection closed when it
 * is out.
 *
 *   state      enters it                leaves it
 *   asking     accepted                 an empty line: answering (200, 404, 405, 400); REQUEST_MAX
 *                                       bytes without one: answering (431); SECONDS, or its end: closed
 *   answering  as above                 all is written, SECONDS, or an error: closed
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/addr.h"
#include "operator/metrics/http.h"

#define CONNECTIONS 16
#define REQUEST_MAX 4096
#define SECONDS	    5

/* One connection; @fd -1 = free. @age in seconds; @order: the oldest has the lowest. */
struct connection {
	struct http_server *s;
	int fd;
	unsigned age;
	uint64_t order;
	size_t n, out_n, out_at;
	char *out; /* (owned) NULL = asking */
	char in[REQUEST_MAX + 1];
};

struct http_server {
	int fd;
	struct loop *loop;
	char *text; /* (owned) */
	uint64_t accepted;
	struct connection at[CONNECTIONS];
};

static void hang_up(struct connection *c)
{
	if (c->fd < 0)
		return;
	loop_fd_del(c->s->loop, c->fd);
	close(c->fd);
	free(c->out);
	c->out = NULL;
	c->fd = -1;
}

static void send_on(struct connection *c)
{
	while (c->out_at < c->out_n) {
		ssize_t n = send(c->fd, c->out + c->out_at, c->out_n - c->out_at, MSG_NOSIGNAL);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0 && (errno == EAGAIN || errno == EWOULDBLOCK)) {
			loop_fd_mod(c->s->loop, c->fd, EPOLLOUT);
			return;
		}
		if (n < 0)
			break;
		c->out_at += (size_t)n;
	}
	shutdown(c->fd, SHUT_WR);
	hang_up(c);
}

static void answer(struct connection *c, const char *status, const char *text, bool with_body)
{
	c->out = xasprintf("HTTP/1.1 %s\r\n"
			   "Content-Type: text/plain; version=0.0.4; charset=utf-8\r\n"
			   "Content-Length: %zu\r\nConnection: close\r\n\r\n%s",
			   status, strlen(text), with_body ? text : "");
	c->out_n = strlen(c->out);
	c->out_at = 0;
	send_on(c);
}

/* The request line, of which the rest of the head is no part. */
static void respond(struct connection *c)
{
	char *line = c->in, *method = strsep(&line, " "), *path = strsep(&line, " ");
	bool get = method && !strcmp(method, "GET"), ask = method && !strcmp(method, "HEAD");

	if (!path || !line || strncmp(line, "HTTP/1.", 7) != 0)
		answer(c, "400 Bad Request", "not HTTP/1\n", true);
	else if (!get && !ask)
		answer(c, "405 Method Not Allowed", "only GET\n", true);
	else if (strcmp(path, "/metrics") != 0)
		answer(c, "404 Not Found", "only /metrics\n", get);
	else
		answer(c, "200 OK", c->s->text ? c->s->text : "", get);
}

static void on_connection(void *arg, uint32_t events)
{
	struct connection *c = arg;
	ssize_t n;

	if (c->out) {
		if (events & (EPOLLERR | EPOLLHUP))
			hang_up(c);
		else
			send_on(c);
		return;
	}
	n = recv(c->fd, c->in + c->n, REQUEST_MAX - c->n, 0);
	if (n < 0 && (errno == EAGAIN || errno == EINTR))
		return;
	if (n <= 0) {
		hang_up(c);
		return;
	}
	c->n += (size_t)n;
	c->in[c->n] = '\0';
	if (memmem(c->in, c->n, "\r\n\r\n", 4))
		respond(c);
	else if (c->n == REQUEST_MAX)
		answer(c, "431 Request Header Fields Too Large", "too long\n", true);
}

/* A free place, or that of the oldest. */
static struct connection *place(struct http_server *s)
{
	struct connection *best = &s->at[0];

	for (size_t i = 0; i < CONNECTIONS; i++) {
		if (s->at[i].fd < 0)
			return &s->at[i];
		if (s->at[i].order < best->order)
			best = &s->at[i];
	}
	hang_up(best);
	return best;
}

static void on_listening(void *arg, uint32_t events)
{
	struct http_server *s = arg;
	int fd = accept4(s->fd, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);
	struct connection *c;
	struct err e;

	(void)events;
	if (fd < 0)
		return;
	c = place(s);
	c->fd = fd;
	c->n = c->age = 0;
	c->order = s->accepted++;
	if (loop_fd_add(s->loop, fd, EPOLLIN, on_connection, c, &e) < 0) {
		close(fd);
		c->fd = -1;
	}
}

struct http_server *http_open(const char *where, struct err *e)
{
	struct http_server *s = xcalloc(1, sizeof(*s));
	struct sockaddr_storage a;
	const int yes = 1;
	struct endpoint at;
	socklen_t size;

	s->fd = -1;
	for (size_t i = 0; i < CONNECTIONS; i++)
		s->at[i] = (struct connection){.s = s, .fd = -1};
	if (endpoint_parse(where, &at) < 0) {
		err_set(e, "%s: expected ADDRESS:PORT, such as 127.0.0.1:9477", where);
		goto bad;
	}
	size = endpoint_to_sockaddr(&at, &a);
	s->fd = socket(a.ss_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	if (s->fd < 0 || setsockopt(s->fd, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof(yes)) < 0 ||
	    bind(s->fd, (struct sockaddr *)&a, size) < 0 || listen(s->fd, CONNECTIONS) < 0) {
		err_sys(e, "%s: cannot listen", where);
		goto bad;
	}
	return s;
bad:
	http_close(s);
	return NULL;
}

int http_begin(struct http_server *s, struct loop *loop, struct err *e)
{
	s->loop = loop;
	return loop_fd_add(loop, s->fd, EPOLLIN, on_listening, s, e);
}

void http_text(struct http_server *s, char *text)
{
	free(s->text);
	s->text = text;
}

void http_second(struct http_server *s)
{
	for (size_t i = 0; i < CONNECTIONS; i++)
		if (s->at[i].fd >= 0 && ++s->at[i].age > SECONDS)
			hang_up(&s->at[i]);
}

void http_close(struct http_server *s)
{
	for (size_t i = 0; i < CONNECTIONS; i++)
		if (s->at[i].fd >= 0) {
			close(s->at[i].fd);
			free(s->at[i].out);
		}
	if (s->fd >= 0)
		close(s->fd);
	free(s->text);
	free(s);
}
