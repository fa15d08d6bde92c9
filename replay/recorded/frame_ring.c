// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * frame_ring.c - many frames for an interface by a ring shared with the kernel (AF_XDP)
 *
 * Of the ways that Linux offers it takes the least time a frame over a veth pair (tests/tools/sendways.c, docs/performance.md). The
 * socket copies (XDP_COPY): that needs nothing of the driver, no program in the kernel and no setting of the interface, and
 * the interface's incoming traffic never comes to it. CAP_NET_RAW in the namespace is enough. The memory of the frames is locked, and
 * counts against RLIMIT_MEMLOCK of an ordinary user; it is kept below the usual limits.
 *
 * The kernel takes up to 32 frames a call and copies them, so that a place is free again when its frame was taken. It says
 * later that a frame has left; these answers are only passed on, because without room for one it takes no frame.
 *
 * Limits: frames of up to RING_ROOM bytes. As with PACKET_QDISC_BYPASS the queueing discipline and taps on the sending
 * interface are passed by. On an interface with several queues the first is used.
 */
#include <errno.h>
#include <linux/if_xdp.h>
#include <sched.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/err.h"
#include "replay/recorded/frame_ring.h"

#define RING_ROOM 2048U
#define SLOTS	  256U	     /* a power of two */
#define PATIENCE  NS_PER_SEC /* without any frame taken */
#define MEMORY	  ((size_t)SLOTS * RING_ROOM)

struct shared {
	uint8_t *map;
	size_t size;
	uint32_t *produced, *consumed;
};

struct frame_ring {
	int fd;
	uint8_t *memory;
	struct shared todo, done;
	struct xdp_desc *descs;
	uint32_t put; /* ever; the place is this modulo SLOTS */
};

static bool map_ring(struct frame_ring *r, struct shared *s, const struct xdp_ring_offset *at,
		     size_t entry, off_t what)
{
	s->size = at->desc + SLOTS * entry;
	s->map =
		mmap(NULL, s->size, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_POPULATE, r->fd, what);
	if (s->map == MAP_FAILED) {
		s->map = NULL;
		return false;
	}
	s->produced = (uint32_t *)(void *)(s->map + at->producer);
	s->consumed = (uint32_t *)(void *)(s->map + at->consumer);
	return true;
}

static bool set(int fd, int what, const void *value, socklen_t size)
{
	return setsockopt(fd, SOL_XDP, what, value, size) == 0;
}

static bool open_socket(struct frame_ring *r, unsigned iface)
{
	struct sockaddr_xdp at = {
		.sxdp_family = AF_XDP, .sxdp_flags = XDP_COPY, .sxdp_ifindex = iface};
	struct xdp_umem_reg memory = {.len = MEMORY, .chunk_size = RING_ROOM};
	struct xdp_mmap_offsets off;
	socklen_t size = sizeof(off);
	const unsigned slots = SLOTS;
	const int flags = MAP_PRIVATE | MAP_ANONYMOUS | MAP_POPULATE;

	/* cppcheck-suppress invalidFunctionArg */
	r->memory = mmap(NULL, MEMORY, PROT_READ | PROT_WRITE, flags, -1, 0);
	if (r->memory == MAP_FAILED) {
		r->memory = NULL;
		return false;
	}
	memory.addr = (uint64_t)(uintptr_t)r->memory;
	r->fd = socket(AF_XDP, SOCK_RAW | SOCK_CLOEXEC, 0);
	if (r->fd < 0 || !set(r->fd, XDP_UMEM_REG, &memory, sizeof(memory)) ||
	    !set(r->fd, XDP_UMEM_FILL_RING, &slots, sizeof(slots)) ||
	    !set(r->fd, XDP_UMEM_COMPLETION_RING, &slots, sizeof(slots)) ||
	    !set(r->fd, XDP_TX_RING, &slots, sizeof(slots)) ||
	    getsockopt(r->fd, SOL_XDP, XDP_MMAP_OFFSETS, &off, &size) < 0 || size != sizeof(off))
		return false;
	if (!map_ring(r, &r->todo, &off.tx, sizeof(struct xdp_desc), XDP_PGOFF_TX_RING) ||
	    !map_ring(r, &r->done, &off.cr, sizeof(uint64_t),
		      (off_t)XDP_UMEM_PGOFF_COMPLETION_RING))
		return false;
	r->descs = (struct xdp_desc *)(void *)(r->todo.map + off.tx.desc);
	return bind(r->fd, (struct sockaddr *)&at, sizeof(at)) == 0;
}

struct frame_ring *frame_ring_open(unsigned iface)
{
	struct frame_ring *r = xcalloc(1, sizeof(*r));
	int why;

	r->fd = -1;
	if (open_socket(r, iface))
		return r;
	why = errno;
	frame_ring_close(r);
	errno = why;
	return NULL;
}

void frame_ring_close(struct frame_ring *r)
{
	if (!r)
		return;
	if (r->todo.map)
		munmap(r->todo.map, r->todo.size);
	if (r->done.map)
		munmap(r->done.map, r->done.size);
	if (r->fd >= 0)
		close(r->fd);
	if (r->memory)
		munmap(r->memory, MEMORY);
	free(r);
}

bool frame_ring_takes(const struct frame_ring *r, uint32_t len)
{
	return r && len <= RING_ROOM;
}

void frame_ring_put(struct frame_ring *r, const uint8_t *data, uint32_t len)
{
	uint32_t slot = r->put % SLOTS;

	memcpy(r->memory + (size_t)slot * RING_ROOM, data, len);
	r->descs[slot] = (struct xdp_desc){.addr = (uint64_t)slot * RING_ROOM, .len = len};
	r->put++;
}

int frame_ring_send(struct frame_ring *r, unsigned *lost)
{
	uint64_t stuck_since = 0;
	uint32_t taken = __atomic_load_n(r->todo.consumed, __ATOMIC_ACQUIRE);

	__atomic_store_n(r->todo.produced, r->put, __ATOMIC_RELEASE);
	while (taken != r->put) {
		bool sent = send(r->fd, "", 0, MSG_DONTWAIT) >= 0;
		int why = sent ? 0 : errno;
		uint32_t before = taken;

		taken = __atomic_load_n(r->todo.consumed, __ATOMIC_ACQUIRE);
		__atomic_store_n(r->done.consumed,
				 __atomic_load_n(r->done.produced, __ATOMIC_ACQUIRE),
				 __ATOMIC_RELEASE);
		if (why == EBUSY)
			*lost += 1;
		else if (why && why != EAGAIN && why != ENOBUFS && why != EINTR)
			return errno = why, -1;
		if (taken != before) {
			stuck_since = 0;
			continue;
		}
		if (!stuck_since)
			stuck_since = clock_ns(CLOCK_MONOTONIC);
		else if (clock_ns(CLOCK_MONOTONIC) - stuck_since > PATIENCE)
			return errno = ETIMEDOUT, -1;
		sched_yield();
	}
	return 0;
}
