// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * adapter.c - detectors under test, as data
 *
 * libcyaml reads a definition against a schema; what a schema cannot say is checked here, so that
 * whoever runs a detector or reads its outputs meets only definitions that make sense: every
 * argument's placeholder is known, every file lies below the folder of the outputs, every output
 * has the columns that make a flow of a record, every application could be a label.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/datadir.h"
#include "base/yaml.h"
#include "results/adapter/adapter.h"
#include "results/adapter/check.h"
#include "results/score/detections.h"

#define FOLDER		  "scenarios/detectors"
#define STRICT		  (CYAML_FLAG_STRICT)
#define OPT		  (CYAML_FLAG_OPTIONAL)
#define PTR		  (CYAML_FLAG_POINTER)
#define TOLERANCE_DEFAULT 5 /* seconds, as LABEL_SLACK_NS */
#define ITEMS_MAX	  64

static const cyaml_strval_t formats[] = {{"eve", ADAPTER_EVE},
					 {"csv", ADAPTER_CSV},
					 {"tsv", ADAPTER_TSV},
					 {"jsonl", ADAPTER_JSONL},
					 {"fields", ADAPTER_FIELDS}};
static const cyaml_strval_t claim_kinds[] = {{"flow", ADAPTER_CLAIMS_FLOW},
					     {"packet", ADAPTER_CLAIMS_PACKET},
					     {"host", ADAPTER_CLAIMS_HOST}};
static const cyaml_strval_t times[] = {{"seconds", ADAPTER_SECONDS},
				       {"milliseconds", ADAPTER_MILLISECONDS},
				       {"microseconds", ADAPTER_MICROSECONDS},
				       {"nanoseconds", ADAPTER_NANOSECONDS},
				       {"iso", ADAPTER_ISO}};

static const cyaml_schema_value_t text_schema = {
	CYAML_VALUE_STRING(PTR, char *, 0, 1000),
};

#define LIST(key, flags, type, member)                                                             \
	CYAML_FIELD_SEQUENCE_COUNT(key, PTR | (flags), type, member.items, member.n, &text_schema, \
				   1, ITEMS_MAX)
#define COLUMN(key, role) LIST(key, OPT, struct adapter_columns, of[role])

static const cyaml_schema_field_t column_fields[] = {
	COLUMN("src-ip", ADAPTER_SRC_IP),
	COLUMN("src-port", ADAPTER_SRC_PORT),
	COLUMN("dst-ip", ADAPTER_DST_IP),
	COLUMN("dst-port", ADAPTER_DST_PORT),
	COLUMN("protocol", ADAPTER_PROTOCOL),
	COLUMN("time", ADAPTER_TIME),
	COLUMN("start", ADAPTER_START),
	COLUMN("end", ADAPTER_END),
	COLUMN("duration", ADAPTER_DURATION),
	COLUMN("frame", ADAPTER_FRAME),
	COLUMN("community-id", ADAPTER_COMMUNITY_ID),
	COLUMN("id", ADAPTER_ID),
	COLUMN("verdict", ADAPTER_VERDICT),
	CYAML_FIELD_END,
};

static const cyaml_schema_field_t only_fields[] = {
	CYAML_FIELD_STRING_PTR("column", PTR, struct adapter_only, column, 1, 100),
	LIST("match", 0, struct adapter_only, match),
	CYAML_FIELD_END,
};

static const cyaml_schema_value_t only_schema = {
	CYAML_VALUE_MAPPING(CYAML_FLAG_DEFAULT, struct adapter_only, only_fields),
};

static const cyaml_schema_field_t output_fields[] = {
	CYAML_FIELD_STRING_PTR("file", PTR, struct adapter_output, file, 1, 200),
	CYAML_FIELD_ENUM("format", STRICT, struct adapter_output, format, formats,
			 ARRAY_LEN(formats)),
	CYAML_FIELD_ENUM("time", STRICT | OPT, struct adapter_output, time, times,
			 ARRAY_LEN(times)),
	LIST("header", OPT, struct adapter_output, header),
	CYAML_FIELD_MAPPING("columns", OPT, struct adapter_output, columns, column_fields),
	LIST("unset", OPT, struct adapter_output, unset),
	CYAML_FIELD_SEQUENCE_COUNT("only", PTR | OPT, struct adapter_output, only, only_n,
				   &only_schema, 1, ITEMS_MAX),
	CYAML_FIELD_STRING_PTR("split", PTR | OPT, struct adapter_output, split, 1, 8),
	CYAML_FIELD_BOOL("optional", OPT, struct adapter_output, optional),
	CYAML_FIELD_END,
};

static const cyaml_schema_value_t output_schema = {
	CYAML_VALUE_MAPPING(CYAML_FLAG_DEFAULT, struct adapter_output, output_fields),
};

static const cyaml_schema_field_t verdict_fields[] = {
	CYAML_FIELD_STRING_PTR("column", PTR | OPT, struct adapter_verdict, column, 1, 100),
	LIST("match", 0, struct adapter_verdict, match),
	CYAML_FIELD_STRING_PTR("application", PTR, struct adapter_verdict, application, 1,
			       DETECTION_APPLICATION - 1),
	CYAML_FIELD_END,
};

static const cyaml_schema_value_t verdict_schema = {
	CYAML_VALUE_MAPPING(CYAML_FLAG_DEFAULT, struct adapter_verdict, verdict_fields),
};

static const cyaml_schema_field_t limit_fields[] = {
	CYAML_FIELD_UINT("seconds", OPT, struct adapter_limits, seconds),
	CYAML_FIELD_UINT("memory", OPT, struct adapter_limits, memory),
	CYAML_FIELD_UINT("output", OPT, struct adapter_limits, output),
	CYAML_FIELD_UINT("files", OPT, struct adapter_limits, files),
	CYAML_FIELD_UINT("processes", OPT, struct adapter_limits, processes),
	CYAML_FIELD_UINT("records", OPT, struct adapter_limits, records),
	CYAML_FIELD_END,
};

static const cyaml_schema_value_t status_schema = {
	CYAML_VALUE_UINT(CYAML_FLAG_DEFAULT, unsigned),
};

static const cyaml_schema_field_t adapter_fields[] = {
	CYAML_FIELD_STRING_PTR("name", PTR, struct adapter, name, 1, 40),
	CYAML_FIELD_STRING_PTR("title", PTR, struct adapter, title, 1, 400),
	CYAML_FIELD_STRING_PTR("source", PTR, struct adapter, source, 1, 400),
	CYAML_FIELD_STRING_PTR("install", PTR | OPT, struct adapter, install, 1, 400),
	LIST("version", OPT, struct adapter, version),
	LIST("command", 0, struct adapter, command),
	LIST("live", OPT, struct adapter, live),
	CYAML_FIELD_SEQUENCE_COUNT("status", PTR | OPT, struct adapter, status, status_n,
				   &status_schema, 1, ITEMS_MAX),
	CYAML_FIELD_ENUM("claims", STRICT, struct adapter, claims, claim_kinds,
			 ARRAY_LEN(claim_kinds)),
	CYAML_FIELD_BOOL("sessions", OPT, struct adapter, sessions),
	CYAML_FIELD_FLOAT("tolerance", OPT, struct adapter, tolerance),
	CYAML_FIELD_MAPPING("limits", OPT, struct adapter, limits, limit_fields),
	CYAML_FIELD_SEQUENCE_COUNT("outputs", PTR, struct adapter, outputs, outputs_n,
				   &output_schema, 1, 16),
	CYAML_FIELD_SEQUENCE_COUNT("verdicts", PTR | OPT, struct adapter, verdicts, verdicts_n,
				   &verdict_schema, 1, 1000),
	CYAML_FIELD_END,
};

static const cyaml_schema_value_t adapter_schema = {
	CYAML_VALUE_MAPPING(PTR, struct adapter, adapter_fields),
};

static const struct yaml_number adapter_numbers[] = {
	{"status", 0, 255, NULL},
	{"tolerance", 0.001, 86400, "seconds"},
	{"limits.seconds", 1, 86400, "seconds"},
	{"limits.memory", 1, 1 << 20, "MiB"},
	{"limits.output", 1, 1 << 20, "MiB"},
	{"limits.files", 1, 100000, "files"},
	{"limits.processes", 1, 10000, "processes"},
	{"limits.records", 1, 1000000, "thousand records"},
	{NULL, 0, 0, NULL},
};

static const struct adapter_limits limits_default = {
	.seconds = 600,
	.memory = 2048,
	.output = 1024,
	.files = 256,
	.processes = 64,
	.records = 20000,
};

static void fill_limits(struct adapter_limits *l)
{
	const struct adapter_limits *d = &limits_default;

	l->seconds = l->seconds ? l->seconds : d->seconds;
	l->memory = l->memory ? l->memory : d->memory;
	l->output = l->output ? l->output : d->output;
	l->files = l->files ? l->files : d->files;
	l->processes = l->processes ? l->processes : d->processes;
	l->records = l->records ? l->records : d->records;
}

/* The columns that Suricata gives, where the definition names none. */
static void fill_eve(struct adapter_output *o)
{
	static const struct {
		enum adapter_role role;
		const char *column[4];
	} eve[] = {
		{ADAPTER_SRC_IP, {"src_ip"}},
		{ADAPTER_SRC_PORT, {"src_port"}},
		{ADAPTER_DST_IP, {"dest_ip"}},
		{ADAPTER_DST_PORT, {"dest_port"}},
		{ADAPTER_PROTOCOL, {"proto"}},
		{ADAPTER_TIME, {"timestamp"}},
		{ADAPTER_START, {"flow.start"}},
		{ADAPTER_END, {"flow.end"}},
		{ADAPTER_FRAME, {"pcap_cnt"}},
		{ADAPTER_COMMUNITY_ID, {"community_id"}},
		{ADAPTER_VERDICT, {"alert.signature_id", "alert.signature", "app_proto"}},
	};

	o->time = ADAPTER_ISO;
	for (size_t i = 0; i < ARRAY_LEN(eve); i++) {
		struct adapter_list *l = &o->columns.of[eve[i].role];

		if (l->n)
			continue;
		l->items = xcalloc(ARRAY_LEN(eve[i].column), sizeof(*l->items));
		for (; eve[i].column[l->n]; l->n++)
			l->items[l->n] = xstrdup(eve[i].column[l->n]);
	}
}

struct adapter *adapter_load(const char *name, struct err *e)
{
	char *path = data_file(FOLDER, name, e);
	struct adapter *a;

	if (!path) {
		err_push(e, "detector '%s'", name);
		return NULL;
	}
	a = yaml_load(path, &adapter_schema, adapter_numbers, e);
	if (!a) {
		free(path);
		return NULL;
	}
	a->path = path;
	fill_limits(&a->limits);
	if (a->tolerance <= 0)
		a->tolerance = TOLERANCE_DEFAULT;
	for (unsigned i = 0; i < a->outputs_n; i++)
		if (a->outputs[i].format == ADAPTER_EVE)
			fill_eve(&a->outputs[i]);
	if (adapter_check(a, e) < 0) {
		adapter_free(a);
		return NULL;
	}
	return a;
}

void adapter_free(struct adapter *a)
{
	if (!a)
		return;
	free(a->path);
	yaml_drop(&adapter_schema, a);
}
