// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * record_file.c - reads flow records that an exporter made
 *
 * What kind of file it is its first bytes say. IPFIX files and captures of export datagrams are for record_export.c.
 *
 * nfdump, which collects NetFlow v5, v9 and IPFIX of any exporter, prints them in two forms that are read here:
 *
 *   -o json  an array of objects; times have milliseconds. first, last, proto, src4_addr or src6_addr,
 *	      src_port, the same of dst, tcp_flags, in_packets, in_bytes; out_packets, out_bytes of a record
 *	      that has both directions
 *   -o csv   a header line, then a line a record; times have seconds, and "td" the duration with
 *	      milliseconds. ts, te, td, sa, da, sp, dp, pr, flg, ipkt, ibyt, opkt, obyt; a summary ends it
 *
 * Its times are of the machine's time zone: run it with TZ=UTC. A record with both directions becomes two of
 * the same times. Records that are neither UDP nor TCP are passed over. Packets and bytes of a sampled record
 * are taken as they stand.
 *
 * Limits. A JSON file is held whole while it is read.
 */
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>

#include <jansson.h>

#include "base/bytes.h"
#include "base/capture/file_open.h"
#include "base/capture/unpack.h"
#include "base/input.h"
#include "base/line.h"
#include "base/moment.h"
#include "base/number.h"
#include "run/detect/ipfix.h"
#include "run/detect/record_export.h"
#include "run/detect/record_file.h"

#define NFCAPD 0xa50cU /* a file begins so, little endian */

/* A record as text; NULL = it does not say. */
struct worded {
	const char *first, *last, *seconds, *proto, *flags;
	const char *src, *dst, *src_port, *dst_port;
	const char *packets, *bytes, *packets_back, *bytes_back;
};

/* "..A.R...", CWR to FIN; or a number. */
static bool flags_of(const char *t, uint8_t *out)
{
	static const char letters[] = "CEUAPRSF";
	uint64_t v;

	*out = 0;
	if (number_is_whole(t, &v) && v <= 255) {
		*out = (uint8_t)v;
		return true;
	}
	if (strlen(t) != 8)
		return false;
	for (unsigned i = 0; i < 8; i++) {
		if (t[i] == letters[i])
			*out |= (uint8_t)(0x80U >> i);
		else if (t[i] != '.')
			return false;
	}
	return true;
}

static bool proto_of(const char *t, uint8_t *out)
{
	uint64_t v;

	if (!strcasecmp(t, "tcp"))
		v = IPPROTO_TCP;
	else if (!strcasecmp(t, "udp"))
		v = IPPROTO_UDP;
	else if (!number_is_whole(t, &v) || v > 255)
		v = 0; /* a name of another one */
	*out = (uint8_t)v;
	return v == IPPROTO_TCP || v == IPPROTO_UDP;
}

static bool time_of(const char *t, uint64_t *out)
{
	char text[64];
	size_t n = strlen(t);

	if (n < 19 || n >= sizeof(text))
		return false;
	memcpy(text, t, n + 1);
	if (text[10] == ' ')
		text[10] = 'T';
	return moment_parse(text, out);
}

static bool end_of(const char *ip, const char *port, struct endpoint *out)
{
	uint64_t v;

	if (!ip || !port || ip_parse(ip, &out->ip) < 0 || !number_is_whole(port, &v) || v > 65535)
		return false;
	out->port = (uint16_t)v;
	return true;
}

/* Seconds with three decimals, in ns. */
static bool seconds_of(const char *t, uint64_t *out)
{
	uint64_t ms;
	double v;

	if (!number_is_real(t, &v) || v < 0 || v > 1e9)
		return false;
	ms = (uint64_t)(v * 1000 + 0.5);
	*out = ms * 1000000;
	return true;
}

static const char *read_times(const struct worded *w, struct flow_record *r)
{
	uint64_t lasted;

	if (!w->first || !time_of(w->first, &r->first_ns))
		return "the time of the first packet";
	if (!w->last || !time_of(w->last, &r->last_ns))
		return "the time of the last packet";
	if (w->seconds && seconds_of(w->seconds, &lasted))
		r->last_ns = r->first_ns + lasted;
	return (int64_t)r->last_ns < (int64_t)r->first_ns ? "a last packet after the first" : NULL;
}

static const char *read_counts(const char *packets, const char *bytes, struct flow_record *r)
{
	if (!packets || !number_is_whole(packets, &r->packets))
		return "a number of packets";
	if (!bytes || !number_is_whole(bytes, &r->bytes))
		return "a number of bytes";
	return NULL;
}

/* NULL: it was added, or is of another protocol; else what it lacks. */
static const char *add(struct record_list *l, const struct worded *w, uint64_t number,
		       uint16_t input)
{
	struct flow_record r = {.number = number, .input = input}, back;
	const char *lacks;

	if (!w->proto)
		return "a protocol";
	if (!proto_of(w->proto, &r.flow.proto))
		return NULL;
	if (!end_of(w->src, w->src_port, &r.flow.src))
		return "an address and a port of the source";
	if (!end_of(w->dst, w->dst_port, &r.flow.dst))
		return "an address and a port of the destination";
	lacks = read_times(w, &r);
	if (!lacks)
		lacks = read_counts(w->packets, w->bytes, &r);
	if (lacks)
		return lacks;
	r.flags_known = r.flow.proto == IPPROTO_TCP && w->flags;
	if (r.flags_known && !flags_of(w->flags, &r.flags))
		return "TCP flags such as ...AP.S.";
	if (r.packets)
		record_list_add(l, &r);
	if (!w->packets_back || !strcmp(w->packets_back, "0"))
		return NULL;
	back = r;
	back.flow.src = r.flow.dst;
	back.flow.dst = r.flow.src;
	back.flags_known = false; /* of both directions */
	lacks = read_counts(w->packets_back, w->bytes_back, &back);
	if (!lacks && back.packets)
		record_list_add(l, &back);
	return lacks;
}

/* ---- JSON ---- */

/* A member as text in @buf, which a number needs. */
static const char *member(const json_t *o, const char *name, char buf[24])
{
	const json_t *v = json_object_get(o, name);

	if (!json_is_integer(v))
		return json_string_value(v);
	snprintf(buf, 24, "%lld", (long long)json_integer_value(v));
	return buf;
}

static const char *add_object(struct record_list *l, const json_t *o, uint64_t number,
			      uint16_t input)
{
	char b[8][24];
	struct worded w = {
		.first = member(o, "first", b[0]),
		.last = member(o, "last", b[0]),
		.proto = member(o, "proto", b[1]),
		.flags = member(o, "tcp_flags", b[2]),
		.src = member(o, "src4_addr", b[0]),
		.dst = member(o, "dst4_addr", b[0]),
		.src_port = member(o, "src_port", b[3]),
		.dst_port = member(o, "dst_port", b[4]),
		.packets = member(o, "in_packets", b[5]),
		.bytes = member(o, "in_bytes", b[6]),
		.packets_back = member(o, "out_packets", b[7]),
		.bytes_back = member(o, "out_bytes", b[0]),
	};

	if (!json_is_object(o))
		return "an object";
	if (!w.src)
		w.src = member(o, "src6_addr", b[0]);
	if (!w.dst)
		w.dst = member(o, "dst6_addr", b[0]);
	return add(l, &w, number, input);
}

static int read_json(FILE *f, const char *path, uint16_t input, struct record_list *l,
		     struct err *e)
{
	json_error_t why;
	json_t *all = json_loadf(f, 0, &why), *o;
	const char *lacks = NULL;
	size_t i;
	int rc = 0;

	if (!json_is_array(all)) {
		rc = err_set(e,
			     "%s:%d: %s, expected an array of flow records, as `nfdump -o json` "
			     "prints it",
			     path, all ? 1 : why.line, all ? "JSON of another kind" : why.text);
		json_decref(all);
		return rc;
	}
	json_array_foreach (all, i, o) {
		lacks = l->n >= RECORD_FILE_MAX ? "fewer records" : add_object(l, o, i + 1, input);
		if (lacks) {
			rc = err_set(e, "%s: record %zu: expected %s", path, i + 1, lacks);
			break;
		}
	}
	json_decref(all);
	return rc;
}

/* ---- CSV ---- */

enum { TS, TE, TD, SA, DA, SP, DP, PR, FLG, IPKT, IBYT, OPKT, OBYT, COLUMNS };
static const char *const column_names[COLUMNS] = {"ts", "te",  "td",   "sa",   "da",   "sp",  "dp",
						  "pr", "flg", "ipkt", "ibyt", "opkt", "obyt"};
#define FIELDS_MAX 128

/* Cuts @line at its commas; how many fields. */
static size_t cut(char *line, char *field[FIELDS_MAX])
{
	size_t n = 0;

	line[strcspn(line, "\r\n")] = '\0';
	for (char *at = line; at && n < FIELDS_MAX;) {
		char *one = strsep(&at, ",");

		field[n++] = one + strspn(one, " ");
	}
	return n;
}

static int read_header(char *line, const char *path, int column[COLUMNS], struct err *e)
{
	char *field[FIELDS_MAX];
	size_t n = cut(line, field);

	for (unsigned c = 0; c < COLUMNS; c++) {
		column[c] = -1;
		for (size_t i = 0; i < n; i++)
			if (!strcmp(field[i], column_names[c]))
				column[c] = (int)i;
		if (column[c] < 0 && c != TD && c != FLG && c < OPKT)
			return err_set(
				e,
				"%s:1: no column \"%s\", expected flow records: an IPFIX "
				"file, a capture of export datagrams, or what `nfdump -o json` or "
				"`nfdump -o csv` prints",
				path, column_names[c]);
	}
	return 0;
}

static const char *add_line(struct record_list *l, char *line, const int column[COLUMNS],
			    uint64_t number, uint16_t input)
{
	char *field[FIELDS_MAX];
	size_t n = cut(line, field);
	const char *v[COLUMNS];

	for (unsigned c = 0; c < COLUMNS; c++)
		v[c] = column[c] >= 0 && (size_t)column[c] < n ? field[column[c]] : NULL;
	return add(l,
		   &(struct worded){.first = v[TS],
				    .last = v[TE],
				    .seconds = v[TD],
				    .proto = v[PR],
				    .flags = v[FLG],
				    .src = v[SA],
				    .dst = v[DA],
				    .src_port = v[SP],
				    .dst_port = v[DP],
				    .packets = v[IPKT],
				    .bytes = v[IBYT],
				    .packets_back = v[OPKT],
				    .bytes_back = v[OBYT]},
		   number, input);
}

static int read_csv(FILE *f, const char *path, uint16_t input, struct record_list *l, struct err *e)
{
	int column[COLUMNS] = {0}, rc = 0;
	char *line = NULL;
	uint64_t no = 0;
	size_t size = 0;
	ssize_t len;

	while (!rc && (len = line_read(&line, &size, f)) != -1) {
		const char *lacks = len == -2		      ? "a shorter line"
				    : l->n >= RECORD_FILE_MAX ? "fewer records"
							      : NULL;

		no++;
		if (!lacks && no == 1) {
			rc = read_header(line, path, column, e);
			continue;
		}
		if (!lacks && (!strncmp(line, "Summary", 7) || !strncmp(line, "No matched", 10)))
			break;
		if (!lacks && line[strspn(line, " \t\r\n")])
			lacks = add_line(l, line, column, no, input);
		if (lacks)
			rc = err_set(e, "%s:%llu: expected %s", path, (unsigned long long)no,
				     lacks);
	}
	free(line);
	if (!no)
		rc = err_set(e, "%s: empty, expected flow records as `nfdump -o json` prints them",
			     path);
	return rc;
}

/* What nfcapd writes is for nfdump alone: its form changes with its version. */
static int refuse_nfcapd(const char *path, struct err *e)
{
	return err_set(e,
		       "%s: nfcapd's own form; TZ=UTC nfdump -r %s -o json prints what can be read",
		       path, path);
}

static int read_kind(FILE *f, const char *path, uint16_t input, struct record_list *out,
		     struct err *e)
{
	uint8_t head[RECORD_HEAD] = {0};
	size_t n = 0;
	int c;

	while (n < sizeof(head) && (c = getc(f)) != EOF)
		head[n++] = (uint8_t)c;
	if (!n && ferror(f)) /* such as a folder */
		return err_sys(e, "%s: cannot read", path);
	if (n >= 2 && get_be16(head) == IPFIX_VERSION)
		return record_ipfix_read(f, head, n, path, input, out, e);
	if (n >= 2 && get_le16(head) == NFCAPD)
		return refuse_nfcapd(path, e);
	if (capture_begins(head, n))
		return record_capture_read(path, unpack_format(head, n) != NULL, input, out, e);
	while (n)
		ungetc(head[--n], f);
	while ((c = getc(f)) == ' ' || c == '\n' || c == '\r' || c == '\t')
		;
	if (c != EOF)
		ungetc(c, f);
	return c == '[' || c == '{' ? read_json(f, path, input, out, e)
				    : read_csv(f, path, input, out, e);
}

int record_file_read(const char *path, uint16_t input, struct record_list *out, struct err *e)
{
	FILE *f = strcmp(path, "-") ? input_open(path, e) : stdin;
	int rc;

	if (!f)
		return -1;
	rc = read_kind(f, path, input, out, e);
	if (!rc && ferror(f))
		rc = err_sys(e, "%s", path);
	if (f != stdin)
		fclose(f);
	return rc;
}
