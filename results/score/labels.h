/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef RESULTS_LABELS_H
#define RESULTS_LABELS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/addr.h"
#include "base/label.h"

/*
 * Ground truth of one vantage: what each flow is, and what that is to a target: the application
 * which somebody looks for. The file is skypelab-labels(5): TSV with
 * `proto client_ip client_port server_ip server_port label reason` and, optionally, further columns
 * of which these are known: `client` (address of the Skype client the flow belongs to, as this
 * vantage sees it), `version` (traffic version), `opened` and `closed` (seconds since the epoch
 * with a fraction; closed empty = to the end), `session` ("sn" on the flow that is the client's
 * super-node session, whose server side is the super node), `peer` ("client" on a flow whose other
 * side runs a Skype client, too), `node`, `client_host`, `server_host`,
 * `source` (emulated, or recorded: also of real programs). `flow`, the run's numbers of the flow, is written and not
 * read.
 */

/**
 * struct label - one flow as this vantage sees it
 * @tuple:	src = the side that opened it (client_ip, client_port)
 * @application: Its label: the name of an application, "not-skype" or "unknown"
 * @kind:	What that is to the target; set by who adds the row to labels
 * @client:	The address of the application's client at this vantage; family 0 = not known
 * @peer_client: The side that is not the client's runs a client, too
 * @session:	It is the client's session with a super node (tuple.dst)
 * @opened_ns, @closed_ns: Emulated or recorded time; 0 = not known
 * @version, @node, @source, @reason: Words ("" = none)
 * @client_host, @server_host: Names of the monitored hosts on the two sides of @tuple; "" = the host
 *		is known by its address
 * @flows:	1 + the number of the run's flow that it is (base/truth.h); several where NAT made one tuple of
 *		them, as of a call that both ends opened. 0 = no more. Further ones than fit are not kept
 */
#define LABEL_FLOWS 8
struct label {
	struct tuple tuple;
	char application[LABEL_LEN];
	enum label_kind kind;
	struct ip client;
	bool peer_client;
	bool session;
	uint64_t opened_ns, closed_ns;
	char version[16];
	char node[32];
	char source[16];
	char client_host[32], server_host[32];
	char reason[160];
	uint32_t flows[LABEL_FLOWS];
};

struct labels;

/* @target: the application that is positive. NULL = rows are told apart by application and not by
 * kind; their kinds are those for Skype. */
struct labels *labels_new(const char *target);
const char *labels_target(const struct labels *l); /* as given */
void labels_free(struct labels *l);
/* Copies @row. Rows of one tuple (in either direction) that are alike and whose times meet become one
 * with the time of all, a known row takes the place of the unknown ones that it meets, and otherwise
 * the first of a time stays. Rows whose times do not meet and which differ in kind (without a target:
 * in application) are flows of their own. What labels_at() and the like gave before may be gone. */
void labels_add(struct labels *l, const struct label *row);
/* As labels_add(), for row @line of a file. Returns the row that says something else of the same tuple
 * at the same time, and its line: then @row is not added. NULL when there is none. */
const struct label *labels_add_line(struct labels *l, const struct label *row, unsigned line,
				    unsigned *other_line);
size_t labels_count(const struct labels *l);
/* Rows of emulated traffic: a run's truth says of every row whether its was, wherever the file is
 * copied to. */
size_t labels_emulated(const struct labels *l);
const struct label *labels_at(const struct labels *l, size_t i);
/* Calls @fn for every row of the file that adds something, also for those whose tuple has an earlier
 * row that says the same of another time. @line: of the file */
typedef void label_fn(void *arg, const struct label *row, unsigned line);
void labels_each(const struct labels *l, label_fn *fn, void *arg);
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
/* Whether the side that opened the flow is the monitored one: a named host before others, a private
 * address before public ones, the opener before the other side. */
bool labels_monitored(const struct label *row);
/* The client of a positive row: its `client` column. Where that is absent, labels_monitored()'s side;
 * but of Skype the side with a private address, and when none or both are private, the side that
 * occurs in more positive rows. Family 0 for other rows. */
struct ip labels_client(const struct labels *l, const struct label *row);

#endif
