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
#include "detector/language/explain_when.h"
#include "detector/language/record.h"
#include "detector/language/regex.h"
#include "detector/language/signature.h"
#include "detector/language/words.h"

/* Bytes that are all printable characters, as text; @nocase: some letters stand for both cases. */
static bool is_text(const struct test *t, bool *nocase)
{
	*nocase = false;
	for (unsigned i = 0; i < t->length; i++) {
		uint8_t v = t->values[i];
		bool either = t->masks[i] == 0xdf && v >= 'A' && v <= 'Z';

		if (v < ' ' || v > '~' || v == '"' || (t->masks[i] != 0xff && !either))
			return false;
		*nocase |= either;
	}
	return t->alternatives == 1 && t->length > 2;
}

static void show_pattern(FILE *f, const struct test *t)
{
	bool nocase;

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
	if (is_text(t, &nocase))
		fprintf(f, " (\"%.*s\"%s)", t->length, (const char *)t->values,
			nocase ? " in either case" : "");
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

/* @before, texts with @between, @after; @n counts what was said. */
static void show_texts(FILE *f, unsigned *n, const char *before, const char *between,
		       char *const *texts, const char *after)
{
	if (!texts[0])
		return;
	fprintf(f, "%s %s", (*n)++ ? "," : "", before);
	for (unsigned i = 0; i < HTTP_TEXTS && texts[i]; i++)
		fprintf(f, "%s\"%s\"", i ? between : "", texts[i]);
	fputs(after, f);
}

static void show_http(FILE *f, const struct test *t)
{
	const struct http_test *h = t->http;
	char *const host[] = {h->host, NULL}, *const agent[] = {h->agent, NULL};
	unsigned n = 0;

	fprintf(f, "is %san HTTP request", t->negate ? "not " : "");
	show_texts(f, &n, "with method ", " or ", h->methods, "");
	show_texts(f, &n, "with ", " and ", h->uri, " in the URI");
	show_texts(f, &n, "for host ", "", host, " or one below it");
	if (h->host_is != HTTP_ANY)
		fprintf(f, "%s whose host is %s", n++ ? "," : "",
			h->host_is == HTTP_ADDRESS ? "an address" : "a name");
	if (h->no_agent)
		fprintf(f, "%s without User-Agent", n++ ? "," : "");
	show_texts(f, &n, "with ", "", agent, " in the User-Agent");
	if (h->nocase)
		fputs(", in either case", f);
}

static void show_test(FILE *f, const struct rule *r, const struct test *t)
{
	static const char *const address[ADDR_KINDS] = {
		"the sender's address",	  "the receiver's address", "the client's address",
		"the server's address",	  "a public address",	    "a private address",
		"an address of one's own"};
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
		fprintf(f, "%s the regular expression \"%s\"%s",
			t->negate ? "does not match" : "matches", regex_pattern(t->regex),
			regex_nocase(t->regex) ? " in either case" : "");
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

static void show_message(FILE *f, const struct rule *r, const struct message *m)
{
	static const char *const from[] = {"from the client", "from the server",
					   "from either side"};

	fprintf(f, "%s, %s", m->name, from[m->from]);
	if (m->size_ref >= 0)
		fprintf(f, ", as long as %s %+d", r->messages[m->size_ref].name, m->size_plus);
	words_numbers(f, &m->size, ", ", " bytes");
	words_numbers(f, &m->ip_length, ", IP length ", "");
	words_numbers(f, &m->nth, ", number ", " of its direction");
	words_numbers(f, &m->nth_of_flow, ", number ", " of the flow");
	if (m->gap_min)
		fprintf(f, ", %s or more after the one before", words_time(m->gap_min));
	if (m->gap_max && m->gap_max != UINT64_MAX)
		fprintf(f, ", at most %s after the one before", words_time(m->gap_max));
	words_numbers(f, &m->growth, ", after ", " % of the time between the two messages before");
	if (m->gap_off)
		fprintf(f, ", whole seconds after it within %s", words_time(m->gap_off));
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

static void show_key_from(FILE *f, const struct set_key *k, unsigned first)
{
	static const char *const words[KEY_PARTS] = {
		"client address", "client port",	"server address",
		"server port",	  "bytes of a message", "each address of the answer"};

	for (unsigned i = first; i < k->n; i++)
		fprintf(f, "%s%s", i > first ? ", " : "", words[k->parts[i]]);
}

static void show_key(FILE *f, const struct set_key *k)
{
	show_key_from(f, k, 0);
}

static void show_count(FILE *f, const struct signature_set *set, const struct counting *c,
		       const char *pad)
{
	if (!c->used)
		return;
	fprintf(f, "%scounts in %s by ", pad, set->sets[c->set].name);
	show_key(f, &c->key);
	fprintf(f, "; acts %s %u%s", c->exactly ? "at" : "from", c->least,
		c->exactly ? " only" : " on");
	if (c->within)
		fprintf(f,
			c->sliding ? ", counted in the last %s" : ", counted for %s from the first",
			words_time(c->within));
	if (c->distinct.n) {
		fputs(", each ", f);
		show_key_from(f, &c->distinct, c->key.n);
		fputs(" once", f);
	}
	words_numbers(f, &c->step, ", each moved by ", "");
	if (c->share_of >= 0)
		fprintf(f, ", and when that is %.1f %% of %s", c->share / 10.0,
			set->sets[c->share_of].name);
	fputc('\n', f);
}

static void show_actions(FILE *f, const struct signature_set *set, const struct actions *a,
			 const char *pad)
{
	show_count(f, set, &a->count, pad);
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
			fprintf(f, "within %s: ", words_time(step->within));
		for (unsigned m = 0; m < step->n; m++) {
			if (m)
				fputs("       or ", f);
			show_message(f, r, &r->messages[step->first + m]);
		}
		if (step->has_then)
			show_actions(f, set, &step->then, "       then ");
	}
}

static void show_whens(FILE *f, const struct rule *r, const char *pad)
{
	for (unsigned i = 0; i < r->when_n; i++) {
		fprintf(f, "%s%s ", pad, i ? "and" : "when");
		explain_when(f, r, &r->when[i]);
	}
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
	show_whens(f, r, "    ");
}

static void show_flags(FILE *f, const char *before, unsigned flags)
{
	for (unsigned bit = 0; bit < 8; bit++)
		if (flags >> bit & 1) {
			fprintf(f, "%s %s", before, record_flag_name(bit));
			before = " and";
		}
}

static void show_forms(FILE *f, const struct rule *r)
{
	for (unsigned i = 0; i < r->forms_n; i++) {
		const struct record_form *form = &r->forms[i];

		fputs(i ? "      or" : "    a flow record", f);
		words_numbers(f, &form->packets, " of ",
			      form->packets.n && numset_max(&form->packets) == 1 ? " packet"
										 : " packets");
		words_numbers(f, &form->bytes, form->packets.n ? " and " : " of ", " bytes");
		words_numbers(f, &form->mean_size, ", mean size ", " bytes");
		if (form->least || form->most) {
			fputs(", from the first packet to the last ", f);
			words_times(f, form->least, form->most);
		}
		show_flags(f, ", with", form->set);
		show_flags(f, form->set ? " and without" : ", without", form->clear);
		if (form->set | form->clear)
			fputs(" where flags are known", f);
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

static void show_knowns(FILE *f, const struct signature_set *set, const struct rule *r,
			const char *pad)
{
	for (unsigned i = 0; i < r->known_n; i++) {
		const struct known *k = &r->known[i];

		fprintf(f, "%s%s in %s: ", pad, k->negate ? "unknown" : "known",
			set->sets[k->set].name);
		show_key(f, &k->key);
		if (k->hold)
			fprintf(f, "; waits %s for it", words_time(k->hold));
		fprintf(f, " (line %u)\n", k->line);
	}
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
		fprintf(f, "    all within %s\n", words_time(r->within));
	words_numbers(f, &r->client_port, "    client port ", "\n");
	words_numbers(f, &r->server_port, "    server port ", "\n");
	words_numbers(f, &r->any_port, "    either port ", "\n");
	show_hosts(f, "    client", &r->client_host);
	show_hosts(f, "    server", &r->server_host);
	if (r->handshake)
		fputs("    the three-way handshake was seen\n", f);
	if (r->joined)
		fputs("    no SYN was seen: the capture begins within the connection\n", f);
	if (r->on_open)
		fputs("    begins when the flow is first seen\n", f);
	show_knowns(f, set, r, "    ");
	show_forms(f, r);
	show_steps(f, set, r);
	show_tallies(f, r);
	show_actions(f, set, &r->then, "    then ");
	if (r->end_event >= 0) {
		fprintf(f, "    at the flow's end%s%s%s reports %s\n",
			r->end_idle ? " or after " : "", r->end_idle ? words_time(r->end_idle) : "",
			r->end_idle ? " of silence" : "",
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
				words_time(set->sets[k].keep));
	if (set->signatures[i].records)
		fprintf(f,
			"  flow records of each %s: complete after %s without a packet, or %s in "
			"all\n",
			set->signatures[i].times.both ? "flow" : "direction",
			words_time(set->signatures[i].times.inactive),
			words_time(set->signatures[i].times.active));
	fputc('\n', f);
	for (size_t k = 0; k < set->rules_n; k++)
		if (set->rules[k]->signature == i)
			show_rule(f, set, set->rules[k]);
}

bool signature_show_conditions(FILE *f, const struct signature_set *set, const char *path,
			       unsigned line)
{
	for (size_t i = 0; i < set->rules_n; i++) {
		const struct rule *r = set->rules[i];

		if (r->line != line || strcmp(set->signatures[r->signature].info.path, path) != 0)
			continue;
		show_knowns(f, set, r, "        ");
		show_whens(f, r, "        ");
		show_count(f, set, &r->then.count, "        ");
		return r->when_n > 0;
	}
	return false;
}
