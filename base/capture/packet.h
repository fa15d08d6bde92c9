/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef BASE_PACKET_H
#define BASE_PACKET_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/addr.h"
#include "base/err.h"

/**
 * struct packet - one IP packet of a capture, decoded down to its transport payload
 * @ts_ns:	Capture time, nanoseconds since the Unix epoch
 * @number:	Number of the frame in its input, from 1 (as Wireshark counts); of a reassembled
 *		datagram: the frame that completed it
 * @src, @dst:	Transport endpoints (port 0 for protocols without ports)
 * @proto:	IPPROTO_... of the payload after all IPv6 extension headers
 * @tcp_flags:	TH_... bits (TCP only)
 * @seq, @ack:	TCP only, host byte order
 * @payload:	Transport payload; valid until the next packet is decoded
 * @len:	Payload length on the wire, by the IP and UDP headers
 * @caplen:	Payload bytes that are in the capture, <= len
 * @ip_len:	Length of the IP packet (header and payload) by its header
 * @fragments:	Number of IP fragments it was put together from; 0 = was not fragmented
 * @input:	Index of the capture input (file or interface) it came from
 */
struct packet {
	uint64_t ts_ns;
	uint64_t number;
	struct endpoint src, dst;
	uint8_t proto;
	uint8_t tcp_flags;
	uint16_t fragments;
	uint16_t input;
	uint32_t seq, ack;
	const uint8_t *payload;
	uint32_t len;
	uint32_t caplen;
	uint32_t ip_len;
};

/* Why a frame gave no packet. */
enum decode_result {
	DECODE_OK,	  /* @out is filled */
	DECODE_FRAGMENT,  /* kept; the datagram is not complete yet */
	DECODE_NOT_IP,	  /* ARP, LLC, unknown ethertype ... */
	DECODE_TRUNCATED, /* headers cut off by the snap length */
	DECODE_MALFORMED, /* impossible lengths */
	DECODE_RESULTS,
};

struct decoder; /* fragment store and counters; one per capture input */

/* @linktype is a DLT_... value. NULL with @e set when the link type is not supported. */
struct decoder *decoder_new(int linktype, struct err *e);
bool decoder_knows(int linktype);
void decoder_free(struct decoder *d);
enum decode_result decode_frame(struct decoder *d, uint64_t ts_ns, const uint8_t *frame,
				uint32_t caplen, uint32_t len, struct packet *out);
/* Frames per decode_result so far. */
const uint64_t *decoder_counts(const struct decoder *d);

/**
 * struct capture - packets from one or several files in time order, standard input, or live
 *
 * Open with one of the functions below, call capture_next() until it returns 0 or negative.
 */
struct capture;

/* pcap or pcapng; "-" is standard input. Several files are merged by time stamp. @filter is a
 * tcpdump expression or NULL. NULL with @e set: one line that names the file, or the filter. Of
 * several files those that cannot be opened are named by capture_next(), the others are read. */
struct capture *capture_open_files(const char *const *paths, size_t n, const char *filter,
				   struct err *e);
/* Live from interfaces of the current network namespace. @snaplen 0 = 262144. */
struct capture *capture_open_live(const char *const *ifaces, size_t n, const char *filter,
				  int snaplen, struct err *e);
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
/* Whether capture_keep() can be used: one file, read by our own reader. */
bool capture_keeps(const struct capture *c);
/* Whether the next packet would leave the payloads of those before where they are. */
bool capture_ready(const struct capture *c);
/* When not capture_ready(): keeps the payloads given out so far valid, beyond what capture_next()
 * and capture_batch() promise (but for packets put together from fragments). The capture goes on in
 * the memory *@buf of about *@room bytes (from malloc(), or NULL), and *@buf, *@room become the
 * memory that holds the payloads, which the caller may give back with a later call. */
void capture_keep(struct capture *c, uint8_t **buf, size_t *room);
/* Makes capture_next() end; may be called from a signal handler and from any thread. */
void capture_break(struct capture *c);

struct capture_stats {
	uint64_t frames;		       /* read */
	uint64_t bytes;			       /* on the wire */
	uint64_t decoded[DECODE_RESULTS];      /* frames per result */
	uint64_t received, dropped, ifdropped; /* live only, from the kernel */
	uint64_t first_ns, last_ns;	       /* time stamps seen */
	uint64_t filtered;		       /* frames of files that the filter left out */
	/* frames earlier than the one before them in their input, and the largest step back */
	uint64_t backwards, backwards_ns, backwards_number;
	uint16_t backwards_input;
};
void capture_stats(const struct capture *c, struct capture_stats *out);
/* Part read so far of files of known size, 0..1; negative when unknown. */
double capture_progress(const struct capture *c);
void capture_close(struct capture *c);

/* Community ID v1 (seed 0) of a flow, "1:..." with NUL; the same for both directions. */
#define COMMUNITY_ID_LEN 31
void community_id(const struct tuple *t, char out[COMMUNITY_ID_LEN]);

#endif
