// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * fidelity.c - two captures of a Skype client, side by side, by what a trace reader can see
 *
 * usage: fidelity [-m MAX_DISTANCE] A.pcap A.tsv A_CLIENT B.pcap B.tsv B_CLIENT
 *
 * A is the recorded one, B the one to be judged; the TSV files say which flows are Skype's (columns
 * proto client_ip client_port server_ip server_port label). This program is built on the captures'
 * byte layout alone and shares nothing with the emulator. It prints, for each property, both
 * distributions and their total variation distance (0 = equal, 1 = nothing in common); with -m it
 * ends with 1 when a property's distance is larger.
 *
 * Limits. Small captures have noisy distributions: a distance of 0.2 between 40 and 40 draws of one
 * distribution is nothing unusual.
 */
#include <getopt.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/capture/capture.h"
#include "base/capture/packet.h"
#include "base/tsv.h"

#define VALUES_MAX 512
#define FLOWS_MAX  4096
#define SENT_MAX   8192
#define FIRST_TCP  6
#define REPLY_NS   8000000000ULL

/* A histogram over short texts. */
struct histogram {
	unsigned n, total;
	struct {
		char text[64];
		unsigned count;
	} v[VALUES_MAX];
};

enum property {
	P_SIZE_OUT,
	P_SIZE_IN,
	P_PAIR,
	P_FUNCTION_OUT,
	P_FUNCTION_IN,
	P_ID_STEP,
	P_AGAIN,
	P_FLOW_FIRST,
	P_TCP_FIRST,
	P_COUNT,
};

static const char *const titles[P_COUNT] = {
	[P_SIZE_OUT] = "UDP sizes, client to node",
	[P_SIZE_IN] = "UDP sizes, node to client",
	[P_PAIR] = "UDP request size > first reply size",
	[P_FUNCTION_OUT] = "function nibble, client to node",
	[P_FUNCTION_IN] = "function nibble, node to client",
	[P_ID_STEP] = "id step between the client's new requests",
	[P_AGAIN] = "gaps before retransmissions, s",
	[P_FLOW_FIRST] = "first payload size of a UDP flow",
	[P_TCP_FIRST] = "TCP: first six payload sizes, rounded to tens above 60",
};

struct flow {
	struct tuple t;			/* src = the client's side */
	uint32_t first_size, open_size; /* size of the request that waits for its reply */
	uint64_t open_ns;
	unsigned segments;
	char sizes[64];
	uint64_t syn_ns;
};

struct sent { /* function-2 requests of the client */
	uint32_t flow;
	uint16_t id;
	uint8_t crc[4];
	uint64_t ns;
};

struct side {
	const char *name;
	struct ip client;
	struct histogram h[P_COUNT];
	struct flow flows[FLOWS_MAX];
	size_t flow_count;
	struct sent sent[SENT_MAX];
	size_t sent_count;
	uint16_t last_id;
	bool have_id;
	unsigned packets;
	/* time line of the logins, s after the connection to the super node */
	uint64_t probe_ns, sn_ns[8], ls_ns[8], web_ns[8];
	unsigned sn_count, ls_count, web_count;
};

static void add(struct histogram *h, const char *text)
{
	h->total++;
	for (unsigned i = 0; i < h->n; i++)
		if (!strcmp(h->v[i].text, text)) {
			h->v[i].count++;
			return;
		}
	if (h->n == VALUES_MAX)
		return;
	snprintf(h->v[h->n].text, sizeof(h->v[0].text), "%s", text);
	h->v[h->n++].count = 1;
}

static void add_number(struct histogram *h, const char *before, unsigned v)
{
	char text[64];

	snprintf(text, sizeof(text), "%s%u", before, v);
	add(h, text);
}

static struct flow *flow_of(struct side *s, const struct packet *p, bool *out)
{
	struct tuple t = {.proto = p->proto, .src = p->src, .dst = p->dst};

	*out = ip_eq(&p->src.ip, &s->client);
	for (size_t i = 0; i < s->flow_count; i++)
		if (tuple_same(&s->flows[i].t, &t))
			return &s->flows[i];
	return NULL;
}

static int read_labels(struct side *s, const char *path, struct err *e)
{
	struct tsv *t = tsv_read(path, e);
	static const char *const names[] = {"proto",	 "client_ip",	"client_port",
					    "server_ip", "server_port", "label"};
	int col[6];

	if (!t)
		return -1;
	for (int i = 0; i < 6; i++)
		if ((col[i] = tsv_need(t, names[i], e)) < 0)
			return -1;
	for (size_t r = 0; r < t->rows && s->flow_count < FLOWS_MAX; r++) {
		struct flow *f = &s->flows[s->flow_count];
		struct endpoint a = {.port = (uint16_t)atoi(tsv_cell(t, r, col[2]))};
		struct endpoint b = {.port = (uint16_t)atoi(tsv_cell(t, r, col[4]))};

		if (strcmp(tsv_cell(t, r, col[5]), "skype") ||
		    ip_parse(tsv_cell(t, r, col[1]), &a.ip) ||
		    ip_parse(tsv_cell(t, r, col[3]), &b.ip))
			continue;
		f->t.proto = strcmp(tsv_cell(t, r, col[0]), "tcp") ? IPPROTO_UDP : IPPROTO_TCP;
		f->t.src = a;
		f->t.dst = b;
		s->flow_count++;
	}
	tsv_free(t);
	return 0;
}

/* --- UDP ---------------------------------------------------------------------------------- */

static void request(struct side *s, struct flow *f, const struct packet *p)
{
	uint16_t id = (uint16_t)(p->payload[0] << 8 | p->payload[1]);
	uint32_t flow = (uint32_t)(f - s->flows);
	struct sent *q;

	for (size_t i = s->sent_count; i-- > 0;) {
		q = &s->sent[i];
		if (q->flow == flow && q->id == id && !memcmp(q->crc, p->payload + 7, 4)) {
			double gap = (double)(p->ts_ns - q->ns) / 1e9;
			char text[32];

			snprintf(text, sizeof(text), "%.0f", gap);
			add(&s->h[P_AGAIN], text);
			q->ns = p->ts_ns;
			return;
		}
	}
	if (s->have_id) {
		int step = (int16_t)(id - s->last_id);

		add(&s->h[P_ID_STEP], step == 1		      ? "+1"
				      : step == 2	      ? "+2"
				      : step > 2 && step < 16 ? "+3 to +15 (TCP requests between)"
							      : "other (a new start)");
	}
	s->have_id = true;
	s->last_id = id;
	if (s->sent_count < SENT_MAX) {
		q = &s->sent[s->sent_count++];
		q->flow = flow;
		q->id = id;
		memcpy(q->crc, p->payload + 7, 4);
		q->ns = p->ts_ns;
	}
}

static void udp(struct side *s, struct flow *f, const struct packet *p, bool out)
{
	char text[64];

	if (p->caplen < 3)
		return;
	s->packets++;
	if (!f->first_size) {
		f->first_size = p->len;
		add_number(&s->h[P_FLOW_FIRST], out ? "> " : "< ", p->len);
	}
	add_number(&s->h[out ? P_SIZE_OUT : P_SIZE_IN], "", p->len);
	snprintf(text, sizeof(text), "%x%s", p->payload[2] & 15U,
		 p->payload[2] == 2 ? " (byte 02)" : "");
	add(&s->h[out ? P_FUNCTION_OUT : P_FUNCTION_IN], text);
	if (out && p->payload[2] == 2 && p->caplen >= 11) {
		request(s, f, p);
		if (p->len == 18 && !s->probe_ns)
			s->probe_ns = p->ts_ns;
		f->open_size = p->len;
		f->open_ns = p->ts_ns;
	} else if (!out && f->open_size && p->ts_ns - f->open_ns < REPLY_NS) {
		snprintf(text, sizeof(text), "%u > %u", f->open_size,
			 p->len > 600 && p->len < 700 ? 650U
			 : p->len > 1300	      ? 1355U
						      : p->len);
		add(&s->h[P_PAIR], text);
		f->open_size = 0;
	}
}

/* --- TCP ---------------------------------------------------------------------------------- */

static void note(uint64_t *list, unsigned *n, uint64_t ns)
{
	if (*n < 8)
		list[(*n)++] = ns;
}

static void tcp(struct side *s, struct flow *f, const struct packet *p, bool out)
{
	size_t used = strlen(f->sizes);

	if ((p->tcp_flags & (TH_SYN | TH_ACK)) == TH_SYN && out) {
		f->syn_ns = p->ts_ns;
		if (p->dst.port == 33033)
			note(s->ls_ns, &s->ls_count, p->ts_ns);
		else if (p->dst.port == 80)
			note(s->web_ns, &s->web_count, p->ts_ns);
	}
	if (!p->len || f->segments >= FIRST_TCP)
		return;
	f->segments++;
	if (f->segments == 1 && out && p->len == 14)
		note(s->sn_ns, &s->sn_count, f->syn_ns);
	snprintf(f->sizes + used, sizeof(f->sizes) - used, "%s%c%u", used ? " " : "",
		 out ? '>' : '<', p->len <= 60 ? p->len : p->len / 10 * 10);
}

static int read_side(struct side *s, const char *pcap, const char *labels, const char *client,
		     struct err *e)
{
	struct capture *c;
	struct packet p;
	int rc;

	s->name = pcap;
	if (ip_parse(client, &s->client) < 0)
		return err_set(e, "%s: not an address", client);
	if (read_labels(s, labels, e) < 0)
		return -1;
	c = capture_open_files(&pcap, 1, NULL, e);
	if (!c)
		return -1;
	while ((rc = capture_next(c, &p, e)) > 0) {
		bool out;
		struct flow *f = flow_of(s, &p, &out);

		if (f && p.proto == IPPROTO_UDP)
			udp(s, f, &p, out);
		else if (f)
			tcp(s, f, &p, out);
	}
	capture_close(c);
	for (size_t i = 0; i < s->flow_count; i++)
		if (s->flows[i].t.proto == IPPROTO_TCP && s->flows[i].segments)
			add(&s->h[P_TCP_FIRST], s->flows[i].sizes);
	return rc;
}

/* --- side by side ------------------------------------------------------------------------- */

static double share(const struct histogram *h, const char *text)
{
	for (unsigned i = 0; i < h->n; i++)
		if (!strcmp(h->v[i].text, text))
			return (double)h->v[i].count / h->total;
	return 0;
}

static double distance(const struct histogram *a, const struct histogram *b)
{
	double d = 0;

	if (!a->total || !b->total)
		return a->total == b->total ? 0 : 1;
	for (unsigned i = 0; i < a->n; i++) {
		double x = (double)a->v[i].count / a->total - share(b, a->v[i].text);

		d += x > 0 ? x : 0;
	}
	return d;
}

static int by_count(const void *x, const void *y)
{
	const unsigned *a = x, *b = y;

	return a[0] < b[0] ? 1 : a[0] > b[0] ? -1 : a[1] < b[1] ? -1 : 1;
}

static void print_property(enum property p, const struct histogram *a, const struct histogram *b,
			   double d)
{
	struct histogram *all = calloc(1, sizeof(*all));
	unsigned order[VALUES_MAX][2];

	if (!all)
		exit(3);
	for (unsigned i = 0; i < a->n; i++)
		for (unsigned k = 0; k < a->v[i].count; k++)
			add(all, a->v[i].text);
	for (unsigned i = 0; i < b->n; i++)
		for (unsigned k = 0; k < b->v[i].count; k++)
			add(all, b->v[i].text);
	for (unsigned i = 0; i < all->n; i++) {
		order[i][0] = all->v[i].count;
		order[i][1] = i;
	}
	qsort(order, all->n, sizeof(order[0]), by_count);
	printf("\n%s (%u and %u): distance %.2f\n", titles[p], a->total, b->total, d);
	for (unsigned i = 0; i < all->n && i < 16; i++) {
		const char *text = all->v[order[i][1]].text;

		printf("  %-44s %6.1f %% %6.1f %%\n", text, 100 * share(a, text),
		       100 * share(b, text));
	}
	if (all->n > 16)
		printf("  (and %u rarer ones)\n", all->n - 16);
	free(all);
}

static void print_line(const struct side *s)
{
	printf("  %s:\n", s->name);
	if (s->sn_count && s->probe_ns)
		printf("    first probe to first super node's SYN: %.2f s\n",
		       ((double)s->sn_ns[0] - (double)s->probe_ns) / 1e9);
	for (unsigned i = 0; i < s->sn_count; i++) {
		for (unsigned k = 0; k < s->ls_count; k++)
			if (s->ls_ns[k] > s->sn_ns[i] && s->ls_ns[k] - s->sn_ns[i] < 20000000000ULL)
				printf("    login %u: super node's SYN to login server's: %.2f s\n",
				       i + 1, (double)(s->ls_ns[k] - s->sn_ns[i]) / 1e9);
		for (unsigned k = 0; k < s->web_count; k++)
			if (s->web_ns[k] > s->sn_ns[i] &&
			    s->web_ns[k] - s->sn_ns[i] < 20000000000ULL)
				printf("    login %u: super node's SYN to update check's: %.2f s\n",
				       i + 1, (double)(s->web_ns[k] - s->sn_ns[i]) / 1e9);
	}
}

int main(int argc, char **argv)
{
	static struct side a, b;
	double max = 2, worst = 0;
	struct err e;
	int opt;

	while ((opt = getopt(argc, argv, "m:")) != -1) {
		if (opt != 'm')
			return EXIT_USAGE;
		max = atof(optarg);
	}
	if (argc - optind != 6) {
		log_error("usage: fidelity [-m MAX_DISTANCE] A.pcap A.tsv A_CLIENT B.pcap B.tsv "
			  "B_CLIENT");
		return EXIT_USAGE;
	}
	argv += optind;
	if (read_side(&a, argv[0], argv[1], argv[2], &e) < 0 ||
	    read_side(&b, argv[3], argv[4], argv[5], &e) < 0) {
		log_error("%s", e.msg);
		return EXIT_USAGE;
	}
	printf("left: %s (%u Skype datagrams); right: %s (%u)\n", a.name, a.packets, b.name,
	       b.packets);
	for (enum property p = 0; p < P_COUNT; p++) {
		double d = distance(&a.h[p], &b.h[p]);

		print_property(p, &a.h[p], &b.h[p], d);
		worst = d > worst && p != P_TCP_FIRST ? d : worst;
	}
	printf("\nlogin time line\n");
	print_line(&a);
	print_line(&b);
	printf("\nlargest distance, TCP first sizes left out: %.2f\n", worst);
	return worst > max ? EXIT_NO : EXIT_DONE;
}
