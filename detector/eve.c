// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * eve.c - events as EVE JSON lines, the format in which Suricata writes its alerts
 *
 * Field names, the form of the time stamp and the upper-case protocol are Suricata's, so programs
 * that read its eve.json can read ours; everything of our own is in the object "skype". src is
 * always the Skype client's side, whoever sent the packet. man/skypelab-eve.5 describes every
 * field.
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
		fwrite(l->b, 1, l->n, l->w->f);
		l->n = 0;
		l->split = true;
		if (n > sizeof(l->b)) {
			fwrite(s, 1, n, l->w->f);
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

static void put_number(struct line *l, uint64_t v)
{
	char b[20];
	size_t i = sizeof(b);

	do
		b[--i] = (char)('0' + v % 10);
	while (v /= 10);
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

/* Signature, revision and event; the text of each combination is kept. */
static void put_who(struct line *l, const struct detection_event *ev)
{
	uintptr_t hash = (uintptr_t)ev->signature / 16 + ev->kind * 8U;
	struct eve_words *w = &l->w->words[hash % ARRAY_LEN(l->w->words)];
	size_t from = l->n;

	if (w->n && w->signature == ev->signature && w->revision == ev->revision &&
	    w->kind == ev->kind) {
		put(l, w->text, w->n);
		return;
	}
	PUT(l, ",\"skype\":{\"signature\":");
	put_string(l, ev->signature);
	PUT(l, ",\"revision\":");
	put_number(l, ev->revision);
	PUT(l, ",\"event\":");
	put_string(l, event_kind_text(ev->kind));
	w->n = 0;
	if (l->split || l->n - from > sizeof(w->text))
		return;
	memcpy(w->text, l->b + from, l->n - from);
	w->signature = ev->signature;
	w->revision = ev->revision;
	w->kind = ev->kind;
	w->n = l->n - from;
}

static void put_skype(struct line *l, const struct detection_event *ev, bool explain)
{
	put_who(l, ev);
	PUT(l, ",\"client_ip\":");
	put_ip(l, &ev->client_ip);
	if (ev->client_version && *ev->client_version) {
		PUT(l, ",\"client_version\":");
		put_string(l, ev->client_version);
	}
	if (ev->rule && *ev->rule) {
		PUT(l, ",\"rule\":");
		put_string(l, ev->rule);
	}
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
	put_evidence(l, ev, explain);
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
}

static void put_head(struct line *l, const struct detection_event *ev,
		     const struct eve_origin *from)
{
	char id[COMMUNITY_ID_LEN];

	community_id(&ev->flow, id);
	PUT(l, "{\"timestamp\":\"");
	put_time(l, ev->ts_ns);
	PUT(l, "\",\"event_type\":\"skype\",\"src_ip\":");
	put_ip(l, &ev->flow.src.ip);
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
	put_number(l, ev->number);
	put_origin(l, from);
}

static bool same_head(const struct eve *w, const struct detection_event *ev,
		      const struct eve_origin *from)
{
	return w->head_n && w->number == ev->number && w->ts_ns == ev->ts_ns &&
	       w->file == from->file && w->iface == from->iface &&
	       w->flow.proto == ev->flow.proto && endpoint_eq(&w->flow.src, &ev->flow.src) &&
	       endpoint_eq(&w->flow.dst, &ev->flow.dst);
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
	w->file = from->file;
	w->iface = from->iface;
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
	put_skype(&l, ev, from->explain);
	PUT(&l, "}\n");
	fwrite(l.b, 1, l.n, w->f);
	return ferror(w->f) ? err_sys(e, "cannot write events") : 0;
}
