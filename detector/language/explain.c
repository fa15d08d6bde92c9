// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * explain.c - a signature in words, for `skypelab signature show`
 *
 * Written from the compiled form, not from the file: a reader sees what the engine does, defaults
 * included.
 */
#include <stdio.h>
#include <string.h>

#include "detector/language/explain.h"
#include "detector/language/record.h"
#include "detector/language/regex.h"
#include "detector/language/signature.h"
#include "detector/language/statistic.h"

static const char *duration(uint64_t ns)
{
	static char buf[2][32];
	static unsigned next;
	char *b = buf[next++ % 2];

	if (ns % 3600000000000ULL == 0)
		snprintf(b, 32, "%lu h", (unsigned long)(ns / 3600000000000ULL));
	else if (ns % 60000000000ULL == 0)
		snprintf(b, 32, "%lu min", (unsigned long)(ns / 60000000000ULL));
	else if (ns >= 1000000000)
		snprintf(b, 32, "%g s", (double)ns / 1e9);
	else if (ns >= 1000000)
		snprintf(b, 32, "%g ms", (double)ns / 1e6);
	else
		snprintf(b, 32, "%g us", (double)ns / 1e3);
	return b;
}

static void show_pattern(FILE *f, const struct test *t)
{
	for (unsigned a = 0; a < t->alternatives; a++) {
		fputs(a ? " or" : "", f);
		for (unsigned i = 0; i < t->length; i++) {
			uint8_t v = t->values[a * t->length + i], m = t->masks[a * t->length + i];

			fputc(' ', f);
			if (m == 0xff || m == 0xf0 || m == 0x0f || m == 0) {
				m & 0xf0 ? fprintf(f, "%x", v >> 4) : fputc('?', f);
				m & 0x0f ? fprintf(f, "%x", v & 15) : fputc('?', f);
			} else {
				fprintf(f, "%02x/%02x", v, m);
			}
		}
	}
}

static void bytes_at(FILE *f, int32_t at, uint32_t n)
{
	if (at < 0 && n > 1)
		fprintf(f, "the %u bytes from %d before the end", n, -at);
	else if (at < 0)
		fprintf(f, "the byte %d before the end", -at);
	else if (n > 1)
		fprintf(f, "bytes %d..%d", at, at + (int)n - 1);
	else
		fprintf(f, "byte %d", at);
}

static void show_search(FILE *f, const struct test *t)
{
	if (t->from || t->to != INT32_MAX)
		fprintf(f, ", beginning at %d", t->from);
	if (t->to != INT32_MAX)
		fprintf(f, " to %d", t->to);
	else if (t->from)
		fputs(" or later", f);
}

static void show_numbers(FILE *f, const struct test *t, const struct rule *r)
{
	char set[300];

	numset_text(&t->numbers, set, sizeof(set));
	if (t->kind == TEST_LENGTH)
		fputs("the size less the number in ", f);
	bytes_at(f, t->at, t->length);
	if (t->kind == TEST_CHANGE) {
		fprintf(f, ", as a number, less ");
		bytes_at(f, t->there, t->length);
		fprintf(f, " of %s", r->messages[t->ref].name);
	}
	fprintf(f, " %s %s", t->negate ? "is not" : "is", set);
}

static void show_texts(FILE *f, const char *before, const char *between, char *const *texts)
{
	for (unsigned i = 0; i < HTTP_TEXTS && texts[i]; i++)
		fprintf(f, "%s\"%s\"", i ? between : before, texts[i]);
}

static void show_http(FILE *f, const struct test *t)
{
	const struct http_test *h = t->http;

	fprintf(f, "is %san HTTP request", t->negate ? "not " : "");
	show_texts(f, " with method ", " or ", h->methods);
	show_texts(f, ", URI with ", " and ", h->uri);
	if (h->host)
		fprintf(f, ", for host \"%s\" or below", h->host);
	if (h->host_is != HTTP_ANY)
		fprintf(f, ", whose host is %s",
			h->host_is == HTTP_ADDRESS ? "an address" : "a name");
	if (h->no_agent)
		fputs(", without User-Agent", f);
	if (h->agent)
		fprintf(f, ", whose User-Agent has \"%s\"", h->agent);
	if (h->nocase)
		fputs(", in either case", f);
}

static void show_test(FILE *f, const struct rule *r, const struct test *t)
{
	static const char *const address[ADDR_KINDS] = {
		"the sender's address", "the receiver's address", "the client's address",
		"the server's address", "a public address",	  "a private address",
		"an own address"};
	const char *is = t->negate ? "is not" : "is", *are = t->negate ? "are not" : "are";

	fprintf(f, "%*s- ", 9, "");
	switch (t->kind) {
	case TEST_BYTES:
		bytes_at(f, t->at, t->length);
		fprintf(f, " %s", t->length > 1 ? are : is);
		show_pattern(f, t);
		break;
	case TEST_EQUAL:
		bytes_at(f, t->at, t->length);
		fprintf(f, " %s equal to ", t->length > 1 ? are : is);
		bytes_at(f, t->there, t->length);
		fprintf(f, " of %s", t->ref < 0 ? "this message" : r->messages[t->ref].name);
		break;
	case TEST_CHANGE:
	case TEST_NUMBER:
	case TEST_LENGTH:
		show_numbers(f, t, r);
		break;
	case TEST_ADDRESS:
		bytes_at(f, t->at, 4);
		fprintf(f, " %s %s", are, address[t->address]);
		break;
	case TEST_NIBBLES:
		fprintf(f, "the %s halves of ", t->high ? "high" : "low");
		bytes_at(f, t->at, t->length);
		fprintf(f, " %s those of ", are);
		bytes_at(f, t->there, t->length);
		if (t->shorter)
			fputs(", as far as the message reaches", f);
		break;
	case TEST_CONTAINS:
		fprintf(f, "%s", t->negate ? "does not contain" : "contains");
		show_pattern(f, t);
		show_search(f, t);
		break;
	case TEST_AGAIN:
		bytes_at(f, t->at, t->length);
		fprintf(f, " %s again", t->negate ? "do not come" : "come");
		show_search(f, t);
		break;
	case TEST_HTTP:
		show_http(f, t);
		break;
	case TEST_DNS:
		fprintf(f, "is %sa DNS answer with addresses of \"%s\" or a name below",
			t->negate ? "not " : "", t->name);
		break;
	case TEST_REGEX:
		fprintf(f, "%s /%s/%s", t->negate ? "does not match" : "matches",
			regex_pattern(t->regex), regex_nocase(t->regex) ? " in either case" : "");
		if (t->length < REGEX_BYTES_MAX)
			fprintf(f, " in its first %u bytes", t->length);
		break;
	case TEST_SEQUENCE:
		fprintf(f, "from ");
		bytes_at(f, t->at, 1);
		if (t->to == INT32_MAX)
			fputs(" to the end", f);
		else {
			fputs(" to before ", f);
			bytes_at(f, t->to, 1);
		}
		fprintf(f, " each byte %s %u times the one before plus %u, %u bytes at least", is,
			t->mul, t->add, t->least);
	}
	fprintf(f, " (line %u)\n", t->line);
}

static void show_set(FILE *f, const struct numset *s, const char *before, const char *after)
{
	char set[300];

	if (!s->n)
		return;
	numset_text(s, set, sizeof(set));
	fprintf(f, "%s%s%s", before, set, after);
}

static void show_message(FILE *f, const struct rule *r, const struct message *m)
{
	static const char *const from[] = {"from the client", "from the server",
					   "from either side"};

	fprintf(f, "%s, %s", m->name, from[m->from]);
	if (m->size_ref >= 0)
		fprintf(f, ", as long as %s %+d", r->messages[m->size_ref].name, m->size_plus);
	show_set(f, &m->size, ", ", " bytes");
	show_set(f, &m->ip_length, ", IP length ", "");
	show_set(f, &m->nth, ", number ", " of its direction");
	show_set(f, &m->nth_of_flow, ", number ", " of the flow");
	if (m->gap_min)
		fprintf(f, ", %s or more after the one before", duration(m->gap_min));
	if (m->gap_max && m->gap_max != UINT64_MAX)
		fprintf(f, ", at most %s after the one before", duration(m->gap_max));
	show_set(f, &m->growth, ", after ", " % of the time between the two messages before");
	if (m->gap_off)
		fprintf(f, ", whole seconds after it within %s", duration(m->gap_off));
	fprintf(f, "%s%s%s%s", m->whole ? ", the whole message burst" : "",
		m->anywhere ? ", anywhere in the message burst" : "",
		m->next ? ", the next one of its direction" : "",
		m->unanswered ? ", while the other side is silent" : "");
	if (m->version)
		fprintf(f, "; tells version %s", m->version);
	if (m->version_after)
		fprintf(f, "; the version follows \"%s\"", m->version_after);
	fprintf(f, " (line %u)\n", m->line);
	for (unsigned i = 0; i < m->tests_n; i++)
		show_test(f, r, &m->tests[i]);
}

static void show_key(FILE *f, const struct set_key *k)
{
	static const char *const words[KEY_PARTS] = {
		"client address", "client port",	"server address",
		"server port",	  "bytes of a message", "each address of the answer"};

	for (unsigned i = 0; i < k->n; i++)
		fprintf(f, "%s%s", i ? ", " : "", words[k->parts[i]]);
}

static void show_actions(FILE *f, const struct signature_set *set, const struct actions *a,
			 const char *pad)
{
	const struct counting *c = &a->count;

	if (c->used) {
		fprintf(f, "%scounts in %s by ", pad, set->sets[c->set].name);
		show_key(f, &c->key);
		fprintf(f, "; acts %s %u%s", c->exactly ? "at" : "from", c->least,
			c->exactly ? "" : " on");
		if (c->within)
			fprintf(f,
				c->sliding ? ", counted in the last %s"
					   : ", counted for %s from the first",
				duration(c->within));
		if (c->distinct.n) {
			fputs(", each different ", f);
			show_key(f, &c->distinct);
			fputs(" once", f);
		}
		show_set(f, &c->step, ", each moved by ", "");
		if (c->share_of >= 0)
			fprintf(f, ", and when that is %.1f %% of %s", c->share / 10.0,
				set->sets[c->share_of].name);
		fputc('\n', f);
	}
	if (a->event >= 0)
		fprintf(f, "%sreports %s\n", pad, event_kind_text((enum event_kind)a->event));
	for (unsigned i = 0; i < a->remember_n + a->forget_n; i++) {
		bool put = i < a->remember_n;
		const struct remember *m = put ? &a->remember[i] : &a->forget[i - a->remember_n];

		fprintf(f, "%s%s in %s: ", pad, put ? "remembers" : "forgets",
			set->sets[m->set].name);
		show_key(f, &m->key);
		fputc('\n', f);
	}
}

static void show_steps(FILE *f, const struct signature_set *set, const struct rule *r)
{
	for (unsigned s = 0; s < r->steps_n; s++) {
		const struct step *step = &r->steps[s];

		fprintf(f, "    %u. ", s + 1);
		if (step->optional)
			fputs("perhaps: ", f);
		if (step->repeat_max > 1)
			fprintf(f, "%u to %u times: ", step->repeat_min, step->repeat_max);
		if (step->within)
			fprintf(f, "within %s: ", duration(step->within));
		for (unsigned m = 0; m < step->n; m++) {
			if (m)
				fputs("       or ", f);
			show_message(f, r, &r->messages[step->first + m]);
		}
		if (step->has_then)
			show_actions(f, set, &step->then, "       then ");
	}
}

/* Conditions on figures, from WHEN_BYTES on. */
static const struct {
	const char *before, *after;
} figures[] = {{"there are ", " bytes of payload"},
	       {"they have lasted ", " ms"},
	       {"there are ", " packets a second"},
	       {"there are ", " bits a second"},
	       {"the mean gap between packets is ", " us"},
	       {"the smallest has ", " bytes"},
	       {"the largest has ", " bytes"}};

/* Which packets a figure is of. */
static void show_gauge(FILE *f, const struct gauge *g)
{
	if (g->packets)
		fprintf(f, ", of the last %u packets", g->packets);
	if (g->part)
		fprintf(f, ", of the last %s", duration(g->part * GAUGE_PARTS));
	if (g->from != FROM_EITHER)
		fprintf(f, ", from the %s", g->from == FROM_CLIENT ? "client" : "server");
	if (g->empty)
		fputs(", segments without payload too", f);
}

static void show_gap_mode(FILE *f, const struct when *w, const struct gauge *g)
{
	fprintf(f, "of %u or more gaps between messages of one side", w->lo);
	show_gauge(f, g);
	fprintf(f, ", none are commoner than %s,", duration(g->gap));
	fprintf(f, " give or take %s", duration(g->off));
	if (w->hi)
		fprintf(f, ", and %.1f %% are so", w->hi / 10.0);
}

static void show_when(FILE *f, const struct rule *r, const struct when *w)
{
	const char *what = w->tally < 0 ? "all packets" : r->messages[w->tally].name;
	struct numset set = {.n = 1, .r = {{w->lo, w->hi}}};

	if (w->kind == WHEN_SHARE)
		fprintf(f, "%s are at least %.1f %% of the flow's packets", what, w->lo / 10.0);
	else if (w->kind == WHEN_COUNT)
		show_set(f, &set, "there are ", " of ");
	else if (w->kind == WHEN_MEAN)
		show_set(f, &set, "the mean size is ", "");
	else if (w->kind == WHEN_GAP_MODE)
		show_gap_mode(f, w, &r->gauges[w->gauge]);
	else if (w->kind >= WHEN_CHI_SQUARE)
		statistic_show(f, r, w);
	else if (w->kind >= WHEN_BYTES)
		show_set(f, &set, figures[w->kind - WHEN_BYTES].before,
			 figures[w->kind - WHEN_BYTES].after);
	else
		show_set(f, &set, "bytes from the server per 1000 from the client are ", "");
	if (w->kind == WHEN_COUNT)
		fputs(what, f);
	if (w->gauge >= 0 && w->kind < WHEN_GAP_MODE)
		show_gauge(f, &r->gauges[w->gauge]);
	fprintf(f, " (line %u)\n", w->line);
}

static void show_tallies(FILE *f, const struct rule *r)
{
	for (unsigned m = 0; m < r->tallies; m++) {
		fputs("    counts ", f);
		show_message(f, r, &r->messages[m]);
		for (unsigned k = 0; k < m; k++)
			if (r->messages[m].resets >> k & 1)
				fprintf(f, "         - begins the count of %s anew\n",
					r->messages[k].name);
	}
	for (unsigned i = 0; i < r->when_n; i++) {
		fputs(i ? "    and " : "    when ", f);
		show_when(f, r, &r->when[i]);
	}
}

static void show_forms(FILE *f, const struct rule *r)
{
	for (unsigned i = 0; i < r->forms_n; i++) {
		const struct record_form *form = &r->forms[i];

		fputs(i ? "      or" : "    a flow record", f);
		show_set(f, &form->packets, " of ", " packets");
		show_set(f, &form->bytes, form->packets.n ? " and " : " of ", " bytes");
		show_set(f, &form->mean_size, ", mean size ", "");
		if (form->least)
			fprintf(f, ", %s or longer", duration(form->least));
		if (form->most && form->most != UINT64_MAX)
			fprintf(f, ", at most %s long", duration(form->most));
		for (unsigned bit = 0; bit < 8; bit++)
			if ((form->set | form->clear) >> bit & 1)
				fprintf(f, ", %s %s where flags are known",
					form->set >> bit & 1 ? "with" : "without",
					record_flag_name(bit));
		fprintf(f, " (line %u)\n", form->line);
	}
}

static void show_hosts(FILE *f, const char *what, const struct hosts *h)
{
	char ip[IP_TEXT_LEN];

	for (unsigned i = 0; i < h->n; i++)
		if (h->r[i].net.family)
			fprintf(f, "%s %sin %s/%u\n", what, h->r[i].negate ? "not " : "",
				ip_text(&h->r[i].net, ip), h->r[i].bits);
		else
			fprintf(f, "%s %sin a private network\n", what,
				h->r[i].negate ? "not " : "");
}

static void show_rule(FILE *f, const struct signature_set *set, const struct rule *r)
{
	static const char *const who[] = {
		"sends the first message", "receives the first message",
		"opened the flow",	   "did not open the flow",
		"may be either side",	   "has the private address, else opened the flow"};
	static const char *const of_record[] = {"sent what the record counts",
						"received what the record counts"};

	fprintf(f, "  %s (line %u): %s, the client %s%s%s\n", r->name, r->line,
		r->udp && r->tcp ? "UDP and TCP"
		: r->udp	 ? "UDP"
				 : "TCP",
		r->forms_n ? of_record[r->client == CLIENT_RECEIVER] : who[r->client],
		r->once ? "" : ", every time",
		r->tcp && r->psh ? ", each segment with PSH is a message" : "");
	if (r->within)
		fprintf(f, "    all within %s\n", duration(r->within));
	show_set(f, &r->client_port, "    client port ", "\n");
	show_set(f, &r->server_port, "    server port ", "\n");
	show_set(f, &r->any_port, "    either port ", "\n");
	show_hosts(f, "    client", &r->client_host);
	show_hosts(f, "    server", &r->server_host);
	if (r->handshake)
		fputs("    the three-way handshake was seen\n", f);
	if (r->joined)
		fputs("    no SYN was seen: the capture begins within the connection\n", f);
	if (r->on_open)
		fputs("    begins when the flow is first seen\n", f);
	for (unsigned i = 0; i < r->known_n; i++) {
		const struct known *k = &r->known[i];

		fprintf(f, "    %s in %s: ", k->negate ? "unknown" : "known",
			set->sets[k->set].name);
		show_key(f, &k->key);
		if (k->hold)
			fprintf(f, "; waits %s for it", duration(k->hold));
		fprintf(f, " (line %u)\n", k->line);
	}
	show_forms(f, r);
	show_steps(f, set, r);
	show_tallies(f, r);
	show_actions(f, set, &r->then, "    then ");
	if (r->end_event >= 0) {
		fprintf(f, "    at the flow's end%s%s %s\n", r->end_idle ? " or after " : "",
			r->end_idle ? duration(r->end_idle) : "",
			event_kind_text((enum event_kind)r->end_event));
	}
	if (r->version)
		fprintf(f, "    client version %s\n", r->version);
	fputc('\n', f);
}

void signature_show(FILE *f, const struct signature_set *set, size_t i)
{
	const struct signature_info *s = &set->signatures[i].info;

	fprintf(f,
		"%s, revision %u, %s\n%s\n\nApplication: %s\nSource: %s\nFor client versions: %s\n",
		s->name, s->revision, s->date, s->title, s->application, s->source,
		*s->versions ? s->versions : "-");
	if (*s->notes)
		fprintf(f, "\n%s\n", s->notes);
	fputc('\n', f);
	show_hosts(f, "  own addresses", &set->signatures[i].own);
	for (size_t k = 0; k < set->sets_n; k++)
		if (set->sets[k].signature == i)
			fprintf(f, "  memory %s: kept %s\n", set->sets[k].name,
				duration(set->sets[k].keep));
	if (set->signatures[i].records)
		fprintf(f,
			"  flow records of each %s: complete after %s without a packet, or %s in "
			"all\n",
			set->signatures[i].times.both ? "flow" : "direction",
			duration(set->signatures[i].times.inactive),
			duration(set->signatures[i].times.active));
	fputc('\n', f);
	for (size_t k = 0; k < set->rules_n; k++)
		if (set->rules[k]->signature == i)
			show_rule(f, set, set->rules[k]);
}
