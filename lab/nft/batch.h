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

#define NFT_TABLE_NAME "gateway" /* the one table, family ip, of each gateway */

/* A socket to nftables of one network namespace. NULL with @e set (EXIT_ENV when the kernel has no
 * nfnetlink). */
struct nft *nft_open(int netns, struct err *e);
void nft_close(struct nft *n);

struct nft_batch;

struct nft_batch *nft_batch_new(void);
void nft_batch_free(struct nft_batch *b);

/* Each adds one message. A label says in an error which part was refused and where it comes from:
 * "scenarios/firewalls/x.yaml:12: rule tcp-high". @b keeps copies of all it is given. */
void nft_batch_table(struct nft_batch *b, const char *label);
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

/* Packets and bytes of a named counter; false when there is none. */
bool nft_counter(struct nft *n, const char *name, uint64_t *packets, uint64_t *bytes);

/* All elements of a set into @s (which has table and name set, see nft_set_handle()). */
int nft_set_elements(struct nft *n, struct nftnl_set *s, struct err *e);
struct nftnl_set *nft_set_handle(const char *name);

/* A request and its answers, used by nft_dump(). @cb as libmnl's; 0, or -1 with @e set. */
int nft_request(struct nft *n, struct nlmsghdr *req, mnl_cb_t cb, void *arg, const char *what,
		struct err *e);

#endif
