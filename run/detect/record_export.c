// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * record_export.c - flow records as exporters send them: IPFIX files, and captures of export datagrams
 *
 * An IPFIX file (RFC 5655) is one message after the other, of one exporter: YAF writes such. In a capture each UDP datagram
 * whose lengths are those of NetFlow v5, v9 or IPFIX is read, whatever its port, and all others are passed over; templates
 * belong to the exporter, which is the address and port that sent them, and to where it sent.
 *
 * Limits. EXPORTERS_MAX exporters in a capture. A datagram that was lost is not missed. IPFIX over TCP or SCTP is not
 * read. An exporter that sends to two collectors is read twice where the capture has both.
 */
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>

#include "base/bytes.h"
#include "base/capture/capture.h"
#include "run/detect/ipfix.h"
#include "run/detect/look_ahead.h"
#include "run/detect/netflow.h"
#include "run/detect/record_export.h"

#define EXPORTERS_MAX 256

static void warn_of_passed_over(const char *path)
{
	uint64_t n = ipfix_passed_over();

	if (n)
		log_warn("%s: records whose template did not come before them were passed over, in "
			 "%llu %s",
			 path, (unsigned long long)n, n == 1 ? "set" : "sets");
}

/* ---- IPFIX files ---- */

/* The next message, into @message, of which @have bytes are there. Its bytes; 0: the end; -1: it is cut. */
static long next_message(FILE *f, uint8_t message[DATAGRAM_MAX], size_t have)
{
	size_t length;

	have += fread(message + have, 1, IPFIX_HEADER - have, f);
	if (!have)
		return 0;
	if (have < IPFIX_HEADER)
		return -1;
	length = get_be16(message + 2);
	if (length < IPFIX_HEADER || get_be16(message) != IPFIX_VERSION)
		return IPFIX_HEADER; /* for ipfix_message() to refuse */
	return fread(message + IPFIX_HEADER, 1, length - IPFIX_HEADER, f) == length - IPFIX_HEADER
		       ? (long)length
		       : -1;
}

int record_ipfix_read(FILE *f, const uint8_t *head, size_t n, const char *path, uint16_t input,
		      struct record_list *out, struct err *e)
{
	struct ipfix *x = ipfix_new(out, input);
	uint8_t *message = xmalloc(DATAGRAM_MAX);
	uint64_t at = 0, number = 0;
	struct err why;
	long length;
	int rc = 0;

	memcpy(message, head, n);
	while (!rc && (length = next_message(f, message, n)) != 0) {
		if (length < 0)
			rc = err_set(e, "%s: cut short in the message at byte %llu", path,
				     (unsigned long long)at);
		else if (ipfix_message(x, message, (size_t)length, &number, &why) < 0)
			rc = err_set(e, "%s: record %llu, in the message at byte %llu: %s", path,
				     (unsigned long long)number, (unsigned long long)at, why.msg);
		at += length > 0 ? (uint64_t)length : 0;
		n = 0;
	}
	if (!rc)
		warn_of_passed_over(path);
	free(message);
	ipfix_free(x);
	return rc;
}

/* ---- captures ---- */

struct exporter {
	struct endpoint from, to;
	struct ipfix *ipfix;
};

/**
 * struct export_capture - a capture while it is read
 * @message:	(owned) Room for one
 * @number:	Records so far
 * @read, @broken: Export datagrams; such as begin like one, but are cut or of other lengths
 */
struct export_capture {
	struct exporter exporters[EXPORTERS_MAX];
	struct record_list *out;
	uint8_t *message;
	uint64_t number, read, broken;
	size_t n;
	uint16_t input;
};

static struct ipfix *exporter_of(struct export_capture *c, const struct packet *p)
{
	struct exporter *x = c->exporters;

	while (x < c->exporters + c->n &&
	       !(endpoint_eq(&x->from, &p->src) && endpoint_eq(&x->to, &p->dst)))
		x++;
	if (x == c->exporters + c->n) {
		if (c->n == EXPORTERS_MAX)
			return NULL;
		c->n++;
		*x = (struct exporter){p->src, p->dst, ipfix_new(c->out, c->input)};
	}
	return x->ipfix;
}

static int read_templated(struct export_capture *c, const struct packet *p, unsigned version,
			  struct err *e)
{
	struct ipfix *x = exporter_of(c, p);
	size_t n = p->caplen;
	int64_t started;

	if (!x)
		return err_set(e, "expected at most %d exporters", EXPORTERS_MAX);
	if (version == IPFIX_VERSION) {
		memcpy(c->message, p->payload, n);
	} else {
		n = netflow9_to_ipfix(p->payload, n, c->message, &started);
		ipfix_started(x, started);
	}
	return ipfix_message(x, c->message, n, &c->number, e);
}

static int read_datagram(struct export_capture *c, const struct packet *p, struct err *e)
{
	bool whole = p->proto == IPPROTO_UDP && p->caplen == p->len;
	unsigned version = whole ? netflow_version(p->payload, p->caplen) : 0;

	if (!version) {
		unsigned said =
			p->proto == IPPROTO_UDP && p->caplen >= 2 ? get_be16(p->payload) : 0;

		c->broken += said == 5 || said == 9 || said == IPFIX_VERSION;
		return 0;
	}
	c->read++;
	if (version != 5)
		return read_templated(c, p, version, e);
	if (c->out->n + 30 > RECORD_FILE_MAX)
		return err_set(e, "expected fewer records");
	if (netflow5_read(p->payload, p->caplen, c->input, &c->number, c->out) < 0)
		return err_set(e, "expected a first packet before the last, and after 1970");
	return 0;
}

static int read_frames(struct export_capture *c, struct capture *from, const char *path,
		       struct err *e)
{
	struct err why = {0};
	struct packet p;
	int rc;

	while ((rc = capture_next(from, &p, e)) > 0)
		if (read_datagram(c, &p, &why) < 0)
			return err_set(e, "%s: frame %llu: record %llu: %s", path,
				       (unsigned long long)p.number, (unsigned long long)c->number,
				       why.msg);
	if (rc < 0)
		return -1;
	if (!c->read)
		return err_set(e, "%s: no export datagram of NetFlow v5, v9 or IPFIX%s", path,
			       c->broken ? " that is whole" : "");
	if (c->broken)
		log_warn(
			"%s: %llu datagrams were passed over that begin as exports do, but are cut "
			"short or something else",
			path, (unsigned long long)c->broken);
	warn_of_passed_over(path);
	return 0;
}

int record_capture_read(const char *path, bool packed, uint16_t input, struct record_list *out,
			struct err *e)
{
	struct export_capture c = {.out = out, .input = input};
	struct err why = {0};
	struct capture *from;
	int rc = -1;

	if (!strcmp(path, "-") || !can_look_ahead(path))
		return err_set(e, "%s: a capture of export datagrams has to be a file",
			       strcmp(path, "-") ? path : "standard input");
	from = capture_open_files(&path, 1, NULL, &why);
	c.message = xmalloc(DATAGRAM_MAX);
	if (from)
		rc = read_frames(&c, from, path, e);
	else
		err_set(e, "%s%s", why.msg,
			packed ? "; of compressed files captures alone are read" : "");
	capture_close(from);
	for (size_t i = 0; i < c.n; i++)
		ipfix_free(c.exporters[i].ipfix);
	free(c.message);
	return rc;
}
