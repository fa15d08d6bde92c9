/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef BASE_CAPTURE_CAPTURE_H
#define BASE_CAPTURE_CAPTURE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/capture/decode.h"
#include "base/capture/packet.h"
#include "base/err.h"

/**
 * struct capture - packets from one or several files in time order, standard input, or live
 *
 * Open with one of the functions below, call capture_next() until it returns 0 or negative.
 */
struct capture;

/* pcap or pcapng; "-" is standard input. Several files are merged by time stamp; the
 * strings of @paths must live as long as the capture. @filter is a
 * tcpdump expression or NULL. NULL with @e set: one line that names the file or the filter. With
 * several files, capture_next() reports those that cannot be opened; the others are read. */
struct capture *capture_open_files(const char *const *paths, size_t n, const char *filter,
				   struct err *e);
/* Live from interfaces of the current network namespace. @snaplen 0 = 262144. */
struct capture *capture_open_live(const char *const *ifaces, size_t n, const char *filter,
				  int snaplen, struct err *e);
/* Frames are given out in the order of their times, as far as one that is @ns late has been waited for
 * (at most; see order.c). A second unless this is called, before the first frame; 0 = the order of the
 * input. */
void capture_set_window(struct capture *c, uint64_t ns);
/* How far what is given out may lag behind the clock. */
uint64_t capture_window(const struct capture *c);
/* Of each frame that is decoded only the first @bytes count as captured, as if it had been cut off there
 * when it was captured: packets keep their length on the wire. Before the first frame; @bytes above 0. */
void capture_set_snaplen(struct capture *c, uint32_t bytes);
/* 1: @out is a packet; 0: the end (of files, or capture_break()); -1: an input is unreadable from
 * here on (@e names it), other inputs go on with the next call; -2: nothing yet (live, timeout of
 * about 100 ms). */
int capture_next(struct capture *c, struct packet *out, struct err *e);
/* As capture_next(), but up to @n packets at once, all payloads valid together: 1 or more packets,
 * or 0, -1, -2. Never waits when it has one. */
int capture_batch(struct capture *c, struct packet *out, int n, struct err *e);
/* As capture_batch(), but only from frames that lie in memory already: payloads given out before
 * stay where they are. 0 when these hold no packet. */
int capture_held(struct capture *c, struct packet *out, int n);
/* Whether capture_offer() can be used: one file, read by our own reader. */
bool capture_keeps(const struct capture *c);
/* Whether it is one plain file of less than @bytes. */
bool capture_is_short(const struct capture *c, uint64_t bytes);
/* Whether the next packet would leave the payloads of those before where they are. */
bool capture_ready(const struct capture *c);
/* Keeps the payloads given out so far, except those of reassembled datagrams, where they are in the
 * next capture_batch(). If their memory is needed in it, the capture goes on in *@buf, of about *@room
 * bytes (from malloc(), or NULL), and *@buf and *@room become the memory that holds the payloads. */
void capture_offer(struct capture *c, uint8_t **buf, size_t *room);
/* Whether another capture_batch() may follow, since what was offered is still to be taken; not where
 * it might wait for more. */
bool capture_offered(const struct capture *c);

/**
 * struct capture_frame - a frame as it was captured
 * @ts_ns, @number, @input: As in struct packet
 * @data:	Valid until the next call
 * @caplen, @len: Bytes at @data; bytes on the wire, as the file says it
 * @dlt:	Its link type, DLT_...
 */
struct capture_frame {
	uint64_t ts_ns, number;
	const uint8_t *data;
	uint32_t caplen, len;
	int dlt;
	uint16_t input;
};

/* As capture_next(), for those who want every frame as it is: nothing is decoded and no fragment
 * kept. Frames of link types that are not supported come too, after the -1 that names the type. */
int capture_next_frame(struct capture *c, struct capture_frame *out, struct err *e);
/* Where the IP packets of the last frame of capture_next_frame() lie; false when it has none. */
bool capture_locate(struct capture *c, struct decode_place *out);
/* The next packet of files, past what cannot be read: then *@bad becomes -1 and @e says why. False at
 * the end. */
bool capture_next_readable(struct capture *c, struct packet *out, int *bad, struct err *e);
/* Makes capture_next() end; may be called from a signal handler and from any thread. */
void capture_break(struct capture *c);

#define STEP_TEXT 160 /* room for what capture_stepped_back() says */

struct capture_stats {
	/* fragments that gave bytes other values; datagrams given up: for want of room, in time */
	uint64_t fragment_conflicts, fragments_evicted, fragments_timed_out;
	uint64_t frames;		       /* read */
	uint64_t bytes;			       /* on the wire */
	uint64_t decoded[DECODE_RESULTS];      /* frames per result */
	uint64_t received, dropped, ifdropped; /* live only, from the kernel */
	uint64_t first_ns, last_ns;	       /* time stamps seen */
	uint64_t filtered;		       /* frames of files that the filter left out */
	uint64_t sorted;		       /* frames that came late and were put in order */
	/* frames given out behind a younger one of their input, and the largest step back */
	uint64_t backwards, backwards_ns, backwards_number;
	uint16_t backwards_input;
};
void capture_stats(const struct capture *c, struct capture_stats *out);
/* Whether time stepped back further than packets are put in order; nearer is normal where a card has
 * several queues. Then @text says where and how far, without the name of the file. */
bool capture_stepped_back(const struct capture_stats *st, char *text, size_t size);
/* Warns of it, for what judges the packets of the input @name. */
void capture_warn_of_step_back(const struct capture_stats *st, const char *name);
/* The descriptors that live packets come from, one an interface, into @out, which has room for all. How
 * many. */
size_t capture_descriptors(const struct capture *c, int *out);
/* Part read so far of files of known size, 0..1; negative when unknown. */
double capture_progress(const struct capture *c);
void capture_close(struct capture *c);

#endif
