// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * http_proxy.c - an HTTP proxy that connects hosts to others by CONNECT, as squid 2.6 does
 *
 * Model. Each connection of a host is a tunnel, with the host's socket on its near side and one of
 * the proxy's own on its far side. What is read on a side waits until the other takes it; while it
 * waits, nothing more is read there. Either end's close ends both, after what waits has gone out.
 *
 *	state		entered when			left when
 *	ASKED		a host connects			a whole request is there: CONNECTING, or
 *							REFUSED; ASK_NS pass: the tunnel ends
 *	CONNECTING	CONNECT to an allowed port	connected: the answer is 200, OPEN; refused,
 *							unreachable, CONNECT_NS pass: 503, REFUSED
 *	OPEN		200 is sent			an end closes: LAST; breaks: both are reset
 *	LAST		an end has closed		what waits for the other has gone out: ends
 *	REFUSED		an error page is sent		it has gone out: ends
 *
 * Answers: 200; 400 what is no request; 403 a port other than 443 and 563, squid's SSL_ports; 404 a
 * name, which squid says when its look-up fails; 501 any other method; 503 the way fails. Pages
 * have squid's heads, and a text of ours.
 *
 * Truth. The host's flow is found by its tuple: between a host and the proxy of its site is no NAT.
 * The proxy's own flow gets its label, client and version; what arrives on one is logged on the
 * other when it is sent on, under its own name where it is one message.
 *
 * Limits. It takes no time of its own. It forwards no requests for pages, keeps no idle tunnel from
 * staying open, and asks nobody for a password. Addresses are IPv4.
 */
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "base/netns.h"
#include "base/rng.h"
#include "replay/proxy/http_proxy.h"

#define BACKLOG	   512
#define HEAD_MAX   4096 /* of a request */
#define WAITS_MAX  65536
#define ASK_NS	   (300 * NS_PER_SEC) /* squid's request_timeout */
#define CONNECT_NS (60 * NS_PER_SEC)  /* squid's connect_timeout */
#define PORT_FIRST 32768	      /* Linux' own range */
#define PORT_LAST  60999
#define PORT_TRIES 64

enum state { ASKED, CONNECTING, OPEN, LAST, REFUSED };
enum { NEAR, FAR };

/* One socket of a tunnel, and what waits to be sent on it. */
struct side {
	struct tunnel *tunnel;
	int fd;
	uint8_t *waits; /* (owned) */
	size_t n, room;
};

struct tunnel {
	struct http_proxy *proxy;
	struct tunnel *prev, *next;
	enum state state;
	struct side side[2];
	struct endpoint host, to;
	struct loop_timer timer;
	char head[HEAD_MAX + 1]; /* the request, as far as it has come */
	size_t head_n;
	long flow[2]; /* in the truth log; -1 = not there */
};

struct http_proxy {
	struct loop *loop;
	struct truth_log *truth;
	struct http_proxy_spec spec;
	char node[32];
	int fd;
	struct tunnel *tunnels;
};

/* --- the end ------------------------------------------------------------------------------ */

static void side_close(struct side *s, bool reset)
{
	struct linger hard = {1, 0};

	if (s->fd >= 0) {
		if (reset)
			setsockopt(s->fd, SOL_SOCKET, SO_LINGER, &hard, sizeof(hard));
		loop_fd_del(s->tunnel->proxy->loop, s->fd);
		close(s->fd);
	}
	s->fd = -1;
	free(s->waits);
	s->waits = NULL;
	s->n = s->room = 0;
}

static void tunnel_end(struct tunnel *t, bool reset)
{
	struct http_proxy *p = t->proxy;

	loop_timer_cancel(p->loop, &t->timer);
	if (t->flow[FAR] >= 0)
		truth_close(p->truth, (uint32_t)t->flow[FAR], loop_now(p->loop));
	side_close(&t->side[NEAR], reset);
	side_close(&t->side[FAR], reset);
	if (t->prev)
		t->prev->next = t->next;
	else
		p->tunnels = t->next;
	if (t->next)
		t->next->prev = t->prev;
	free(t);
}

/* --- sockets ------------------------------------------------------------------------------ */

/* Asks for what each side is ready for: to be written while something waits for it, to be read
 * while nothing waits on the other one. */
static void watch(struct tunnel *t)
{
	for (int i = 0; i < 2; i++) {
		const struct side *s = &t->side[i];
		bool in = t->state == ASKED || (t->state == OPEN && !t->side[!i].n);
		bool out = s->n || (i == FAR && t->state == CONNECTING);

		/* a host that goes away while the proxy connects is heard as well */
		in |= i == NEAR && t->state == CONNECTING && t->head_n < HEAD_MAX;
		if (s->fd >= 0)
			loop_fd_mod(t->proxy->loop, s->fd,
				    (in ? EPOLLIN : 0) | (out ? EPOLLOUT : 0));
	}
}

/* Sends what waits for a side as far as it takes it. 0, or -1: it is broken. */
static int flush(struct side *s)
{
	size_t done = 0;

	while (done < s->n) {
		ssize_t n = send(s->fd, s->waits + done, s->n - done, MSG_NOSIGNAL);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0 && errno != EAGAIN)
			return -1;
		if (n < 0)
			break;
		done += (size_t)n;
	}
	memmove(s->waits, s->waits + done, s->n - done);
	s->n -= done;
	return 0;
}

/* Gives bytes to a side, and logs them there as one message. */
static int give(struct tunnel *t, int to, const char *name, const void *p, size_t n)
{
	struct side *s = &t->side[to];

	if (t->flow[to] >= 0)
		truth_message(t->proxy->truth, (uint32_t)t->flow[to], to == NEAR, name,
			      loop_now(t->proxy->loop), p, (uint32_t)n);
	if (s->n + n > s->room) {
		s->room = s->n + n;
		s->waits = xrealloc(s->waits, s->room);
	}
	memcpy(s->waits + s->n, p, n);
	s->n += n;
	return flush(s);
}

/* Gives what came from one side to the other, under the name that it came with. */
static int pass_on(struct tunnel *t, int from, const void *p, size_t n)
{
	const char *name = "";

	if (t->flow[from] >= 0)
		name = truth_message_name(t->proxy->truth, (uint32_t)t->flow[from], from == FAR, p,
					  (uint32_t)n);
	return give(t, !from, name, p, n);
}

/* --- answers ------------------------------------------------------------------------------ */

static void refuse(struct tunnel *t, unsigned status, const char *reason, const char *squid_error)
{
	time_t now = (time_t)(loop_due(t->proxy->loop) / NS_PER_SEC);
	char page[1024], body[256], date[40], name[16];
	struct tm tm;
	int n, len = snprintf(
		       body, sizeof(body),
		       "<HTML><HEAD><TITLE>ERROR: The requested URL could not be retrieved</TITLE>"
		       "</HEAD><BODY><H1>ERROR</H1>%u %s</BODY></HTML>\n",
		       status, reason);

	gmtime_r(&now, &tm);
	strftime(date, sizeof(date), "%a, %d %b %Y %H:%M:%S GMT", &tm);
	n = snprintf(
		page, sizeof(page),
		"HTTP/1.0 %u %s\r\nServer: squid/2.6.STABLE1\r\nDate: %s\r\n"
		"Content-Type: text/html\r\nContent-Length: %d\r\nExpires: %s\r\n"
		"X-Squid-Error: %s 0\r\nX-Cache: MISS from %s\r\nProxy-Connection: close\r\n\r\n"
		"%s",
		status, reason, date, len, date, squid_error, t->proxy->node, body);
	snprintf(name, sizeof(name), "%u", status);
	loop_timer_cancel(t->proxy->loop, &t->timer);
	side_close(&t->side[FAR], false);
	t->state = REFUSED;
	if (give(t, NEAR, name, page, (size_t)n) < 0 || !t->side[NEAR].n)
		tunnel_end(t, false);
	else
		watch(t);
}

static void no_way(void *arg)
{
	refuse(arg, 503, "Service Unavailable", "ERR_CONNECT_FAIL");
}

/* The far side is connected. */
static void established(struct tunnel *t)
{
	static const char ok[] = "HTTP/1.0 200 Connection established\r\n\r\n";
	int rc;

	loop_timer_cancel(t->proxy->loop, &t->timer);
	t->state = OPEN;
	rc = give(t, NEAR, "200", ok, sizeof(ok) - 1);
	if (rc == 0 && t->head_n) /* what came behind the request */
		rc = pass_on(t, NEAR, t->head, t->head_n);
	if (rc < 0)
		tunnel_end(t, true);
	else
		watch(t);
}

/* --- the way onwards ---------------------------------------------------------------------- */

static void log_far(struct tunnel *t, const struct endpoint *from)
{
	struct http_proxy *p = t->proxy;
	struct truth_flow f;

	if (t->flow[NEAR] < 0)
		return;
	f = *truth_flow_at(p->truth, (size_t)t->flow[NEAR]);
	f.tuple = (struct tuple){IPPROTO_TCP, *from, t->to};
	memcpy(f.node, p->node, sizeof(f.node));
	if (f.client_ip.family)
		f.client_ip = p->spec.ip;
	f.opened_ns = loop_now(p->loop);
	f.messages = 0;
	f.carries = f.carried_by = 0;
	t->flow[FAR] = truth_flow(p->truth, &f);
	truth_carry(p->truth, (uint32_t)t->flow[NEAR], (uint32_t)t->flow[FAR]);
}

static void far_ready(void *arg, uint32_t events);

/* Binds to a port that the seed and the host's own endpoint decide, whatever else is under way. */
static int bind_far(struct tunnel *t, int fd, struct endpoint *from)
{
	char name[ENDPOINT_TEXT_LEN + 8], text[ENDPOINT_TEXT_LEN];
	struct sockaddr_storage ss;
	struct rng r;

	snprintf(name, sizeof(name), "proxy/%s", endpoint_text(&t->host, text));
	rng_init(&r, t->proxy->spec.seed, name);
	for (int i = 0; i < PORT_TRIES; i++) {
		*from = (struct endpoint){t->proxy->spec.ip,
					  (uint16_t)rng_range(&r, PORT_FIRST, PORT_LAST)};
		if (bind(fd, (struct sockaddr *)&ss, endpoint_to_sockaddr(from, &ss)) == 0)
			return 0;
	}
	return -1;
}

static void connect_far(struct tunnel *t)
{
	struct http_proxy *p = t->proxy;
	int fd = netns_socket(p->spec.netns, AF_INET, SOCK_STREAM, 0, NULL), one = 1;
	struct sockaddr_storage ss;
	struct endpoint from;
	socklen_t len = endpoint_to_sockaddr(&t->to, &ss);

	t->state = CONNECTING;
	t->side[FAR].fd = fd;
	if (fd < 0 || bind_far(t, fd, &from) < 0 ||
	    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof(one)) < 0 ||
	    (connect(fd, (struct sockaddr *)&ss, len) < 0 && errno != EINPROGRESS) ||
	    loop_fd_add(p->loop, fd, EPOLLOUT, far_ready, &t->side[FAR], NULL) < 0) {
		no_way(t);
		return;
	}
	log_far(t, &from);
	t->timer.fn = no_way;
	loop_timer_after(p->loop, &t->timer, CONNECT_NS);
	watch(t);
}

/* --- the request -------------------------------------------------------------------------- */

static bool may_connect(uint16_t port)
{
	return port == 443 || port == 563;
}

/* The first line of a request, whose end is known to be there. */
static void answer(struct tunnel *t, char *line)
{
	char *save = NULL, *method = strtok_r(line, " ", &save);
	char *to = strtok_r(NULL, " ", &save), *version = strtok_r(NULL, " ", &save);
	const char *colon = to ? strrchr(to, ':') : NULL;

	if (!version || strncmp(version, "HTTP/1.", 7) != 0)
		refuse(t, 400, "Bad Request", "ERR_INVALID_REQ");
	else if (strcmp(method, "CONNECT") != 0)
		refuse(t, 501, "Not Implemented", "ERR_UNSUP_REQ");
	else if (!colon)
		refuse(t, 400, "Bad Request", "ERR_INVALID_URL");
	else if (endpoint_parse(to, &t->to) < 0 || t->to.ip.family != 4)
		refuse(t, 404, "Not Found", "ERR_DNS_FAIL");
	else if (!may_connect(t->to.port))
		refuse(t, 403, "Forbidden", "ERR_ACCESS_DENIED");
	else
		connect_far(t);
}

/* More of the request has come, or what is behind it while the far side connects. */
static void head_arrived(struct tunnel *t)
{
	char line[HEAD_MAX + 1];
	const char *end;
	size_t used;

	if (t->state != ASKED)
		return;
	t->head[t->head_n] = '\0';
	end = memmem(t->head, t->head_n, "\r\n\r\n", 4);
	if (!end && t->head_n < HEAD_MAX)
		return;
	if (!end) {
		refuse(t, 400, "Bad Request", "ERR_INVALID_REQ");
		return;
	}
	snprintf(line, sizeof(line), "%.*s", (int)strcspn(t->head, "\r\n"), t->head);
	used = (size_t)(end + 4 - t->head);
	memmove(t->head, end + 4, t->head_n - used);
	t->head_n -= used;
	answer(t, line);
}

/* --- what arrives ------------------------------------------------------------------------- */

/* One end has closed. */
static void last(struct tunnel *t, const struct side *closed)
{
	struct side *other = &t->side[closed == &t->side[NEAR]];

	if (t->state != OPEN || !other->n) {
		tunnel_end(t, false);
		return;
	}
	t->state = LAST;
	loop_fd_del(t->proxy->loop, closed->fd);
	watch(t);
}

static void side_readable(struct side *s)
{
	static uint8_t buf[WAITS_MAX];
	struct tunnel *t = s->tunnel;
	bool asks = t->state != OPEN;
	size_t room = asks ? HEAD_MAX - t->head_n : sizeof(buf);
	ssize_t n = recv(s->fd, buf, room, 0);

	if (n < 0 && (errno == EAGAIN || errno == EINTR))
		return;
	if (n < 0) {
		tunnel_end(t, true);
	} else if (!n) {
		last(t, s);
	} else if (asks) {
		memcpy(t->head + t->head_n, buf, (size_t)n);
		t->head_n += (size_t)n;
		watch(t);
		head_arrived(t);
	} else if (pass_on(t, s == &t->side[FAR], buf, (size_t)n) < 0) {
		tunnel_end(t, true);
	} else {
		watch(t);
	}
}

/* A socket takes more. False: the tunnel has ended. */
static bool side_writable(struct side *s)
{
	struct tunnel *t = s->tunnel;

	if (flush(s) < 0) {
		tunnel_end(t, true);
		return false;
	}
	if ((t->state == LAST || t->state == REFUSED) && !s->n) {
		tunnel_end(t, false);
		return false;
	}
	watch(t);
	return true;
}

static void side_ready(void *arg, uint32_t events)
{
	struct side *s = arg;

	if ((events & EPOLLOUT) && s->n && !side_writable(s))
		return;
	if (events & (EPOLLIN | EPOLLHUP | EPOLLERR))
		side_readable(s);
}

static void far_ready(void *arg, uint32_t events)
{
	struct side *s = arg;
	int error = 0;
	socklen_t len = sizeof(error);

	if (s->tunnel->state != CONNECTING) {
		side_ready(arg, events);
		return;
	}
	getsockopt(s->fd, SOL_SOCKET, SO_ERROR, &error, &len);
	if (error)
		no_way(s->tunnel);
	else if (events & EPOLLOUT)
		established(s->tunnel);
}

/* --- the listener ------------------------------------------------------------------------- */

static void too_late(void *arg)
{
	tunnel_end(arg, false);
}

static void tunnel_new(struct http_proxy *p, int fd, const struct endpoint *host)
{
	struct endpoint own = {p->spec.ip, HTTP_PROXY_PORT};
	struct tuple tuple = {IPPROTO_TCP, *host, own};
	struct tunnel *t = xcalloc(1, sizeof(*t));
	int one = 1;

	*t = (struct tunnel){.proxy = p, .next = p->tunnels, .host = *host};
	t->side[NEAR] = (struct side){.tunnel = t, .fd = fd};
	t->side[FAR] = (struct side){.tunnel = t, .fd = -1};
	t->flow[NEAR] = truth_open_flow(p->truth, &tuple);
	t->flow[FAR] = -1;
	t->timer = (struct loop_timer){.fn = too_late, .arg = t};
	if (p->tunnels)
		p->tunnels->prev = t;
	p->tunnels = t;
	loop_timer_after(p->loop, &t->timer, ASK_NS);
	setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof(one));
	if (loop_fd_add(p->loop, fd, EPOLLIN, side_ready, &t->side[NEAR], NULL) < 0)
		tunnel_end(t, true);
}

static void listener_ready(void *arg, uint32_t events)
{
	struct http_proxy *p = arg;

	(void)events;
	for (;;) {
		struct sockaddr_storage ss;
		socklen_t len = sizeof(ss);
		int fd = accept4(p->fd, (struct sockaddr *)&ss, &len, SOCK_NONBLOCK | SOCK_CLOEXEC);
		struct endpoint host;

		if (fd < 0)
			return;
		endpoint_from_sockaddr(&ss, &host);
		tunnel_new(p, fd, &host);
	}
}

struct http_proxy *http_proxy_open(const struct http_proxy_spec *spec, struct loop *loop,
				   struct truth_log *truth, struct err *e)
{
	struct http_proxy *p = xcalloc(1, sizeof(*p));
	struct endpoint at = {spec->ip, HTTP_PROXY_PORT};
	struct sockaddr_storage ss;
	char text[ENDPOINT_TEXT_LEN];
	int one = 1;

	*p = (struct http_proxy){.loop = loop, .truth = truth, .spec = *spec};
	snprintf(p->node, sizeof(p->node), "%s", spec->node);
	p->spec.node = p->node;
	p->fd = netns_socket(spec->netns, AF_INET, SOCK_STREAM, 0, e);
	if (p->fd < 0) {
		http_proxy_free(p);
		return NULL;
	}
	setsockopt(p->fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof(one));
	if (bind(p->fd, (struct sockaddr *)&ss, endpoint_to_sockaddr(&at, &ss)) == 0 &&
	    listen(p->fd, BACKLOG) == 0) {
		if (loop_fd_add(loop, p->fd, EPOLLIN, listener_ready, p, e) == 0)
			return p;
	} else {
		err_sys(e, "HTTP proxy %s: cannot listen", endpoint_text(&at, text));
	}
	http_proxy_free(p);
	return NULL;
}

void http_proxy_free(struct http_proxy *p)
{
	if (!p)
		return;
	for (struct tunnel *t = p->tunnels, *next; t; t = next) {
		next = t->next;
		tunnel_end(t, true);
	}
	if (p->fd >= 0) {
		loop_fd_del(p->loop, p->fd);
		close(p->fd);
	}
	free(p);
}
