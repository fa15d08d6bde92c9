// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * ring.c - one interface shared among readers, each with a ring of its own (PACKET_FANOUT)
 *
 * Model. A ring is a libpcap handle in immediate mode: TPACKET_V2, a ring of slots, where a frame is
 * there as soon as it was received. (The blocks of TPACKET_V3 are closed by a timer: that is
 * latency.) The rings of an interface join a fanout group of mode HASH: the kernel hashes the addresses
 * and ports of each packet, the same for both directions, and so gives a flow to one ring. Fragments are
 * hashed by addresses alone, the first one too, so that all of a datagram come to one ring, whose
 * decoder puts them together. The kernel could do that itself (PACKET_FANOUT_FLAG_DEFRAG), but its
 * datagrams would be cut to a slot, and it keeps one reading only of fragments that contradict each other.
 *
 * Between its opening and the joining a ring gets every packet. So that none is seen twice, packets with
 * a time before ring_begin() are passed over.
 *
 * The bytes of a slot belong to the kernel again when libpcap's callback returns. So frames are copied to
 * memory of the ring, which has places for several batches: what one holds stays valid while the next are
 * read.
 *
 * Limits. A slot holds the longest frame that the interface carries by itself (its MTU), at most
 * RING_SNAPLEN: a frame that the kernel or the card merged of several is cut to that (offload.c tells
 * whether they do). Packets of a flow that are fragmented and those that are not may come to two rings.
 */
#include <linux/if_packet.h>
#include <errno.h>
#include <net/if.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/capture/live.h"
#include "base/capture/live_stats.h"
#include "base/capture/ring.h"
#include "base/clock.h"

#define ROOM_BESIDE_MTU 36 /* bytes: link header, VLAN tags */

/**
 * struct ring - see ring.h
 * @from_ns:	Frames from before are passed over
 * @memory:	(owned) RING_PLACES times RING_BATCH frames of at most @slot bytes
 * @out, @n:	The batch that is being filled
 * @frame:	Where the next frame's bytes go
 * @full:	It is to be ended
 */
struct ring {
	char *iface;
	pcap_t *p;
	struct decoder *decoder;
	uint64_t from_ns;
	uint8_t *memory;
	uint32_t slot;
	struct packet *out;
	size_t n;
	uint8_t *frame;
	bool full;
	struct ring_counts counts;
	struct live_stats said;
};

/* What the interface carries at most in one frame; 0 = not known. */
static int frame_size_of(const char *iface)
{
	struct ifreq req = {0};
	int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0), mtu = 0;

	if (strlen(iface) < sizeof(req.ifr_name)) {
		snprintf(req.ifr_name, sizeof(req.ifr_name), "%s", iface);
		if (ioctl(fd, SIOCGIFMTU, &req) == 0)
			mtu = req.ifr_mtu;
	}
	if (fd >= 0)
		close(fd);
	return mtu > 0 ? mtu + ROOM_BESIDE_MTU : 0;
}

static int choose_snaplen(const char *iface, int wished)
{
	int size = wished > 0 ? wished : frame_size_of(iface);

	return size > 0 && (wished > 0 || size < RING_SNAPLEN) ? size : RING_SNAPLEN;
}

/* Packets get their time when they are received, once for all rings, and not when they are copied into
 * one. Where it cannot be had, that is their time. */
static void stamp_early(pcap_t *p)
{
	const int yes = 1;

	(void)setsockopt(pcap_fileno(p), SOL_SOCKET, SO_TIMESTAMPNS, &yes, sizeof(yes));
}

struct ring *ring_open(const char *iface, const char *filter, int snaplen, size_t bytes,
		       struct err *e)
{
	struct live_wish wish = {.filter = filter,
				 .snaplen = choose_snaplen(iface, snaplen),
				 .buffer = bytes,
				 .immediate = true};
	struct ring *r = xcalloc(1, sizeof(*r));

	r->iface = xstrdup(iface);
	r->said.lost[0] = r->said.lost[1] = -1;
	r->slot = (uint32_t)wish.snaplen;
	r->p = live_open(iface, &wish, e);
	if (r->p) {
		stamp_early(r->p);
		r->decoder = decoder_new(pcap_datalink(r->p), e);
		if (!r->decoder)
			err_push(e, "%s", iface);
	}
	if (!r->decoder) {
		ring_close(r);
		return NULL;
	}
	r->memory = xmalloc((size_t)RING_PLACES * RING_BATCH * r->slot);
	return r;
}

static int join(const struct ring *r, unsigned id, unsigned flags)
{
	unsigned word = id | (PACKET_FANOUT_HASH | flags) << 16;

	return setsockopt(pcap_fileno(r->p), SOL_PACKET, PACKET_FANOUT, &word, sizeof(word));
}

int ring_join(struct ring *const *rings, size_t n, struct err *e)
{
	unsigned word = 0;
	socklen_t size = sizeof(word);
	int rc;

	/* The first asks the kernel for a number that nobody has, the others use it. */
	rc = join(rings[0], 0, PACKET_FANOUT_FLAG_UNIQUEID);
	if (!rc)
		rc = getsockopt(pcap_fileno(rings[0]->p), SOL_PACKET, PACKET_FANOUT, &word, &size);
	for (size_t i = 1; !rc && i < n; i++)
		rc = join(rings[i], word & 0xffff, 0);
	return rc ? err_env(e, "%s: the kernel does not share it among %zu readers: %s",
			    rings[0]->iface, n, strerror(errno))
		  : 0;
}

void ring_begin(struct ring *r)
{
	live_stats_begin(&r->said, r->p, r->iface);
	r->from_ns = clock_ns(CLOCK_REALTIME);
}

int ring_fd(const struct ring *r)
{
	return pcap_get_selectable_fd(r->p);
}

static void add(struct ring *r, const struct packet *p)
{
	r->out[r->n] = *p;
	r->out[r->n++].number = r->counts.frames;
}

static void take_frame(u_char *arg, const struct pcap_pkthdr *h, const u_char *data)
{
	struct ring *r = (struct ring *)arg;
	uint64_t ts_ns = (uint64_t)(uint32_t)h->ts.tv_sec * 1000000000ULL + (uint64_t)h->ts.tv_usec;
	uint8_t *copy = r->frame;
	uint32_t caplen = h->caplen < r->slot ? h->caplen : r->slot;
	enum decode_result result;
	struct packet p;

	if (ts_ns < r->from_ns)
		return;
	r->counts.frames++;
	r->counts.bytes += h->len;
	r->frame += r->slot;
	memcpy(copy, data, caplen);
	result = decode_frame(r->decoder, ts_ns, copy, caplen, h->len > caplen ? h->len : caplen,
			      &p);
	r->counts.decoded[result]++;
	if (result == DECODE_OK) {
		add(r, &p);
		/* A datagram of fragments lies in memory that the next ones use again. */
		r->full = p.fragments;
		if (p.fragments && decoder_second(r->decoder, &p))
			add(r, &p);
	}
	if (r->full)
		pcap_breakloop(r->p);
}

int ring_batch(struct ring *r, unsigned place, struct packet *out, bool *more, struct err *e)
{
	int rc;

	r->out = out;
	r->n = 0;
	r->frame = r->memory + (size_t)place * RING_BATCH * r->slot;
	r->full = false;
	/* One is left for the second reading of a datagram of fragments. */
	rc = pcap_dispatch(r->p, RING_BATCH - 1, take_frame, (u_char *)r);
	if (rc == PCAP_ERROR)
		return err_env(e, "%s: %s", r->iface, pcap_geterr(r->p));
	*more = rc >= RING_BATCH - 1 || r->full;
	return (int)r->n;
}

void ring_counts(struct ring *r, struct ring_counts *out)
{
	live_stats_look(&r->said, r->p);
	r->counts.received = r->said.received;
	r->counts.dropped = r->said.dropped;
	r->counts.ifdropped = r->said.ifdropped;
	*out = r->counts;
}

void ring_counts_add(struct ring_counts *sum, const struct ring_counts *one)
{
	sum->frames += one->frames;
	sum->bytes += one->bytes;
	sum->received += one->received;
	sum->dropped += one->dropped;
	sum->ifdropped += one->ifdropped;
	for (size_t k = 0; k < DECODE_RESULTS; k++)
		sum->decoded[k] += one->decoded[k];
}

void ring_close(struct ring *r)
{
	if (!r)
		return;
	live_stats_end(&r->said);
	if (r->p)
		pcap_close(r->p);
	decoder_free(r->decoder);
	free(r->memory);
	free(r->iface);
	free(r);
}
