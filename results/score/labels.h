/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef RESULTS_LABELS_H
#define RESULTS_LABELS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/addr.h"
#include "base/err.h"
#include "base/label.h"

/*
 * Ground truth of one vantage: what each flow is. The file is skypelab-labels(5): TSV with
 * `proto client_ip client_port server_ip server_port label reason` and, optionally, further columns
 * of which these are known: `client` (address of the Skype client the flow belongs to, as this
 * vantage sees it), `version` (traffic version), `opened` and `closed` (seconds since the epoch
 * with a fraction; closed empty = to the end), `session` ("sn" on the flow that is the client's
 * super-node session, whose server side is the super node), `peer` ("client" on a flow whose other
 * side runs a Skype client, too), `node`, `client_host`, `server_host`,
 * `source` (emulated, or recorded: also of real programs).
 */

/**
 * struct label - one flow as this vantage sees it
 * @tuple:	src = the side that opened it (client_ip, client_port)
 * @kind:	What it is
 * @client:	The Skype client's address at this vantage; family 0 = not known
 * @peer_client: The side that is not the client's runs a Skype client, too
 * @session:	It is the client's session with a super node (tuple.dst)
 * @opened_ns, @closed_ns: Emulated or recorded time; 0 = not known
 * @version, @node, @source, @reason: Words ("" = none)
 * @client_host, @server_host: Names of the monitored hosts on the two sides of @tuple; "" = the host
 *		is known by its address
 */
struct label {
	struct tuple tuple;
	enum flow_label kind;
	struct ip client;
	bool peer_client;
	bool session;
	uint64_t opened_ns, closed_ns;
	char version[16];
	char node[32];
	char source[16];
	char client_host[32], server_host[32];
	char reason[160];
};

struct labels;

struct labels *labels_new(void);
void labels_free(struct labels *l);
/* Copies @row. A tuple that is there already (in either direction) keeps its first row of a time,
 * unless that row's label is unknown and the new one's is not. Rows whose times do not overlap and
 * whose labels differ are flows of their own. */
void labels_add(struct labels *l, const struct label *row);
/* NULL with @e set: "file:line: what, expected what". Two rows that say different things of one
 * tuple at one time are an error that names both lines. */
struct labels *labels_read(const char *path, struct err *e);
/* Writes all rows with all known columns, sorted by proto, addresses and ports. */
int labels_write(const struct labels *l, const char *path, struct err *e);
size_t labels_count(const struct labels *l);
const struct label *labels_at(const struct labels *l, size_t i);
/* The first row of a tuple, in either direction; NULL when there is none. */
const struct label *labels_find(const struct labels *l, const struct tuple *t);
/* How far outside of a row's time a packet may lie and still be its: clocks, late answers. */
#define LABEL_SLACK_NS 5000000000ULL
/* The row of a tuple at a time: the one whose time holds @ns or is nearest, at most the slack away.
 * NULL when there is none. */
const struct label *labels_find_at(const struct labels *l, const struct tuple *t, uint64_t ns);
/* Whether packets from @first_ns to @last_ns meet the time of @row, which is one of labels_at(). */
bool labels_in_time(const struct label *row, uint64_t first_ns, uint64_t last_ns);
/* Whether several rows share the tuple, each for its own time. */
bool labels_tuple_shared(const struct labels *l, const struct tuple *t);
/* The Skype client of a skype row: its `client` column. Where that is absent, the side with a
 * private address; when none or both are private, the side that occurs in more skype rows.
 * Family 0 for rows that are not skype. */
struct ip labels_client(const struct labels *l, const struct label *row);

#endif
