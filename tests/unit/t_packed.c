// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * What the build leaves of the bundled signatures: the trees are those of the files' YAML, and a file that differs by
 * one byte is not taken for one. And the dispatch that is made at each start: its rows hold what the tests of each
 * first message allow, value by value and size by size.
 */
#include <stdlib.h>
#include <string.h>

#include "base/format.h"
#include "base/outfile.h"
#include "detector/language/dispatch.h"
#include "detector/language/find.h"
#include "detector/language/packed.h"
#include "tests/unit/unit.h"

/* The bundled signature files, read. */
static struct signature_file *files;
static size_t files_n;

static void begin(void)
{
	static const char *const all[] = {"all:*"};
	struct err e = {0};

	ck_assert_msg(signature_files_find(all, 1, &files, &files_n, &e) == 0, "%s", e.msg);
	for (size_t i = 0; i < files_n; i++)
		ck_assert_msg(signature_file_read(&files[i], NULL, &e) == 0, "%s", e.msg);
}

static void end(void)
{
	signature_files_free(files, files_n);
}

static void same_items(const char *path, const int *a, const int *a_top, const int *b,
		       const int *b_top)
{
	ck_assert_msg(a_top - a == b_top - b, "%s: another number of items", path);
	if (a != a_top)
		ck_assert_msg(!memcmp(a, b, (size_t)(a_top - a) * sizeof(*a)), "%s: other items",
			      path);
}

static void same_node(const char *path, const yaml_node_t *a, const yaml_node_t *b)
{
	ck_assert_msg(a->type == b->type && a->start_mark.line == b->start_mark.line,
		      "%s:%zu: another kind or line", path, b->start_mark.line + 1);
	if (a->type == YAML_SCALAR_NODE) {
		ck_assert_uint_eq(a->data.scalar.length, b->data.scalar.length);
		ck_assert_str_eq((char *)a->data.scalar.value, (char *)b->data.scalar.value);
	} else if (a->type == YAML_SEQUENCE_NODE) {
		same_items(path, a->data.sequence.items.start, a->data.sequence.items.top,
			   b->data.sequence.items.start, b->data.sequence.items.top);
	} else {
		same_items(path, (int *)a->data.mapping.pairs.start,
			   (int *)a->data.mapping.pairs.top, (int *)b->data.mapping.pairs.start,
			   (int *)b->data.mapping.pairs.top);
	}
}

START_TEST(packed_trees_are_those_of_the_files)
{
	ck_assert_uint_ge(files_n, 19);
	for (size_t i = 0; i < files_n; i++) {
		const struct signature_file *f = &files[i];
		const struct packed_file *packed = packed_find(f->text, f->len);
		yaml_document_t a, b;
		struct err e = {0};
		char digest[65];

		ck_assert_msg(packed != NULL, "%s is not packed", f->path);
		bytes_sha256(f->text, f->len, digest);
		ck_assert_str_eq(digest, packed_digest(packed));
		ck_assert_int_eq(format_take_yaml(f->path, f->text, f->len, &e), 0);
		ck_assert_msg(yaml_document_read(f->path, f->text, f->len, &b, &e) == 0, "%s",
			      e.msg);
		packed_document(packed, &a);
		ck_assert_int_eq(a.nodes.top - a.nodes.start, b.nodes.top - b.nodes.start);
		for (ptrdiff_t n = 0; n < a.nodes.top - a.nodes.start; n++)
			same_node(f->path, &a.nodes.start[n], &b.nodes.start[n]);
		packed_delete(&a);
		yaml_document_delete(&b);
	}
}
END_TEST

START_TEST(a_changed_file_is_not_the_packed_one)
{
	for (size_t i = 0; i < files_n; i++) {
		struct signature_file *f = &files[i];

		ck_assert_ptr_null(packed_find(f->text, f->len - 1));
		for (size_t at = 0; at < f->len; at += 97) {
			f->text[at] ^= 1;
			ck_assert_ptr_null(packed_find(f->text, f->len));
			f->text[at] ^= 1;
		}
		ck_assert_ptr_nonnull(packed_find(f->text, f->len));
	}
}
END_TEST

/* A request begins with one of the methods, or with what any may begin with. */
static bool naive_http(const struct http_test *t, uint32_t at, uint8_t v)
{
	for (unsigned i = 0; i < HTTP_TEXTS && t->methods[i]; i++)
		if (at >= strlen(t->methods[i]) || (uint8_t)t->methods[i][at] == v)
			return true;
	return !t->methods[0] && (at || (v && strchr("ABCDEFGHIJKLMNOPQRSTUVWXYZ-_", v) != NULL));
}

static bool naive(const struct message *m, uint32_t at, uint8_t v)
{
	for (unsigned i = 0; i < m->tests_n; i++) {
		const struct test *t = &m->tests[i];
		bool hit = false;

		if (t->kind == TEST_HTTP && !t->negate && !naive_http(t->http, at, v))
			return false;
		if (t->kind != TEST_BYTES || t->negate || t->at < 0 || at < (uint32_t)t->at ||
		    at >= (uint32_t)t->at + t->length)
			continue;
		for (unsigned a = 0; a < t->alternatives; a++) {
			size_t k = (size_t)a * t->length + (at - (uint32_t)t->at);

			hit |= (v & t->masks[k]) == t->values[k];
		}
		if (!hit)
			return false;
	}
	return true;
}

static bool bit(const struct dispatch_proto *d, unsigned table, uint32_t row, size_t i)
{
	return dispatch_row(d, table, row)[i / 64] >> (i % 64) & 1;
}

static void check_rows(const struct signature_set *set, const struct dispatch_proto *d, bool tcp)
{
	ck_assert_uint_gt(d->n, 10);
	ck_assert_uint_gt(d->offsets, 2);
	for (size_t i = 0; i < d->n; i++) {
		const struct rule *r = set->rules[d->starts[i].rule];
		const struct message *m = &r->messages[d->starts[i].message];

		for (unsigned o = 0; o < d->offsets; o++)
			for (unsigned v = 0; v < 256; v++)
				ck_assert_msg(bit(d, ROWS_BYTE + o, v, i) ==
						      naive(m, d->offset[o], (uint8_t)v),
					      "%s, %s: byte %u is %02x", r->name, m->name,
					      d->offset[o], v);
		for (uint32_t s = 1; s < DISPATCH_SIZES; s++)
			ck_assert_msg(bit(d, ROWS_SIZE, s, i) ==
					      (m->size_ref >= 0 ||
					       (tcp && !r->psh ? s <= numset_max(&m->size)
							       : numset_has(&m->size, s))),
				      "%s, %s: size %u", r->name, m->name, s);
		ck_assert(bit(d, ROWS_SIZE, DISPATCH_SIZES, i) ==
			  (m->size_ref >= 0 || numset_max(&m->size) >= DISPATCH_SIZES));
	}
	for (uint32_t p = 1; p < 65536; p++) /* a port is of the class before it, or begins one */
		ck_assert(d->port_class[p] == d->port_class[p - 1] ||
			  d->port_class[p] == d->port_class[p - 1] + 1);
}

START_TEST(rows_hold_what_first_messages_allow)
{
	static const char *const all[] = {"all:*"};
	struct err e = {0};
	struct signature_set *set = signatures_load(all, 1, &e);

	ck_assert_msg(set != NULL, "%s", e.msg);
	check_rows(set, &set->dispatch->udp, false);
	check_rows(set, &set->dispatch->tcp, true);
	signatures_free(set);
}
END_TEST

UNIT(packed)
{
	tcase_add_checked_fixture(tc, begin, end);
	unit_case(tc, packed_trees_are_those_of_the_files);
	unit_case(tc, a_changed_file_is_not_the_packed_one);
	unit_case(tc, rows_hold_what_first_messages_allow);
}
