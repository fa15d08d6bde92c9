// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * own_table.c - the filter's table in the kernel: made, found again, changed
 *
 * Model. The table has an owner, this socket. Others may not change it, their `flush ruleset` passes
 * it by, and when the socket closes, however that comes, the kernel removes it at once (fail open).
 * With the flag "persist" it is left without an owner instead (fail closed): an orphan, which anyone
 * may change. A start that finds an orphan reads its elements and makes the table anew with them, in
 * the same transaction in which the orphan goes: nothing passes in between, and what others did to it
 * is undone.
 *
 *	found			next start
 *	nothing			make
 *	orphan of ours		read its elements, remove and make
 *	with an owner		refuse: another filter runs here
 *	anything else		refuse: it is not ours to touch
 *
 * An element again means remove and add in one transaction: kernels before 6.12 keep the first time
 * of an element that is added twice. Each change is a transaction of its own, so that what the kernel
 * refuses (a full set) takes nothing else with it.
 *
 * Limits. Owners: Linux 5.12. Persistence: Linux 6.9. Before the kernel ends the table of a socket that
 * closes, it frees elements that were removed just before: milliseconds, or more where it gets no processor.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <libnftnl/common.h>
#include <libnftnl/expr.h>
#include <libnftnl/table.h>
#include <libnftnl/udata.h>
#include <linux/netfilter.h>
#include <linux/netfilter/nf_tables.h>

#include "lab/nft/batch.h"
#include "operator/filter/own_rules.h"
#include "operator/filter/own_table.h"

/* Not in the headers of Debian 12. */
#define TABLE_OWNER   0x2u
#define TABLE_PERSIST 0x4u

/* Says whose table it is, in listings and to the next start. */
#define COMMENT "skypelab watch --filter"

struct own_table {
	const struct filter_policy *policy;
	bool persist;
	bool made;
	struct nft *nft;
};

struct own_table *own_table_open(const struct filter_policy *p, int netns, bool persist,
				 struct err *e)
{
	struct nft *n = nft_open(netns, e);
	struct own_table *t;

	if (!n)
		return NULL;
	t = xcalloc(1, sizeof(*t));
	t->policy = p;
	t->persist = persist;
	t->nft = n;
	return t;
}

void own_table_close(struct own_table *t)
{
	if (!t)
		return;
	nft_close(t->nft);
	free(t);
}

/* ---- elements ---- */

static struct nftnl_expr *counter_of(const struct own_element *el)
{
	struct nftnl_expr *x = nftnl_expr_alloc("counter");

	nftnl_expr_set_u64(x, NFTNL_EXPR_CTR_PACKETS, el->packets);
	nftnl_expr_set_u64(x, NFTNL_EXPR_CTR_BYTES, el->bytes);
	return x;
}

static void set_comment(struct nftnl_set_elem *e, const char *comment)
{
	struct nftnl_udata_buf *u = nftnl_udata_buf_alloc(NFTNL_UDATA_COMMENT_MAXLEN + 8);

	nftnl_udata_put_strz(u, NFTNL_UDATA_SET_ELEM_COMMENT, comment);
	nftnl_set_elem_set(e, NFTNL_SET_ELEM_USERDATA, nftnl_udata_buf_data(u),
			   nftnl_udata_buf_len(u));
	nftnl_udata_buf_free(u);
}

static struct nftnl_set_elem *element(const struct own_element *el)
{
	struct nftnl_set_elem *e = nftnl_set_elem_alloc();
	uint32_t n = el->who.ip.family == 4 ? 4 : 16;
	uint8_t key[24] = {0};

	memcpy(key, el->who.ip.b, n);
	if (el->what == FILTER_SUPER_NODE) {
		key[n] = el->proto;
		key[n + 4] = (uint8_t)(el->who.port >> 8);
		key[n + 5] = (uint8_t)el->who.port;
		n += 8;
	}
	nftnl_set_elem_set(e, NFTNL_SET_ELEM_KEY, key, n);
	return e;
}

static void element_add(struct nftnl_set *s, const struct own_element *el)
{
	struct nftnl_set_elem *e = element(el);

	nftnl_set_elem_set_u64(e, NFTNL_SET_ELEM_TIMEOUT, el->timeout_ms);
	if (el->left_ms && el->left_ms < el->timeout_ms)
		nftnl_set_elem_set_u64(e, NFTNL_SET_ELEM_EXPIRATION, el->left_ms);
	nftnl_set_elem_set(e, NFTNL_SET_ELEM_EXPR, counter_of(el), 0);
	if (el->comment[0])
		set_comment(e, el->comment);
	nftnl_set_elem_add(s, e);
}

static struct nftnl_set *set_of(enum filter_what what, uint8_t family)
{
	return nft_set_handle(&own_table_name, own_set(what, family));
}

static int comment_cb(const struct nftnl_udata *attr, void *arg)
{
	struct own_element *el = arg;

	if (nftnl_udata_type(attr) == NFTNL_UDATA_SET_ELEM_COMMENT)
		snprintf(el->comment, sizeof(el->comment), "%.*s", nftnl_udata_len(attr),
			 (const char *)nftnl_udata_get(attr));
	return 0;
}

/* What is in a set of an orphan may be anyone's: lengths are looked at. */
static bool element_read(struct nftnl_set_elem *e, struct own_element *el)
{
	uint32_t n = el->who.ip.family == 4 ? 4 : 16, len;
	const uint8_t *key = nftnl_set_elem_get(e, NFTNL_SET_ELEM_KEY, &len);
	const void *more;

	if (!key || len != n + (el->what == FILTER_SUPER_NODE ? 8 : 0))
		return false;
	memcpy(el->who.ip.b, key, n);
	if (el->what == FILTER_SUPER_NODE) {
		el->proto = key[n];
		el->who.port = (uint16_t)(key[n + 4] << 8 | key[n + 5]);
	}
	el->timeout_ms = nftnl_set_elem_get_u64(e, NFTNL_SET_ELEM_TIMEOUT);
	el->left_ms = nftnl_set_elem_get_u64(e, NFTNL_SET_ELEM_EXPIRATION);
	more = nftnl_set_elem_get(e, NFTNL_SET_ELEM_EXPR, &len);
	if (more && nftnl_expr_is_set(more, NFTNL_EXPR_CTR_PACKETS)) {
		el->packets = nftnl_expr_get_u64(more, NFTNL_EXPR_CTR_PACKETS);
		el->bytes = nftnl_expr_get_u64(more, NFTNL_EXPR_CTR_BYTES);
	}
	more = nftnl_set_elem_get(e, NFTNL_SET_ELEM_USERDATA, &len);
	if (more)
		nftnl_udata_parse(more, len, comment_cb, el);
	return true;
}

static int each_of(struct own_table *t, enum filter_what what, uint8_t family, own_element_fn *fn,
		   void *arg, struct err *e)
{
	struct nftnl_set *s = set_of(what, family);
	int rc = nft_set_elements(t->nft, s, e);
	struct nftnl_set_elems_iter *it;
	struct nftnl_set_elem *el;

	it = rc < 0 ? NULL : nftnl_set_elems_iter_create(s);
	while (it && (el = nftnl_set_elems_iter_next(it))) {
		struct own_element out = {.what = what, .who.ip.family = family};

		if (element_read(el, &out))
			fn(arg, &out);
	}
	if (it)
		nftnl_set_elems_iter_destroy(it);
	nftnl_set_free(s);
	return rc;
}

int own_table_each(struct own_table *t, own_element_fn *fn, void *arg, struct err *e)
{
	int rc = each_of(t, FILTER_SUPER_NODE, 4, fn, arg, e);

	if (!rc)
		rc = each_of(t, FILTER_SUPER_NODE, 6, fn, arg, e);
	if (!rc)
		rc = each_of(t, FILTER_CLIENT, 4, fn, arg, e);
	return rc ? rc : each_of(t, FILTER_CLIENT, 6, fn, arg, e);
}

/* ---- the table ---- */

struct found {
	bool there, ours;
	uint32_t flags, owner;
};

static int table_comment_cb(const struct nftnl_udata *attr, void *arg)
{
	struct found *f = arg;

	if (nftnl_udata_type(attr) == NFTNL_UDATA_TABLE_COMMENT &&
	    nftnl_udata_len(attr) == sizeof(COMMENT) &&
	    !memcmp(nftnl_udata_get(attr), COMMENT, sizeof(COMMENT)))
		f->ours = true;
	return 0;
}

static int table_cb(const struct nlmsghdr *nlh, void *arg)
{
	struct nftnl_table *t = nftnl_table_alloc();
	struct found *f = arg;
	const void *data;
	uint32_t len;

	if (nftnl_table_nlmsg_parse(nlh, t) == 0 &&
	    nftnl_table_get_u32(t, NFTNL_TABLE_FAMILY) == own_table_name.family &&
	    !strcmp(nftnl_table_get_str(t, NFTNL_TABLE_NAME), own_table_name.name)) {
		f->there = true;
		f->flags = nftnl_table_get_u32(t, NFTNL_TABLE_FLAGS);
		f->owner = nftnl_table_get_u32(t, NFTNL_TABLE_OWNER);
		data = nftnl_table_get_data(t, NFTNL_TABLE_USERDATA, &len);
		if (data)
			nftnl_udata_parse(data, len, table_comment_cb, f);
	}
	nftnl_table_free(t);
	return MNL_CB_OK;
}

static int find(struct own_table *t, struct found *f, struct err *e)
{
	char buf[256] = {0};
	struct nlmsghdr *nlh =
		nftnl_nlmsg_build_hdr(buf, NFT_MSG_GETTABLE, own_table_name.family, NLM_F_DUMP, 0);

	*f = (struct found){0};
	return nft_request(t->nft, nlh, table_cb, f, "tables", e);
}

int own_table_orphan(struct own_table *t, own_element_fn *fn, void *arg, struct err *e)
{
	struct found f;

	if (find(t, &f, e) < 0)
		return -1;
	if (!f.there)
		return 0;
	if (f.flags & TABLE_OWNER)
		return err_env(
			e,
			"table inet %s has an owner (netlink port %u): another filter runs in "
			"this network namespace; end it first",
			OWN_TABLE, f.owner);
	if (!f.ours || !(f.flags & TABLE_PERSIST))
		return err_env(
			e,
			"table inet %s was not made by this program: remove it with 'nft delete "
			"table inet %s'",
			OWN_TABLE, OWN_TABLE);
	return own_table_each(t, fn, arg, e) < 0 ? -1 : 1;
}

bool own_table_stands(struct own_table *t)
{
	struct found f;

	return find(t, &f, NULL) == 0 && f.there && f.owner == nft_port(t->nft);
}

static void all_elements(struct nft_batch *b, const struct own_element *els, size_t n,
			 enum filter_what what, uint8_t family)
{
	struct nftnl_set *s = set_of(what, family);

	for (size_t i = 0; i < n; i++)
		if (els[i].what == what && els[i].who.ip.family == family)
			element_add(s, &els[i]);
	nft_batch_elements(b, s, own_set(what, family));
	nftnl_set_free(s);
}

/* Puts into words what the kernel has against the table's flags. */
static int explain(const struct own_table *t, struct err *e)
{
	if (nft_refusal(t->nft) == EOPNOTSUPP && t->persist)
		return err_env(
			e, "this kernel cannot keep a table whose owner ends: --fail-closed needs "
			   "Linux 6.9; leave it out");
	if (nft_refusal(t->nft) == EOPNOTSUPP)
		return err_env(e, "this kernel knows no tables with an owner: --filter needs Linux "
				  "5.12, or --dry-run");
	return -1;
}

int own_table_make(struct own_table *t, const struct own_element *els, size_t n, struct err *e)
{
	struct nft_batch *b = nft_batch_new(&own_table_name);
	struct found f;
	int rc = find(t, &f, e);

	if (!rc && f.there)
		nft_batch_delete_table(b, "the table of before");
	nft_batch_table_with(b, TABLE_OWNER | (t->persist ? TABLE_PERSIST : 0), COMMENT,
			     "table inet " OWN_TABLE);
	own_rules(b, t->policy);
	for (uint8_t family = 4; family <= 6; family += 2) {
		all_elements(b, els, n, FILTER_SUPER_NODE, family);
		all_elements(b, els, n, FILTER_CLIENT, family);
	}
	if (!rc) {
		rc = nft_batch_commit(t->nft, b, e);
		t->made |= !rc;
		if (rc && !t->made)
			rc = explain(t, e);
	}
	nft_batch_free(b);
	return rc;
}

/* ---- changes ---- */

static int change(struct own_table *t, const struct own_element *el, bool remove, bool add,
		  struct err *e)
{
	struct nft_batch *b = nft_batch_new(&own_table_name);
	struct nftnl_set *s;
	int rc;

	if (remove) {
		s = set_of(el->what, el->who.ip.family);
		nftnl_set_elem_add(s, element(el));
		nft_batch_delete_elements(b, s, own_set(el->what, el->who.ip.family));
		nftnl_set_free(s);
	}
	if (add) {
		s = set_of(el->what, el->who.ip.family);
		element_add(s, el);
		nft_batch_elements(b, s, own_set(el->what, el->who.ip.family));
		nftnl_set_free(s);
	}
	rc = nft_batch_commit(t->nft, b, e);
	nft_batch_free(b);
	return rc;
}

enum own_added own_table_add(struct own_table *t, const struct own_element *el, bool again,
			     struct err *e)
{
	int rc = change(t, el, again, true, e);

	/* its time ended a moment ago */
	if (rc < 0 && again && nft_refusal(t->nft) == ENOENT)
		rc = change(t, el, false, true, e);
	if (rc < 0 && nft_refusal(t->nft) == ENFILE)
		return OWN_FULL;
	return rc < 0 ? OWN_FAILED : OWN_ADDED;
}

int own_table_remove(struct own_table *t, const struct own_element *el, struct err *e)
{
	int rc = change(t, el, true, false, e);

	return rc < 0 && nft_refusal(t->nft) == ENOENT ? 0 : rc;
}

bool own_table_counter(struct own_table *t, enum filter_what what, uint64_t *packets,
		       uint64_t *bytes)
{
	return nft_counter(t->nft, &own_table_name, own_counter(what), packets, bytes);
}
