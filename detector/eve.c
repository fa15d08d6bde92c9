// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * eve.c - events as EVE JSON lines, the format in which Suricata writes its alerts
 *
 * Field names, the form of the time stamp and the upper-case protocol are Suricata's, so programs
 * that read its eve.json can read ours; everything of our own is in the object that is named as the
 * application: "skype". src is always the client's side, whoever sent the packet.
 * man/skypelab-eve.5 describes every field.
 *
 * Lines are written here and not by a JSON library: where a network is full of Skype, a tree per
 * event took a quarter of the detector's time. A test reads every line back with jansson.
 */
#include <errno.h>
#include <netinet/in.h>
#include <string.h>

#include <jansson.h>

#include "base/capture/community_id.h"
#include "detector/eve.h"

/* A line being written; when it is full it goes to the stream and is begun anew. */
struct line {
	struct eve *w;
	bool split; /* a part of the line is written already */
	size_t n;
	char b[4096];
};

static inline void put(struct line *l, const char *s, size_t n)
{
	if (n > sizeof(l->b) - l->n) {
		fwrite_unlocked(l->b, 1, l->n, l->w->f);
		l->n = 0;
		l->split = true;
		if (n > sizeof(l->b)) {
			fwrite_unlocked(s, 1, n, l->w->f);
			return;
		}
	}
	memcpy(l->b + l->n, s, n);
	l->n += n;
}

/* Words of JSON that need no escape. */
#define PUT(l, literal)                                                                            \
	do {                                                                                       \
		size_t put_n = sizeof(literal) - 1;                                                \
                                                                                                   \
		if (put_n <= sizeof((l)->b) - (l)->n) {                                            \
			memcpy((l)->b + (l)->n, literal, put_n);                                   \
			(l)->n += put_n;                                                           \
		} else {                                                                           \
			put(l, literal, put_n);                                                    \
		}                                                                                  \
	} while (0)

/* How a line begins; its time stands behind that. */
#define HEAD	  "{\"timestamp\":\""
#define HEAD_TIME (sizeof(HEAD) - 1)

static void put_text(struct line *l, const char *s)
{
	put(l, s, strlen(s));
}

/* A string in quotes; @s is UTF-8. */
static void put_string(struct line *l, const char *s)
{
	static const char hex[] = "0123456789abcdef";
	const char *from = s;

	PUT(l, "\"");
	for (; *s; s++) {
		unsigned char c = (unsigned char)*s;

		if (c >= 0x20 && c != '"' && c != '\\')
			continue;
		put(l, from, (size_t)(s - from));
		from = s + 1;
		if (c >= 0x20)
			put(l, (char[]){'\\', (char)c}, 2);
		else
			put(l, (char[]){'\\', 'u', '0', '0', hex[c >> 4], hex[c & 15]}, 6);
	}
	put(l, from, (size_t)(s - from));
	PUT(l, "\"");
}

/* Two digits of each number below 100. */
static const char pairs[] =
	"00010203040506070809101112131415161718192021222324252627282930313233343536"
	"37383940414243444546474849505152535455565758596061626364656667686970717273"
	"7475767778798081828384858687888990919293949596979899";

static void put_number(struct line *l, uint64_t v)
{
	char b[20];
	size_t i = sizeof(b);

	for (; v >= 100; v /= 100)
		memcpy(b + (i -= 2), pairs + 2 * (v % 100), 2);
	b[--i] = pairs[2 * v + 1];
	if (v >= 10)
		b[--i] = pairs[2 * v];
	put(l, b + i, sizeof(b) - i);
}

static void put_hex(struct line *l, const uint8_t *p, size_t n)
{
	static const char hex[] = "0123456789abcdef";

	for (; n; n--, p++)
		put(l, (char[]){hex[*p >> 4], hex[*p & 15]}, 2);
}

static char *digits(char *p, unsigned v, unsigned n)
{
	for (unsigned i = n; i; i--, v /= 10)
		p[i - 1] = (char)('0' + v % 10);
	return p + n;
}

/* Signed nanoseconds since 1970 to seconds since DAYS_BEFORE_1970 days earlier: 400 years. */
#define DAYS_BEFORE_1970 146097U

static uint64_t second_of(uint64_t ts_ns)
{
	int64_t ns = (int64_t)ts_ns, s = ns / 1000000000 - (ns % 1000000000 < 0);

	return (uint64_t)(s + DAYS_BEFORE_1970 * 86400LL);
}

static unsigned microsecond_of(uint64_t ts_ns)
{
	int64_t rest = (int64_t)ts_ns % 1000000000;

	return (unsigned)((rest < 0 ? rest + 1000000000 : rest) / 1000);
}

const char *eve_time(uint64_t ts_ns, char out[EVE_TIME_LEN])
{
	/* days to a civil date: H. Hinnant, "chrono-compatible low-level date algorithms" */
	uint64_t s = second_of(ts_ns), z = s / 86400 + 719468 - DAYS_BEFORE_1970;
	unsigned doe = (unsigned)(z % 146097);
	unsigned yoe = (doe - doe / 1460 + doe / 36524 - doe / 146096) / 365;
	unsigned doy = doe - (365 * yoe + yoe / 4 - yoe / 100), mp = (5 * doy + 2) / 153;
	unsigned month = mp < 10 ? mp + 3 : mp - 9;
	unsigned year = yoe + (unsigned)(z / 146097) * 400 + (month <= 2);
	char *p = out;

	p = digits(p, year, 4);
	*p++ = '-';
	p = digits(p, month, 2);
	*p++ = '-';
	p = digits(p, doy - (153 * mp + 2) / 5 + 1, 2);
	*p++ = 'T';
	p = digits(p, (unsigned)(s % 86400 / 3600), 2);
	*p++ = ':';
	p = digits(p, (unsigned)(s % 3600 / 60), 2);
	*p++ = ':';
	p = digits(p, (unsigned)(s % 60), 2);
	*p++ = '.';
	p = digits(p, microsecond_of(ts_ns), 6);
	memcpy(p, "+0000", 6);
	return out;
}

/* As eve_time(), but the text of a second is made once. */
static void put_time(struct line *l, uint64_t ts_ns)
{
	struct eve *w = l->w;
	uint64_t second = second_of(ts_ns);

	if (second != w->second || !*w->date) {
		eve_time(ts_ns, w->date);
		w->second = second;
	}
	digits(w->date + 20, microsecond_of(ts_ns), 6);
	put(l, w->date, 31);
}

static void put_ranges(struct line *l, const struct evidence *m)
{
	PUT(l, ",\"line\":");
	put_number(l, m->line);
	PUT(l, ",\"ranges\":[");
	for (unsigned i = 0; i < m->range_count; i++) {
		const struct byte_range *r = &m->ranges[i];

		put_text(l, i ? ",{\"offset\":" : "{\"offset\":");
		put_number(l, r->offset);
		PUT(l, ",\"length\":");
		put_number(l, r->length);
		PUT(l, ",\"line\":");
		put_number(l, r->line);
		if (r->offset < m->bytes_n) {
			size_t n = m->bytes_n - (size_t)r->offset;

			PUT(l, ",\"bytes\":\"");
			put_hex(l, m->bytes + r->offset, r->length < n ? r->length : n);
			PUT(l, "\"");
		}
		PUT(l, "}");
	}
	PUT(l, "]");
}

static void put_evidence(struct line *l, const struct detection_event *ev, bool explain)
{
	PUT(l, ",\"evidence\":[");
	for (size_t i = 0; i < ev->evidence_count; i++) {
		const struct evidence *m = &ev->evidence[i];

		put_text(l, i ? ",{\"message\":" : "{\"message\":");
		put_string(l, m->message);
		PUT(l, ",\"timestamp\":\"");
		put_time(l, m->ts_ns);
		PUT(l, "\",\"pcap_cnt\":");
		put_number(l, m->number);
		PUT(l, ",\"size\":");
		put_number(l, m->size);
		put_text(l, m->from_client ? ",\"direction\":\"to_server\""
					   : ",\"direction\":\"to_client\"");
		if (explain)
			put_ranges(l, m);
		PUT(l, "}");
	}
	PUT(l, "]");
}

static void put_ip(struct line *l, const struct ip *ip)
{
	char text[IP_TEXT_LEN];

	PUT(l, "\"");
	put_text(l, ip_text(ip, text));
	PUT(l, "\"");
}

static void put_who(struct line *l, const struct detection_event *ev)
{
	PUT(l, ",\"");
	put_text(l, ev->application);
	PUT(l, "\":{\"signature\":");
	put_string(l, ev->signature);
	PUT(l, ",\"revision\":");
	put_number(l, ev->revision);
	PUT(l, ",\"event\":");
	put_string(l, event_kind_text(ev->kind));
	PUT(l, ",\"client_ip\":");
}

static void put_version(struct line *l, const struct detection_event *ev)
{
	if (!ev->client_version || !*ev->client_version)
		return;
	PUT(l, ",\"client_version\":");
	put_string(l, ev->client_version);
}

static void put_rule(struct line *l, const struct detection_event *ev)
{
	if (!ev->rule || !*ev->rule)
		return;
	PUT(l, ",\"rule\":");
	put_string(l, ev->rule);
}

#define WORDS_MAX 64 /* bytes of names: with escapes these fit in a line */

/* What events of a rule with one message have in common, written once. NULL = it is too long. */
static const struct eve_words *words_of(struct eve *w, const struct detection_event *ev)
{
	const char *message = ev->evidence->message;
	uintptr_t hash = (uintptr_t)ev->rule / 16 + (uintptr_t)ev->signature / 16 + ev->kind * 8U;
	struct eve_words *k = &w->words[hash % ARRAY_LEN(w->words)];
	struct line l;

	if (k->n && k->signature == ev->signature && k->rule == ev->rule && k->message == message &&
	    k->revision == ev->revision && k->kind == ev->kind)
		return k;
	if (strlen(ev->application) + strlen(ev->signature) + strlen(ev->rule) + strlen(message) >
	    WORDS_MAX)
		return NULL;
	l.w = w;
	l.n = 0;
	put_who(&l, ev);
	k->to_ip = l.n;
	put_rule(&l, ev);
	PUT(&l, ",\"evidence\":[{\"message\":");
	put_string(&l, message);
	PUT(&l, ",\"timestamp\":\"");
	k->n = l.n <= sizeof(k->text) ? l.n : 0;
	if (!k->n)
		return NULL;
	memcpy(k->text, l.b, l.n);
	k->signature = ev->signature;
	k->rule = ev->rule;
	k->message = message;
	k->revision = ev->revision;
	k->kind = ev->kind;
	return k;
}

/* Most events are of this form: one message, that of the packet, which @w->head was written for; not
 * explained, no super node. False = it is another. */
static bool put_usual(struct line *l, const struct detection_event *ev, bool explain)
{
	const struct eve *w = l->w;
	const struct evidence *m = ev->evidence;
	const struct eve_words *k;

	if (explain || ev->record || ev->evidence_count != 1 || ev->super_node.ip.family ||
	    !w->head_n || !ev->rule || m->number != ev->number || m->ts_ns != ev->ts_ns ||
	    !ip_eq(&ev->client_ip, &w->flow.src.ip) || !(k = words_of(l->w, ev)))
		return false;
	put(l, k->text, k->to_ip);
	put(l, w->head + w->src_at, w->src_n);
	put_version(l, ev);
	put(l, k->text + k->to_ip, k->n - k->to_ip);
	put(l, w->head + HEAD_TIME, 31);
	PUT(l, "\",\"pcap_cnt\":");
	put(l, w->head + w->number_at, w->number_n);
	PUT(l, ",\"size\":");
	put_number(l, m->size);
	if (m->from_client)
		PUT(l, ",\"direction\":\"to_server\"}]");
	else
		PUT(l, ",\"direction\":\"to_client\"}]");
	return true;
}

static void put_record(struct line *l, const struct detection_event *ev)
{
	PUT(l, ",\"record\":{\"start\":\"");
	put_time(l, ev->flow_first_ns);
	PUT(l, "\",\"end\":\"");
	put_time(l, ev->record_last_ns);
	PUT(l, "\",\"pkts\":");
	put_number(l, ev->flow_packets);
	PUT(l, ",\"bytes\":");
	put_number(l, ev->flow_bytes);
	PUT(l, "}");
}

static void put_own(struct line *l, const struct detection_event *ev, bool explain)
{
	put_who(l, ev);
	put_ip(l, &ev->client_ip);
	put_version(l, ev);
	put_rule(l, ev);
	if (explain) {
		PUT(l, ",\"rule_line\":");
		put_number(l, ev->rule_line);
		PUT(l, ",\"signature_path\":");
		put_string(l, ev->signature_path);
	}
	if (ev->super_node.ip.family) {
		PUT(l, ",\"super_node\":{\"ip\":");
		put_ip(l, &ev->super_node.ip);
		PUT(l, ",\"port\":");
		put_number(l, ev->super_node.port);
		PUT(l, "}");
	}
	if (ev->record)
		put_record(l, ev);
	put_evidence(l, ev, explain);
}

static void put_live(struct line *l, const struct detection_event *ev, const struct eve_live *live)
{
	put_text(l, live->answered ? ",\"answered\":true" : ",\"answered\":false");
	put_text(l, live->in_part ? ",\"in_part\":true}" : ",\"in_part\":false}");
	PUT(l, ",\"flow\":{\"start\":\"");
	put_time(l, ev->flow_first_ns);
	PUT(l, "\",\"pkts\":");
	put_number(l, ev->flow_packets);
	PUT(l, ",\"bytes\":");
	put_number(l, ev->flow_bytes);
	PUT(l, "}");
}

/* JSON is UTF-8; a file name need not be. */
static bool is_utf8(const char *s)
{
	const char *p = s;
	json_t *o;

	while (*p && !(*p & 0x80))
		p++;
	if (!*p)
		return true;
	o = json_string(s);
	json_decref(o);
	return o != NULL;
}

static void put_origin(struct line *l, const struct eve_origin *from)
{
	if (from->file && is_utf8(from->file)) { /* else JSON cannot hold it */
		PUT(l, ",\"pcap_filename\":");
		put_string(l, from->file);
	}
	if (from->iface) {
		PUT(l, ",\"in_iface\":");
		put_string(l, from->iface);
	}
	if (from->live) {
		PUT(l, ",\"host\":");
		put_string(l, from->live->host);
	}
}

static void put_head(struct line *l, const struct detection_event *ev,
		     const struct eve_origin *from)
{
	char id[COMMUNITY_ID_LEN];
	struct eve *w = l->w;

	community_id(&ev->flow, id);
	PUT(l, HEAD);
	put_time(l, ev->ts_ns);
	PUT(l, "\",\"event_type\":\"");
	put_text(l, ev->application);
	PUT(l, "\",\"src_ip\":");
	w->src_at = l->n;
	put_ip(l, &ev->flow.src.ip);
	w->src_n = l->n - w->src_at;
	PUT(l, ",\"src_port\":");
	put_number(l, ev->flow.src.port);
	PUT(l, ",\"dest_ip\":");
	put_ip(l, &ev->flow.dst.ip);
	PUT(l, ",\"dest_port\":");
	put_number(l, ev->flow.dst.port);
	put_text(l, ev->flow.proto == IPPROTO_TCP ? ",\"proto\":\"TCP\"" : ",\"proto\":\"UDP\"");
	PUT(l, ",\"community_id\":\"");
	put_text(l, id);
	PUT(l, "\",\"pcap_cnt\":");
	w->number_at = l->n;
	put_number(l, ev->number);
	w->number_n = l->n - w->number_at;
	put_origin(l, from);
}

static const char *host_of(const struct eve_origin *from)
{
	return from->live ? from->live->host : NULL;
}

static bool same_head(const struct eve *w, const struct detection_event *ev,
		      const struct eve_origin *from)
{
	return w->head_n && w->number == ev->number && w->ts_ns == ev->ts_ns &&
	       w->file == from->file && w->iface == from->iface && w->host == host_of(from) &&
	       !strcmp(w->application, ev->application) && w->flow.proto == ev->flow.proto &&
	       endpoint_eq(&w->flow.src, &ev->flow.src) && endpoint_eq(&w->flow.dst, &ev->flow.dst);
}

static void keep_head(struct eve *w, const struct line *l, const struct detection_event *ev,
		      const struct eve_origin *from)
{
	w->head_n = 0;
	if (l->split || l->n > sizeof(w->head))
		return;
	memcpy(w->head, l->b, l->n);
	w->head_n = l->n;
	w->number = ev->number;
	w->ts_ns = ev->ts_ns;
	w->flow = ev->flow;
	w->application = ev->application;
	w->file = from->file;
	w->iface = from->iface;
	w->host = host_of(from);
}

void eve_begin(struct eve *w, FILE *f)
{
	memset(w, 0, sizeof(*w));
	w->f = f;
}

int eve_write(struct eve *w, const struct detection_event *ev, const struct eve_origin *from,
	      struct err *e)
{
	struct line l;

	l.w = w;
	l.n = 0;
	l.split = false;
	if (same_head(w, ev, from)) {
		put(&l, w->head, w->head_n);
	} else {
		put_head(&l, ev, from);
		keep_head(w, &l, ev, from);
	}
	if (!put_usual(&l, ev, from->explain))
		put_own(&l, ev, from->explain);
	if (from->live)
		put_live(&l, ev, from->live);
	else
		PUT(&l, "}");
	PUT(&l, "}\n");
	fwrite_unlocked(l.b, 1, l.n, w->f);
	return ferror_unlocked(w->f) ? err_sys(e, "cannot write events") : 0;
}
