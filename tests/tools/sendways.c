// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * sendways IFACE CAPTURE LOOPS ROUNDS - ways to give frames to an interface, by turns in one run
 *
 * Each way sends the frames of the capture LOOPS times as fast as it can, and copies each frame first, as the product
 * must (replay/recorded/frame_send.c). The ways take turns ROUNDS times, because other programs change what the machine
 * has to give. Prints for each the best round: frames per second, processor time of a frame, and system calls
 * of a thousand frames.
 *
 * send            one call a frame, past the queueing discipline, as tcpreplay does
 * sendmmsg-N      N frames a call
 * tx-ring-N       a ring shared with the kernel (PACKET_TX_RING, TPACKET_V2), N frames a call
 * xdp             an AF_XDP socket in copy mode, which needs no program in the kernel; the kernel takes 32 frames a call
 *
 * Limits: IFACE gets frames whatever their addresses are; meant for a veth pair of a network namespace of its own.
 */
#include <errno.h>
#include <linux/if_packet.h>
#include <linux/if_xdp.h>
#include <net/ethernet.h>
#include <net/if.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <unistd.h>

#include "base/capture/capture.h"
#include "base/clock.h"
#include "base/err.h"

#define ROOM  2048 /* of a frame in a ring */
#define SLOTS 2048
#define MOST  64

struct frames {
	uint8_t *data; /* ROOM each */
	uint32_t *len;
	size_t n;
};

struct way {
	const char *name;
	int fd;
	unsigned batch;
	bool (*send)(struct way *w, const struct frames *f);
	uint8_t *ring; /* of the socket, or the memory of xdp's frames */
	unsigned at;
	uint32_t *produced, *consumed; /* xdp's rings: to send, and sent */
	uint32_t *returned, *taken;
	struct xdp_desc *todo;
	unsigned long calls;
	double best_s, best_cpu;
	unsigned long best_calls;
};

static bool hard(void)
{
	return errno != ENOBUFS && errno != EAGAIN && errno != EBUSY;
}

static bool by_mmsg(struct way *w, const struct frames *f)
{
	static uint8_t copy[MOST][ROOM];
	struct mmsghdr m[MOST] = {0};
	struct iovec v[MOST];

	for (size_t i = 0, n; i < f->n; i += n) {
		n = f->n - i < w->batch ? f->n - i : w->batch;
		for (size_t k = 0; k < n; k++) {
			memcpy(copy[k], f->data + (i + k) * ROOM, f->len[i + k]);
			v[k] = (struct iovec){copy[k], f->len[i + k]};
			m[k].msg_hdr.msg_iov = &v[k];
			m[k].msg_hdr.msg_iovlen = 1;
		}
		for (size_t done = 0; done < n;) {
			int got = w->batch == 1
					  ? (send(w->fd, copy[0], f->len[i], 0) < 0 ? -1 : 1)
					  : sendmmsg(w->fd, m + done, (unsigned)(n - done), 0);

			w->calls++;
			if (got < 0 && hard())
				return false;
			done += got > 0 ? (size_t)got : 0;
		}
	}
	return true;
}

static bool by_ring(struct way *w, const struct frames *f)
{
	for (size_t i = 0, n = 0; i < f->n; i++) {
		struct tpacket2_hdr *h = (void *)(w->ring + (size_t)w->at * ROOM);

		while (__atomic_load_n(&h->tp_status, __ATOMIC_ACQUIRE) != TP_STATUS_AVAILABLE) {
			w->calls++;
			if (send(w->fd, NULL, 0, 0) < 0 && hard())
				return false;
			n = 0;
		}
		memcpy((uint8_t *)h + TPACKET2_HDRLEN - sizeof(struct sockaddr_ll),
		       f->data + i * ROOM, f->len[i]);
		h->tp_len = f->len[i];
		__atomic_store_n(&h->tp_status, TP_STATUS_SEND_REQUEST, __ATOMIC_RELEASE);
		w->at = (w->at + 1) % SLOTS;
		if (++n == w->batch || i + 1 == f->n) {
			w->calls++;
			if (send(w->fd, NULL, 0, 0) < 0 && hard())
				return false;
			n = 0;
		}
	}
	return true;
}

/* Takes back the places of what was sent. @w->at counts what was ever given. */
static bool xdp_kick(struct way *w)
{
	w->calls++;
	if (sendto(w->fd, NULL, 0, MSG_DONTWAIT, NULL, 0) < 0 && hard())
		return false;
	__atomic_store_n(w->taken, __atomic_load_n(w->returned, __ATOMIC_ACQUIRE),
			 __ATOMIC_RELEASE);
	return true;
}

static bool by_xdp(struct way *w, const struct frames *f)
{
	for (size_t i = 0; i < f->n; i++) {
		uint32_t slot = w->at % SLOTS;

		while (w->at - *w->taken >= SLOTS)
			if (!xdp_kick(w))
				return false;
		memcpy(w->ring + (size_t)slot * ROOM, f->data + i * ROOM, f->len[i]);
		w->todo[slot] = (struct xdp_desc){.addr = (uint64_t)slot * ROOM, .len = f->len[i]};
		__atomic_store_n(w->produced, ++w->at, __ATOMIC_RELEASE);
		if (w->at % 32 == 0 && !xdp_kick(w))
			return false;
	}
	while (*w->taken != w->at)
		if (!xdp_kick(w))
			return false;
	return true;
}

/* --- opening ------------------------------------------------------------------------------------ */

static bool open_packet(struct way *w, int iface)
{
	struct sockaddr_ll ll = {.sll_family = AF_PACKET, .sll_ifindex = iface};
	int one = 1, size = 8 << 20;

	w->fd = socket(AF_PACKET, SOCK_RAW, 0);
	if (w->fd < 0)
		return false;
	(void)!setsockopt(w->fd, SOL_SOCKET, SO_SNDBUF, &size, sizeof(size));
	(void)!setsockopt(w->fd, SOL_PACKET, PACKET_QDISC_BYPASS, &one, sizeof(one));
	if (w->send == by_ring) {
		int version = TPACKET_V2;
		struct tpacket_req r = {.tp_block_size = ROOM * 32,
					.tp_block_nr = SLOTS / 32,
					.tp_frame_size = ROOM,
					.tp_frame_nr = SLOTS};

		if (setsockopt(w->fd, SOL_PACKET, PACKET_VERSION, &version, sizeof(version)) < 0 ||
		    setsockopt(w->fd, SOL_PACKET, PACKET_TX_RING, &r, sizeof(r)) < 0)
			return false;
		w->ring = mmap(NULL, (size_t)ROOM * SLOTS, PROT_READ | PROT_WRITE,
			       MAP_SHARED | MAP_POPULATE, w->fd, 0);
		if (w->ring == MAP_FAILED)
			return false;
	}
	return bind(w->fd, (struct sockaddr *)&ll, sizeof(ll)) == 0;
}

static uint8_t *xdp_map(int fd, size_t size, off_t what)
{
	return mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_POPULATE, fd, what);
}

static bool open_xdp(struct way *w, int iface)
{
	struct sockaddr_xdp at = {
		.sxdp_family = AF_XDP, .sxdp_flags = XDP_COPY, .sxdp_ifindex = (uint32_t)iface};
	struct xdp_umem_reg mem = {.len = (uint64_t)ROOM * SLOTS, .chunk_size = ROOM};
	struct xdp_mmap_offsets off;
	socklen_t size = sizeof(off);
	int slots = SLOTS;
	uint8_t *tx, *done;

	w->ring = mmap(NULL, mem.len, PROT_READ | PROT_WRITE,
		       MAP_PRIVATE | MAP_ANONYMOUS | MAP_POPULATE, -1, 0);
	mem.addr = (uint64_t)(uintptr_t)w->ring;
	w->fd = socket(AF_XDP, SOCK_RAW, 0);
	if (w->fd < 0 || setsockopt(w->fd, SOL_XDP, XDP_UMEM_REG, &mem, sizeof(mem)) < 0 ||
	    setsockopt(w->fd, SOL_XDP, XDP_UMEM_FILL_RING, &slots, sizeof(slots)) < 0 ||
	    setsockopt(w->fd, SOL_XDP, XDP_UMEM_COMPLETION_RING, &slots, sizeof(slots)) < 0 ||
	    setsockopt(w->fd, SOL_XDP, XDP_TX_RING, &slots, sizeof(slots)) < 0 ||
	    getsockopt(w->fd, SOL_XDP, XDP_MMAP_OFFSETS, &off, &size) < 0)
		return false;
	tx = xdp_map(w->fd, off.tx.desc + SLOTS * sizeof(struct xdp_desc), XDP_PGOFF_TX_RING);
	done = xdp_map(w->fd, off.cr.desc + SLOTS * sizeof(uint64_t),
		       (off_t)XDP_UMEM_PGOFF_COMPLETION_RING);
	if (tx == MAP_FAILED || done == MAP_FAILED)
		return false;
	w->todo = (void *)(tx + off.tx.desc);
	w->produced = (void *)(tx + off.tx.producer);
	w->returned = (void *)(done + off.cr.producer);
	w->taken = (void *)(done + off.cr.consumer);
	return bind(w->fd, (struct sockaddr *)&at, sizeof(at)) == 0;
}

/* --- the turns ---------------------------------------------------------------------------------- */

static double cpu_s(void)
{
	struct rusage u;

	getrusage(RUSAGE_SELF, &u);
	return (double)(u.ru_utime.tv_sec + u.ru_stime.tv_sec) +
	       (double)(u.ru_utime.tv_usec + u.ru_stime.tv_usec) / 1e6;
}

static void take_turn(struct way *w, const struct frames *f, unsigned long loops)
{
	uint64_t start = clock_ns(CLOCK_MONOTONIC);
	double cpu = cpu_s(), s;

	w->calls = 0;
	for (unsigned long i = 0; i < loops; i++)
		if (!w->send(w, f)) {
			fprintf(stderr, "sendways: %s: %s\n", w->name, strerror(errno));
			exit(EXIT_USAGE);
		}
	s = (double)(clock_ns(CLOCK_MONOTONIC) - start) / 1e9;
	cpu = cpu_s() - cpu;
	if (!w->best_s || s < w->best_s)
		w->best_s = s;
	if (!w->best_cpu || cpu < w->best_cpu)
		w->best_cpu = cpu;
	w->best_calls = w->calls;
}

static struct frames read_frames(const char *path)
{
	struct frames f = {0};
	struct capture_frame in;
	struct err e = {0};
	struct capture *c = capture_open_files(&path, 1, NULL, &e);

	while (c && capture_next_frame(c, &in, &e) > 0) {
		if (in.caplen > ETH_FRAME_LEN || in.caplen < ETH_HLEN)
			continue;
		f.data = xrealloc(f.data, (f.n + 1) * ROOM);
		f.len = xrealloc(f.len, (f.n + 1) * sizeof(*f.len));
		memcpy(f.data + f.n * ROOM, in.data, in.caplen);
		f.len[f.n++] = in.caplen;
	}
	if (!f.n) {
		fprintf(stderr, "sendways: %s: %s\n", path, e.msg[0] ? e.msg : "no frame");
		exit(EXIT_USAGE);
	}
	capture_close(c);
	return f;
}

int main(int argc, char **argv)
{
	struct way ways[] = {
		{"send", .batch = 1, .send = by_mmsg},
		{"sendmmsg-64", .batch = 64, .send = by_mmsg},
		{"tx-ring-1", .batch = 1, .send = by_ring},
		{"tx-ring-64", .batch = 64, .send = by_ring},
		{"tx-ring-512", .batch = 512, .send = by_ring},
		{"xdp", .batch = 32, .send = by_xdp},
	};
	unsigned n = sizeof(ways) / sizeof(*ways);
	struct frames f;
	int iface;

	if (argc != 5 || !(iface = (int)if_nametoindex(argv[1]))) {
		fprintf(stderr, "usage: sendways IFACE CAPTURE LOOPS ROUNDS\n");
		return EXIT_USAGE;
	}
	f = read_frames(argv[2]);
	for (unsigned i = 0; i < n; i++)
		if (!(ways[i].send == by_xdp ? open_xdp : open_packet)(&ways[i], iface)) {
			printf("%-14s the kernel refuses: %s\n", ways[i].name, strerror(errno));
			ways[i].batch = 0;
		}
	for (long r = strtol(argv[4], NULL, 10); r > 0; r--)
		for (unsigned i = 0; i < n; i++)
			if (ways[i].batch)
				take_turn(&ways[i], &f, strtoul(argv[3], NULL, 10));
	for (unsigned i = 0; i < n; i++) {
		double sent = (double)f.n * strtod(argv[3], NULL);

		if (ways[i].batch)
			printf("%-14s %10.0f frames/s %8.0f ns of processor a frame %8.1f calls a "
			       "thousand\n",
			       ways[i].name, sent / ways[i].best_s, ways[i].best_cpu * 1e9 / sent,
			       (double)ways[i].best_calls * 1e3 / sent);
	}
	return 0;
}
