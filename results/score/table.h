/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef RESULTS_TABLE_H
#define RESULTS_TABLE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "results/score/clusters.h"
#include "results/score/confusion.h"
#include "results/score/source.h"

/* What is counted. */
enum score_unit {
	UNIT_FLOW,
	UNIT_CLIENT,
	UNIT_SESSION,
	UNIT_SESSION_START,
	UNIT_SESSION_CHANGE,
	UNIT_SESSION_END,
	UNIT_SUPER_NODE,
	UNIT_PROBE_ACCEPTED,
	UNIT_CALL_START,
	UNIT_CALL_END,
	UNITS,
};
const char *score_unit_text(enum score_unit u); /* "flow", "session-start" */
/* Whether a unit has true negatives: flows and clients can be told not to be Skype. */
bool score_unit_has_negatives(enum score_unit u);
/* 0, or -1 when @text is none of them (@out is left alone). */
int score_unit_parse(const char *text, enum score_unit *out);

/* The detector whose rows have no other name: this program's own. */
#define OWN_DETECTOR "skypelab"

/* Rows are kept apart by all of these but @cell and @cluster, and summed where all are equal. Empty
 * texts and NULL become "-". */
struct score_setting {
	enum traffic_source source;
	const char *detector;	     /* what was under test; NULL or "" = OWN_DETECTOR */
	const char *traffic_version; /* "1.4" */
	const char *vantage;	     /* "caller.lan" */
	const char *caller_firewall, *caller_nat, *callee_firewall, *callee_nat;
	const char *axes;    /* the scenario's other axes, see axes.h; NULL = none */
	const char *cell;    /* name of the cell or capture; in claims.tsv, not in accuracy.tsv */
	const char *cluster; /* the independent trial, see clusters.h; NULL = @cell */
};

/* One row of accuracy.tsv. The table owns the strings and clusters. Change counts only with
 * score_count(), score_row_sum(): a row is the sum of its clusters. */
struct score_row {
	enum traffic_source source;
	char *detector; /* OWN_DETECTOR, or that of @signature and @revision */
	char *traffic_version, *signature, *revision, *vantage;
	char *caller_firewall, *caller_nat, *callee_firewall, *callee_nat;
	char *axes; /* see axes.h; "" = none, or summed over them */
	enum score_unit unit;
	uint64_t tp, fp, fn, tn;
	uint64_t wrong_role, unmatched; /* see enum score_count */
	uint64_t unlabelled;		/* of fp: had no label row */
	uint64_t host_seconds;		/* see COUNT_HOST_SECONDS */
	struct score_clusters clusters;
	uint64_t parts; /* rows or cells that were summed; 0 and 1 = it is no sum */
};

enum claim_result { CLAIM_TP, CLAIM_FP, CLAIM_FN, CLAIM_TN, CLAIM_WRONG_ROLE, CLAIM_RESULTS };
const char *claim_result_text(enum claim_result r); /* "tp", "fp", "fn", "tn", "wrong_role" */
/* 0, or -1 when @text is none of them (@out is left alone). */
int claim_result_parse(const char *text, enum claim_result *out);

/* What became of one flow, client or event: a line of claims.tsv. True negatives have none; a
 * cell without any other claim has one line with result tn and subject "-". */
struct score_claim {
	uint32_t row;  /* index of its row */
	char *cell;    /* (owned) */
	char *subject; /* (owned) "udp 1.2.3.4:5 6.7.8.9:10", "192.168.1.2" */
	char *reason;  /* (owned) label's reason, or "" */
	char *stage;   /* (owned) of a missed flow: its messages, see stage.h; NULL = not known */
	enum claim_result result;
	uint64_t packet;	 /* frame of the first event; 0 = none or not reported */
	int64_t detect_ns;	 /* first event after the first packet; -1 = not known */
	uint64_t detect_packets; /* packets of the flow or client up to then; 0 = not known */
	uint64_t detect_bytes;	 /* payload bytes of them */
};

struct score_table {
	struct score_row *rows; /* in order of first appearance */
	size_t n;
	struct score_claim *claims;
	size_t claims_n;
	struct confusion confusion;
	size_t rows_cap, claims_cap; /* (private) */
	void *index;		     /* (private) */
};

/* An empty table, never NULL. */
struct score_table *score_table_new(void);
void score_table_free(struct score_table *t);
/* Index of a setting's row, which is made when it is not there, with zero counts for the setting's
 * cluster (if it names a cluster or cell). May move the rows: pointers to rows are void afterwards.
 */
uint32_t score_row_of(struct score_table *t, const struct score_setting *s, const char *signature,
		      const char *revision, enum score_unit unit);
/* The row of @t with the words of @r, which may be of another table; NULL = there is none. */
struct score_row *score_row_like(const struct score_table *t, const struct score_row *r);
/* The same with the unit @unit instead of @r's. */
struct score_row *score_row_of_unit(const struct score_table *t, const struct score_row *r,
				    enum score_unit unit);
/* Whether two rows are of one detector, signature and revision; of one source and version of the traffic. */
bool score_row_same_signature(const struct score_row *a, const struct score_row *b);
bool score_row_same_traffic(const struct score_row *a, const struct score_row *b);
/* Adds @n to one count of a row and of the setting's cluster in it. */
void score_count(struct score_table *t, uint32_t row, const struct score_setting *s,
		 enum score_count what, uint64_t n);
/* Adds the counts of @from, as a whole and by cluster, to @to. A row that is in no table is freed
 * with score_row_clear(). */
void score_row_sum(struct score_row *to, const struct score_row *from);
/* Frees the clusters of a row that is in no table; the texts stay. */
void score_row_clear(struct score_row *r);
/* Adds the rows, claims and confusion of @more, in their order, to @t; stages stay behind. */
void score_table_add(struct score_table *t, const struct score_table *more);
/* A new claim (texts are copied); valid until the next one is made. */
struct score_claim *score_claim_add(struct score_table *t, uint32_t row, const char *cell,
				    const char *subject, const char *reason,
				    enum claim_result result);

#endif
