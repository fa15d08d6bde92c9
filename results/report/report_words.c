// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * report_words.c - what the words of the report mean
 *
 * Names of nodes and messages are those of Ehlert and Petgang 2006, as the truth has them; vantages, units and
 * measures those of the tables. The page is linked when it is whole: in its text, the first use of each word
 * leads to the meaning. What stands in links, buttons, heads and scripts stays as it is.
 *
 * Limits: common words ("open", "public") are explained and not linked. Names of firewalls and NATs that a scenario
 * brings along are not known here, those of scenarios/ are.
 */
#include <ctype.h>
#include <stdbool.h>
#include <stddef.h>
#include <string.h>

#include "base/err.h"
#include "results/report/html.h"
#include "results/report/report_words.h"

/**
 * struct word - one entry
 * @word:	As tables and charts have it; also the end of its id
 * @also:	Another form in running text; NULL = none
 * @plain:	Too common to be linked
 * @meaning:	What it is
 */
struct word {
	const char *word, *also;
	bool plain;
	const char *meaning;
};

struct group {
	const char *title;
	struct word words[16]; /* up to the first without a name */
};

static const struct group groups[] = {
	{"What is looked for, and with what",
	 {{"signature", "signatures", false,
	   "A file of rules that recognise an application by its packets. NAME@N is its Nth "
	   "revision."},
	  {"setting", "settings", false,
	   "One combination of what a scenario varies: the firewalls and NATs of caller and "
	   "callee, the version."},
	  {"trial", "trials", false,
	   "One run of one setting, or one recorded capture. Trials do not depend on each other; "
	   "intervals are "
	   "over them."},
	  {"emulated", NULL, false,
	   "Traffic of clients that were rebuilt from descriptions of the protocol; recorded "
	   "traffic was captured "
	   "from real ones."},
	  {"client", "clients", false,
	   "SC in the paper: the Skype program on one host, or that host."},
	  {"super node", "super nodes", false,
	   "SN in the paper: another user's Skype that serves clients. A client is in when one has "
	   "accepted it."},
	  {"login server", "login servers", false,
	   "LS in the paper: it checks name and password. Typed passwords go there, stored logins "
	   "do not."}}},
	{"What is counted",
	 {{"flow", "flows", false,
	   "Everything between two pairs of address and port over UDP or TCP, in both directions."},
	  {"session", "sessions", false,
	   "The time in which a client is connected to a super node."},
	  {"session-start", "session-end", false,
	   "An event, like session-change, call-start and call-end: it is right when it happened, "
	   "on this flow "
	   "and at this time."},
	  {"probe-accepted", NULL, false,
	   "An event: a super node says yes over UDP (U4 of 18 bytes)."},
	  {"recall", NULL, false, "Of all that should be found, the share that is found."},
	  {"precision", NULL, false, "Of all that is claimed, the share that is right."},
	  {"F1", NULL, false, "Both in one number: the harmonic mean of recall and precision."},
	  {"false", NULL, true,
	   "Claimed, and not there. \"below 1 %\": with 95 % certainty the rate of false claims is "
	   "less."}}},
	{"Where it is seen",
	 {{"vantage", "vantages", false,
	   "A place where packets are captured. Each is scored by itself: what one does not see "
	   "cannot be found "
	   "there."},
	  {"caller.lan", NULL, false,
	   "Inside the caller's gateway: each host has its own address there, and blocked packets "
	   "are still seen."},
	  {"caller.wan", NULL, false,
	   "Outside of the caller's gateway, after firewall and NAT: hosts behind a NAT share one "
	   "address."},
	  {"callee.lan", "callee.wan", false, "The same at the site that is called."},
	  {"core", NULL, false,
	   "In the middle of the internet: what passes between the sites and the rest."}}},
	{"Firewalls and NATs",
	 {{"open", NULL, true, "No restriction in either direction."},
	  {"inbound-restricted", "inbound", false,
	   "Nothing new comes in from outside; everything may go out."},
	  {"full-restricted", "full", false,
	   "Nothing new comes in; out go only TCP to ports 80 and 443, and look-ups of names."},
	  {"only-443", "only-80", false,
	   "Nothing new comes in; out go only TCP to that port, and look-ups of names."},
	  {"proxy-only", NULL, false,
	   "Nothing new comes in; out go only what the site's proxy asks for on TCP ports 80 and "
	   "443, "
	   "and look-ups of names."},
	  {"udp-blocked", NULL, false, "No UDP but look-ups of names; TCP as in open."},
	  {"tcp-high-blocked", NULL, false,
	   "No new TCP goes out to ports above 1024; UDP is open."},
	  {"sn-tcp-restricted", NULL, false,
	   "Where super nodes live: every second one takes no TCP from outside; its UDP is open."},
	  {"login-servers-blocked", NULL, false,
	   "Nothing goes to the login servers; all else is open."},
	  {"public", NULL, true, "No NAT: hosts have addresses of their own on the internet."},
	  {"full-cone", NULL, false,
	   "A NAT that maps a port once and lets anybody in on it (RFC 3489; endpoint-independent "
	   "in RFC 4787)."},
	  {"address-restricted", NULL, false,
	   "The same, but only hosts that were sent something may use the mapping (RFC 3489)."},
	  {"port-restricted", NULL, false,
	   "The same, but only an address and port that was sent something may (RFC 3489)."},
	  {"masquerade", NULL, false,
	   "Linux's own NAT with its own times: port-restricted, and it keeps a port that is "
	   "free."},
	  {"symmetric", NULL, false,
	   "A NAT with another mapping for each other end, which alone may answer (RFC 3489)."}}},
	{"Messages over UDP: the probe",
	 {{"U1", NULL, false, "Client to super node: the first request."},
	  {"U2", NULL, false,
	   "Its refusal, 11 bytes: the client did not know its own public address, and reads it "
	   "here."},
	  {"U3", NULL, false, "The request again, with that address: five bytes longer than U1."},
	  {"U4", NULL, false, "The answer: 18 bytes accept, 51 or 53 refuse."}}},
	{"Messages over TCP: the session, and the login",
	 {{"T1", NULL, false,
	   "Client to super node, on its own port: a block of key material opens the connection."},
	  {"reply", NULL, true, "The super node's block, in answer to T1."},
	  {"T2", NULL, false, "The client asks for a session."},
	  {"T3", NULL, false,
	   "The super node's answer; of 339 bytes it is a refusal with other addresses."},
	  {"T4", NULL, false, "The client confirms: the session begins."},
	  {"R1", NULL, false,
	   "What opens the connection on port 443 (it looks like TLS) or 80, when the own port is "
	   "closed."},
	  {"R2", NULL, false, "The super node's answer to R1."},
	  {"R3", NULL, false, "The client's block of key material; T2 to T4 follow."},
	  {"L1", NULL, false, "Client to login server: the 5 bytes that open a login."},
	  {"L2", NULL, false, "The login server's 5 bytes."},
	  {"L3", NULL, false, "The encrypted name and password."},
	  {"L4", NULL, false, "The login server's answer to it."}}},
	{"Kinds of flow",
	 {{"sn udp", NULL, false,
	   "Datagrams with a node that may be a super node: probes and what follows them."},
	  {"bootstrap udp", NULL, false,
	   "A probe of a node that is built into the program; it refuses."},
	  {"sn tcp", NULL, false,
	   "A connection that is tried to a super node's own port, above 1024."},
	  {"sn tcp 443", "sn tcp 80", false,
	   "The same on port 443, then 80, when no other gets through."},
	  {"sn session", NULL, false, "The connection that became the session."},
	  {"visit tcp", NULL, false,
	   "Another node connects to the client by itself, from outside."},
	  {"login relay", NULL, false,
	   "L3 and L4 by way of a super node, when the login server cannot be reached."},
	  {"update check", NULL, false, "A request over HTTP that asks for a newer program."},
	  {"media", NULL, false,
	   "The sound of a call: directly to the other client, or through a relay."}}},
};

#define WORDS (ARRAY_LEN(groups) * ARRAY_LEN(groups[0].words))

static void put_id(FILE *f, const char *word)
{
	for (fputs("w-", f); *word; word++)
		fputc(*word == ' ' ? '-' : *word, f);
}

static void put_word(FILE *f, const struct word *w)
{
	html_printf(f, "<dt data-word=\"%s\" id=\"", w->word);
	put_id(f, w->word);
	html_printf(f, "\">%s%s%s</dt><dd>%s</dd>\n", w->word, w->also ? ", " : "",
		    w->also ? w->also : "", w->meaning);
}

void report_words(FILE *f)
{
	fputs("<h2 id=\"words\">What the words mean</h2>\n<div class=\"words\">\n", f);
	for (size_t i = 0; i < ARRAY_LEN(groups); i++) {
		html_printf(f, "<section><h3>%s</h3><dl>\n", groups[i].title);
		for (size_t k = 0; k < ARRAY_LEN(groups[i].words) && groups[i].words[k].word; k++)
			put_word(f, &groups[i].words[k]);
		fputs("</dl></section>\n", f);
	}
	fputs("</div>\n", f);
}

/* ---- linking ---- */

struct linking {
	FILE *f;
	bool used[WORDS];
	bool in_main;
	unsigned inside; /* of elements whose text stays */
	bool done;	 /* the part on words itself has begun */
};

/* Whether the word goes on at @p: "caller.lan" does at its dot, the end of a sentence does not. */
static bool goes_on(const char *p)
{
	return isalnum((unsigned char)*p) || *p == '-' || *p == '_' ||
	       (*p == '.' && isalnum((unsigned char)p[1]));
}

static size_t length_at(const char *p, const char *word)
{
	size_t n = word ? strlen(word) : 0;

	return n && !strncmp(p, word, n) && !goes_on(p + n) ? n : 0;
}

/* The longest word at @p; its length, 0 = none. */
static size_t word_at(const char *p, const struct word **out, size_t *number)
{
	size_t longest = 0;

	for (size_t i = 0; i < ARRAY_LEN(groups); i++)
		for (size_t k = 0; k < ARRAY_LEN(groups[i].words) && groups[i].words[k].word; k++) {
			const struct word *w = &groups[i].words[k];
			size_t a = length_at(p, w->word), b = length_at(p, w->also);
			size_t n = a > b ? a : b;

			if (n <= longest)
				continue;
			longest = n;
			*out = w;
			*number = i * ARRAY_LEN(groups[i].words) + k;
		}
	return longest;
}

/* Text up to the next tag; returns its end. */
static const char *put_text(struct linking *l, const char *p)
{
	bool before = false; /* a word goes on here */

	while (*p && *p != '<') {
		const struct word *w = NULL;
		size_t number = 0, n = before ? 0 : word_at(p, &w, &number);

		if (n && !w->plain && !l->used[number]) {
			l->used[number] = true;
			fputs("<a class=\"term\" href=\"#", l->f);
			put_id(l->f, w->word);
			html_printf(l->f, "\" title=\"%s\">", w->meaning);
			fwrite(p, 1, n, l->f);
			fputs("</a>", l->f);
		} else {
			n = n ? n : 1;
			fwrite(p, 1, n, l->f);
		}
		before = goes_on(p + n - 1);
		p += n;
	}
	return p;
}

static bool is_tag(const char *p, const char *name)
{
	size_t n = strlen(name);

	return !strncmp(p, name, n) && !isalnum((unsigned char)p[n]);
}

/* The tag at @p ("<..."): what it opens or ends is noted. Returns its end, of a script or style the end of that. */
static const char *put_tag(struct linking *l, const char *p)
{
	static const char *const stay[] = {"a",	 "button", "summary", "h1",    "h2",
					   "h3", "label",  "legend",  "dialog"};
	bool ends = p[1] == '/';
	const char *name = p + 1 + ends, *end = strchr(p, '>');

	if (is_tag(name, "main"))
		l->in_main = !ends;
	for (size_t i = 0; i < ARRAY_LEN(stay); i++)
		if (is_tag(name, stay[i]))
			l->inside = ends ? l->inside - (l->inside > 0) : l->inside + 1;
	if (!ends && (is_tag(name, "script") || is_tag(name, "style")))
		end = strstr(p, is_tag(name, "script") ? "</script>" : "</style>");
	end = end ? end + 1 : p + strlen(p);
	if (!strncmp(p, "<div class=\"words\">", 19))
		l->done = true;
	fwrite(p, 1, (size_t)(end - p), l->f);
	return end;
}

void report_words_link(FILE *f, const char *html)
{
	struct linking l = {.f = f};

	for (const char *p = html; *p;) {
		if (*p == '<') {
			p = put_tag(&l, p);
		} else if (l.in_main && !l.inside && !l.done) {
			p = put_text(&l, p);
		} else {
			size_t n = strcspn(p, "<");

			fwrite(p, 1, n, f);
			p += n;
		}
	}
}
