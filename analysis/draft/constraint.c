// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * constraint.c - one condition of a drafted rule: does it hold, how likely is chance, how is it said
 *
 * Only what the signature language says. A size on TCP is that of what was written at once or of the
 * whole turn, since the detector takes either.
 */
#include <string.h>

#include "analysis/draft/constraint.h"
#include "base/bytes.h"

static bool size_in(const struct draft_constraint *c, uint32_t size)
{
	if (!c->sizes_n)
		return size >= c->low && size <= c->high;
	for (int i = 0; i < c->sizes_n; i++)
		if (c->sizes[i] == size)
			return true;
	return false;
}

static bool bytes_are(const struct draft_constraint *c, const struct draft_message *m)
{
	if (m->kept < c->at + c->length)
		return false;
	for (int i = 0; i < c->length; i++)
		if ((m->bytes[c->at + i] ^ c->value[i]) & c->mask[i])
			return false;
	return true;
}

static bool address_is(const struct draft_constraint *c, const struct draft_flow *f,
		       const struct draft_message *m)
{
	const struct ip *a = c->sender == m->reply ? &f->tuple.dst.ip : &f->tuple.src.ip;

	return a->family == 4 && m->kept >= c->at + 4 && !memcmp(m->bytes + c->at, a->b, 4);
}

static bool sequence_is(const struct draft_constraint *c, const struct draft_message *m)
{
	if (m->kept < c->at + c->low)
		return false;
	for (int i = c->at; i + 1 < m->kept; i++)
		if ((uint8_t)(c->mul * m->bytes[i] + c->add) != m->bytes[i + 1])
			return false;
	return true;
}

static bool nibbles_are(const struct draft_constraint *c, const struct draft_message *m)
{
	if (m->kept < c->at + c->length || m->kept < c->there + c->length)
		return false;
	for (int i = 0; i < c->length; i++)
		if ((m->bytes[c->at + i] ^ m->bytes[c->there + i]) & 0xf0)
			return false;
	return true;
}

static bool next_is(const struct draft_flow *f, uint8_t before, uint8_t place)
{
	for (int i = before + 1; i < place; i++)
		if (f->messages[i].reply == f->messages[place].reply)
			return false;
	return true;
}

static bool changes(const struct draft_constraint *c, const struct draft_message *m,
		    const struct draft_message *o)
{
	uint16_t by;

	if (m->kept < c->at + 2 || o->kept < c->at + 2)
		return false;
	by = (uint16_t)(get_be16(m->bytes + c->at) - get_be16(o->bytes + c->at));
	return by >= 1 && by <= c->plus;
}

bool constraint_holds(const struct draft_constraint *c, const struct draft_flow *f,
		      const uint8_t place[DRAFT_STEPS], bool client_opened)
{
	const struct draft_message *m = &f->messages[place[c->step]],
				   *o = &f->messages[place[c->other]];

	switch (c->kind) {
	case DRAFT_SIZE_OF:
		return (int64_t)m->size == (int64_t)o->size + c->plus;
	case DRAFT_EQUAL:
		return m->kept >= c->at + c->length && o->kept >= c->there + c->length &&
		       !memcmp(m->bytes + c->at, o->bytes + c->there, c->length);
	case DRAFT_CHANGE:
		return changes(c, m, o);
	case DRAFT_ADDRESS:
		return address_is(c, f, m);
	case DRAFT_LENGTH:
		return m->kept >= c->at + 2 &&
		       (int64_t)m->turn - get_be16(m->bytes + c->at) == c->plus;
	case DRAFT_SEQUENCE:
		return sequence_is(c, m);
	case DRAFT_COUNTER:
		return f->run[c->at] >= c->low;
	case DRAFT_NIBBLES:
		return nibbles_are(c, m);
	case DRAFT_BYTES_ARE:
		return bytes_are(c, m);
	case DRAFT_SIZE:
		return size_in(c, m->size) || size_in(c, m->turn);
	case DRAFT_NEXT:
		return next_is(f, place[c->step - 1], place[c->step]);
	case DRAFT_FIRST:
		return place[0] == 0 && !f->midway;
	case DRAFT_NEAR_CLIENT:
		return f->near_client[!client_opened];
	case DRAFT_NEAR_SERVER:
		return f->near_server && client_opened;
	}
	return false;
}

bool constraint_same(const struct draft_constraint *a, const struct draft_constraint *b)
{
	return a->kind == b->kind && a->step == b->step && a->other == b->other &&
	       a->mul == b->mul && a->add == b->add && a->sender == b->sender && a->at == b->at &&
	       a->there == b->there && a->length == b->length && a->plus == b->plus &&
	       a->low == b->low && a->high == b->high && a->sizes_n == b->sizes_n &&
	       !memcmp(a->sizes, b->sizes, sizeof(a->sizes)) &&
	       !memcmp(a->value, b->value, sizeof(a->value)) &&
	       !memcmp(a->mask, b->mask, sizeof(a->mask));
}

double constraint_cost(const struct draft_constraint *c)
{
	switch (c->kind) {
	case DRAFT_NEAR_CLIENT:
	case DRAFT_NEAR_SERVER:
	case DRAFT_SIZE_OF:
	case DRAFT_EQUAL:
	case DRAFT_CHANGE:
	case DRAFT_ADDRESS:
	case DRAFT_LENGTH:
	case DRAFT_SEQUENCE:
	case DRAFT_NIBBLES:
		return 1;
	case DRAFT_COUNTER:
		return 1.5;
	case DRAFT_BYTES_ARE:
		return c->mask[0] == 0xff ? 1.3 : 1.15;
	case DRAFT_NEXT:
		return 1.5;
	case DRAFT_SIZE:
		return c->sizes_n == 1 ? 2 : 2.5;
	case DRAFT_FIRST:
		return 3;
	}
	return 3;
}

static double bits_of(const uint8_t *mask, int n)
{
	double bits = 0;

	for (int i = 0; i < n; i++)
		bits += __builtin_popcount(mask[i]);
	return bits;
}

bool constraint_is_text(const struct draft_constraint *c)
{
	for (int i = 0; i < c->length; i++)
		if (c->value[i] < ' ' || c->value[i] > '~' || c->mask[i] != 0xff)
			return false;
	return c->kind == DRAFT_BYTES_ARE && c->length >= 3;
}

/* Text has two bits a byte: what others write is words, too. */
void constraint_chance(struct draft_constraint *c)
{
	switch (c->kind) {
	case DRAFT_SIZE_OF:
		c->bits = 5;
		break;
	case DRAFT_EQUAL:
		c->bits = 8 * c->length;
		break;
	case DRAFT_CHANGE:
		c->bits = 12;
		break;
	case DRAFT_LENGTH:
		c->bits = 16;
		break;
	case DRAFT_SEQUENCE:
		c->bits = 8 * (c->low - 1);
		break;
	case DRAFT_COUNTER:
		c->bits = 10 * (c->low - 1); /* 64 in 65,536, for each flow after the first */
		break;
	case DRAFT_NIBBLES:
		c->bits = 4 * c->length;
		break;
	case DRAFT_BYTES_ARE:
		c->bits = bits_of(c->mask, c->length) / (constraint_is_text(c) ? 4 : 1);
		break;
	case DRAFT_ADDRESS:
	case DRAFT_NEAR_CLIENT:
	case DRAFT_NEAR_SERVER:
		c->bits = 32;
		break;
	case DRAFT_SIZE:
	case DRAFT_NEXT:
	case DRAFT_FIRST:
		break;
	}
}

static void put_bytes(const struct draft_constraint *c, FILE *f)
{
	fprintf(f, "%u: \"", c->at);
	for (int i = 0; i < c->length; i++) {
		fputs(i ? " " : "", f);
		if (c->mask[i] == 0xff)
			fprintf(f, "%02x", c->value[i]);
		else
			fprintf(f, "%02x/%02x", c->value[i] & c->mask[i], c->mask[i]);
	}
	fputs("\"", f);
}

static void put_size(const struct draft_constraint *c, FILE *f)
{
	if (c->sizes_n == 1) {
		fprintf(f, "%u", c->sizes[0]);
	} else if (c->sizes_n) {
		for (int i = 0; i < c->sizes_n; i++)
			fprintf(f, "%s%u", i ? ", " : "[", c->sizes[i]);
		fputs("]", f);
	} else if (c->high == UINT32_MAX) {
		fprintf(f, "%u..", c->low);
	} else {
		fprintf(f, "%u..%u", c->low, c->high);
	}
}

static const struct {
	const char *key;
	enum draft_form form;
} words[] = {
	[DRAFT_SIZE_OF] = {"size", DRAFT_ALONE},
	[DRAFT_EQUAL] = {"equal", DRAFT_LIST},
	[DRAFT_CHANGE] = {"change", DRAFT_LIST},
	[DRAFT_ADDRESS] = {"address", DRAFT_MAPPING},
	[DRAFT_LENGTH] = {"length", DRAFT_LIST},
	[DRAFT_SEQUENCE] = {"sequence", DRAFT_LIST},
	[DRAFT_COUNTER] = {"count", DRAFT_OF_RULE},
	[DRAFT_NIBBLES] = {"nibbles", DRAFT_LIST},
	[DRAFT_BYTES_ARE] = {"bytes", DRAFT_MAPPING},
	[DRAFT_SIZE] = {"size", DRAFT_ALONE},
	[DRAFT_NEXT] = {"next", DRAFT_ALONE},
	[DRAFT_FIRST] = {"nth-of-flow", DRAFT_ALONE},
	[DRAFT_NEAR_CLIENT] = {"known", DRAFT_OF_RULE},
	[DRAFT_NEAR_SERVER] = {"known", DRAFT_OF_RULE},
};

const char *constraint_key(enum draft_kind kind)
{
	return words[kind].key;
}

enum draft_form constraint_form(enum draft_kind kind)
{
	return words[kind].form;
}

void constraint_put(const struct draft_constraint *c, FILE *f, const char *const name[DRAFT_STEPS])
{
	switch (c->kind) {
	case DRAFT_SIZE_OF:
		fputs(name[c->other], f);
		if (c->plus)
			fprintf(f, "%+d", c->plus);
		break;
	case DRAFT_EQUAL:
		fprintf(f, "{at: %u, length: %u, to: %s, there: %u}", c->at, c->length,
			name[c->other], c->there);
		break;
	case DRAFT_CHANGE:
		fprintf(f, "{at: %u, length: 2, from: %s, by: 1..%d}", c->at, name[c->other],
			c->plus);
		break;
	case DRAFT_ADDRESS:
		fprintf(f, "%u: %s", c->at, c->sender ? "sender" : "receiver");
		break;
	case DRAFT_LENGTH:
		fprintf(f, "{at: %u, length: 2, rest: %d}", c->at, c->plus);
		break;
	case DRAFT_SEQUENCE:
		fprintf(f, "{at: %u, times: %u, plus: %u, least: %u}", c->at, c->mul, c->add,
			c->low);
		break;
	case DRAFT_COUNTER:
		fprintf(f,
			"{in: counting, key: [client], least: %u, step: {message: %s, at: %u, "
			"length: 2, by: 1..%d}}",
			c->low, name[c->step], c->at, DRAFT_STEP);
		break;
	case DRAFT_NIBBLES:
		fprintf(f, "{half: high, at: %u, length: %u, there: %u}", c->at, c->length,
			c->there);
		break;
	case DRAFT_BYTES_ARE:
		put_bytes(c, f);
		break;
	case DRAFT_SIZE:
		put_size(c, f);
		break;
	case DRAFT_NEXT:
		fputs("yes", f);
		break;
	case DRAFT_FIRST:
		fputs("1", f);
		break;
	case DRAFT_NEAR_CLIENT:
		fputs("{in: clients, key: [client], hold: 30 min}", f);
		break;
	case DRAFT_NEAR_SERVER:
		fputs("{in: servers, key: [client-ip, server], hold: 30 min}", f);
		break;
	}
}
