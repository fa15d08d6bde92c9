// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * sums.c - checksums that a message may carry
 *
 * A field inside the range is taken as zeros for the Internet checksum, as RFC 1071 has it, and left
 * out for the others.
 */
#include <string.h>

#include "analysis/field/sums.h"
#include "analysis/sample/sample.h"

uint64_t number_at(const uint8_t *p, uint32_t width, bool little)
{
	uint64_t v = 0;

	for (uint32_t i = 0; i < width; i++)
		v = v << 8 | p[little ? width - 1 - i : i];
	return v;
}

static uint32_t crc_reflected(const uint8_t *p, uint32_t n, uint32_t crc, uint32_t poly)
{
	for (uint32_t i = 0; i < n; i++) {
		crc ^= p[i];
		for (int bit = 0; bit < 8; bit++)
			crc = crc >> 1 ^ (crc & 1 ? poly : 0);
	}
	return crc;
}

static uint32_t crc16_ccitt(const uint8_t *p, uint32_t n)
{
	uint32_t crc = 0xffff;

	for (uint32_t i = 0; i < n; i++) {
		crc ^= (uint32_t)p[i] << 8;
		for (int bit = 0; bit < 8; bit++)
			crc = crc << 1 ^ (crc & 0x8000 ? 0x1021 : 0);
	}
	return crc & 0xffff;
}

static uint32_t internet(const uint8_t *p, uint32_t n)
{
	uint32_t sum = 0;

	for (uint32_t i = 0; i < n; i++)
		sum += i % 2 ? p[i] : (uint32_t)p[i] << 8;
	while (sum >> 16)
		sum = (sum & 0xffff) + (sum >> 16);
	return ~sum & 0xffff;
}

static uint32_t adler(const uint8_t *p, uint32_t n)
{
	uint32_t a = 1, b = 0;

	for (uint32_t i = 0; i < n; i++) {
		a = (a + p[i]) % 65521;
		b = (b + a) % 65521;
	}
	return b << 16 | a;
}

static uint32_t fold8(const uint8_t *p, uint32_t n, bool xor)
{
	uint32_t v = 0;

	for (uint32_t i = 0; i < n; i++)
		v = xor? v ^ p[i] : v + p[i];
	return v & 0xff;
}

static uint32_t sum_of(enum statement_algorithm a, const uint8_t *p, uint32_t n)
{
	switch (a) {
	case SUM_CRC32:
		return ~crc_reflected(p, n, UINT32_MAX, 0xedb88320);
	case SUM_CRC32_PLAIN:
		return crc_reflected(p, n, UINT32_MAX, 0xedb88320);
	case SUM_CRC16_CCITT:
		return crc16_ccitt(p, n);
	case SUM_CRC16_ARC:
		return crc_reflected(p, n, 0, 0xa001);
	case SUM_INTERNET:
		return internet(p, n);
	case SUM_ADLER32:
		return adler(p, n);
	case SUM_SUM8:
		return fold8(p, n, false);
	default:
		return fold8(p, n, true);
	}
}

uint32_t sum_width(enum statement_algorithm a)
{
	switch (a) {
	case SUM_CRC32:
	case SUM_CRC32_PLAIN:
	case SUM_ADLER32:
		return 4;
	case SUM_SUM8:
	case SUM_XOR8:
		return 1;
	default:
		return 2;
	}
}

bool sum_right(enum statement_algorithm a, const uint8_t *b, uint32_t from, uint32_t to,
	       uint32_t at, uint32_t width, bool little)
{
	uint8_t copy[SAMPLE_BYTES];
	uint32_t n = 0;

	for (uint32_t i = from; i < to; i++) {
		bool field = i >= at && i < at + width;

		if (!field || a == SUM_INTERNET)
			copy[n++] = field ? 0 : b[i];
	}
	return n && sum_of(a, copy, n) == number_at(b + at, width, little);
}
