/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef RESULTS_SCORE_H
#define RESULTS_SCORE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include "base/addr.h"
#include "base/err.h"
#include "results/score/flows.h"
#include "results/score/labels.h"

/*
 * Scoring: verdicts against ground truth, for one vantage of one cell (or one recorded capture) at
 * a time, summed into the rows of an accuracy table.
 *
 *	struct verdicts *v = verdicts_new();
 *	verdicts_add(v, &verdict);              per event, or verdicts_read_eve(v, path, &e)
 *	struct score_table *t = score_table_new();
 *	score_cell(t, &(struct score_input){...}, &e);   per cell and vantage
 *	score_table_write(t, "DIR/accuracy.tsv", &e);
 *	score_claims_write(t, "DIR/claims.tsv", &e);
 *	score_table_print(t, stdout, NULL);
 *
 * unit flow:	 every event claims its 5-tuple (either direction) for its signature.
 *		 skype & claimed = tp, skype & unclaimed = fn, not-skype & claimed = fp, not-skype &
 *		 unclaimed = tn; unknown counts nowhere. A claimed flow without a label row is an fp
 *and also counted in @unlabelled. unit client:	 a Skype client (labels_client()) is tp when an
 *event names it as client_ip, else fn; another monitored host (private side of a not-skype row, or
 *the opener when none is private) is fp when an event names it as client_ip, else tn. A named
 *client_ip that is neither is an fp and unlabelled. unit session: a row with session is tp when the
 *signature has a session-start on its tuple or one that names its super node, within the tolerance
 *of its start, and (when both say so) the end is within the tolerance; else fn. A session-start
 *that fits no row is fp. There is no tn. Only where the truth tells sessions.
 */

/**
 * struct verdict - one event of a detector
 * @ts_ns:	When the detector said it
 * @tuple:	src = the Skype client's side
 * @client:	skype.client_ip; family 0 = not said
 * @sn:		Super node of a session-start (family 0 = not said: tuple.dst is meant)
 * @packet:	Number of the frame that completed the evidence (0 = not said)
 */
struct verdict {
	uint64_t ts_ns;
	uint64_t packet;
	struct tuple tuple;
	struct ip client;
	struct endpoint sn;
	char signature[64];
	char revision[16];
	char event[24];
};

struct verdicts;

struct verdicts *verdicts_new(void);
void verdicts_free(struct verdicts *v);
void verdicts_add(struct verdicts *v, const struct verdict *one); /* copies */
/* Adds every event of event_type "skype" of an EVE file; others are passed over. 0, or -1 with @e
 * set: "file:line: what". */
int verdicts_read_eve(struct verdicts *v, const char *path, struct err *e);
/* The same, only events whose pcap_filename is @capture (NULL = all): the verdicts of one vantage.
 */
int verdicts_read_eve_of(struct verdicts *v, const char *path, const char *capture, struct err *e);
size_t verdicts_count(const struct verdicts *v);
const struct verdict *verdicts_at(const struct verdicts *v, size_t i);

/* Rows are kept apart by all of these, and summed where all are equal. Empty = "-". */
struct score_setting {
	const char *source;	     /* "emulated" or "recorded" */
	const char *traffic_version; /* "1.4" */
	const char *vantage;	     /* "caller.lan" */
	const char *caller_firewall, *caller_nat, *callee_firewall, *callee_nat;
	const char *cell; /* name of the cell or capture; in claims.tsv, not in accuracy.tsv */
};

/**
 * struct score_input - what is scored at once
 * @signatures, @revisions: Every signature that ran, also those that said nothing; @n of them
 * @labels:	Ground truth of this vantage; NULL = every flow of @flows is not Skype
 * @flows:	Flows that the capture holds, or NULL. With it only labelled flows that the vantage
 *		saw are counted, and time to detect is measured
 * @tolerance_ns: For sessions; 0 = 5 s
 */
struct score_input {
	struct score_setting setting;
	const struct labels *labels;
	const struct verdicts *verdicts;
	const struct flow_index *flows;
	const char *const *signatures;
	const char *const *revisions;
	size_t n;
	uint64_t tolerance_ns;
};

enum score_unit { UNIT_FLOW, UNIT_CLIENT, UNIT_SESSION, UNITS };
const char *score_unit_text(enum score_unit u); /* "flow", "client", "session" */

/* One row of accuracy.tsv. Strings are owned by the table. */
struct score_row {
	char *source, *traffic_version, *signature, *revision, *vantage;
	char *caller_firewall, *caller_nat, *callee_firewall, *callee_nat;
	enum score_unit unit;
	uint64_t tp, fp, fn, tn;
	uint64_t unlabelled; /* of fp: had no label row */
};

enum claim_result { CLAIM_TP, CLAIM_FP, CLAIM_FN, CLAIM_TN };
const char *claim_text(enum claim_result r); /* "tp", "fp", "fn", "tn" */

/* What became of one flow, client or session: a line of claims.tsv. True negatives have none; a
 * cell without any other claim has one line of result tn and subject "-". */
struct score_claim {
	uint32_t row;  /* index of its row */
	char *cell;    /* (owned) */
	char *subject; /* (owned) "udp 1.2.3.4:5 6.7.8.9:10", "192.168.1.2" */
	char *reason;  /* (owned) label's reason, or "" */
	char *stage; /* (owned) of a missed flow: the messages it had, see stage.h; NULL = not told
		      */
	enum claim_result result;
	uint64_t packet;	 /* frame of the first event; 0 = none or not said */
	int64_t detect_ns;	 /* first event after the flow's first packet; -1 = not known */
	uint64_t detect_packets; /* packets of the flow up to then; 0 = not known */
	uint64_t detect_bytes;	 /* payload bytes of them */
};

struct score_table {
	struct score_row *rows; /* in order of first appearance */
	size_t n;
	struct score_claim *claims;
	size_t claims_n;
	size_t rows_cap, claims_cap; /* (private) */
	void *index;		     /* (private) */
};

struct score_table *score_table_new(void);
void score_table_free(struct score_table *t);
/* Scores @in and adds it to the table's rows. 0, or -1 with @e set. */
int score_cell(struct score_table *t, const struct score_input *in, struct err *e);

/* For readers of tables: the row of a setting, made when it is not there; a fresh claim. */
uint32_t score_row_of(struct score_table *t, const struct score_setting *s, const char *signature,
		      const char *revision, enum score_unit unit);
struct score_claim *score_claim_add(struct score_table *t, uint32_t row, const char *cell,
				    const char *subject, const char *reason,
				    enum claim_result result);
/* "udp 1.2.3.4:5 6.7.8.9:10" */
#define SUBJECT_LEN (2 * ENDPOINT_TEXT_LEN + 8)
void score_subject(const struct tuple *t, char out[SUBJECT_LEN]);

/* accuracy.tsv, skypelab-accuracy(5), rows sorted. 0, or -1 with @e set. */
int score_table_write(const struct score_table *t, const char *path, struct err *e);
void score_table_put(const struct score_table *t, FILE *f); /* the same, to a stream */
/* NULL with @e set. Claims are not in it. */
struct score_table *score_table_read(const char *path, struct err *e);
/* claims.tsv: what became of every single flow, client and session. */
int score_claims_write(const struct score_table *t, const char *path, struct err *e);
int score_claims_read(struct score_table *t, const char *path, struct err *e);

/* Measures of a row; negative = no denominator. */
double score_precision(const struct score_row *r); /* tp / (tp + fp) */
double score_recall(const struct score_row *r);	   /* tp / (tp + fn) */
double score_f1(const struct score_row *r);	   /* 2tp / (2tp + fp + fn) */
double score_fpr(const struct score_row *r);	   /* fp / (fp + tn) */

#endif
