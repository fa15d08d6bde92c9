// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * frame_rules.c - the rules by which frames are rewritten: from text, and applied to one address
 *
 * The first map that matches an address wins; the bits behind its prefix are kept. frame_edit.c
 * applies the maps to the bytes of a frame; frame_rules_apply() tells beforehand what becomes of an
 * address and port. Limits: 32 maps of each kind.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/number.h"
#include "replay/recorded/frame_rules.h"

static int bad_map(const char *text, struct err *e)
{
	return err_set(e, "%s: expected FROM/BITS=TO or FROM=TO, two addresses of one family",
		       text);
}

int frame_rules_map(struct frame_rules *r, const char *text, struct err *e)
{
	struct address_map *m = &r->maps[r->map_count];
	char from[IP_TEXT_LEN + 8], *slash;
	const char *to = strchr(text, '=');

	if (r->map_count == ARRAY_LEN(r->maps))
		return err_set(e, "%s: at most %zu maps", text, ARRAY_LEN(r->maps));
	if (!to || (size_t)(to - text) >= sizeof(from))
		return bad_map(text, e);
	snprintf(from, sizeof(from), "%.*s", (int)(to - text), text);
	slash = strchr(from, '/');
	if (slash)
		*slash = '\0';
	if (ip_parse(from, &m->from) < 0 || ip_parse(to + 1, &m->to) < 0 ||
	    m->from.family != m->to.family)
		return bad_map(text, e);
	m->bits = m->from.family == 4 ? 32 : 128;
	if (slash) {
		uint64_t n;

		if (!number_is_whole(slash + 1, &n) || n > m->bits)
			return err_set(e, "%s: expected BITS from 0 to %u", text, m->bits);
		m->bits = (unsigned)n;
	}
	r->map_count++;
	return 0;
}

int frame_rules_port(struct frame_rules *r, const char *text, struct err *e)
{
	uint64_t from, to;
	const char *middle = strchr(text, '=');
	char *first;
	bool good;

	if (r->port_count == ARRAY_LEN(r->ports))
		return err_set(e, "%s: at most %zu ports", text, ARRAY_LEN(r->ports));
	first = xasprintf("%.*s", middle ? (int)(middle - text) : 0, text);
	good = number_is_whole(first, &from) && number_is_whole(middle + 1, &to);
	free(first);
	if (!good || from > 65535 || to > 65535)
		return err_set(e, "%s: expected FROM=TO with two ports", text);
	r->ports[r->port_count++] = (struct port_map){(uint16_t)from, (uint16_t)to};
	return 0;
}

bool frame_map_bytes(const struct frame_rules *r, uint8_t *p, bool v4)
{
	unsigned n = v4 ? 4 : 16;

	for (size_t i = 0; i < r->map_count; i++) {
		const struct address_map *m = &r->maps[i];
		unsigned whole = m->bits / 8, rest = m->bits % 8;
		uint8_t mask = (uint8_t)(0xff00 >> rest);

		if (m->from.family != (v4 ? 4 : 6) || whole > n ||
		    memcmp(p, m->from.b, whole) != 0 ||
		    (rest && (p[whole] & mask) != (m->from.b[whole] & mask)))
			continue;
		memcpy(p, m->to.b, whole);
		if (rest)
			p[whole] = (uint8_t)((m->to.b[whole] & mask) | (p[whole] & ~mask));
		return true;
	}
	return false;
}

struct endpoint frame_rules_apply(const struct frame_rules *r, const struct endpoint *at)
{
	struct endpoint out = *at;

	frame_map_bytes(r, out.ip.b, at->ip.family == 4);
	for (size_t i = 0; i < r->port_count; i++)
		if (r->ports[i].from == at->port) {
			out.port = r->ports[i].to;
			break;
		}
	return out;
}
