// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * watch.c - the detector, live: readers feed it, sinks get what it finds
 *
 * Model. There is one detector, because what signatures remember across flows is one memory. The threads
 * of readers.c do what needs no flow by themselves (decoding, prefilter). Packets then come by time, in
 * one thread at a time; it holds @lock, and events come out under it. The main thread has a loop
 * (base/loop.c) for signals, for the second's tick, and for what sinks wait for.
 *
 *   lock  | protects                                    | taken by
 *   ------+---------------------------------------------+-----------------------------------------
 *   @set  | the signatures: read while prefiltering and | readers (read), a reload (write)
 *         | detecting                                   |
 *   @lock | the detector and what events go to          | readers, the tick, a reload
 *
 * @set is always taken before @lock.
 *
 * Loss. Each ring says within a tenth of a second that it had no room. An event is "seen in part" when
 * that was after its first message, or up to IN_PART_NS before it. Events that came out in the tenth of a
 * second before it was known are not marked.
 */
#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/signalfd.h>
#include <time.h>
#include <unistd.h>

#include <jansson.h>

#include "base/clock.h"
#include "base/libyaml.h"
#include "base/privilege.h"
#include "detector/language/regex.h"
#include "operator/watch/watch.h"

#define IN_PART_NS 2000000000ULL
#define BEHIND_NS  50000000ULL /* what the detector's time stays behind that of the readers */

/**
 * struct watch - see above
 * @signatures:	Those of the start, which sinks may know: they stay to the end
 * @reloaded:	Those in force, when they are others
 * @set_number:	Counts what was in force, under @set: batches may be older
 * @signals:	signalfd
 * @tick:	Each second
 * @out_err:	What a sink failed with, under @lock; @failed says that there is something
 * @events, @in_part: Under @lock
 */
struct watch {
	struct watch_wish wish;
	char host[256];
	struct signature_set *signatures, *reloaded;
	struct detector *detector;
	struct readers *readers;
	struct sinks sinks;
	pthread_rwlock_t set;
	unsigned set_number;
	pthread_mutex_t lock;
	struct loop *loop;
	int signals;
	struct loop_timer tick;
	struct watch_stats stats;
	bool any_event;
	uint64_t events, in_part;
	struct err out_err;
	atomic_bool failed;
};

/* ---- readers' threads, or under the lock ---- */

static void note_failure(struct watch *w, const struct err *e)
{
	if (!w->failed)
		w->out_err = *e;
	atomic_store(&w->failed, true);
}

/* Whether packets were lost while an event was seen. */
static bool seen_in_part(const struct watch *w, const struct detection_event *ev)
{
	uint64_t dropped = readers_dropped_ns(w->readers);
	uint64_t first = ev->evidence_count ? ev->evidence[0].ts_ns : ev->ts_ns;

	return dropped && dropped + IN_PART_NS >= first;
}

static void on_event(void *arg, const struct detection_event *ev)
{
	struct watch *w = arg;
	struct watch_event out = {.ev = ev,
				  .iface = w->wish.read.ifaces[ev->input],
				  .host = w->host,
				  .in_part = seen_in_part(w, ev)};
	struct sighting seen;
	struct err e;

	if (w->sinks.sightings) {
		sighting_from_event(&seen, ev, w->host, out.in_part);
		out.seen = &seen;
	}
	w->events++;
	w->in_part += out.in_part;
	w->any_event = true;
	if (sinks_event(&w->sinks, &out, &e) < 0)
		note_failure(w, &e);
}

/* After what may have made events; under @lock. */
static void settle(struct watch *w)
{
	struct err e;

	if (!w->any_event)
		return;
	w->any_event = false;
	if (sinks_batch_end(&w->sinks, &e) < 0)
		note_failure(w, &e);
}

static void on_batch(void *arg, struct lane_batch *b)
{
	struct watch *w = arg;

	pthread_rwlock_rdlock(&w->set);
	b->set = w->set_number;
	detector_prefilter(w->detector, b->p, b->n, b->found);
	pthread_rwlock_unlock(&w->set);
}

static void on_packets(void *arg, const struct lane_batch *b, size_t from, size_t n)
{
	const struct prefilter *found = b->found + from;
	struct prefilter anew[RING_BATCH];
	struct watch *w = arg;

	pthread_rwlock_rdlock(&w->set);
	if (b->set != w->set_number) {
		detector_prefilter(w->detector, b->p + from, n, anew);
		found = anew;
	}
	pthread_mutex_lock(&w->lock);
	detector_prefiltered(w->detector, b->p + from, found, n);
	settle(w);
	pthread_mutex_unlock(&w->lock);
	pthread_rwlock_unlock(&w->set);
}

/* ---- main thread ---- */

static void subtract(struct ring_counts *now, const struct ring_counts *before)
{
	now->frames -= before->frames;
	now->bytes -= before->bytes;
	now->received -= before->received;
	now->dropped -= before->dropped;
	now->ifdropped -= before->ifdropped;
	for (size_t k = 0; k < DECODE_RESULTS; k++)
		now->decoded[k] -= before->decoded[k];
}

static void take_stats(struct watch *w)
{
	struct watch_stats *st = &w->stats;

	st->now_ns = clock_ns(CLOCK_REALTIME);
	memset(&st->all, 0, sizeof(st->all));
	memset(&st->second, 0, sizeof(st->second));
	for (size_t i = 0; i < st->ifaces_n; i++) {
		struct watch_iface_stats *one = &st->ifaces[i];
		struct ring_counts before = one->all;

		readers_counts(w->readers, i, &one->all);
		one->second = one->all;
		subtract(&one->second, &before);
		ring_counts_add(&st->all, &one->all);
		ring_counts_add(&st->second, &one->second);
	}
	pthread_mutex_lock(&w->lock);
	detector_stats(w->detector, &st->detector);
	st->events = w->events;
	st->events_in_part = w->in_part;
	pthread_mutex_unlock(&w->lock);
}

/* Lets time pass for what waits for the end of something. */
static void let_time_pass(struct watch *w)
{
	uint64_t seen = readers_seen_ns(w->readers);

	pthread_mutex_lock(&w->lock);
	if (seen > BEHIND_NS)
		detector_time(w->detector, seen - BEHIND_NS);
	settle(w);
	pthread_mutex_unlock(&w->lock);
}

static void on_tick(void *arg)
{
	struct watch *w = arg;
	struct err e;

	loop_timer_after(w->loop, &w->tick, NS_PER_SEC);
	let_time_pass(w);
	take_stats(w);
	if (sinks_second(&w->sinks, &w->stats, &e) < 0) {
		pthread_mutex_lock(&w->lock);
		note_failure(w, &e);
		pthread_mutex_unlock(&w->lock);
	}
	if (w->failed || !readers_alive(w->readers))
		loop_stop(w->loop);
}

/* Other signatures come into force between two packets; what did not change goes on. */
static void take_signatures(struct watch *w, struct signature_set *set, struct reload_counts *n)
{
	pthread_rwlock_wrlock(&w->set);
	pthread_mutex_lock(&w->lock);
	detector_reload(w->detector, set, n);
	w->set_number++;
	sinks_reloaded(&w->sinks);
	pthread_mutex_unlock(&w->lock);
	pthread_rwlock_unlock(&w->set);
	signatures_free(w->reloaded);
	w->reloaded = set;
}

static void reload(struct watch *w)
{
	struct signature_set *set;
	struct reload_counts n;
	struct err e;

	set = opener_signatures(w->wish.opener, &e);
	if (!set) {
		w->stats.reload_failures++;
		log_warn("%s; the signatures that were read before stay in force", e.msg);
		return;
	}
	take_signatures(w, set, &n);
	w->stats.reloads++;
	log_info("signatures: %zu unchanged, %zu changed, %zu added, %zu removed", n.kept,
		 n.changed, n.added, n.removed);
}

static void hang_up(struct watch *w)
{
	struct err e;

	reload(w);
	if (sinks_reopen(&w->sinks, &e) < 0)
		log_warn("%s", e.msg);
}

static void on_signal(void *arg, uint32_t events)
{
	struct signalfd_siginfo s;
	struct watch *w = arg;

	(void)events;
	while (read(w->signals, &s, sizeof(s)) == sizeof(s)) {
		if (s.ssi_signo == SIGHUP)
			hang_up(w);
		else
			loop_stop(w->loop);
	}
}

/* No file can be opened any more. */
static void on_opener_ended(void *arg, uint32_t events)
{
	struct watch *w = arg;
	struct err e;

	(void)events;
	err_env(&e, "the process that opens files has ended");
	pthread_mutex_lock(&w->lock);
	note_failure(w, &e);
	pthread_mutex_unlock(&w->lock);
	loop_fd_del(w->loop, opener_fd(w->wish.opener));
	loop_stop(w->loop);
}

static int open_loop(struct watch *w, struct err *e)
{
	sigset_t set;

	sigemptyset(&set);
	sigaddset(&set, SIGINT);
	sigaddset(&set, SIGTERM);
	sigaddset(&set, SIGHUP);
	pthread_sigmask(SIG_BLOCK, &set, NULL);
	w->signals = signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
	if (w->signals < 0)
		return err_sys(e, "signalfd");
	w->loop = loop_new(LOOP_REAL, clock_ns(CLOCK_REALTIME), e);
	if (!w->loop || loop_fd_add(w->loop, w->signals, EPOLLIN, on_signal, w, e) < 0)
		return -1;
	return loop_fd_add(w->loop, opener_fd(w->wish.opener), EPOLLIN, on_opener_ended, w, e);
}

static int choose_host(struct watch *w, struct err *e)
{
	json_t *text;

	if (w->wish.host)
		snprintf(w->host, sizeof(w->host), "%s", w->wish.host);
	else if (gethostname(w->host, sizeof(w->host) - 1) < 0)
		snprintf(w->host, sizeof(w->host), "unknown");
	text = json_string(w->host);
	if (!text || !*w->host)
		return err_set(e, "--sensor: expected a name in UTF-8");
	json_decref(text);
	return 0;
}

/* A reload gets its turn although readers never rest. */
static void init_set_lock(pthread_rwlock_t *lock)
{
	pthread_rwlockattr_t attr;

	pthread_rwlockattr_init(&attr);
	pthread_rwlockattr_setkind_np(&attr, PTHREAD_RWLOCK_PREFER_WRITER_NONRECURSIVE_NP);
	pthread_rwlock_init(lock, &attr);
	pthread_rwlockattr_destroy(&attr);
}

struct watch *watch_open(const struct watch_wish *wish, struct err *e)
{
	struct watch *w = xcalloc(1, sizeof(*w));
	const struct detector_limits limits = {.flows = wish->max_flows};

	w->wish = *wish;
	w->signals = -1;
	init_set_lock(&w->set);
	pthread_mutex_init(&w->lock, NULL);
	if (choose_host(w, e) == 0)
		w->signatures = signatures_load(wish->signatures, wish->signatures_n, e);
	if (w->signatures)
		w->readers = readers_open(&wish->read, e);
	if (!w->readers || open_loop(w, e) < 0) {
		watch_free(w);
		return NULL;
	}
	w->stats.host = w->host;
	w->stats.ifaces_n = wish->read.ifaces_n;
	w->stats.ifaces = xcalloc(wish->read.ifaces_n, sizeof(*w->stats.ifaces));
	for (size_t i = 0; i < wish->read.ifaces_n; i++)
		w->stats.ifaces[i].name = wish->read.ifaces[i];
	w->stats.readers = readers_number(w->readers);
	w->detector = detector_new(w->signatures, &limits, on_event, w);
	detector_checksums(w->detector, wish->checksums);
	detector_prefilter(w->detector, NULL, 0, NULL); /* before there are threads */
	return w;
}

void watch_add(struct watch *w, const struct watch_sink *sink)
{
	sinks_add(&w->sinks, sink);
}

const struct signature_set *watch_signatures(const struct watch *w)
{
	return w->signatures;
}

const struct signature_set *watch_signatures_now(const struct watch *w)
{
	return w->reloaded ? w->reloaded : w->signatures;
}

int watch_begin(struct watch *w, struct err *e)
{
	return sinks_begin(&w->sinks, w->loop, e);
}

/* The readers have ended: what was pending comes out. */
static int finish(struct watch *w, struct err *e)
{
	struct err late;

	detector_finish(w->detector);
	settle(w);
	take_stats(w);
	if (sinks_end(&w->sinks, &w->stats, &late) < 0)
		note_failure(w, &late);
	if (w->failed) {
		*e = w->out_err;
		return -1;
	}
	return readers_alive(w->readers) ? 0 : err_env(e, "no interface is left to read");
}

/* Starts the readers with what reading needs, and nothing else. No packet was looked at before. */
static int start_confined(struct watch *w, struct err *e)
{
	size_t room = (size_t)readers_number(w->readers) * w->wish.read.ifaces_n;
	int *fds = xcalloc(room, sizeof(*fds));
	const struct syscall_needs needs = {.serves = true,
					    .receive_only = fds,
					    .receive_only_n = readers_descriptors(w->readers, fds)};
	const struct readers_take take = {.prepare = on_batch, .packets = on_packets, .arg = w};
	int rc;

	library_load(&library_pcre2); /* for a reload, which may open nothing */
	library_load(&library_yaml);
	rc = privilege_give_up(w->wish.user, -1, e);
	if (!rc)
		rc = readers_start(w->readers, &take, e);
	if (!rc)
		rc = syscall_filter(&needs, e);
	if (!rc)
		readers_go(w->readers);
	free(fds);
	return rc;
}

int watch_run(struct watch *w, struct err *e)
{
	w->stats.started_ns = w->stats.now_ns = clock_ns(CLOCK_REALTIME);
	if (start_confined(w, e) < 0)
		return -1;
	loop_timer_after(w->loop, &w->tick, NS_PER_SEC);
	w->tick.fn = on_tick;
	w->tick.arg = w;
	if (loop_run(w->loop, 0, e) < 0)
		return -1;
	readers_stop(w->readers);
	return finish(w, e);
}

const struct watch_stats *watch_stats(const struct watch *w)
{
	return &w->stats;
}

void watch_free(struct watch *w)
{
	if (!w)
		return;
	readers_free(w->readers);
	detector_free(w->detector);
	signatures_free(w->signatures);
	signatures_free(w->reloaded);
	loop_free(w->loop);
	if (w->signals >= 0)
		close(w->signals);
	pthread_rwlock_destroy(&w->set);
	pthread_mutex_destroy(&w->lock);
	free(w->stats.ifaces);
	free(w);
}
