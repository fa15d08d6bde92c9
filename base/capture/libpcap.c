// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * libpcap.c - inputs read through libpcap: live interfaces, and old variants of pcap files
 *
 * Live interfaces (live.c) are non-blocking; capture.c waits on all of them with poll(2).
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/capture/libpcap.h"
#include "base/capture/live.h"
#include "base/capture/live_stats.h"

struct pcap_source {
	struct source s;
	pcap_t *p;
	bool live;
	struct live_stats stats;
	uint64_t overruns; /* times that the kernel had no room for a packet */
};

/* Whether an error of a live reader only says that nothing is there yet. Some readers, such as
 * nflog's, pass on what recv(2) said; after ENOBUFS packets are missing. */
static bool try_again(struct pcap_source *ps)
{
	static const int passing[] = {EAGAIN, EWOULDBLOCK, EINTR, ENOBUFS};
	int was = errno;

	for (size_t i = 0; i < ARRAY_LEN(passing); i++)
		if (was == passing[i] || strstr(pcap_geterr(ps->p), strerror(passing[i]))) {
			ps->overruns += passing[i] == ENOBUFS;
			return true;
		}
	return false;
}

static int libpcap_next(struct source *s, struct source_frame *out, struct err *e)
{
	struct pcap_source *ps = (struct pcap_source *)s;
	struct pcap_pkthdr *h;
	const u_char *data;

	errno = 0;
	switch (pcap_next_ex(ps->p, &h, &data)) {
	case 1:
		out->ts_ns =
			(uint64_t)(uint32_t)h->ts.tv_sec * 1000000000ULL + (uint64_t)h->ts.tv_usec;
		out->caplen = h->caplen;
		out->len = h->len;
		out->data = data;
		out->link = 0;
		source_check_length(s, out);
		return 1;
	case 0:
		return -2;
	case PCAP_ERROR_BREAK: /* end of a file */
		s->ended = true;
		return 0;
	default:
		if (ps->live && try_again(ps))
			return -2;
		s->ended = true;
		return err_set(e, "%s: %s", s->name, pcap_geterr(ps->p));
	}
}

static void libpcap_close(struct source *s)
{
	struct pcap_source *ps = (struct pcap_source *)s;

	if (ps->live && ps->p)
		live_stats_end(&ps->stats);
	if (ps->p)
		pcap_close(ps->p);
}

static double libpcap_progress(const struct source *s)
{
	(void)s;
	return -1;
}

static struct pcap_source *libpcap_new(const char *name, const char *filter)
{
	struct pcap_source *ps = xcalloc(1, sizeof(*ps));

	ps->s.name = xstrdup(name);
	ps->s.next = libpcap_next;
	ps->s.close = libpcap_close;
	ps->s.progress = libpcap_progress;
	ps->s.filter = filter;
	return ps;
}

struct source *source_libpcap(const char *path, const char *filter, struct err *e)
{
	struct pcap_source *ps = libpcap_new(path, filter);
	char buf[PCAP_ERRBUF_SIZE] = "";
	int dlt;

	ps->p = pcap_open_offline_with_tstamp_precision(path, PCAP_TSTAMP_PRECISION_NANO, buf);
	if (!ps->p) {
		/* libpcap names the file in some of its messages only */
		if (strncmp(buf, path, strlen(path)) != 0)
			err_set(e, "%s: %s", path, buf);
		else
			err_set(e, "%s", buf);
		goto bad;
	}
	dlt = pcap_datalink(ps->p);
	if (source_add_link(&ps->s, dlt, e) < 0)
		goto bad;
	if (!ps->s.links[0].decoder) {
		source_unsupported(&ps->s, dlt, e);
		goto bad;
	}
	return &ps->s;
bad:
	source_free(&ps->s);
	return NULL;
}

struct source *source_live(const char *iface, const char *filter, int snaplen, struct err *e)
{
	const struct live_wish wish = {.filter = filter, .snaplen = snaplen};
	struct pcap_source *ps = libpcap_new(iface, NULL);
	int dlt;

	ps->live = true;
	ps->p = live_open(iface, &wish, e);
	if (!ps->p)
		goto bad;
	live_stats_begin(&ps->stats, ps->p, iface);
	dlt = pcap_datalink(ps->p);
	if (source_add_link(&ps->s, dlt, e) < 0)
		goto bad;
	if (!ps->s.links[0].decoder) {
		source_unsupported(&ps->s, dlt, e);
		goto bad;
	}
	return &ps->s;
bad:
	source_free(&ps->s);
	return NULL;
}

int source_live_fd(const struct source *s)
{
	return pcap_get_selectable_fd(((const struct pcap_source *)s)->p);
}

void source_live_stats(struct source *s, struct capture_stats *out)
{
	struct pcap_source *ps = (struct pcap_source *)s;

	if (ps->live)
		out->dropped += ps->overruns;
	if (!ps->live)
		return;
	live_stats_look(&ps->stats, ps->p);
	out->received += ps->stats.received;
	out->dropped += ps->stats.dropped;
	out->ifdropped += ps->stats.ifdropped;
}
