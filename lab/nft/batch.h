/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef LAB_NFT_BATCH_H
#define LAB_NFT_BATCH_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <libmnl/libmnl.h>
#include <libnftnl/rule.h>
#include <libnftnl/set.h>

#include "base/err.h"

/*
 * nftables over netlink: one batch of labelled messages, committed as a whole and acknowledged
 * message by message; and the rules as the kernel has them, as text.
 */

/* A table: @family is NFPROTO_IPV4 or NFPROTO_INET. */
struct nft_table {
	uint8_t family;
	const char *name;
};
extern const struct nft_table nft_gateway_table; /* the one table of each gateway of the lab */

/* A socket to nftables of one network namespace. NULL with @e set (EXIT_ENV when the kernel has no
 * nfnetlink). */
struct nft *nft_open(int netns, struct err *e);
void nft_close(struct nft *n);

struct nft_batch;

/* For messages about @t, which must outlive it. */
struct nft_batch *nft_batch_new(const struct nft_table *t);
void nft_batch_free(struct nft_batch *b);

/* Each adds one message. A label says in an error which part was refused and where it comes from:
 * "scenarios/firewalls/x.yaml:12: rule tcp-high". @b keeps copies of all it is given. */
void nft_batch_table(struct nft_batch *b, const char *label);
/* The same with NFT_TABLE_F_... and a comment that listings show (NULL = none); then the table with
 * all that is in it removed. */
void nft_batch_table_with(struct nft_batch *b, uint32_t flags, const char *comment,
			  const char *label);
void nft_batch_delete_table(struct nft_batch *b, const char *label);
/* @type "filter" or "nat"; @hook NF_INET_...; a base chain. */
void nft_batch_chain(struct nft_batch *b, const char *name, const char *type, uint32_t hook,
		     int prio, uint32_t policy, const char *label);
/* A chain reached by jump only. */
void nft_batch_subchain(struct nft_batch *b, const char *name, const char *label);
/* A counter with a name, which several rules may share. */
void nft_batch_counter(struct nft_batch *b, const char *name, const char *label);
/* A set or map, without its elements; then its elements. The set stays the caller's. */
void nft_batch_set(struct nft_batch *b, struct nftnl_set *s, const char *label);
void nft_batch_elements(struct nft_batch *b, struct nftnl_set *s, const char *label);
void nft_batch_delete_elements(struct nft_batch *b, struct nftnl_set *s, const char *label);
/* Takes ownership of @r. */
void nft_batch_rule(struct nft_batch *b, struct nftnl_rule *r, const char *label);

/* The messages' bytes: tests spoil them to see errors named. */
uint8_t *nft_batch_bytes(struct nft_batch *b, size_t *len);

/* Sends all as one transaction and reads until every message is acknowledged. All or nothing. 0, or
 * -1 with @e set: the first message refused, by its label, with what the kernel said; EXIT_ENV when
 * the kernel lacks an expression, a chain type or the permission, and then it is named. */
int nft_batch_commit(struct nft *n, struct nft_batch *b, struct err *e);
/* What the kernel said when the last nft_batch_commit() failed: an errno; 0 = it did not answer. */
int nft_refusal(const struct nft *n);
/* The socket's address, which an owned table names as its owner. */
uint32_t nft_port(const struct nft *n);

/* Packets and bytes of a named counter; false when there is none. */
bool nft_counter(struct nft *n, const struct nft_table *t, const char *name, uint64_t *packets,
		 uint64_t *bytes);

/* All elements of a set into @s (which has table and name set, see nft_set_handle()). */
int nft_set_elements(struct nft *n, struct nftnl_set *s, struct err *e);
struct nftnl_set *nft_set_handle(const struct nft_table *t, const char *name);
/* A set or map to make, NFT_SET_..., with the type number that nft(8) uses, so that it can list it;
 * @key_len in bytes. */
struct nftnl_set *nft_set_new(const struct nft_table *t, const char *name, uint32_t flags,
			      uint32_t key_type, uint32_t key_len);

/* A request and its answers, used by nft_dump(). @cb as libmnl's; 0, or -1 with @e set. */
int nft_request(struct nft *n, struct nlmsghdr *req, mnl_cb_t cb, void *arg, const char *what,
		struct err *e);

#endif
