// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * cmd_analyze.c - `skypelab analyze`: what traffic is made of, without a signature
 *
 * Captures or runs in, seven parts out: what is here, classes of messages, a map of their bytes,
 * exchanges, clocks, two captures side by side, what would break it. As text, TSV (one stream, or a
 * folder with a file for each table), JSON, or a page. Output appears when it is whole.
 */
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "analysis/page/as_html.h"
#include "analysis/page/as_json.h"
#include "analysis/page/as_text.h"
#include "analysis/page/as_tsv.h"
#include "base/label.h"
#include "base/number.h"
#include "base/outfile.h"
#include "cli/cmd_analyze.h"
#include "cli/command/failure.h"
#include "run/analyze/analyze.h"

#define ROWS_TEXT 20
#define ROWS_HTML 100

enum analyze_format { FORMAT_TEXT, FORMAT_TSV, FORMAT_JSON, FORMAT_HTML };

struct analyze_options {
	const char *labels, *host, *application, *vantage, *by, *out;
	struct option_list signatures, against, ports;
	struct option_whole rows, flow;
	int format; /* enum analyze_format */
	bool no_fields;
};

#define AT(field) offsetof(struct analyze_options, field)

static const struct option_row rows[] = {
	OPTION(TEXT, "labels", 'l', "FILE", labels, "label file of the capture"),
	OPTION(TEXT, "application", 'a', "NAME", application, "only flows with this label"),
	OPTION(TEXT, "host", 0, "ADDRESS[:PORT]", host, "only flows of this host, or of its port"),
	OPTION(WHOLE, "flow", 0, "FRAME", flow, "draw the flow that has this frame early on",
	       .low = 1, .high = INT64_MAX),
	OPTION(LIST, "against", 0, "CAPTURE|RUN", against,
	       "compare with this one; may be given again"),
	OPTION(LIST, "signature", 's', "SIGNATURE", signatures,
	       "name messages as this bundled signature or file does"),
	OPTION(LIST, "port", 'p', "PORT", ports,
	       "count this port by itself; default: see ports.tsv"),
	OPTION(TEXT, "by", 0, "LIST", by, "settings of a cell that make a configuration"),
	OPTION(TEXT, "vantage", 0, "NAME", vantage,
	       "captures of a run's cells; default caller.lan, else the first"),
	OPTION(FLAG, "no-fields", 0, NULL, no_fields, "leave out what messages' bytes are"),
	OPTION(WHOLE, "rows", 'r', "NUMBER", rows, "rows shown of a table; 0 = all",
	       .high = 1U << 30),
	OPTION(CHOICE, "format", 'f', "text|tsv|json|html", format, "form of the output"),
	OPTION(WORD, "json", 0, NULL, format, "the same as --format json", .low = FORMAT_JSON),
	OPTION(TEXT, "output", 'o', "FILE|DIRECTORY", out,
	       "write there; with tsv a directory gets a file for each table", .output = true),
};

static int read_host(const char *text, struct endpoint *out, struct err *e)
{
	*out = (struct endpoint){0};
	if (!text || ip_parse(text, &out->ip) == 0 || endpoint_parse(text, out) == 0)
		return 0;
	return err_set(e,
		       "--host %.80s: expected an address, 192.0.2.1 or 2001:db8::1, with a port "
		       "192.0.2.1:443 or [2001:db8::1]:443",
		       text);
}

static int read_ports(const struct option_list *list, uint16_t ports[HERE_PORTS], struct err *e)
{
	if (list->n > HERE_PORTS)
		return err_set(e, "--port: at most %d", HERE_PORTS);
	for (size_t i = 0; i < list->n; i++) {
		uint64_t port;

		if (number_whole("--port", list->items[i], 0, UINT16_MAX, &port, e) < 0)
			return -1;
		ports[i] = (uint16_t)port;
	}
	return 0;
}

static int check(const struct analyze_options *o, struct err *e)
{
	if (o->application && !label_valid(o->application))
		return err_set(e, "--application %.80s, expected a label: " LABEL_FORM,
			       o->application);
	if (o->no_fields && o->against.n)
		return err_set(e, "analyze: --against compares bytes; leave out --no-fields");
	return 0;
}

/* Whether each table gets a file of its own. */
static bool to_folder(const struct analyze_options *o)
{
	size_t n = o->out ? strlen(o->out) : 0;
	struct stat st;

	return n && o->format == FORMAT_TSV &&
	       (o->out[n - 1] == '/' || (stat(o->out, &st) == 0 && S_ISDIR(st.st_mode)));
}

/* Rows of a table that are shown; 0 = all. */
static size_t shown_rows(const struct analyze_options *o)
{
	if (o->format == FORMAT_TSV || o->format == FORMAT_JSON)
		return 0;
	if (o->rows.given)
		return o->rows.value;
	return o->format == FORMAT_HTML ? ROWS_HTML : ROWS_TEXT;
}

static void put(const struct analyze_options *o, const struct document *d, FILE *f)
{
	size_t n = shown_rows(o);

	switch ((enum analyze_format)o->format) {
	case FORMAT_TEXT:
		document_as_text(d, f, n);
		break;
	case FORMAT_TSV:
		document_as_tsv(d, f);
		break;
	case FORMAT_JSON:
		document_as_json(d, f);
		break;
	case FORMAT_HTML:
		document_as_html(d, f, n);
		break;
	}
}

static int output(const struct analyze_options *o, const struct document *d, struct err *e)
{
	struct outfile out;

	if (to_folder(o))
		return document_to_folder(d, o->out, e);
	if (outfile_open(&out, o->out ? o->out : "-", e) < 0)
		return -1;
	put(o, d, out.f);
	return outfile_commit(&out, e);
}

static enum command_end run(struct command_call *call, struct err *e)
{
	const struct analyze_options *o = call->options;
	uint16_t ports[HERE_PORTS];
	struct analyze_request r = {
		.material = {.paths = (const char *const *)call->arguments,
			     .n = call->n,
			     .labels = o->labels,
			     .vantage = o->vantage,
			     .by = o->by},
		.against = o->against.items,
		.against_n = o->against.n,
		.choice = {.application = o->application},
		.signatures = o->signatures.items,
		.signatures_n = o->signatures.n,
		.ports = ports,
		.ports_n = o->ports.n,
		.frame = o->flow.value,
		.most = shown_rows(o),
		.no_fields = o->no_fields,
		.plots = o->format == FORMAT_HTML || to_folder(o),
	};
	struct document d = {0};
	bool damaged = false;
	int rc = -1;

	if (check(o, e) == 0 && read_host(o->host, &r.choice.host, e) == 0 &&
	    read_ports(&o->ports, ports, e) == 0 && analyze(&r, &d, &damaged, e) == 0)
		rc = output(o, &d, e);
	document_clear(&d);
	if (rc == 0 && damaged)
		return failure_reported(e, EXIT_USAGE);
	return failure_or_done(rc);
}

static const struct command_form forms[] = {
	{.arguments = "CAPTURE|RUN...", .run = run},
};

const struct command analyze_command = {
	.name = "analyze",
	.help = "what traffic is made of: hosts, messages, their bytes, exchanges, clocks",
	.forms = forms,
	.form_count = ARRAY_LEN(forms),
	.rows = rows,
	.row_count = ARRAY_LEN(rows),
	.size = sizeof(struct analyze_options),
};
