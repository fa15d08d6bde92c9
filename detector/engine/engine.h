/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef DETECTOR_ENGINE_H
#define DETECTOR_ENGINE_H

#include "detector/language/dispatch.h"
#include "detector/language/signature.h"

/*
 * Inside of the engine: flows, streams, matches, memory. Private to detector/.
 * Indices into pools are 32 bits; 0 stands for none.
 */

/* A pool of equal objects that never move; freed ones are used again. */
struct pool {
	size_t size;   /* bytes of an object */
	size_t clear;  /* of these, zeroed when it is taken back (memory is zero at first) */
	size_t limit;  /* objects at most */
	size_t used;   /* objects handed out ever (indices 1..used exist) */
	size_t live;   /* handed out now */
	uint32_t free; /* first free object: its first four bytes are the next */
	uint32_t hand; /* where the search for something to evict goes on */
	uint8_t *base; /* address space for all of them; memory comes as it is touched */
};
void pool_init(struct pool *p, size_t size, size_t limit);
void pool_free(struct pool *p);
uint32_t pool_get(struct pool *p); /* zeroed, but for what @clear leaves; 0 at the limit */
void pool_put(struct pool *p, uint32_t i);
size_t pool_bytes(const struct pool *p);
static inline void *pool_at(const struct pool *p, uint32_t i)
{
	return p->base + (size_t)(i - 1) * p->size;
}

/* Address space for @n zeroed bytes, memory comes as it is touched: small pages at first, huge ones
 * where a table has grown, so that a look-up seldom waits for an address translation. */
void *space_get(size_t n);
void space_free(void *p, size_t n);

#define NS_SLACK     3600000000000ULL /* time may step back this far after the first packet */
#define HELD_IDLE_NS 1800000000000ULL /* a flow with a waiting match is kept at least so long */

#define FLOW_V6	       0x01
#define FLOW_SYN       0x02 /* the SYN was seen */
#define FLOW_SYNACK    0x04
#define FLOW_HANDSHAKE 0x08 /* SYN, SYN+ACK and ACK were seen */
#define FLOW_SEQ0      0x10 /* seq[0] is known */
#define FLOW_SEQ1      0x20
#define FLOW_TURN      0x40 /* some payload was seen; its direction: */
#define FLOW_TURN1     0x80
#define FLOW2_FIN0     0x01
#define FLOW2_FIN1     0x02
#define FLOW2_CLOSED   0x04
#define FLOW2_LIVE     0x08 /* the slot is in use */
#define FLOW2_HELD     0x10 /* a match waits for something: the flow is kept for longer */

/* A flow: one cache line. Direction 0 is from the side that opened it. */
struct flow {
	uint32_t ip[2]; /* IPv4, network order as read; IPv6: ip[0] = index of the pair */
	uint16_t port[2];
	uint8_t proto, flags, flags2, gen;
	uint32_t ext; /* struct ext, 0 = no rule is interested */
	uint64_t first_ns;
	uint32_t last;	     /* flow_clock() of the last packet */
	uint32_t packets[2]; /* with payload */
	uint16_t turns[2];   /* TCP: turns begun */
	uint32_t bytes[2];   /* payload, stops at the top */
	uint32_t seq[2];     /* TCP: next sequence number */
};
_Static_assert(sizeof(struct flow) == 64, "a flow is one cache line");

struct v6pair {
	uint8_t b[2][16];
};

struct flow_table {
	struct pool flows, v6;
	uint64_t *slots; /* hash << 32 | flow; 0 = empty */
	size_t mask, count, peak;
	uint64_t key[2];
	uint64_t base_ns; /* of flow_clock() */
	uint32_t udp_idle, tcp_idle, least_idle;
	uint32_t sweep;
	uint64_t expired, evicted, created;
	void (*gone)(void *arg, uint32_t flow); /* before a flow with ext leaves */
	void *arg;
};
void flows_init(struct flow_table *t, const struct detector_limits *l);
void flows_free(struct flow_table *t);
/* Of the packet's addresses, ports and protocol: the same for both directions. */
uint32_t flows_hash(const struct flow_table *t, const struct packet *p);
/* Finds or makes the flow of a packet; *dir is the packet's direction, *fresh whether it is new. */
uint32_t flows_get(struct flow_table *t, const struct packet *p, uint32_t hash, int *dir,
		   bool *fresh);
void flows_remove(struct flow_table *t, uint32_t i);
size_t flows_bytes(const struct flow_table *t);
static inline struct flow *flow_at(const struct flow_table *t, uint32_t i)
{
	return pool_at(&t->flows, i);
}
/* Of functions that only fetch into the cache gcc thinks that they do nothing, and leaves out the
 * call: they must be part of the caller. */
#define HINT static inline __attribute__((always_inline))

/* Ahead of flows_get(): brings the slot, then the flow into the cache. */
HINT void flows_hint_slot(const struct flow_table *t, uint32_t hash)
{
	__builtin_prefetch(&t->slots[hash & t->mask]);
}
/* The flow it likely is; 0 = it is new, or not in its first three slots. (To look further costs
 * more than it saves: the branches cannot be foreseen.) */
HINT uint32_t flows_hint_flow(const struct flow_table *t, uint32_t hash)
{
	for (unsigned n = 0; n < 3; n++) {
		uint64_t slot = t->slots[(hash + n) & t->mask];

		if (slot >> 32 == hash) {
			__builtin_prefetch(flow_at(t, (uint32_t)slot), 1);
			return (uint32_t)slot;
		}
	}
	return 0;
}
/* Time in steps of 2^20 ns since the first packet. */
static inline uint32_t flow_clock(const struct flow_table *t, uint64_t ns)
{
	return ns > t->base_ns ? (uint32_t)((ns - t->base_ns) >> 20) : 0;
}
void flow_endpoint(const struct flow_table *t, const struct flow *f, int side,
		   struct endpoint *out);

#define TURN_BYTES  2048 /* first bytes of a turn that are kept */
#define TURN_BOUNDS 16
#define OOO_RECORDS 8
#define OOO_BYTES   2048

struct mark { /* the packet that something is put down to */
	uint64_t ts_ns, number;
	uint16_t input;
};

/* What a TCP flow that a rule is interested in is saying now. */
struct stream {
	uint32_t flow;
	uint8_t dir;	/* of the turn */
	bool open;	/* a turn is under way */
	bool fresh;	/* and was not yet looked at */
	uint32_t len;	/* of the turn */
	uint32_t avail; /* bytes of it at the front of buf, without a hole */
	uint8_t bounds_n;
	uint32_t bounds[TURN_BOUNDS]; /* ends of segments, as offsets in the turn; the last = len */
	struct mark last;
	uint32_t ooo_used;
	uint8_t ooo_n;
	struct ooo {
		struct mark mark;
		uint32_t seq, len, avail, at;
		uint8_t dir;
	} ooo[OOO_RECORDS];
	uint8_t buf[TURN_BYTES], early[OOO_BYTES];
};

struct detector;
/* One segment with payload of a followed flow: calls stream_ends(), stream_grows(). */
void stream_segment(struct detector *d, uint32_t flow, struct stream *s, int dir,
		    const struct packet *p);

#define OPEN_MESSAGE  0xff /* not a message of the rule: the flow was opened */
#define CLOSE_MESSAGE 0xfe
struct inst_ev {
	uint64_t ts_ns;
	uint32_t number; /* low half of the packet's: see number_of() in emit.c */
	uint32_t size;
	uint16_t pos[2]; /* where the contains and again tests found it */
	uint16_t input;
	uint8_t message, from_client;
};

/* Bytes of matched messages, when they are kept to be explained: parallel to inst.ev. */
struct inst_bytes {
	uint8_t *b[EVIDENCE_MAX]; /* (owned) */
	uint16_t n[EVIDENCE_MAX];
};

/* A rule under way on a flow. */
struct inst {
	uint32_t next;
	uint32_t flow;
	uint16_t rule;
	uint8_t step, client_dir;
	uint16_t reps;
	uint8_t ev_n;
	bool over;     /* to be freed */
	uint32_t turn; /* turn number and offset behind the last matched message */
	uint32_t consumed;
	uint32_t saved; /* messages that left their bytes, by bit */
	uint32_t tally[TALLIES_MAX];
	uint64_t start_ns, last_ns;
	uint64_t seen[2];	  /* time of the last message of each direction */
	struct inst_ev *ev;	  /* of these ev_max */
	uint8_t *save;		  /* as many as the rule saves */
	struct inst_bytes *bytes; /* (owned) or NULL */
	uint32_t tail;		  /* where ev and save are, in detector.tails */
	uint8_t ev_max;
	uint16_t version; /* see version_of() */
};

/* Most rules have few messages and compare few bytes: two sizes of room for them. */
struct tail_small {
	struct inst_ev ev[3];
	uint8_t save[16];
};
struct tail_large {
	struct inst_ev ev[EVIDENCE_MAX];
	uint8_t save[SAVE_MAX];
};
/* A match outside the pools, for what is over at once. */
struct inst_now {
	struct inst in;
	struct tail_large tail;
};
static inline struct inst *inst_now(struct inst_now *n)
{
	n->in.ev = n->tail.ev;
	n->in.save = n->tail.save;
	n->in.ev_max = EVIDENCE_MAX;
	return &n->in;
}

#define ARMED_MAX 8

/* What is known of a flow that a rule is or was interested in. */
struct ext {
	uint32_t flow;
	uint32_t insts; /* list */
	uint32_t stream;
	uint32_t turn_no;
	uint64_t claimed; /* signatures that said it is Skype, by bit */
	uint8_t armed_n;
	bool pending; /* the turn may grow into the first message of a rule */
	bool watched; /* something is to be said when the flow closes */
	struct {
		uint16_t rule;
		uint8_t client_dir;
		bool done;
		bool out;	/* cannot begin in this turn, however it grows */
	} armed[ARMED_MAX];	/* rules whose first step is tried at every message */
	uint64_t done_starts[]; /* starts of rules that are done, as many words as there are */
};

/* A message to be tested. */
struct view {
	const uint8_t *data;
	uint32_t len, avail;
	bool growing; /* more bytes of it may come */
	bool from_client;
	uint32_t ip_len; /* 0 = not known (TCP turns) */
	uint32_t nth, nth_of_flow;
	uint64_t gap; /* UINT64_MAX = nothing before it */
	const struct ip *sender, *receiver;
};

enum verdict { MATCH_NO, MATCH_YES, MATCH_MORE };
/* @in may be NULL for a first message. @pos gets the place of up to two patterns. */
enum verdict match_message(const struct rule *r, const struct message *m, const struct view *v,
			   const struct inst *in, uint16_t pos[2]);
bool match_from(const struct message *m, bool from_client);
/* Whether the flow's ports, hosts and handshake are what the rule asks for. */
bool match_flow(const struct flow_table *t, const struct rule *r, const struct flow *f,
		int client_dir);

/* memory.c */
/* Stands for the values of a key: 128 bits under a secret of this run. */
struct memory_key {
	uint64_t a, b;
};
struct memory_entry {
	uint32_t hash; /* first: the pool's free list is kept here */
	uint16_t set;
	uint16_t version; /* of the client, where known */
	struct memory_key key;
	uint32_t count, value;
	uint64_t expires; /* 0 = free */
};
/* A match that waits for something to become known. */
struct held {
	uint32_t hash; /* of what it waits for */
	uint32_t next; /* in the bucket */
	uint32_t flow, saved;
	uint8_t gen, client_dir;
	uint16_t set, rule, version;
	struct memory_key key;
	uint64_t until; /* 0 = free */
	struct inst_ev ev;
	uint8_t *bytes; /* (owned) as in struct inst_bytes */
	uint16_t bytes_n;
	uint8_t save[HELD_SAVE];
};
/* Most look-ups ask a small set for what it does not hold: a bit per entry answers them. A set has
 * a filter of its own, so that one that remembers everything does not fill that of the others. */
struct memory_set_state {
	uint32_t count;	   /* entries */
	uint32_t filtered; /* entries that the filter was told of since it was made */
	uint32_t shift;	   /* of a hash, down to a bit of the filter */
	uint64_t *filter;  /* (owned) */
};

struct memory {
	size_t limit, sets_n;
	struct pool entries;
	uint64_t *slots; /* hash << 32 | entry; 0 = empty */
	size_t mask, count;
	uint64_t evicted, held_evicted;
	struct memory_set_state *sets; /* of each set */
	uint16_t largest;	       /* the set with the most entries, about */
	struct pool held;
	uint32_t *buckets;
	size_t bucket_mask;
	uint32_t held_sweep;
	uint64_t key[2];
};
void memory_init(struct memory *m, size_t limit, size_t sets);
void memory_free(struct memory *m);
struct memory_key memory_key(const struct memory *m, const uint8_t *values, size_t n);
struct memory_entry *memory_find(struct memory *m, uint16_t set, const struct memory_key *k,
				 uint64_t now);
/* Finds or makes; never NULL. */
struct memory_entry *memory_put(struct memory *m, uint16_t set, const struct memory_key *k,
				uint64_t now, uint64_t keep);
void memory_forget(struct memory *m, uint16_t set, const struct memory_key *k);
/* Room for a match that waits for @k in @set. */
struct held *memory_hold(struct memory *m, uint16_t set, const struct memory_key *k, uint64_t now);
/* The first that may wait for it; the others by held.next. 0 = none. */
uint32_t memory_waiting(const struct memory *m, uint16_t set, const struct memory_key *k);
void memory_unhold(struct memory *m, uint32_t i);
size_t memory_bytes(const struct memory *m);

struct session {
	uint16_t signature;
	struct ip client;
	uint32_t flow; /* the active super node connection; 0 = none */
	uint8_t client_dir;
	uint16_t rule;
};
struct watch {
	uint32_t flow;
	uint16_t rule;
	uint8_t client_dir;
	bool live;
	uint16_t version;
};

#define SESSIONS_MAX 65536
#define WATCHES_MAX  4096

#define VERSION_LEN  16
#define VERSIONS_MAX 256 /* they are looked for one by one */

struct detector {
	const struct signature_set *set;
	const struct dispatch *dispatch;
	detection_fn *fn;
	void *arg;
	struct flow_table flows;
	struct pool exts, insts, tails[2], streams;
	struct memory memory;
	struct session *sessions; /* open addressing by client */
	size_t sessions_mask, sessions_n;
	struct watch *watches;
	size_t watches_n, watches_room;
	uint64_t now_ns, tick_ns;
	struct detector_stats stats;
	struct mark mark; /* packet being read */
	struct detector_limits limits;
	bool explain;	 /* keep the bytes of matched messages */
	bool tcp_inside; /* some TCP rule starts inside a turn: psh or anywhere */
	struct learned { /* remembered during this packet: held matches may be waiting for it */
		struct memory_key key;
		uint16_t set, version;
	} * learned;
	size_t learned_n, learned_room;
	struct {		      /* keys of the flow of this packet, made once */
		const struct flow *f; /* NULL = none yet */
		uint32_t have;
		struct memory_key k[2 * KEY_SLOTS];
	} keys;
	char (*versions)[VERSION_LEN]; /* (owned) texts of client versions; 0 = not known */
	size_t versions_n, versions_room;
	uint16_t *rule_version; /* (owned) what each rule says */
	/* of detector_look() alone, which may run in a thread of its own */
	uint8_t *early; /* (owned) payloads seen of flows, by hash; NULL = not used */
	uint32_t early_n;
};

/* A client version as a number, and back. When there are VERSIONS_MAX texts, others are not known.
 */
uint16_t version_number(struct detector *d, const char *text);
static inline const char *version_of(const struct detector *d, uint16_t number)
{
	return d->versions[number];
}

/* follow.c: interest in flows. Each may evict others of its kind, never what belongs to @flow or
 * the flow of @x; NULL when there is no room. */
struct ext *ext_make(struct detector *d, uint32_t flow);
static inline struct ext *ext_of(struct detector *d, uint32_t flow)
{
	struct flow *f = flow_at(&d->flows, flow);

	return f->ext ? pool_at(&d->exts, f->ext) : NULL;
}
/* Ahead of time: brings into the cache what is known of the flow. */
HINT void ext_hint(const struct detector *d, uint32_t flow)
{
	const struct flow *f = flow_at(&d->flows, flow);
	const char *x;

	if (!f->ext)
		return;
	x = pool_at(&d->exts, f->ext);
	__builtin_prefetch(x);
	__builtin_prefetch(x + 64);
}
/* Whether a rule that reports once did so on the flow. */
bool ext_done(const struct detector *d, const struct ext *x, uint16_t rule);
void ext_set_done(struct detector *d, struct ext *x, uint16_t rule);
struct stream *stream_follow(struct detector *d, struct ext *x);
struct inst *inst_new(struct detector *d, struct ext *x, uint16_t rule, int client_dir);
void inst_put(struct detector *d, uint32_t i);
/* Frees what is over; lets the stream go when nothing needs it. */
void ext_settle(struct detector *d, struct ext *x);
/* The flow is leaving the table. */
void ext_drop(struct detector *d, uint32_t flow);

/* begin.c: rules begin */
#define INSTS_PER_RULE 4 /* a rule is under way on a flow at most so often */
/* Tries to begin rule @r with its message number @message; MATCH_MORE when it may grow into one.
 * @out NULL: only asks. */
enum verdict begin_rule(struct detector *d, uint32_t flow, const struct rule *r, unsigned message,
			struct view *v, int dir, int client_dir, struct inst **out);
/* Tries to begin the rules that @bits of @p name; @psh: only those that read PSH segments (1),
 * turns (0), or both (-1); not those in @took. Returns whether one more could begin if the payload
 * grew. With @probe nothing is begun: the answer is whether anything could be. */
bool begin_found(struct detector *d, const struct dispatch_proto *p, const uint64_t *bits,
		 uint32_t flow, struct view *v, int dir, int psh,
		 const uint64_t took[RULES_MAX / 64], bool probe);
void begin_armed(struct detector *d, uint32_t flow, struct ext *x, struct view *v, int dir,
		 bool psh, const uint64_t *took);

/* A flow is first seen: rules that begin with that. */
void begin_open(struct detector *d, uint32_t flow);

/* progress.c: rules on their way */
/* The message is step @s of the rule, by its message @m. */
void progress_take(struct detector *d, struct inst *in, unsigned s, unsigned m,
		   const struct view *v, const uint16_t pos[2]);
/* The message of a rule that counts; whether it counted. */
bool progress_tally(struct detector *d, struct inst *in, const struct view *v);
/* What turn.c shares: offers one message, complete as it stands, to a match. @whole: it is a whole
 * turn; @starts: where in @v it may begin. Returns whether it was taken; *@next: it was the only
 * one that would do. */
bool progress_steps(struct detector *d, struct inst *in, const struct view *v, bool whole,
		    const uint32_t *starts, unsigned starts_n, bool *next);
/* Whether the match is over because its time is. */
bool progress_expired(const struct detector *d, const struct rule *r, struct inst *in);
/* Time since the message before in that direction, as far as the match was under way then. */
uint64_t progress_gap(const struct detector *d, const struct inst *in, int dir);
/* Starts worth trying for a payload; see progress.c. */
bool progress_find(const struct dispatch_proto *dp, const struct ext *x, const struct packet *p,
		   const struct detector_look *look, unsigned way, uint32_t nth,
		   uint32_t nth_of_flow, uint64_t bits[DISPATCH_WORDS]);
void progress_datagram(struct detector *d, uint32_t flow, int dir, const struct packet *p,
		       const struct detector_look *look);
void progress_segment(struct detector *d, uint32_t flow, int dir, const struct packet *p,
		      const struct detector_look *look);
/* Whether some rule may begin with this segment of a flow without a stream; it begins a turn. */
bool progress_may_start(struct detector *d, uint32_t flow, int dir, const struct packet *p,
			const struct detector_look *look);

/* turn.c: the turn has grown, or is over */
void stream_grows(struct detector *d, uint32_t flow, struct stream *s);
void stream_ends(struct detector *d, uint32_t flow, struct stream *s);

/* emit.c: what follows from a match */
/* The rule of @in is complete, and with it its twins. */
void emit_complete(struct detector *d, struct inst *in);
/* Step @s was taken often enough: what it says then. */
void emit_step(struct detector *d, struct inst *in, unsigned s);
/* The key's values for a flow; false when it has bytes of a match and @in is NULL. */
bool key_of(struct detector *d, const struct key *k, const struct flow *f, int client_dir,
	    const struct inst *in, struct memory_key *out);
/* 1 = all known now, 0 = no, 2 = no, but worth holding */
int emit_known(struct detector *d, const struct rule *r, const struct flow *f, int client_dir,
	       struct inst *in, bool complete);
/* Releases held matches whose condition became known. */
void emit_released(struct detector *d);
void emit_event(struct detector *d, const struct rule *r, const struct flow *f, int client_dir,
		enum event_kind kind, uint16_t version, const struct inst_ev *ev, unsigned n,
		const struct inst_bytes *bytes);

/* session.c */
/* Which session event a connection to a super node is; EVENT_KINDS = none, it is known already. */
enum event_kind session_event(struct detector *d, const struct inst *in);
/* The rule has matched and has an end: it is reported when it comes. */
void session_watch(struct detector *d, const struct inst *in);
/* Reports what ends with the flow. */
void session_flow_closed(struct detector *d, uint32_t flow);
/* Reports what has been idle for too long. */
void session_tick(struct detector *d);

uint64_t hash_bytes(const uint64_t key[2], const void *p, size_t n);

#endif
