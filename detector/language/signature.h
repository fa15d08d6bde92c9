/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef DETECTOR_SIGNATURE_H
#define DETECTOR_SIGNATURE_H

#include "detector/detection.h"
#include "detector/language/file.h"
#include "detector/language/number_set.h"

/*
 * Signatures as compiled: what docs/signature-language.md describes, as structures. Private to the
 * detector, `skypelab signature` and the tests. Offsets count from 0; sizes are payload bytes;
 * times nanoseconds; "line" is a line of the signature file, from 1.
 *
 * A new field of struct test, message, step, when or rule is part of the question that a rule asks
 * unless shared_rules.c says otherwise; read there before adding one.
 */

#define STEPS_MAX	  EVIDENCE_MAX
#define MESSAGES_MAX	  24 /* in one rule, alternatives counted */
#define TESTS_MAX	  16 /* in one message */
#define SAVE_MAX	  64 /* bytes of earlier messages a rule may compare with */
#define HELD_SAVE	  32 /* the same for a rule whose match may have to wait */
#define TALLIES_MAX	  4
#define RULES_MAX	  512 /* in all loaded signatures together */
#define SIGNATURES_MAX	  64
#define KEY_MAX		  88 /* bytes of a memory key: five parts, each an address at most */
#define COUNT_SLIDING_MAX 64 /* matches asked for in a window that slides */
#define KEY_SLOTS	  8  /* kinds of keys whose values are kept for a packet */

enum test_kind {
	TEST_BYTES,    /* bytes at an offset are one of some masked values */
	TEST_EQUAL,    /* bytes at an offset equal bytes elsewhere: here or in an earlier message */
	TEST_CHANGE,   /* big-endian number minus the one in an earlier message is in a set */
	TEST_NUMBER,   /* big-endian number is in a set */
	TEST_LENGTH,   /* big-endian number minus the message's size is in a set */
	TEST_ADDRESS,  /* four bytes are an address of a kind */
	TEST_NIBBLES,  /* high (low) nibbles equal the ones of bytes elsewhere in the message */
	TEST_CONTAINS, /* a masked pattern stands somewhere in a span */
	TEST_AGAIN,    /* the bytes at an offset come again, starting in a span */
	TEST_SEQUENCE, /* each byte follows from the one before: x' = mul * x + add mod 256 */
	TEST_HTTP,     /* the message is the head of an HTTP request with these fields */
	TEST_DNS,      /* the message is an answer of the DNS with addresses of a name */
	TEST_REGEX,    /* a regular expression matches somewhere in the first bytes */
};

enum address_kind {
	ADDR_SENDER,
	ADDR_RECEIVER,
	ADDR_CLIENT,
	ADDR_SERVER,
	ADDR_PUBLIC,
	ADDR_PRIVATE,
	ADDR_OWN, /* one of those that the signature, or who runs it, names as its own */
	ADDR_KINDS
};

#define HTTP_TEXTS 4

/**
 * struct http_test - what the head of an HTTP request must be; texts are (owned)
 * @methods:	One of these; none = any
 * @uri:	Each of these stands in the target as it is written
 * @host:	It is for this host or one below it; NULL = any
 * @agent:	Stands in the User-Agent; NULL = any. @no_agent: it has none
 * @nocase:	@uri and @agent in either case
 */
struct http_test {
	char *methods[HTTP_TEXTS], *uri[HTTP_TEXTS], *host, *agent;
	bool nocase, no_agent;
	enum { HTTP_ANY, HTTP_ADDRESS, HTTP_NAME } host_is;
};

struct regex;
struct hosts;

#define ALIKE_MAX 64

/**
 * struct test - one condition on the bytes of a message
 * @kind, @line:	As above
 * @negate:		Holds when the condition does not
 * @at:			Offset; negative counts from the end
 * @length:		Bytes it looks at
 * @from, @to:		CONTAINS, AGAIN: first and last start of the span; SEQUENCE: @to is the end
 *			(offset after the last byte), INT32_MAX = the end of the message
 * @ref:		EQUAL, CHANGE: index of the earlier message in the rule, -1 = this one
 * @there:		EQUAL, NIBBLES: offset of the other bytes
 * @save:		EQUAL, CHANGE: where in a match's saved bytes the other bytes are
 * @values, @masks:	BYTES, CONTAINS: @alternatives of @length bytes each (owned)
 * @plain, @anchor:	CONTAINS: no mask; place of the byte that is likely the rarest
 * @numbers:		CHANGE, NUMBER, LENGTH
 * @address:		ADDRESS
 * @own:		ADDRESS, of kind OWN: the signature's
 * @high, @shorter:	NIBBLES: which half; @shorter: compare fewer when the message ends
 * @mul, @add, @least:	SEQUENCE: the recurrence; at least this many bytes must be there
 * @http:		(owned) HTTP
 * @name:		(owned) DNS
 * @regex:		(owned) REGEX, in the first @length bytes
 * @alike:		First messages have the same test more than once: its number, below ALIKE_MAX;
 *			0 = they do not
 */
struct test {
	enum test_kind kind;
	uint32_t line;
	bool negate, high, shorter, plain;
	enum address_kind address;
	int32_t at, from, to, there;
	uint16_t length, save, alternatives, least, anchor;
	int8_t ref;
	uint8_t mul, add, alike;
	uint8_t *values, *masks;
	struct http_test *http;
	char *name;
	struct regex *regex;
	const struct hosts *own;
	struct numset numbers;
};

enum from { FROM_CLIENT, FROM_SERVER, FROM_EITHER };

/**
 * struct message - one message of a rule
 * @size:		Payload sizes; @size_ref >= 0: equal to that message's size + @size_plus
 * @ip_length:		Length of the IP packet (UDP only)
 * @nth:		n-th payload of its direction in the flow
 * @nth_of_flow:	n-th payload of the flow, both directions
 * @gap_min, @gap_max:	Time since the payload before it in its direction; max 0 = any
 * @gap_off:		The gap is a whole number of seconds give or take this; 0 = any
 * @growth:		Time since the step before, in percent of the time that step took; none = any
 * @resets:	TALLY: counts that begin anew when it is counted, by bit
 * @whole:		TCP: the whole message burst, not a part of it ("whole-turn")
 * @anywhere:		TCP: may start at any segment of the message burst
 * @next:		The next message of its direction must be this one
 * @unanswered:		The other side has sent nothing on the flow
 * @version:		Client version that the message tells, or NULL (owned)
 * @version_after:	Text before a version number in the payload, or NULL (owned)
 * @quick:		A byte that its tests fix, wholly or in part:
 *			(byte at @quick_at & @quick_mask) == @quick; mask 0 = none
 * @alike:		First messages of several rules ask the same of a payload: their number, below
 *			ALIKE_MAX; 0 = none
 * @echoes:	Messages of the client that it proves to have been received, by bit; see echo.c
 * @saves:	Parts that later messages compare with, copied when it matches
 */
struct message {
	char *name; /* (owned) */
	uint32_t line;
	enum from from;
	struct numset size;
	int8_t size_ref;
	int32_t size_plus;
	struct numset ip_length, nth, nth_of_flow;
	uint64_t gap_min, gap_max, gap_off;
	struct numset growth;
	bool whole, anywhere, next, unanswered;
	char *version, *version_after;
	uint8_t quick_mask, quick;
	uint16_t quick_at;
	uint8_t tests_n, saves_n, alike, resets;
	uint32_t echoes;
	struct test *tests; /* (owned) */
	struct {
		int32_t at;
		uint16_t length, save;
	} saves[8];
};

/* Parts of a memory key, in the order they are written into it. */
enum key_part {
	KEY_CLIENT_IP,
	KEY_CLIENT_PORT,
	KEY_SERVER_IP,
	KEY_SERVER_PORT,
	KEY_BYTES,
	KEY_ANSWERS, /* alone: a key of each address of a DNS answer */
	KEY_PARTS,
};

struct set_key {
	uint8_t n;
	uint8_t parts[5];
	uint16_t save, length; /* KEY_BYTES: where in the saved bytes */
	uint8_t slot;	       /* equal for equal parts; KEY_SLOTS = none */
};

struct known {
	uint16_t set; /* of the whole signature set */
	uint32_t line;
	bool negate;
	uint64_t hold; /* wait this long for it to become known; 0 = must be now */
	struct set_key key;
};

struct remember {
	uint16_t set;
	uint32_t line;
	struct set_key key;
};

/* Counts matches under a key; the rule acts when there are enough.
 * @within:	Counting begins anew so long after the first of them; 0 = so long after the last, as the set keeps
 * @sliding:	Instead, those of the last @within count
 * @exactly:	Acts when there are just enough, not for more
 * @distinct:	@n 0 = every match counts; else the key with more parts: only those that are new count */
struct counting {
	bool used, exactly, sliding;
	uint32_t line;
	uint16_t set;
	struct set_key key, distinct;
	uint64_t within;
	uint32_t least;
	int32_t share_of;		 /* set whose count is the whole, or -1 */
	uint32_t share;			 /* per mille */
	uint16_t step_save, step_length; /* a number that must move by one of @step; 0 = none */
	struct numset step;
};

struct actions {
	int event; /* enum event_kind, -1 = none */
	uint8_t remember_n, forget_n;
	struct remember remember[4], forget[4];
	struct counting count; /* event and remember wait for it */
};

struct step {
	uint8_t first, n; /* messages: one, or alternatives */
	bool optional;
	uint16_t repeat_min, repeat_max;
	uint64_t within; /* since the step before; 0 = no limit */
	bool has_then;
	struct actions then;
};

enum client_side {
	CLIENT_SENDER,
	CLIENT_RECEIVER,
	CLIENT_INITIATOR,
	CLIENT_RESPONDER,
	CLIENT_EITHER,
	CLIENT_LOCAL
};

struct hosts {
	uint8_t n;
	struct {
		struct ip net;
		uint8_t bits;
		bool negate;
	} r[24];
};

#define RECORD_FORMS_MAX 8

/**
 * struct record_times - how flow records are made
 * @active:	A record of a flow that goes on is complete after so long
 * @inactive:	And so long after its last packet
 * @both:	Both directions of a flow end together; else each by itself
 */
struct record_times {
	uint64_t active, inactive;
	bool both;
};

/**
 * struct record_form - what a flow record must be
 * @packets, @bytes: Of its direction; bytes of IP packets, with their headers
 * @mean_size:	Bytes per packet, rounded down
 * @least, @most: Time from its first packet to its last; @most 0 = any
 * @set, @clear: TCP flags that some packet has, and none has; asked where the record knows flags
 */
struct record_form {
	uint32_t line;
	struct numset packets, bytes, mean_size;
	uint64_t least, most;
	uint8_t set, clear;
};

enum when_kind {
	WHEN_COUNT,
	WHEN_SHARE,
	WHEN_MEAN,
	WHEN_RATIO,
	WHEN_BYTES,    /* of payload */
	WHEN_DURATION, /* ms from the flow's first packet */
	WHEN_RATE,     /* payload packets a second over that time */
	WHEN_BIT_RATE, /* payload bits a second */
	WHEN_GAP,      /* mean, us between payload packets */
	WHEN_LEAST,    /* smallest payload */
	WHEN_GREATEST, /* largest payload */
	WHEN_GAP_MODE, /* the commonest gap between messages of one side */
	WHEN_CHI_SQUARE, /* half bytes of counted messages against equal shares: @lo at least, below @hi, 0 = any */
	WHEN_BELIEF /* sizes or gaps of counted messages against Gaussians */
};
struct when {
	enum when_kind kind;
	uint32_t line;
	int8_t tally; /* COUNT, SHARE: index, -1 = all payload packets of the flow */
	int8_t gauge; /* what the figure is of: index in the rule, -1 = all of the flow; CHI_SQUARE, BELIEF: of its
			    statistics */
	uint16_t nibbles; /* CHI_SQUARE: which, by bit */
	uint32_t lo, hi;  /* COUNT, MEAN: inclusive; SHARE: per mille; RATIO: server/client bytes,
			    thousandths; GAP_MODE: @lo gaps at least, @hi per mille of them */
};

#define STATISTIC_CLASSES_MAX 8

/**
 * struct statistic - what a condition on chi-square or belief keeps of counted messages
 * @tally:	Of these
 * @at:		Where its state is in that of the match, bytes
 * @window, @classes, @least: BELIEF: samples in a window; bytes, or ms; log10. @peak: log10 of the density at the
 *		mean; @share: log10 of @classes_n
 */
struct statistic {
	enum { STATISTIC_NIBBLES_OF, STATISTIC_SIZE_BELIEF, STATISTIC_GAP_BELIEF } kind;
	uint8_t tally, classes_n;
	uint16_t window;
	uint32_t at;
	double least, share;
	struct statistic_class {
		double mean, deviation, peak;
	} classes[STATISTIC_CLASSES_MAX];
};

#define WHENS_MAX	  6
#define GAUGE_PACKETS_MAX 100 /* in a window of packets */
#define GAUGE_PARTS	  16  /* of a window of time */
#define GAP_BINS	  64

/**
 * struct gauge - packets of a flow that a figure is of; kept from the rule's first message on
 * @packets:	The last so many; @part: those of the last GAUGE_PARTS times so long, ns. Neither: all
 * @from:	Of this side
 * @empty:	Segments without payload too
 * @at:		Where its state is in that of the match, bytes
 * @gap, @off:	Gap mode: the gap, ns, give or take. @off 0 = it is none
 */
struct gauge {
	uint64_t part, gap, off;
	uint32_t at;
	uint16_t packets;
	uint8_t from; /* enum from */
	bool empty;
};

/**
 * struct rule - one rule of a signature; see docs/signature-language.md
 * @on_open:	Starts when a flow is first seen and its conditions hold (not at a message)
 * @tallies:	A ratio rule: the messages are counted, not stepped through
 * @any_ports:	No port is asked for
 * @any_flow:	Nor a host, nor how the connection began
 * @statistics:	What conditions on chi-square and belief keep, first @statistics_n; within @gauge_bytes too
 * @gauges:	What conditions ask that flows do not keep, first @gauges_n; a match needs @gauge_bytes for them
 * @shared_next: The next rule that asks the same question, see shared_rules.c; NULL = none
 * @shared_first: The first of them, when this is not it
 * @forms:	Asks flow records, which must have one of these @forms_n; @client says who sent it
 * @end_event:	Event when the flow closes or is idle for @end_idle after this rule matched, or -1
 */
struct rule {
	char *name; /* (owned) */
	uint32_t line;
	uint16_t signature, index;
	bool udp, tcp, on_open, once, psh;
	bool instant;	   /* one message, once: complete as soon as it begins */
	bool cannot_recur; /* the message stands at one place in the flow */
	bool large;	   /* more room for its matches, see struct tail_large */
	enum client_side client;
	uint64_t within;
	struct numset client_port, server_port, any_port;
	struct hosts client_host, server_host;
	bool handshake, joined, any_ports, any_flow;
	uint8_t known_n, messages_n, steps_n, tallies, when_n;
	struct known known[4];
	struct message *messages; /* (owned) */
	struct step steps[STEPS_MAX];
	uint16_t save_bytes;
	struct when when[WHENS_MAX];
	uint32_t gauge_bytes;
	uint8_t gauges_n;
	uint8_t statistics_n;
	struct gauge gauges[WHENS_MAX];
	struct statistic *statistics; /* (owned) */
	struct actions then;
	char *version; /* (owned), or NULL */
	struct rule *shared_next, *shared_first;
	struct record_form *forms; /* (owned) */
	uint8_t forms_n;
	int end_event;
	uint64_t end_idle;
};

/* How many of its messages, the first ones, may begin the rule. */
static inline unsigned rule_begins_by(const struct rule *r)
{
	unsigned n = 0;

	if (!r->tallies)
		return r->steps_n ? r->steps[0].n : 0;
	while (n < r->messages_n && !r->messages[n].resets)
		n++;
	return n;
}

struct memory_set {
	char *name; /* (owned) */
	uint16_t signature;
	uint32_t line;
	uint64_t keep; /* an entry is forgotten this long after it was last remembered */
	int shape;     /* see key_shape(); -1 until first used */
	bool counts_fixed, counts_sliding;
	struct set_key distinct; /* of counts that slide, all the same */
};

struct signature {
	struct signature_info info;
	char digest[65]; /* of the file's bytes */
	char *text[8];	 /* (owned) name, date, title, source, versions, notes, path, application */
	struct hosts own; /* addresses of who runs it; none = they are not known */
	bool psh;
	bool records; /* some rule asks flow records, which are made so: */
	struct record_times times;
};

struct dispatch;

struct signature_set {
	size_t n, rules_n, sets_n;
	struct signature signatures[SIGNATURES_MAX];
	struct rule *rules[RULES_MAX]; /* (owned) */
	struct memory_set *sets;       /* (owned) */
	int key_kinds[KEY_SLOTS];      /* parts of the key of each slot, 0 = free */
	struct dispatch *dispatch;     /* (owned) */
};

#endif
