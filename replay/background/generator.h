/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef REPLAY_BACKGROUND_GENERATOR_H
#define REPLAY_BACKGROUND_GENERATOR_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "replay/background/session.h"
#include "replay/background/writer.h"
#include "replay/dialog/dialog.h"

/*
 * How a background generator is written: a table of steps, each a message with a direction, a gap
 * and a function that writes its bytes. A session is one walk through the table. README.md lists
 * what else a new generator needs.
 */

/* A step. Gaps in milliseconds; the gap is drawn evenly. */
struct generator_step {
	bool to_opener;
	uint16_t gap_lo_ms, gap_hi_ms;
	void (*build)(struct gen_session *s, struct writer *w);
	uint8_t back;		     /* after this step go back so many steps (1 = itself) ... */
	uint16_t times_lo, times_hi; /* ... this often */
};

/**
 * struct generator - one kind of background traffic
 * @name:	As mixes name it
 * @application: What the truth calls it, where that is not @name; NULL = @name
 * @about:	What it speaks, for `skypelab replay --generators`
 * @port:	The servers' usual port; 0 = drawn
 * @peers:	The other end is a peer: it may have any server address, and a drawn port
 * @own_link:	Speaks to a multicast group on the host's own link, which @init puts in the session's
 *		server address, and nobody answers. A host has one session of it at a time
 * @close:	TCP: who closes
 * @init:	Draws what a session keeps (ids, names); may be NULL
 * @then:	Called when the last message has arrived, to go on with session_spawn(); may be NULL
 * @more:	What the truth's reason says after the name; may be NULL
 */
struct generator {
	const char *name;
	const char *application;
	const char *about;
	uint8_t proto; /* IPPROTO_UDP or IPPROTO_TCP */
	uint16_t port;
	bool peers;
	bool own_link;
	enum dialog_close close;
	const struct generator_step *steps;
	unsigned step_count;
	void (*init)(struct gen_session *s);
	void (*then)(struct gen_session *s);
	const char *(*more)(const struct gen_session *s);
};

#define GENERATOR_STEPS(table) .steps = table, .step_count = ARRAY_LEN(table)

/* All that a mix may name, by file; those that only another generator begins are not here. */
extern const struct generator gen_memcached;				      /* gen_cache.c */
extern const struct generator gen_capwap;				      /* gen_capwap.c */
extern const struct generator gen_msn;					      /* gen_chat.c */
extern const struct generator gen_ntp, gen_snmp, gen_radius;		      /* gen_control.c */
extern const struct generator gen_hsrp, gen_fins;			      /* gen_device.c */
extern const struct generator gen_dnscrypt;				      /* gen_dnscrypt.c */
extern const struct generator gen_near_miss, gen_near_443, gen_near_80;	      /* gen_near.c */
extern const struct generator gen_bittorrent, gen_utp, gen_dht, gen_kademlia; /* gen_p2p.c */
extern const struct generator gen_game, gen_battlenet, gen_random;	      /* gen_play.c */
extern const struct generator gen_connect;				      /* gen_proxy.c */
extern const struct generator gen_quic;					      /* gen_quic.c */
extern const struct generator gen_stun, gen_turn;			      /* gen_stun.c */
extern const struct generator gen_tls10, gen_tls10_short, gen_tls;	      /* gen_tls.c */
extern const struct generator gen_teredo;				      /* gen_teredo.c */
extern const struct generator gen_openvpn, gen_wireguard;		      /* gen_tunnel.c */
extern const struct generator gen_sip, gen_iax2;			      /* gen_voice.c */
extern const struct generator gen_dns, gen_http;			      /* gen_web.c */
extern const struct generator gen_zoom;					      /* gen_zoom.c */

/* The table of these, in the order of listings. */
const struct generator *const *generator_list(size_t *n);
/* NULL: no generator has this name. */
const struct generator *generator_find(const char *name);

#endif
