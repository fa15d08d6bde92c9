/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef REPLAY_FRAME_H
#define REPLAY_FRAME_H

#include <signal.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/addr.h"
#include "base/err.h"

/*
 * Replay by frame: recorded frames sent as they are out of one or two interfaces, with their
 * recorded timing or another, addresses rewritten where asked.
 */

#define FRAME_MAX (65536 + 64)

struct frame {
	uint64_t ts_ns; /* capture time, ns since the Unix epoch */
	uint32_t len;	/* bytes in @data */
	bool short_one; /* the capture held less than the wire; zeros were appended */
	bool to_client; /* direction, see frame_editor */
	uint8_t *data;	/* an Ethernet frame without FCS; room for FRAME_MAX */
};

/* --- reading: several files merged in time ------------------------------------------------ */

struct frame_reader;

struct frame_reader_stats {
	uint64_t frames, bytes;
	uint64_t short_frames; /* padded */
	uint64_t backwards;    /* frames older than the one before them */
	uint64_t not_frames;   /* of another link layer and without an IP packet */
};

/* pcap and pcapng. Frames of other link types (raw IP, Linux cooked, null) get an Ethernet header.
 * NULL with @e set; of several files those that cannot be opened are named by frame_reader_next(),
 * the others are read. */
struct frame_reader *frame_reader_open(const char *const *paths, size_t n, struct err *e);
/* 1: @f is filled; 0: the end; -1 with @e set: something is wrong with a file (it is unreadable
 * from here on, or its time ran backwards), others go on: call again. */
int frame_reader_next(struct frame_reader *r, struct frame *f, struct err *e);
/* To the start of every file, for loops. 0, or -1 with @e set. */
int frame_reader_rewind(struct frame_reader *r, struct err *e);
const struct frame_reader_stats *frame_reader_stats(const struct frame_reader *r);
/* Part of all files read so far, 0..1; negative when unknown. */
double frame_reader_progress(const struct frame_reader *r);
void frame_reader_close(struct frame_reader *r);

/* --- editing ------------------------------------------------------------------------------ */

struct address_map { /* an address behind @from, of @bits, gets the prefix @to */
	struct ip from, to;
	unsigned bits; /* length of the prefix that is exchanged */
};

struct port_map {
	uint16_t from, to;
};

/**
 * struct frame_rules - what to change
 * @src_mac, @dst_mac: By direction (0 client to server, 1 server to client); used when set
 * @maps:	First match wins, for source and destination alike
 * @seed:	With @use_seed: every unicast IPv4 address becomes another, the same one each time;
 *		private networks stay private
 * @repair:	Checksums of every packet, not only of those changed
 * @mtu:	IPv4 packets longer than this are cut into fragments (0 = never)
 */
struct frame_rules {
	bool set_src_mac[2], set_dst_mac[2];
	uint8_t src_mac[2][6], dst_mac[2][6];
	struct address_map maps[32];
	size_t map_count;
	struct port_map ports[32];
	size_t port_count;
	bool use_seed;
	uint64_t seed;
	bool repair;
	unsigned mtu;
};

/* Adds a map from its text, FROM/BITS=TO or FROM=TO; a port map, FROM=TO. 0, or -1 with @e set. */
int frame_rules_map(struct frame_rules *r, const char *text, struct err *e);
int frame_rules_port(struct frame_rules *r, const char *text, struct err *e);
/* Applies the maps to an address of 4 or 16 bytes in place; true when one fits. */
bool frame_map_bytes(const struct frame_rules *r, uint8_t *p, bool v4);
/* What the maps (not the seed) make of an address and port. */
struct endpoint frame_rules_apply(const struct frame_rules *r, const struct endpoint *at);

/* Source and destination of a frame that carries IP, behind VLAN tags too. */
bool frame_addresses(const struct frame *f, struct ip *src, struct ip *dst);
/* Takes VLAN tags out of a frame. */
void frame_untag(struct frame *f);

struct frame_editor;

struct frame_editor *frame_editor_new(const struct frame_rules *rules);
void frame_editor_free(struct frame_editor *ed);
/* Finds the frame's direction (client: who sent the SYN, else who spoke first) and applies the
 * rules in place. 1: send it; 0: cannot be sent under the rules (longer than the MTU, not IPv4). */
int frame_edit(struct frame_editor *ed, struct frame *f);
/* Cuts an IPv4 frame that is longer than the MTU: fills @out with the frame of fragment @i (from
 * 0). false = there is no such fragment. For frames that fit, fragment 0 is the frame itself. */
bool frame_fragment(const struct frame_editor *ed, const struct frame *f, unsigned i,
		    struct frame *out);

/* --- sending ------------------------------------------------------------------------------ */

enum frame_pace { PACE_RECORDED, PACE_PACKETS, PACE_BITS, PACE_TOP };

struct frame_pacing {
	enum frame_pace pace;
	double factor;	/* PACE_RECORDED: 2 = twice as fast */
	double rate;	/* packets or bits per second */
	double seconds; /* nothing is sent later than this after the first; 0 = no end */
	const volatile sig_atomic_t *stop; /* set by a signal: send no more; or NULL */
};

struct frame_sender_stats {
	uint64_t sent, bytes, failed;
	uint64_t batches;
	double seconds;
	/* How late frames left their sender, against the plan; µs. */
	double late_median_us, late_p99_us, late_max_us;
};

struct frame_sender;

/* Opens @iface (and @second for server-to-client frames, or NULL). EXIT_ENV when not allowed. */
struct frame_sender *frame_sender_open(const char *iface, const char *second,
				       const struct frame_pacing *pacing, struct err *e);
/* Plans a frame (copied). Frames are sent when due; a full batch is sent now. 0; 1 when the
 * pacing's end or its stop came before the frame was due: it is not sent; -1 with @e. */
int frame_send(struct frame_sender *s, const struct frame *f, struct err *e);
/* A new loop over the files begins: time stamps start again. */
void frame_sender_again(struct frame_sender *s);
/* Sends what is planned. */
int frame_flush(struct frame_sender *s, struct err *e);
unsigned frame_sender_mtu(const struct frame_sender *s);
void frame_sender_mac(const struct frame_sender *s, unsigned which, uint8_t mac[6]);
void frame_sender_stats(struct frame_sender *s, struct frame_sender_stats *out);
void frame_sender_close(struct frame_sender *s);

#endif
