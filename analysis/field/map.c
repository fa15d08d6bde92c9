// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * map.c - what an analysis found, and where it says that fields begin
 *
 * A field begins or ends where a statement does; not where a relation within the message is, which may
 * hold across fields.
 */
#include <stdlib.h>
#include <string.h>

#include "analysis/field/items.h"
#include "analysis/field/map.h"
#include "analysis/field/sums.h"

const struct statement *field_map_of(const struct field_map *m, uint32_t class, uint32_t *n)
{
	uint32_t low = 0, high = m->statements_n;

	while (low < high) {
		uint32_t mid = (low + high) / 2;

		if (m->statements[mid].class < class)
			low = mid + 1;
		else
			high = mid;
	}
	*n = 0;
	while (low + *n < m->statements_n && m->statements[low + *n].class == class)
		++*n;
	return m->statements + low;
}

static void mark(bool *begins, uint32_t n, uint32_t offset)
{
	if (offset < n)
		begins[offset] = true;
}

static bool has_place(const struct statement *s)
{
	return !s->second && !s->from_end && s->kind != STATEMENT_NIBBLE &&
	       s->kind != STATEMENT_RESTART && s->kind != STATEMENT_GENERATOR;
}

void field_map_boundaries(const struct field_map *m, uint32_t class, bool *begins, uint32_t n)
{
	uint32_t own, shortest = m->classes[class].shortest;
	const struct statement *s = field_map_of(m, class, &own);

	memset(begins, 0, n * sizeof(*begins));
	for (uint32_t i = 0; i < own; i++) {
		if (!has_place(&s[i]))
			continue;
		mark(begins, n, s[i].offset);
		if (!s[i].to_end)
			mark(begins, n, s[i].offset + s[i].width);
	}
	if (n)
		begins[0] = false;
	if (shortest == m->classes[class].longest && shortest < n)
		begins[shortest] = false;
}

/* The fields of each record of @s, in one message. */
static void mark_records(const struct statement *s, const uint8_t *bytes, uint32_t kept,
			 uint32_t size, bool *begins, uint32_t n)
{
	uint32_t o = s->offset;

	if (!records_run(bytes, o, kept, size, s->little, NULL, 0))
		return;
	for (uint64_t next = 1; next && o + 4 <= kept; o += (uint32_t)next) {
		mark(begins, n, o);
		for (uint32_t i = 0; i < s->values_n; i++)
			mark(begins, n, o + s->values[i]);
		next = number_at(bytes + o, 4, s->little);
	}
}

void field_map_begins_in(const struct field_map *m, uint32_t class, const uint8_t *bytes,
			 uint32_t kept, uint32_t size, bool *begins, uint32_t n)
{
	uint32_t own;
	const struct statement *s = field_map_of(m, class, &own);

	field_map_boundaries(m, class, begins, n);
	for (uint32_t i = 0; i < own; i++)
		if (s[i].kind == STATEMENT_RECORDS && !s[i].second)
			mark_records(&s[i], bytes, kept, size, begins, n);
	for (uint32_t i = 0; i < own; i++)
		if (s[i].kind == STATEMENT_OPTIONS && !s[i].second && s[i].offset < kept &&
		    options_run(bytes, s[i].offset, kept, size, NULL, 0))
			options_run(bytes, s[i].offset, kept, size, begins, n);
	if (size < n)
		begins[size] = false;
}

bool field_map_p2p(const struct field_map *m, const struct tuple *t)
{
	for (uint32_t i = 0; i < m->p2p_n; i++)
		if (endpoint_eq(&m->p2p[i], &t->src) || endpoint_eq(&m->p2p[i], &t->dst))
			return true;
	return false;
}

void field_map_free(struct field_map *m)
{
	if (!m)
		return;
	free(m->classes);
	free(m->statements);
	free(m->values);
	free(m->p2p);
	free(m);
}
