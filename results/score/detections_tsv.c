// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * detections_tsv.c - detections of foreign detectors, kept beside a cell's captures
 *
 * Every member that scoring asks for has a column, times in nanoseconds, so that what is read is what
 * was written.
 */
#include <netinet/in.h>
#include <string.h>

#include "base/tsv.h"
#include "results/score/detections_tsv.h"

enum {
	C_CAPTURE,
	C_DETECTOR,
	C_SIGNATURE,
	C_REVISION,
	C_APPLICATION,
	C_EVENT,
	C_PROTO,
	C_SRC,
	C_DST,
	C_CLIENT,
	C_SUPER_NODE,
	C_PACKET,
	C_TIME,
	C_FROM,
	C_TO,
	C_AFTERWARDS,
	COLUMNS
};
static const char *const columns[COLUMNS] = {"capture",	    "detector", "signature",  "revision",
					     "application", "event",	"proto",      "src",
					     "dst",	    "client",	"super_node", "packet",
					     "time_ns",	    "from_ns",	"to_ns",      "afterwards"};

void detections_put_head(FILE *f)
{
	for (int i = 0; i < COLUMNS; i++)
		fprintf(f, "%s%s", i ? "\t" : "", columns[i]);
	fputc('\n', f);
}

static const char *end_text(const struct endpoint *e, char buf[ENDPOINT_TEXT_LEN])
{
	return e->ip.family ? endpoint_text(e, buf) : "-";
}

static void put_one(FILE *f, const char *detector, const char *capture, const struct detection *v)
{
	char src[ENDPOINT_TEXT_LEN], dst[ENDPOINT_TEXT_LEN], sn[ENDPOINT_TEXT_LEN];
	char client[IP_TEXT_LEN];
	const char *proto = v->tuple.proto == IPPROTO_UDP   ? "udp"
			    : v->tuple.proto == IPPROTO_TCP ? "tcp"
							    : "-";
	const char *event = detection_kind_text(v->kind);

	fprintf(f, "%s\t%s\t%s\t%s\t%s\t%s\t%s\t%s\t%s\t%s\t%s", capture, detector, v->signature,
		*v->revision ? v->revision : "-", v->application, *event ? event : "-", proto,
		end_text(&v->tuple.src, src), end_text(&v->tuple.dst, dst),
		v->client.family ? ip_text(&v->client, client) : "-", end_text(&v->sn, sn));
	fprintf(f, "\t%llu\t%llu\t%llu\t%llu\t%d\n", (unsigned long long)v->packet,
		(unsigned long long)v->ts_ns, (unsigned long long)v->from_ns,
		(unsigned long long)v->to_ns, v->afterwards);
}

void detections_put(FILE *f, const char *detector, const char *capture,
		    const struct detections *list)
{
	for (size_t i = 0; i < detections_count(list); i++)
		put_one(f, detector, capture, detections_at(list, i));
}

/* "-" leaves it as it is: none. */
static int read_end(const char *text, struct endpoint *out)
{
	return strcmp(text, "-") ? endpoint_parse(text, out) : 0;
}

/* 0, or -1 with the column that is wrong in *@bad. */
static int read_texts(const struct tsv *t, size_t r, const int *c, struct detection *v, int *bad)
{
#define CELL(i) tsv_cell(t, r, c[ *bad = (i)])
	const char *proto, *event;

	snprintf(v->signature, sizeof(v->signature), "%s", CELL(C_SIGNATURE));
	snprintf(v->revision, sizeof(v->revision), "%s", CELL(C_REVISION));
	snprintf(v->application, sizeof(v->application), "%s", CELL(C_APPLICATION));
	event = CELL(C_EVENT);
	v->kind = detection_kind_of(event);
	if (v->kind == DETECTION_CLAIM && strcmp(event, "-") != 0)
		return -1;
	proto = CELL(C_PROTO);
	v->tuple.proto = !strcmp(proto, "udp")	 ? IPPROTO_UDP
			 : !strcmp(proto, "tcp") ? IPPROTO_TCP
						 : 0;
	if (!v->tuple.proto && strcmp(proto, "-") != 0)
		return -1;
	if (read_end(CELL(C_SRC), &v->tuple.src) < 0 || read_end(CELL(C_DST), &v->tuple.dst) < 0 ||
	    read_end(CELL(C_SUPER_NODE), &v->sn) < 0)
		return -1;
	return strcmp(CELL(C_CLIENT), "-") ? ip_parse(CELL(C_CLIENT), &v->client) : 0;
#undef CELL
}

static int read_one(const struct tsv *t, size_t r, const int *c, struct detection *v, struct err *e)
{
	uint64_t *const numbers[] = {&v->packet, &v->ts_ns, &v->from_ns, &v->to_ns};
	uint64_t afterwards;
	int bad = 0;

	memset(v, 0, sizeof(*v));
	if (read_texts(t, r, c, v, &bad) < 0)
		return err_set(e, "%s:%u: %s is \"%s\"", t->path, t->lines[r], columns[bad],
			       tsv_cell(t, r, c[bad]));
	for (int i = 0; i < 4; i++)
		if (tsv_count(t, r, c[C_PACKET + i], numbers[i], e) < 0)
			return -1;
	if (tsv_count(t, r, c[C_AFTERWARDS], &afterwards, e) < 0)
		return -1;
	v->afterwards = afterwards != 0;
	return 0;
}

int detections_read_tsv(struct detections *list, const char *path, const char *signature,
			const char *capture, struct err *e)
{
	struct tsv *t = tsv_read(path, e);
	int c[COLUMNS], rc = t ? 0 : -1;
	struct detection v;

	for (int i = 0; rc == 0 && i < COLUMNS; i++)
		rc = (c[i] = tsv_need(t, columns[i], e)) < 0 ? -1 : 0;
	for (size_t r = 0; rc == 0 && r < t->rows; r++) {
		if (strcmp(tsv_cell(t, r, c[C_CAPTURE]), capture) != 0 ||
		    strcmp(tsv_cell(t, r, c[C_SIGNATURE]), signature) != 0)
			continue;
		rc = read_one(t, r, c, &v, e);
		if (rc == 0)
			detections_add(list, &v);
	}
	tsv_free(t);
	return rc;
}
