/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef ANALYSIS_FIELD_STATEMENT_H
#define ANALYSIS_FIELD_STATEMENT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* What is said about the bytes of a class of messages, and what it rests on. */

enum statement_kind {
	STATEMENT_CONSTANT, /* @values: the bytes */
	STATEMENT_VALUES, /* one of @values_n values (@width bytes each), under @mask if it has one */
	STATEMENT_MASKED, /* byte & @mask == @value; the other bits move freely */
	STATEMENT_RANDOM, /* does not differ from uniform bytes; stands only beside other statements */
	STATEMENT_COUNTER, /* the number in @of's message + @step; @of is an earlier message */
	STATEMENT_ECHO,	   /* the bytes at @of_offset of @of's message, + @step */
	STATEMENT_ADDRESS, /* an address: @whose */
	STATEMENT_PORT,	   /* a port: @whose */
	STATEMENT_LENGTH,  /* message size + @step */
	STATEMENT_CHECKSUM, /* @algorithm over the message from @from on, but for the last @to bytes */
	STATEMENT_TEXT,	    /* printable characters */
	STATEMENT_NIBBLE, /* (byte ^ byte at @of_offset of this message) & @mask == @value */
	STATEMENT_GENERATOR, /* somewhere from @offset on, x' = @a x + @c mod 256 for >= @width bytes */
	STATEMENT_RESTART, /* (byte ^ byte @shift further on) & @mask == @value, for @width bytes */
	STATEMENT_TIME,	   /* the time of the packet: @clock */
	STATEMENT_NUMBER,  /* a number of at most @most bits */
	STATEMENT_STRINGS, /* printable, each with its length in the byte before it */
	STATEMENT_OPTIONS, /* type, length, value, and so on to the end of the message */
	STATEMENT_RECORDS, /* each begins with how far the next one is; fields at @values of it */
	STATEMENT_KINDS,
};

/* Which earlier message an echo or a counter refers to. */
enum statement_of {
	OF_OTHER,	 /* the last one of the other direction, in this flow */
	OF_OTHER_BEFORE, /* the last but one of the other direction */
	OF_SAME,	 /* the last one of this direction, in this flow */
	OF_SAME_BEFORE,	 /* the last but one of this direction */
	OF_HOST,   /* of the same sender (address), same direction and place, any flow before */
	OF_SOCKET, /* as OF_HOST, and same port: UDP the sender's, TCP the receiver's */
	OF_KINDS,
};

enum statement_whose {
	WHOSE_SENDER,	      /* in the packet's header */
	WHOSE_RECEIVER,	      /* likewise */
	WHOSE_SENDER_OTHER,   /* in no header; goes with the sender, whoever receives */
	WHOSE_RECEIVER_OTHER, /* in no header; goes with the receiver, whoever sends */
};

enum statement_algorithm {
	SUM_CRC32,
	SUM_CRC32_PLAIN, /* without the last inversion */
	SUM_CRC16_CCITT,
	SUM_CRC16_ARC,
	SUM_INTERNET, /* RFC 1071 */
	SUM_ADLER32,
	SUM_SUM8,
	SUM_XOR8,
	SUM_KINDS,
};

enum statement_clock {
	CLOCK_UNIX,    /* seconds since 1970, 32 bits */
	CLOCK_UNIX_MS, /* milliseconds since 1970, 64 bits */
	CLOCK_NT,      /* 100 ns since 1601, 64 bits */
	CLOCK_NTP,     /* seconds since 1900, 32 bits (and 32 of fraction, when @width is 8) */
};

/* A packet to look at: frame number in the input-th capture; number 0 = none. */
struct field_example {
	uint64_t number;
	uint16_t input;
};

#define STATEMENT_VALUES_MAX 16

/**
 * struct statement - one of them
 * @class:	Index in the map's classes
 * @offset, @width: Bytes; @from_end: @offset counts back from the message's end (4 = the last four)
 * @to_end:	It goes on to the end of the message, and @width is what the shortest one has of it
 * @values:	(the map's) @values_n of @width bytes each, the most frequent first
 * @counts:	Messages with each of them
 * @mask, @value: 0xff = the whole byte
 * @step:	Modulo 2^(8 @width); @little: least significant byte first
 * @loose:	Counter: it grows by steps up to @most, of which @step is the most frequent
 * @wide:	Text: characters of 16 bits
 * @copies:	Echo: only where the message has the size and the first two bytes of the earlier one
 * @of, @of_offset, @of_class: The earlier message; -1 = of several classes
 * @delay_ns:	Median time since it
 * @held, @tried: It holds in so many of so many messages of the sample that have these bytes
 * @units:	Independent trials: flows, or hosts where the value goes with the host
 * @p:		Chance of as much in messages without it; NaN = not a test (random)
 * @q:		The same, corrected for all statements tried (Benjamini and Hochberg)
 * @senders, @receivers, @inputs: Distinct addresses and captures of the messages where it holds
 * @example, @against: Where it holds; where it does not
 * @said_in:	-1, or the class that holds this one and has the same statement with more to show
 * @second:	Another statement of the class says more about these bytes
 */
struct statement {
	enum statement_kind kind;
	uint32_t class;
	uint32_t offset, width;
	bool from_end, to_end;
	const uint8_t *values;
	uint32_t values_n;
	uint32_t counts[STATEMENT_VALUES_MAX];
	uint8_t mask, value;
	int64_t step;
	bool little, loose, copies, wide;
	uint32_t most;
	enum statement_of of;
	int32_t of_class;
	uint32_t of_offset;
	uint64_t delay_ns;
	enum statement_whose whose;
	enum statement_algorithm algorithm;
	uint32_t from, to;
	uint8_t a, c;
	uint32_t shift;
	enum statement_clock clock;

	uint32_t held, tried, units;
	double p, q;
	uint32_t senders, receivers;
	uint16_t inputs;
	struct field_example example, against;
	int32_t said_in;
	bool second;
};

#define STATEMENT_TEXT_MAX 512

/* "counter +2, 16 bits, of the sender's port"; without place, counts and p. Returns @buf. */
const char *statement_text(const struct statement *s, char buf[STATEMENT_TEXT_MAX]);
/* "0-1", "3", "12-end", "-4..-1" (the last four). Returns @buf. */
const char *statement_place(const struct statement *s, char buf[64]);
/* What is said, without counts, class and example: equal for equal statements about two captures.
 * Values of constants are part of it, frequencies are not. Returns @buf. */
const char *statement_key(const struct statement *s, char buf[STATEMENT_TEXT_MAX]);
/* One word: "constant", "counter", "public address"... */
const char *statement_kind_name(enum statement_kind k);

#endif
