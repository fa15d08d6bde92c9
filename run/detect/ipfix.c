// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * ipfix.c - flow records of IPFIX messages (RFC 7011), by libfixbuf
 *
 * Model. A message is a head and sets. A set has templates, which say what fields records have, or records of one
 * template. libfixbuf keeps the templates and puts a record's fields into a struct of ours, as far as both have them;
 * what a record does not have is 0 there. Of each record that is UDP or TCP over IP this is read (IANA's names):
 *
 *   addresses   sourceIPv4Address or sourceIPv6Address, sourceTransportPort; the same of destination
 *   counts      octetDeltaCount, packetDeltaCount, or octetTotalCount, packetTotalCount: bytes of IP packets
 *   flags       tcpControlBits; or initialTCPFlags and unionTCPFlags, CERT's, which YAF sends
 *   times       flowStart and flowEnd in seconds, ms, us, ns, as us before the message's time, or as ms since the exporter
 *	         started, which a record of options or the record itself says (systemInitTimeMilliseconds)
 *   other way   the same counts and flags of a record with both directions (RFC 5103) make a second record
 *
 * A record of options, one of no IP addresses or of another protocol is passed over. Packets and bytes of sampled records
 * are taken as they stand.
 *
 * Limits. Lists within a record (RFC 6313) are not read: YAF 2 keeps the TCP flags in one, so that they are not known of
 * its records. libfixbuf passes over a set whose template it does not know, and says so in a warning of GLib's, which is
 * counted here. It reads records of no bytes for ever, which is ended here. It keeps every template, every domain (a part
 * of an exporter, with templates of its own) and every field that it never heard of; more than FIELDS_MAX, DOMAINS_MAX
 * and UNKNOWN_MAX are refused.
 */
#include <netinet/in.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

#include "base/bytes.h"
#include "run/detect/fixbuf.h"
#include "run/detect/ipfix.h"
#include "run/detect/up_time.h"

#define CERT	  6871		/* private enterprise number */
#define NTP_EPOCH 2208988800ULL /* 1970 in seconds since 1900 */
#define S_NS	  1000000000ULL
#define INTERNAL  1000 /* number of our template */

#define FIELDS_MAX     (1U << 20) /* in all templates that are kept, of all exporters */
#define TEMPLATE_COSTS 16	  /* what a template takes, in fields */
#define DOMAINS_MAX    1024	  /* of an exporter */
#define UNKNOWN_MAX    4096	  /* fields that libfixbuf does not know, of an exporter */

/* Both ways of a record. */
struct counts {
	uint64_t bytes_delta, packets_delta, bytes_total, packets_total;
};

/* A record as libfixbuf fills it in; numbers in the order of the machine, without gaps. */
struct fields {
	uint8_t source6[16], destination6[16];
	struct counts there, back;
	uint64_t first_ms, last_ms, first_us, last_us, first_ns, last_ns, started_ms;
	uint32_t source4, destination4;
	uint32_t first_s, last_s, first_up, last_up, first_before, last_before;
	uint16_t source_port, destination_port, flags, flags_back;
	uint8_t proto, initial, later, initial_back, later_back, none[3];
};

#define COUNTS(way, Way)                                                                           \
	{way "ctetDeltaCount", 8, 0}, {Way "acketDeltaCount", 8, 0}, {way "ctetTotalCount", 8, 0}, \
	{                                                                                          \
		Way "acketTotalCount", 8, 0                                                        \
	}

static fbInfoElementSpec_t spec[] = {
	{"sourceIPv6Address", 16, 0},
	{"destinationIPv6Address", 16, 0},
	COUNTS("o", "p"),
	COUNTS("reverseO", "reverseP"),
	{"flowStartMilliseconds", 8, 0},
	{"flowEndMilliseconds", 8, 0},
	{"flowStartMicroseconds", 8, 0},
	{"flowEndMicroseconds", 8, 0},
	{"flowStartNanoseconds", 8, 0},
	{"flowEndNanoseconds", 8, 0},
	{"systemInitTimeMilliseconds", 8, 0},
	{"sourceIPv4Address", 4, 0},
	{"destinationIPv4Address", 4, 0},
	{"flowStartSeconds", 4, 0},
	{"flowEndSeconds", 4, 0},
	{"flowStartSysUpTime", 4, 0},
	{"flowEndSysUpTime", 4, 0},
	{"flowStartDeltaMicroseconds", 4, 0},
	{"flowEndDeltaMicroseconds", 4, 0},
	{"sourceTransportPort", 2, 0},
	{"destinationTransportPort", 2, 0},
	{"tcpControlBits", 2, 0},
	{"reverseTcpControlBits", 2, 0},
	{"protocolIdentifier", 1, 0},
	{"initialTCPFlags", 1, 0},
	{"unionTCPFlags", 1, 0},
	{"reverseInitialTCPFlags", 1, 0},
	{"reverseUnionTCPFlags", 1, 0},
	{"paddingOctets", 3, 0},
	FB_IESPEC_NULL,
};

static fbInfoElement_t cert[] = {
	FB_IE_INIT("initialTCPFlags", CERT, 14, 1, FB_IE_F_ENDIAN | FB_IE_F_REVERSIBLE),
	FB_IE_INIT("unionTCPFlags", CERT, 15, 1, FB_IE_F_ENDIAN | FB_IE_F_REVERSIBLE),
	FB_IE_NULL,
};

/**
 * struct ipfix - an exporter
 * @domains:	Numbers of its domains; @domains_n of them
 * @known:	Fields that libfixbuf knows
 */
struct ipfix {
	fbInfoModel_t *model;
	fBuf_t *buf; /* with the session */
	struct record_list *out;
	uint64_t sent_s;
	int64_t started_ms;
	bool started; /* @started_ms is known */
	uint16_t input;
	unsigned domains_n, known;
	uint32_t domains[DOMAINS_MAX];
};

static _Atomic uint64_t passed_over;
static _Atomic uint64_t fields_kept;

/* What libfixbuf says of sequence numbers and the like is of no use: exporters restart, captures have gaps. */
static void hear(const gchar *domain, GLogLevelFlags level, const gchar *text, gpointer none)
{
	(void)domain;
	(void)level;
	(void)none;
	if (text && strstr(text, "kipping"))
		atomic_fetch_add(&passed_over, 1);
}

uint64_t ipfix_passed_over(void)
{
	return atomic_exchange(&passed_over, 0);
}

static void die(GError *why)
{
	log_error("libfixbuf: %s; libfixbuf9 of Debian is one that works", why->message);
	exit(EXIT_ENV);
}

static void template_gone(void *fields, void *none)
{
	(void)none;
	atomic_fetch_sub(&fields_kept, (uintptr_t)fields);
}

static void template_came(fbSession_t *session, uint16_t id, fbTemplate_t *t, void *none,
			  void **fields, fbTemplateCtxFree_fn *gone)
{
	uintptr_t n = TEMPLATE_COSTS + fbTemplateCountElements(t);

	(void)session;
	(void)id;
	(void)none;
	atomic_fetch_add(&fields_kept, n);
	*fields = (void *)n;
	*gone = template_gone;
}

struct ipfix *ipfix_new(struct record_list *out, uint16_t input)
{
	struct ipfix *x = xcalloc(1, sizeof(*x));
	GError *why = NULL;
	fbSession_t *session;
	fbTemplate_t *ours;

	_Static_assert(sizeof(struct fields) % 8 == 0 && offsetof(struct fields, none) % 8 == 5,
		       "fields lie without gaps");
	g_log_set_default_handler(hear, NULL);
	x->out = out;
	x->input = input;
	x->model = fbInfoModelAlloc();
	fbInfoModelAddElementArray(x->model, cert);
	x->known = fbInfoModelCountElements(x->model);
	session = fbSessionAlloc(x->model);
	ours = fbTemplateAlloc(x->model);
	if (!fbTemplateAppendSpecArray(ours, spec, 0, &why) ||
	    !fbSessionAddTemplate(session, TRUE, INTERNAL, ours, &why))
		die(why);
	fbSessionAddNewTemplateCallback(session, template_came, NULL);
	x->buf = fBufAllocForCollection(session, NULL);
	if (!fBufSetInternalTemplate(x->buf, INTERNAL, &why))
		die(why);
	return x;
}

void ipfix_free(struct ipfix *x)
{
	if (!x)
		return;
	fBufFree(x->buf); /* and the session */
	fbInfoModelFree(x->model);
	free(x);
}

void ipfix_started(struct ipfix *x, int64_t ms)
{
	x->started_ms = ms;
	x->started = true;
}

/* ---- a record ---- */

static uint64_t ntp_ns(uint64_t t)
{
	uint64_t s = t >> 32;

	return s < NTP_EPOCH ? 0 : (s - NTP_EPOCH) * S_NS + ((t & UINT32_MAX) * S_NS >> 32);
}

/* One of the ways to say a time, in ns since 1970; 0 = none was used. @precise: us or ns */
static uint64_t time_of(uint64_t ms, uint64_t precise, uint32_t s)
{
	if (ms)
		return ms > LATEST_MS ? 0 : ms * 1000000;
	return precise ? ntp_ns(precise) : s * S_NS;
}

/* NULL, or what the record lacks. */
static const char *read_times(const struct ipfix *x, const struct fields *f,
			      const fbTemplate_t *has, struct flow_record *r)
{
	static fbInfoElementSpec_t up = {"flowEndSysUpTime", 4, 0},
				   before = {"flowEndDeltaMicroseconds", 4, 0};
	uint64_t sent = x->sent_s * S_NS;

	r->first_ns = time_of(f->first_ms, f->first_us ? f->first_us : f->first_ns, f->first_s);
	r->last_ns = time_of(f->last_ms, f->last_us ? f->last_us : f->last_ns, f->last_s);
	if (r->first_ns && r->last_ns)
		return NULL;
	if (fbTemplateContainsElementByName((fbTemplate_t *)has, &before)) {
		if (sent < f->first_before * 1000ULL || sent < f->last_before * 1000ULL)
			return "times after 1970";
		r->first_ns = sent - f->first_before * 1000ULL;
		r->last_ns = sent - f->last_before * 1000ULL;
		return NULL;
	}
	if ((!f->started_ms && !x->started) || f->started_ms > LATEST_MS ||
	    !fbTemplateContainsElementByName((fbTemplate_t *)has, &up))
		return "times of the first and last packet, in one of the forms that "
		       "skypelab-detect(1) names";
	return up_time_read(f->started_ms ? (int64_t)f->started_ms : x->started_ms,
			    (int64_t)x->sent_s * 1000, f->first_up, f->last_up, r);
}

static bool address(struct endpoint *out, uint32_t v4, const uint8_t v6[16], uint16_t port)
{
	static const uint8_t none[16];

	out->port = port;
	out->ip.family = v4 ? 4 : 6;
	if (v4)
		put_be32(out->ip.b, v4);
	else
		memcpy(out->ip.b, v6, 16);
	return v4 || memcmp(v6, none, 16) != 0;
}

static void add(struct ipfix *x, const struct flow_record *r, const struct counts *c, bool known,
		unsigned flags)
{
	struct flow_record one = *r;

	one.packets = c->packets_delta ? c->packets_delta : c->packets_total;
	one.bytes = c->bytes_delta ? c->bytes_delta : c->bytes_total;
	one.flags_known = known && r->flow.proto == IPPROTO_TCP;
	one.flags = one.flags_known ? (uint8_t)flags : 0;
	if (one.packets)
		record_list_add(x->out, &one);
}

/* NULL, or what the record lacks. */
static const char *take(struct ipfix *x, const struct fields *f, const fbTemplate_t *has,
			uint64_t number)
{
	static fbInfoElementSpec_t names[] = {{"tcpControlBits", 2, 0},
					      {"unionTCPFlags", 1, 0},
					      {"reverseTcpControlBits", 2, 0},
					      {"reverseUnionTCPFlags", 1, 0}};
	struct flow_record r = {.flow.proto = f->proto, .number = number, .input = x->input}, back;
	const char *lacks;
	bool known[4];

	if ((f->proto != IPPROTO_UDP && f->proto != IPPROTO_TCP) ||
	    !address(&r.flow.src, f->source4, f->source6, f->source_port) ||
	    !address(&r.flow.dst, f->destination4, f->destination6, f->destination_port))
		return NULL;
	lacks = read_times(x, f, has, &r);
	if (lacks)
		return lacks;
	if (r.last_ns < r.first_ns)
		return "a last packet after the first";
	if (x->out->n + 2 > RECORD_FILE_MAX)
		return "fewer records";
	for (size_t i = 0; i < ARRAY_LEN(names); i++)
		known[i] = fbTemplateContainsElementByName((fbTemplate_t *)has, &names[i]);
	add(x, &r, &f->there, known[0] || known[1], f->flags | f->initial | f->later);
	back = r;
	back.flow.src = r.flow.dst;
	back.flow.dst = r.flow.src;
	add(x, &back, &f->back, known[2] || known[3],
	    f->flags_back | f->initial_back | f->later_back);
	return NULL;
}

/* Whether there is room for what a message of the domain may make libfixbuf keep. NULL, or what there is too much of. */
static const char *has_room(struct ipfix *x, uint32_t domain)
{
	unsigned i = 0;

	while (i < x->domains_n && x->domains[i] != domain)
		i++;
	if (i == DOMAINS_MAX)
		return "fewer domains";
	if (i == x->domains_n)
		x->domains[x->domains_n++] = domain;
	if (fbInfoModelCountElements(x->model) - x->known > UNKNOWN_MAX)
		return "fewer fields that libfixbuf does not know";
	return fields_kept > FIELDS_MAX ? "fewer templates" : NULL;
}

int ipfix_message(struct ipfix *x, uint8_t *message, size_t n, uint64_t *number, struct err *e)
{
	const char *lacks;
	GError *why = NULL;
	size_t records = 0;
	int rc = 0;

	if (n < IPFIX_HEADER || get_be16(message) != IPFIX_VERSION || get_be16(message + 2) != n)
		return err_set(e, "no IPFIX message of %zu bytes", n);
	lacks = has_room(x, get_be32(message + 12));
	x->sent_s = get_be32(message + 4);
	fBufSetBuffer(x->buf, message, n);
	while (!lacks) {
		const fbTemplate_t *has = fBufNextCollectionTemplate(x->buf, NULL, &why);
		struct fields f = {.proto = 0};
		size_t size = sizeof(f);

		if (!has || !fBufNext(x->buf, (uint8_t *)&f, &size, &why))
			break;
		++*number;
		if (++records > n) /* libfixbuf would never end */
			lacks = "a template whose records have bytes";
		else if (!fbTemplateGetOptionsScope((fbTemplate_t *)has))
			lacks = take(x, &f, has, *number);
		else if (f.started_ms && f.started_ms <= LATEST_MS)
			ipfix_started(x, (int64_t)f.started_ms);
	}
	if (lacks)
		rc = err_set(e, "expected %s", lacks);
	else if (why && why->code != FB_ERROR_BUFSZ && why->code != FB_ERROR_EOM)
		rc = err_set(e, "%s", why->message);
	if (why)
		g_error_free(why);
	return rc;
}
