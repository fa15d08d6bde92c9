/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef RESULTS_ADAPTER_H
#define RESULTS_ADAPTER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"

/* A detector as its file says it, skypelab-detector(5): how it is called, what it writes, what its
 * words mean. */

/* What stands for the standard output of the command in adapter_output.file, and the name under
 * which its runner keeps that output in the folder of the outputs. */
#define ADAPTER_STDOUT	    "-"
#define ADAPTER_STDOUT_FILE "stdout"

enum adapter_format {
	ADAPTER_EVE,	/* EVE JSON lines: Suricata's, and ours */
	ADAPTER_CSV,	/* a header, fields between commas or another character, quotes */
	ADAPTER_TSV,	/* a header, fields between tabs; also Zeek's, with #fields */
	ADAPTER_JSONL,	/* a JSON object a line */
	ADAPTER_FIELDS, /* fields between blanks; a header, or the columns of the definition */
};

/* What one claim is about. */
enum adapter_claims { ADAPTER_CLAIMS_FLOW, ADAPTER_CLAIMS_PACKET, ADAPTER_CLAIMS_HOST };

enum adapter_time {
	ADAPTER_SECONDS, /* since the epoch, with a fraction or without */
	ADAPTER_MILLISECONDS,
	ADAPTER_MICROSECONDS,
	ADAPTER_NANOSECONDS,
	ADAPTER_ISO, /* 2006-08-25T19:32:12.123456+0000 */
};

/* What a column is for. */
enum adapter_role {
	ADAPTER_SRC_IP,
	ADAPTER_SRC_PORT,
	ADAPTER_DST_IP,
	ADAPTER_DST_PORT,
	ADAPTER_PROTOCOL,
	ADAPTER_TIME, /* of the report; where there is none, the start */
	ADAPTER_START,
	ADAPTER_END,
	ADAPTER_DURATION, /* where there is no end */
	ADAPTER_FRAME,
	ADAPTER_COMMUNITY_ID,
	ADAPTER_ID,	 /* names the flow in other outputs of the same detector */
	ADAPTER_VERDICT, /* all of its columns count, of the others the first that is set */
	ADAPTER_ROLES,
};

/* Texts (owned). */
struct adapter_list {
	char **items;
	unsigned n;
};

struct adapter_columns {
	struct adapter_list of[ADAPTER_ROLES];
};

/**
 * struct adapter_verdict - what some verdicts mean; of the rules of a definition the first counts
 * @column:	Only in this column; NULL = in any
 * @match:	Patterns of fnmatch(3) whatever the case, or whole numbers "FIRST..LAST"
 * @application: Name of a label ("skype", "dns"), or "none": it says nothing
 */
struct adapter_verdict {
	char *column;
	struct adapter_list match;
	char *application;
};

/* A record counts where each of these columns has one of these values. */
struct adapter_only {
	char *column;
	struct adapter_list match;
};

/**
 * struct adapter_output - one file that the detector writes
 * @file:	Name or pattern below the folder of the outputs, or ADAPTER_STDOUT
 * @header:	Columns in their order, where the file names none
 * @columns:	Names of the columns of each role; for EVE they are filled in where none is named
 * @split:	Each of these characters separates parts of a verdict; NULL = none does
 * @optional:	It may be missing or empty: the detector then had nothing to say
 */
struct adapter_output {
	char *file;
	enum adapter_format format;
	enum adapter_time time;
	struct adapter_list header;
	struct adapter_columns columns;
	struct adapter_list unset;
	struct adapter_only *only;
	unsigned only_n;
	char *split;
	bool optional;
};

/* For a run over one capture. */
struct adapter_limits {
	unsigned seconds;   /* of the clock, and as many of processor time a core */
	unsigned memory;    /* MiB */
	unsigned output;    /* MiB, all files together */
	unsigned files;	    /* in the folder of the outputs */
	unsigned processes; /* at one time, threads too */
	unsigned records;   /* of the outputs; thousands */
};

/**
 * struct adapter - a definition; read only
 * @name:	"ndpi"; what the tables call it
 * @install:	How to get the program, for the message that it is missing; NULL = not said
 * @version:	Arguments that make it print its version; n 0 = it cannot
 * @command:	Arguments, [0] the program; each may hold {capture}, {out}, {rules}
 * @live:	The same for an interface, {interface} for {capture}; n 0 = it cannot
 * @status:	Exit statuses that mean success; n 0 = 0 only
 * @sessions:	It reports sessions: else tables have no rows of them
 * @tolerance:	Seconds: how far its times may be off, and how far records of one flow may lie apart
 * @verdicts:	Rules, first match; a verdict that none matches is an application of no label
 * @path:	Of the file, for messages
 */
struct adapter {
	char *name, *title, *source, *install;
	struct adapter_list version, command, live;
	unsigned *status;
	unsigned status_n;
	enum adapter_claims claims;
	bool sessions;
	double tolerance;
	struct adapter_limits limits;
	struct adapter_output *outputs;
	unsigned outputs_n;
	struct adapter_verdict *verdicts;
	unsigned verdicts_n;
	char *path;
};

/* By name (scenarios/detectors/NAME.yaml) or by path. NULL with @e set: "file:line: what". */
struct adapter *adapter_load(const char *name, struct err *e);
void adapter_free(struct adapter *a); /* NULL is allowed */

#endif
