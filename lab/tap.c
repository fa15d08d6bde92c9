// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * tap.c - captures at the vantages, and a check that they are complete
 *
 * Model: one libpcap handle per vantage, opened inside the node's namespace and read from the
 * caller's loop. The kernel fills a ring of blocks (TPACKET_V3) and hands a block over when it is
 * full or RETIRE_MS after its first packet (in real time RETIRE_REAL_MS), so that a busy tap costs
 * one wake-up per block and not one per packet. A prompt tap has a ring of frames instead
 * (TPACKET_V2). Time stamps are the kernel's, in nanoseconds,
 * translated to emulated time by loop_stamp() when a packet is read, however late that is.
 *
 * Completeness is checked: at the end a tap is read until as many packets have come as the kernel
 * counted, and a packet that the kernel had to drop makes lab_taps_finish() fail.
 *
 * The core's tap listens on all its interfaces for what comes in, so each packet is there once;
 * its link type is Linux cooked v2, which keeps the interface. The others are Ethernet.
 *
 * Opening or closing a packet socket waits for the kernel to quiesce (RCU), 10 ms and more each
 * time. So all taps are opened at once, each by a short-lived thread, and closed in the background
 * by such threads; in between, everything happens in the caller's thread.
 *
 * Limits: RING_BYTES (in real time RING_REAL_BYTES) per tap between two rounds of the loop. Two
 * CPUs may stamp two packets in one order and queue them in the other; then the later one in the
 * file gets the earlier one's time.
 */
#include <errno.h>
#include <linux/if_packet.h>
#include "base/capture/pcap.h"
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>

#include "base/netns.h"
#include "base/outfile.h"
#include "base/path.h"
#include "lab/lab_private.h"
#include "lab/nodes.h"
#include "lab/step.h"
#include "lab/tap.h"

#define RING_BYTES (8 << 20)
#define SNAPLEN	   2048 /* of frames of at most 1514 bytes */
#define RETIRE_MS  8
#define MIRRORS	   2 /* of a tap's frames */
/* With the real clock, foreign programs go on sending while we cannot read. A block that is handed
 * over early is lost as room for their packets: so blocks are kept longer, and the ring is larger. */
#define RETIRE_REAL_MS	100
#define RING_REAL_BYTES (48 << 20)

struct tap {
	const struct lab_vantage *at;
	struct loop *loop;
	pcap_t *live; /* (owned) */
	pcap_t *form; /* (owned) link type and precision of the file */
	struct outfile out;
	int netns;   /* the lab's */
	bool prompt; /* a frame is there as soon as it is captured */
	bool opened;
	struct err why; /* when not */
	int fd;		/* libpcap's */
	bool watched;
	uint64_t last_ns; /* time stamps of a file never run backwards */
	uint64_t packets, bytes, dropped;
	struct {
		lab_frame_fn *fn;
		void *arg;
	} mirrors[MIRRORS];
	size_t n_mirrors;
};

static void tap_packet(u_char *arg, const struct pcap_pkthdr *h, const u_char *bytes)
{
	struct tap *t = (struct tap *)arg;
	struct pcap_pkthdr out = *h;
	/* With nanosecond precision tv_usec holds nanoseconds. */
	uint64_t ns =
		loop_stamp(t->loop, (uint64_t)h->ts.tv_sec * NS_PER_SEC + (uint64_t)h->ts.tv_usec);

	if (ns < t->last_ns)
		ns = t->last_ns;
	t->last_ns = ns;
	out.ts.tv_sec = (time_t)(ns / NS_PER_SEC);
	out.ts.tv_usec = (suseconds_t)(ns % NS_PER_SEC);
	pcap_dump((u_char *)t->out.f, &out, bytes);
	for (size_t i = 0; i < t->n_mirrors; i++)
		t->mirrors[i].fn(t->mirrors[i].arg, bytes, h->caplen);
	t->packets++;
	t->bytes += h->len;
}

static void tap_ready(void *arg, uint32_t events)
{
	struct tap *t = arg;

	(void)events;
	pcap_dispatch(t->live, -1, tap_packet, (u_char *)t);
}

/* Opens the live handle; the thread is inside the node. */
static int tap_open(struct tap *t, struct err *e)
{
	char why[PCAP_ERRBUF_SIZE] = "";
	bool core = t->at->site < 0, real = loop_kind(t->loop) == LOOP_REAL;
	int rc, one = 1;

	t->live = pcap_create(t->at->ifname, why);
	if (!t->live)
		return err_env(e, "tap %s: %s", t->at->name, why);
	pcap_set_snaplen(t->live, SNAPLEN);
	pcap_set_promisc(t->live, 0);
	pcap_set_immediate_mode(t->live, t->prompt);
	pcap_set_timeout(t->live, real ? RETIRE_REAL_MS : RETIRE_MS);
	pcap_set_buffer_size(t->live, real ? RING_REAL_BYTES : RING_BYTES);
	pcap_set_tstamp_precision(t->live, PCAP_TSTAMP_PRECISION_NANO);
	rc = pcap_activate(t->live);
	if (rc < 0)
		return err_env(e, "tap %s: cannot capture on %s: %s (%s)", t->at->name,
			       t->at->ifname, pcap_statustostr(rc), pcap_geterr(t->live));
	if (core && pcap_set_datalink(t->live, DLT_LINUX_SLL2) < 0)
		return err_env(e, "tap %s: %s", t->at->name, pcap_geterr(t->live));
	if (core && setsockopt(pcap_fileno(t->live), SOL_PACKET, PACKET_IGNORE_OUTGOING, &one,
			       sizeof(one)) < 0)
		return err_env(e, "tap %s: PACKET_IGNORE_OUTGOING: %s (Linux 4.20 has it)",
			       t->at->name, strerror(errno));
	if (pcap_setnonblock(t->live, 1, why) < 0)
		return err_env(e, "tap %s: %s", t->at->name, why);
	t->fd = pcap_get_selectable_fd(t->live);
	return 0;
}

static void *open_thread(void *arg)
{
	struct tap *t = arg;
	int home = netns_enter(t->netns, &t->why);

	t->opened = home >= 0 && tap_open(t, &t->why) == 0;
	netns_leave(home);
	return NULL;
}

static void open_all(struct lab *lab)
{
	pthread_t *thread = xcalloc(lab->n_tap, sizeof(*thread));
	bool *started = xcalloc(lab->n_tap, sizeof(*started));

	for (size_t i = 0; i < lab->n_tap; i++) {
		started[i] = !pthread_create(&thread[i], NULL, open_thread, &lab->tap[i]);
		if (!started[i])
			open_thread(&lab->tap[i]);
	}
	for (size_t i = 0; i < lab->n_tap; i++)
		if (started[i])
			pthread_join(thread[i], NULL);
	free(thread);
	free(started);
}

static void *close_thread(void *live)
{
	pcap_close(live);
	return NULL;
}

static void close_later(pcap_t *live)
{
	pthread_attr_t detached;
	pthread_t thread;

	pthread_attr_init(&detached);
	pthread_attr_setdetachstate(&detached, PTHREAD_CREATE_DETACHED);
	if (pthread_create(&thread, &detached, close_thread, live))
		pcap_close(live);
	pthread_attr_destroy(&detached);
}

/* Gives an opened tap its file and its place in the loop. */
static int tap_start(struct tap *t, const char *dir, struct err *e)
{
	char *path;
	int rc;

	if (!t->opened) {
		if (e)
			*e = t->why;
		return -1;
	}
	t->form = pcap_open_dead_with_tstamp_precision(pcap_datalink(t->live), SNAPLEN,
						       PCAP_TSTAMP_PRECISION_NANO);
	path = path_inf(dir, "%s.%s.pcap", t->at->node, t->at->ifname);
	rc = outfile_open(&t->out, path, e);
	free(path);
	if (rc < 0)
		return -1;
	/* The dumper of libpcap is the stream itself: the outfile stays its owner. */
	if (!pcap_dump_fopen(t->form, t->out.f))
		return err_set(e, "%s: %s", t->out.path, pcap_geterr(t->form));
	if (loop_fd_add(t->loop, t->fd, EPOLLIN, tap_ready, t, e) < 0)
		return -1;
	t->watched = true;
	return 0;
}

int lab_taps_start(struct lab *lab, const char *dir, struct err *e)
{
	lab_taps_abort(lab);
	lab->tap = xcalloc(lab->n_taps, sizeof(*lab->tap));
	lab->n_tap = lab->n_taps;
	for (size_t i = 0; i < lab->n_tap; i++) {
		lab->tap[i].at = lab_vantage(lab, lab->taps[i]);
		lab->tap[i].loop = lab->loop;
		lab->tap[i].netns = lab_node_netns(lab, lab->tap[i].at->node);
		lab->tap[i].prompt = !strcmp(lab->taps[i], lab->prompt);
	}
	open_all(lab);
	for (size_t i = 0; i < lab->n_tap; i++) {
		if (lab_step(lab, "tap", e) < 0 || tap_start(&lab->tap[i], dir, e) < 0) {
			lab_taps_abort(lab);
			return -1;
		}
	}
	return 0;
}

/* Reads until every packet that the kernel counted has come. 0, or -1 with @e set. */
static int tap_drain(struct tap *t, struct err *e)
{
	struct timespec pause = {.tv_nsec = 500000};
	struct pcap_stat s = {0};

	for (int tries = 0; tries < 4000; tries++) {
		if (pcap_dispatch(t->live, -1, tap_packet, (u_char *)t) < 0)
			return err_env(e, "tap %s: %s", t->at->name, pcap_geterr(t->live));
		if (pcap_stats(t->live, &s) < 0)
			return err_env(e, "tap %s: %s", t->at->name, pcap_geterr(t->live));
		/* 32-bit counters of libpcap: compare what fits. */
		if ((uint32_t)(t->packets + s.ps_drop) == s.ps_recv)
			break;
		nanosleep(&pause, NULL);
	}
	if ((uint32_t)(t->packets + s.ps_drop) != s.ps_recv)
		return err_env(e, "tap %s: %llu packets arrived, but the kernel counted %u",
			       t->at->name, (unsigned long long)t->packets, s.ps_recv);
	if (s.ps_drop)
		return err_env(e, "tap %s lost %u of %u packets", t->at->name, s.ps_drop,
			       s.ps_recv);
	return 0;
}

static void tap_count_drops(struct tap *t)
{
	struct pcap_stat s = {0};

	if (pcap_stats(t->live, &s) == 0)
		t->dropped = s.ps_drop;
}

static void tap_close(struct tap *t)
{
	if (t->watched)
		loop_fd_del(t->loop, t->fd);
	t->watched = false;
	if (t->live) {
		tap_count_drops(t);
		close_later(t->live);
	}
	if (t->form)
		pcap_close(t->form);
	t->live = t->form = NULL;
	outfile_abort(&t->out);
}

int lab_taps_finish(struct lab *lab, struct err *e)
{
	struct err why;
	int rc = 0;

	for (size_t i = 0; i < lab->n_tap; i++) {
		struct tap *t = &lab->tap[i];

		/* The first error is returned; the other files are written all the same. */
		if (tap_drain(t, rc ? &why : e) < 0 && !rc)
			rc = -1;
		if (outfile_commit(&t->out, rc ? &why : e) < 0 && !rc)
			rc = -2;
	}
	for (size_t i = 0; i < lab->n_tap; i++)
		tap_close(&lab->tap[i]);
	return rc; /* the counts stay until lab_down() */
}

void lab_taps_abort(struct lab *lab)
{
	for (size_t i = 0; i < lab->n_tap; i++)
		tap_close(&lab->tap[i]);
	free(lab->tap);
	lab->tap = NULL;
	lab->n_tap = 0;
}

bool lab_tap_mirror(struct lab *lab, const char *vantage, lab_frame_fn *fn, void *arg)
{
	for (size_t i = 0; i < lab->n_tap; i++) {
		struct tap *t = &lab->tap[i];

		if (strcmp(t->at->name, vantage) != 0 || !t->live ||
		    pcap_datalink(t->live) != DLT_EN10MB || t->n_mirrors == MIRRORS)
			continue;
		t->mirrors[t->n_mirrors].fn = fn;
		t->mirrors[t->n_mirrors++].arg = arg;
		return true;
	}
	return false;
}

void lab_tap_prompt(struct lab *lab, const char *vantage)
{
	snprintf(lab->prompt, sizeof(lab->prompt), "%s", vantage);
}

void lab_tap_read(struct lab *lab)
{
	for (size_t i = 0; i < lab->n_tap; i++)
		if (lab->tap[i].prompt && lab->tap[i].live)
			pcap_dispatch(lab->tap[i].live, -1, tap_packet, (u_char *)&lab->tap[i]);
}

bool lab_tap_stats(const struct lab *lab, const char *vantage, struct lab_tap_stats *out)
{
	for (size_t i = 0; i < lab->n_tap; i++) {
		struct tap *t = &lab->tap[i];

		if (strcmp(t->at->name, vantage) != 0)
			continue;
		if (t->live)
			tap_count_drops(t);
		*out = (struct lab_tap_stats){t->packets, t->dropped, t->bytes};
		return true;
	}
	return false;
}
