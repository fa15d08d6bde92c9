// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * eve_file.c - the EVE lines of `watch`, in a file that may be rotated
 *
 * Events are lines of detector/eve.c; every STATS_SECONDS, in a second in which packets were lost, and at
 * the end, a line of type "stats" says what the kernel counted, as Suricata's does.
 *
 * Lines are made in memory and written when a batch of packets is over. What the disk refuses stays in
 * memory, whole lines up to PENDING_MAX, and is written when there is room; lines beyond are counted, and
 * that is said. A pipe whose reader is gone ends the program.
 *
 * Rotation. The name is looked at each second: when another file, or none, stands under it, or at
 * SIGHUP, the name is opened anew, created if need be, and what is in memory is written to the old file
 * before that is closed. If opening fails the old file is written on. No line is lost, and none is cut.
 * Another process looks and opens (opener.h); events do not wait for its answer.
 */
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/outfile.h"
#include "detector/eve.h"
#include "operator/watch/eve_file.h"
#include "operator/watch/status.h"

#define STATS_SECONDS 8
#define PENDING_MAX   (4UL << 20)

/**
 * struct eve_file - see above
 * @path:	As given
 * @opener:	Opens it anew; NULL = it is no file that could be rotated
 * @file:	Which file @fd is. It and @opener are the main thread's
 * @lock:	For all below: events come from readers, stats and rotation from the main thread
 * @fd:		Where lines go
 * @memory, @text, @size: Stream into memory, and what is there
 * @written:	Of it, so many bytes are in the file
 * @refused:	The disk has said no, and it was said; @lost lines since then
 * @seconds:	Since the last line of stats
 */
struct eve_file {
	char *path;
	struct opener *opener;
	struct opener_file file;
	pthread_mutex_t lock;
	int fd;
	FILE *memory;
	char *text;
	size_t size, written;
	bool refused;
	uint64_t lost;
	struct eve eve;
	unsigned seconds;
};

/* Where the line begins in which the file ends. */
static size_t line_of(const struct eve_file *f)
{
	size_t at = f->written;

	while (at && f->text[at - 1] != '\n')
		at--;
	return at;
}

static int refuse(struct eve_file *f, struct err *e)
{
	if (errno == EPIPE)
		return err_sys(e, "%s: cannot write events", f->path);
	if (!f->refused)
		log_warn("%s: cannot write events: %s; they wait in memory", f->path,
			 strerror(errno));
	f->refused = true;
	return 0;
}

/* Writes what is in memory. 0, also when the disk refuses; -1 with @e set: nobody reads the pipe. */
static int flush(struct eve_file *f, struct err *e)
{
	size_t end;

	fflush(f->memory);
	end = (size_t)ftello(f->memory);
	while (f->written < end) {
		ssize_t n = write(f->fd, f->text + f->written, end - f->written);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return refuse(f, e);
		f->written += (size_t)n;
	}
	f->written = 0;
	rewind(f->memory);
	if (f->refused)
		log_warn("%s: events are written again; %llu were lost", f->path,
			 (unsigned long long)f->lost);
	f->refused = false;
	f->lost = 0;
	return 0;
}

/* Whether there is room for a line in memory; else it is counted as lost. */
static bool has_room(struct eve_file *f)
{
	bool room = (size_t)ftello(f->memory) < PENDING_MAX;

	f->lost += !room;
	return room;
}

static int on_event(void *arg, const struct watch_event *ev, struct err *e)
{
	struct eve_file *f = arg;
	const struct eve_live live = {
		.host = ev->host, .answered = ev->ev->answered, .in_part = ev->in_part};
	const struct eve_origin from = {.iface = ev->iface, .live = &live};
	int rc = 0;

	pthread_mutex_lock(&f->lock);
	if (has_room(f))
		rc = eve_write(&f->eve, ev->ev, &from, e);
	pthread_mutex_unlock(&f->lock);
	return rc;
}

static int on_batch_end(void *arg, struct err *e)
{
	struct eve_file *f = arg;
	int rc;

	pthread_mutex_lock(&f->lock);
	rc = flush(f, e);
	pthread_mutex_unlock(&f->lock);
	return rc;
}

/* ---- rotation ---- */

/* Opens the name anew. 0, or -1 with @e set: the old file is written on. */
static int reopen(struct eve_file *f, struct err *e)
{
	int fd, old;

	if (!f->opener)
		return 0;
	fd = opener_eve(f->opener, &f->file, e);
	if (fd < 0)
		return err_push(e, "the old file is written on");
	pthread_mutex_lock(&f->lock);
	flush(f, NULL); /* what is refused goes into the new file */
	f->written = line_of(f);
	old = f->fd;
	f->fd = fd;
	pthread_mutex_unlock(&f->lock);
	close(old);
	return 0;
}

static bool was_renamed(const struct eve_file *f)
{
	struct opener_file named;
	int there = f->opener ? opener_eve_look(f->opener, &named) : -1;

	return there == 0 || (there > 0 && (f->file.dev != named.dev || f->file.ino != named.ino));
}

static int on_reopen(void *arg, struct err *e)
{
	return reopen(arg, e);
}

/* ---- stats ---- */

/* Puts @o into memory as a line, if there is room; takes it over. */
static bool put_line(struct eve_file *f, json_t *o)
{
	bool room = has_room(f);

	if (room) {
		json_dumpf(o, f->memory, JSON_COMPACT);
		fputc('\n', f->memory);
	}
	json_decref(o);
	return room;
}

static void put_stats(struct eve_file *f, const struct watch_stats *st)
{
	char when[EVE_TIME_LEN];
	json_t *o = json_pack(
		"{s:s, s:s, s:s, s:{s:o, s:o, s:o, s:o}}", "timestamp", eve_time(st->now_ns, when),
		"event_type", "stats", "host", st->host, "stats", "uptime",
		json_integer((json_int_t)((st->now_ns - st->started_ns) / NS_PER_SEC)), "capture",
		status_captured(&st->all, &st->second), "interfaces", status_interfaces(st),
		"detect", status_detected(st));

	if (put_line(f, o))
		f->seconds = 0;
}

int eve_file_line(struct eve_file *f, json_t *o, struct err *e)
{
	int rc;

	pthread_mutex_lock(&f->lock);
	put_line(f, o);
	rc = flush(f, e);
	pthread_mutex_unlock(&f->lock);
	return rc;
}

static int on_second(void *arg, const struct watch_stats *now, struct err *e)
{
	struct eve_file *f = arg;
	struct err bad;
	int rc;

	if (was_renamed(f) && reopen(f, &bad) < 0)
		log_warn("%s", bad.msg);
	pthread_mutex_lock(&f->lock);
	if (++f->seconds >= STATS_SECONDS || now->second.dropped)
		put_stats(f, now);
	rc = flush(f, e);
	pthread_mutex_unlock(&f->lock);
	return rc;
}

static void on_reloaded(void *arg)
{
	struct eve_file *f = arg;

	eve_begin(&f->eve, f->memory);
}

static int on_end(void *arg, const struct watch_stats *now, struct err *e)
{
	struct eve_file *f = arg;
	int rc;

	put_stats(f, now);
	rc = flush(f, e);
	return !rc && f->refused ? err_set(e, "%s: cannot write the last events", f->path) : rc;
}

/* Looks whether it is a file that can be rotated, and which. */
static bool is_file(struct eve_file *f)
{
	struct stat st;

	if (!strcmp(f->path, "-") || fstat(f->fd, &st) < 0 || !S_ISREG(st.st_mode))
		return false;
	f->file = (struct opener_file){st.st_dev, st.st_ino};
	return true;
}

struct eve_file *eve_file_open(const char *path, struct opener *opener, struct watch_sink *sink,
			       struct err *e)
{
	struct eve_file *f = xcalloc(1, sizeof(*f));
	struct outfile first;
	bool bad;

	f->fd = -1;
	f->path = xstrdup(path);
	pthread_mutex_init(&f->lock, NULL);
	f->memory = open_memstream(&f->text, &f->size);
	bad = outfile_follow(&first, path, e) < 0;
	if (!bad) {
		f->fd = fcntl(fileno(first.f), F_DUPFD_CLOEXEC, STDERR_FILENO + 1);
		bad = outfile_commit(&first, e) < 0;
	}
	if (bad) {
		eve_file_close(f);
		return NULL;
	}
	f->opener = is_file(f) ? opener : NULL;
	eve_begin(&f->eve, f->memory);
	*sink = (struct watch_sink){.name = "EVE",
				    .arg = f,
				    .event = on_event,
				    .batch_end = on_batch_end,
				    .second = on_second,
				    .reopen = on_reopen,
				    .reloaded = on_reloaded,
				    .end = on_end};
	return f;
}

void eve_file_close(struct eve_file *f)
{
	if (!f)
		return;
	fclose(f->memory);
	free(f->text);
	if (f->fd >= 0)
		close(f->fd);
	pthread_mutex_destroy(&f->lock);
	free(f->path);
	free(f);
}
