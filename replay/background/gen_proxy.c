// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * gen_proxy.c - background: tunnels through an HTTP proxy to an address instead of a name
 *
 * CONNECT (RFC 9110, section 9.3.6) by an FTP client (RFC 959, control connection only) and by a mailer
 * (RFC 5321). Proxy rules against Skype claim every CONNECT to a number (squid-connect), and name FTP
 * as what they hit besides.
 */
#include <netinet/in.h>

#include "replay/background/generator.h"

enum { PROXY_TO, PROXY_MAIL, PROXY_LINE };

static void proxy_init(struct gen_session *s)
{
	s->word[PROXY_TO] = 0xc6336400 | rng_range(&s->rng, 1, 254); /* 198.51.100.0/24 */
	s->word[PROXY_MAIL] = rng_range(&s->rng, 0, 1);
}

static const char *proxy_more(const struct gen_session *s)
{
	return s->word[PROXY_MAIL] ? "smtp" : "ftp";
}

static void proxy_connect(struct gen_session *s, struct writer *w)
{
	struct endpoint to = {ip4((uint32_t)s->word[PROXY_TO]), s->word[PROXY_MAIL] ? 25 : 21};
	char text[ENDPOINT_TEXT_LEN];

	endpoint_text(&to, text);
	put_text(w, "CONNECT %s HTTP/1.0\r\nHost: %s\r\nUser-Agent: %s\r\n\r\n", text, text,
		 s->word[PROXY_MAIL] ? "nmh/1.2" : "lftp/3.5.1");
}

static void proxy_stands(struct gen_session *s, struct writer *w)
{
	(void)s;
	put_text(w, "HTTP/1.0 200 Connection established\r\n\r\n");
}

/* What client and server say, by turns; the server greets first. */
#define EXCHANGES 6

struct lines {
	const char *greeting, *client[EXCHANGES], *server[EXCHANGES];
};

static const struct lines ftp_lines = {
	"220 ProFTPD 1.3.0 Server ready.",
	{"USER anonymous", "PASS guest@", "SYST", "TYPE I", "CWD /pub", "QUIT"},
	{"331 Anonymous login ok, send your e-mail address as password.",
	 "230 Anonymous access granted.", "215 UNIX Type: L8", "200 Type set to I",
	 "250 CWD command successful", "221 Goodbye."},
};

static const char mail[] =
	"From: alice@example.org\r\nTo: bob@example.net\r\nSubject: the meeting\r\n\r\n"
	"At ten, as always.\r\n.";

static const struct lines smtp_lines = {
	"220 mx.example.net ESMTP",
	{"HELO desk.example.org", "MAIL FROM:<alice@example.org>", "RCPT TO:<bob@example.net>",
	 "DATA", mail, "QUIT"},
	{"250 mx.example.net", "250 Ok", "250 Ok", "354 End data with <CR><LF>.<CR><LF>",
	 "250 Ok: queued", "221 Bye"},
};

static const struct lines *lines_of(const struct gen_session *s)
{
	return s->word[PROXY_MAIL] ? &smtp_lines : &ftp_lines;
}

static void proxy_greeting(struct gen_session *s, struct writer *w)
{
	put_text(w, "%s\r\n", lines_of(s)->greeting);
}

static void proxy_command(struct gen_session *s, struct writer *w)
{
	put_text(w, "%s\r\n", lines_of(s)->client[s->word[PROXY_LINE]]);
}

static void proxy_answer(struct gen_session *s, struct writer *w)
{
	put_text(w, "%s\r\n", lines_of(s)->server[s->word[PROXY_LINE]++]);
}

static const struct generator_step proxy_steps[] = {
	{false, 0, 2, proxy_connect, 0, 0, 0},
	{true, 10, 90, proxy_stands, 0, 0, 0},
	{true, 10, 90, proxy_greeting, 0, 0, 0},
	{false, 1, 400, proxy_command, 0, 0, 0},
	{true, 10, 90, proxy_answer, 2, EXCHANGES - 1, EXCHANGES - 1},
};

const struct generator gen_connect = {
	.name = "connect",
	.application = "http",
	.about = "FTP and mail through a proxy, CONNECT to an address",
	.proto = IPPROTO_TCP,
	.port = 3128,
	.close = CLOSE_OPENER,
	.init = proxy_init,
	.more = proxy_more,
	GENERATOR_STEPS(proxy_steps),
};
