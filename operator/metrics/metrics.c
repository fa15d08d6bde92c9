// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * metrics.c - where the counters of `watch` go: a text file for Prometheus' node exporter, or HTTP
 *
 * The text is made once a second by the main thread from what that second's statistics say; a request
 * gets the last one, so that nobody who asks often costs more than the sending.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/number.h"
#include "operator/metrics/exposition.h"
#include "operator/metrics/filter_metrics.h"
#include "operator/metrics/metrics.h"
#include "operator/metrics/http.h"

#define FILE_SECONDS 15

/* @file: NULL = there is a @server. @opener: replaces it. @seconds: until the file is written again. */
struct metrics {
	const char *file;
	struct opener *opener;
	struct http_server *server;
	const struct watch_filter *filter; /* NULL = there is none */
	unsigned seconds;
	bool warned;
};

static char *text_of(const struct metrics *m, const struct watch_stats *st)
{
	char *text = NULL;
	size_t n;
	FILE *f = open_memstream(&text, &n);

	exposition_put(f, st);
	if (m->filter)
		filter_metrics_put(f, m->filter);
	fclose(f);
	return text;
}

static int write_file(const struct metrics *m, const struct watch_stats *st, struct err *e)
{
	char *text = text_of(m, st);
	int fd = opener_prom_begin(m->opener, e), rc = -1;
	size_t n = strlen(text);

	if (fd >= 0) {
		bool whole = write(fd, text, n) == (ssize_t)n;

		if (!whole)
			err_sys(e, "%s: cannot write", m->file);
		close(fd);
		rc = opener_prom_end(m->opener, whole, whole ? e : NULL) < 0 || !whole ? -1 : 0;
	}
	free(text);
	return rc;
}

static int on_begin(void *arg, struct loop *loop, struct err *e)
{
	struct metrics *m = arg;

	return m->server ? http_begin(m->server, loop, e) : 0;
}

static int on_second(void *arg, const struct watch_stats *now, struct err *e)
{
	struct metrics *m = arg;
	struct err bad;

	(void)e;
	if (m->server) {
		http_text(m->server, text_of(m, now));
		http_second(m->server);
		return 0;
	}
	if (m->seconds-- > 0)
		return 0;
	m->seconds = FILE_SECONDS - 1;
	if (write_file(m, now, &bad) < 0) { /* a full disk does not end the watching */
		if (!m->warned)
			log_warn("%s", bad.msg);
		m->warned = true;
	} else {
		m->warned = false;
	}
	return 0;
}

static int on_end(void *arg, const struct watch_stats *now, struct err *e)
{
	const struct metrics *m = arg;

	return m->file ? write_file(m, now, e) : 0;
}

bool metrics_is_file(const char *where)
{
	size_t n = strlen(where);

	return n > 5 && !strcmp(where + n - 5, ".prom");
}

struct metrics *metrics_open(const char *where, struct opener *opener, struct watch_sink *sink,
			     struct err *e)
{
	struct metrics *m = xcalloc(1, sizeof(*m));
	uint64_t port;

	m->opener = opener;
	if (metrics_is_file(where)) {
		m->file = where;
	} else {
		char *at = number_is_whole(where, &port) ? xasprintf("127.0.0.1:%s", where)
							 : xstrdup(where);

		m->server = http_open(at, e);
		free(at);
		if (!m->server) {
			err_push(e, "--metrics");
			free(m);
			return NULL;
		}
	}
	*sink = (struct watch_sink){
		.name = "metrics", .arg = m, .begin = on_begin, .second = on_second, .end = on_end};
	return m;
}

void metrics_filter(struct metrics *m, const struct watch_filter *f)
{
	m->filter = f;
}

void metrics_close(struct metrics *m)
{
	if (!m)
		return;
	if (m->server)
		http_close(m->server);
	free(m);
}
