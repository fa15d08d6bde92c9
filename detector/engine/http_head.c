// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * http_head.c - the head of an HTTP request, for tests on its fields
 *
 * Model. METHOD TARGET HTTP/VERSION, then header lines up to an empty one; lines end with LF, with or without CR.
 * Of headers that come again the first counts. Names of headers and hosts have no case.
 *
 * Limits. Continued header lines (obsolete since RFC 7230) are taken as lines of their own. A host is compared
 * as written: no decoding, no IDNA.
 */
#include <string.h>
#include <strings.h>

#include "base/addr.h"
#include "base/text.h"
#include "detector/engine/http_head.h"
#include "detector/language/http_test.h"

/* The line at *@b, without its end; moves behind it. False: its end is not there. */
static bool next_line(const uint8_t **b, size_t *n, struct http_part *line)
{
	const uint8_t *end = *n ? memchr(*b, '\n', *n) : NULL;

	if (!end)
		return false;
	line->at = *b;
	line->n = (size_t)(end - *b);
	*n -= line->n + 1;
	*b = end + 1;
	line->n -= line->n && line->at[line->n - 1] == '\r';
	return true;
}

static struct http_part trimmed(struct http_part p)
{
	while (p.n && (*p.at == ' ' || *p.at == '\t')) {
		p.at++;
		p.n--;
	}
	while (p.n && (p.at[p.n - 1] == ' ' || p.at[p.n - 1] == '\t'))
		p.n--;
	return p;
}

/* The host in an authority: no user before it, no port behind it; an IPv6 address without brackets. */
static struct http_part host_of(struct http_part a)
{
	const uint8_t *at = a.n ? memchr(a.at, '@', a.n) : NULL, *end;

	if (at) {
		a.n -= (size_t)(at + 1 - a.at);
		a.at = at + 1;
	}
	if (a.n && *a.at == '[') {
		a.at++;
		a.n--;
		end = memchr(a.at, ']', a.n);
	} else {
		end = a.n ? memchr(a.at, ':', a.n) : NULL;
	}
	if (end)
		a.n = (size_t)(end - a.at);
	return a;
}

/* The authority of an absolute URI; nothing where it is none. */
static struct http_part authority_of(struct http_part uri)
{
	for (size_t i = 0; i + 3 <= uri.n; i++) {
		if (uri.at[i] == '/' || uri.at[i] == '?')
			break;
		if (memcmp(uri.at + i, "://", 3) != 0)
			continue;
		uri.at += i + 3;
		uri.n -= i + 3;
		for (size_t k = 0; k < uri.n; k++)
			if (memchr("/?#", uri.at[k], 3))
				uri.n = k;
		return uri;
	}
	return (struct http_part){0};
}

static bool read_first(struct http_part line, struct http_head *h)
{
	size_t m = 0, end = line.n;

	while (m < line.n && m < HTTP_METHOD_MAX && http_is_method(line.at[m]))
		m++;
	if (!m || m == line.n || line.at[m] != ' ')
		return false;
	while (end > m + 1 && line.at[end - 1] != ' ')
		end--;
	if (end <= m + 2 || line.n - end < 6 || memcmp(line.at + end, "HTTP/", 5) != 0)
		return false;
	h->method = (struct http_part){line.at, m};
	h->uri = (struct http_part){line.at + m + 1, end - 1 - (m + 1)};
	if (m == 7 && !memcmp(line.at, "CONNECT", 7))
		h->host = host_of(h->uri);
	else
		h->host = host_of(authority_of(h->uri));
	return h->uri.n > 0;
}

/* The value of a header that has the name; false = it has another. */
static bool header(struct http_part line, const char *name, struct http_part *value)
{
	size_t n = strlen(name);

	if (line.n <= n || line.at[n] != ':' || strncasecmp((const char *)line.at, name, n) != 0)
		return false;
	*value = trimmed((struct http_part){line.at + n + 1, line.n - n - 1});
	return true;
}

bool http_head_read(const uint8_t *b, size_t n, struct http_head *h)
{
	struct http_part line, value;

	*h = (struct http_head){0};
	if (!next_line(&b, &n, &line)) {
		size_t m = 0;

		while (m < n && m < HTTP_METHOD_MAX && http_is_method(b[m]))
			m++;
		return m == n || (m && b[m] == ' ');
	}
	if (!read_first(line, h))
		return false;
	while (next_line(&b, &n, &line)) {
		if (!line.n) {
			h->complete = true;
			break;
		}
		if (!h->host.n && header(line, "host", &value))
			h->host = host_of(value);
		else if (!h->has_agent && header(line, "user-agent", &value)) {
			h->has_agent = true;
			h->agent = value;
		}
	}
	return true;
}

static bool same(const uint8_t *a, const char *b, size_t n, bool nocase)
{
	return nocase ? !strncasecmp((const char *)a, b, n) : !memcmp(a, b, n);
}

static bool has(struct http_part p, const char *text, bool nocase)
{
	size_t n = strlen(text);

	for (size_t i = 0; i + n <= p.n; i++)
		if (same(p.at + i, text, n, nocase))
			return true;
	return false;
}

static bool is_below(struct http_part host, const char *domain)
{
	host.n -= host.n && host.at[host.n - 1] == '.';
	return text_is_below((const char *)host.at, host.n, domain);
}

static bool is_address(struct http_part host)
{
	char text[IP_TEXT_LEN];
	struct ip ip;

	if (!host.n || host.n >= sizeof(text))
		return false;
	memcpy(text, host.at, host.n);
	text[host.n] = '\0';
	return strlen(text) == host.n && ip_parse(text, &ip) == 0;
}

bool http_head_fits(const struct http_head *h, const struct http_test *t)
{
	bool method = !t->methods[0];

	if (!h->uri.n)
		return false;
	for (unsigned i = 0; i < HTTP_TEXTS && t->methods[i]; i++)
		method |= strlen(t->methods[i]) == h->method.n &&
			  !memcmp(t->methods[i], h->method.at, h->method.n);
	for (unsigned i = 0; i < HTTP_TEXTS && t->uri[i]; i++)
		if (!has(h->uri, t->uri[i], t->nocase))
			return false;
	if (!method || (t->host && !is_below(h->host, t->host)) ||
	    (t->host_is != HTTP_ANY &&
	     (!h->host.n || is_address(h->host) != (t->host_is == HTTP_ADDRESS))))
		return false;
	if (t->no_agent)
		return h->complete && !h->has_agent;
	return !t->agent || (h->has_agent && has(h->agent, t->agent, t->nocase));
}
