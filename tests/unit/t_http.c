// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Tests on the head of an HTTP request: requests are put together from parts, so what holds of them is known
 * before they are text; whole, in two segments, and cut off.
 */
#include "base/rng.h"
#include "tests/unit/feed.h"

/* What a request is made of; NULL = it has none. */
struct made {
	const char *method, *scheme, *host, *port, *path, *agent, *end;
	bool host_header, late; /* the Host header is there; behind User-Agent */
};

static const char *const methods[] = {"GET", "POST", "CONNECT", "HEAD", "G", "GETS", "M-SEARCH"};
static const char *const hosts[] = {"ui.skype.com",	"UI.Skype.Com", "skype.com",
				    "notskype.com",	"192.0.2.7",	"[2001:db8::7]",
				    "skype.com.example"};
static const char *const paths[] = {"/ui/0/getlatestversion?ver=1.2", "/", "/UI/x",
				    "/a?u=http://b/"};
static const char *const agents[] = {NULL, "Skype(TM)", "skype", "Mozilla/4.0", ""};
static const char *const ends[] = {"\r\n", "\n"};

#define PICK(rng, list) (list)[rng_range(rng, 0, ARRAY_LEN(list) - 1)]

static struct made make(struct rng *rng)
{
	struct made m = {.method = PICK(rng, methods),
			 .scheme = rng_range(rng, 0, 1) ? "http://" : NULL,
			 .host = PICK(rng, hosts),
			 .port = rng_range(rng, 0, 1) ? ":8080" : "",
			 .path = PICK(rng, paths),
			 .agent = PICK(rng, agents),
			 .end = PICK(rng, ends),
			 .host_header = rng_range(rng, 0, 3),
			 .late = rng_range(rng, 0, 1)};

	return m;
}

static bool connects(const struct made *m)
{
	return !strcmp(m->method, "CONNECT");
}

static char *text_of(const struct made *m)
{
	char *host = xasprintf("%s: %s%s%s", m->late ? "Host" : "hOST", m->host, m->port, m->end);
	char *agent = m->agent ? xasprintf("User-Agent:%s%s", m->agent, m->end) : xstrdup("");
	char *target = connects(m) ? xasprintf("%s%s", m->host, *m->port ? m->port : ":443")
		       : m->scheme ? xasprintf("%s%s%s%s", m->scheme, m->host, m->port, m->path)
				   : xstrdup(m->path);
	char *all = xasprintf("%s %s HTTP/1.%d%s%s%s%sAccept: */*%s%s", m->method, target, m->late,
			      m->end, m->host_header && !m->late ? host : "", agent,
			      m->host_header && m->late ? host : "", m->end, m->end);

	free(host);
	free(agent);
	free(target);
	return all;
}

/* A test, and whether it holds of what was put together. */
struct asked {
	const char *text;
	bool (*holds)(const struct made *m);
};

static bool knows_host(const struct made *m)
{
	return m->host_header || m->scheme || connects(m);
}

static bool below(const struct made *m)
{
	return knows_host(m) &&
	       (!strcasecmp(m->host, "ui.skype.com") || !strcmp(m->host, "skype.com"));
}

static bool address(const struct made *m)
{
	return knows_host(m) && (m->host[0] == '[' || m->host[0] == '1');
}

static bool name(const struct made *m)
{
	return knows_host(m) && !address(m);
}

static bool to_number(const struct made *m)
{
	return connects(m) && address(m);
}

static bool get_or_head(const struct made *m)
{
	return !strcmp(m->method, "GET") || !strcmp(m->method, "HEAD");
}

static bool update(const struct made *m)
{
	return !connects(m) && strstr(m->path, "/ui/") && strstr(m->path, "ver=");
}

static bool ui_in_any_case(const struct made *m)
{
	return !connects(m) && (strstr(m->path, "/ui/") || strstr(m->path, "/UI/"));
}

static bool agent_skype(const struct made *m)
{
	return m->agent && strstr(m->agent, "Skype");
}

static bool agent_in_any_case(const struct made *m)
{
	return m->agent && (strstr(m->agent, "Skype") || strstr(m->agent, "skype"));
}

static bool no_agent(const struct made *m)
{
	return !m->agent;
}

static bool not_get(const struct made *m)
{
	return strcmp(m->method, "GET") != 0;
}

static bool one_letter(const struct made *m)
{
	return !strcmp(m->method, "G");
}

static bool short_or_long(const struct made *m)
{
	return one_letter(m) || !strcmp(m->method, "GETS") || !strcmp(m->method, "M-SEARCH");
}

static bool not_short_or_long(const struct made *m)
{
	return !short_or_long(m);
}

static const struct asked asked[] = {
	{"method: G", one_letter},
	{"method: [M-SEARCH, G, GETS]", short_or_long},
	{"method: [GETS, G, M-SEARCH], not: yes", not_short_or_long},
	{"host: skype.com", below},
	{"host-is: address", address},
	{"host-is: name", name},
	{"method: CONNECT, host-is: address", to_number},
	{"method: [GET, HEAD]", get_or_head},
	{"uri: [/ui/, 'ver=']", update},
	{"uri: /ui/, nocase: yes", ui_in_any_case},
	{"user-agent: Skype", agent_skype},
	{"user-agent: Skype, nocase: yes", agent_in_any_case},
	{"user-agent: none", no_agent},
	{"method: GET, not: yes", not_get},
};

/* Events of a request that comes in segments of at most @part bytes, up to @len of it. */
static size_t events_of(const char *test, const char *text, size_t len, size_t part)
{
	char *rules = xasprintf(
		"rules:\n  - rule: r\n    proto: tcp\n    steps:\n"
		"      - {message: m, from: client, http: {%s}}\n    then: {event: flow}\n",
		test);
	struct feed *f = feed_new(rules);
	size_t n;

	feed_open(f, "10.0.0.1:1024", "192.0.2.1:80");
	for (size_t at = 0; at < len; at += part)
		feed_say(f, "10.0.0.1:1024", "192.0.2.1:80", 0, text + at,
			 (uint32_t)(len - at < part ? len - at : part));
	feed_say(f, "10.0.0.1:1024", "192.0.2.1:80", 1, "HTTP/1.0 200 OK\r\n\r\n", 19);
	detector_finish(f->d);
	n = f->n;
	feed_free(f);
	free(rules);
	return n;
}

START_TEST(fields_are_what_the_request_was_made_of)
{
	const struct asked *a = &asked[_i];
	unsigned held = 0;
	struct rng rng;

	rng_init(&rng, (uint64_t)_i, "http");
	for (unsigned i = 0; i < 200; i++) {
		struct made m = make(&rng);
		char *text = text_of(&m);
		size_t len = strlen(text);
		bool holds = a->holds(&m);

		ck_assert_msg(events_of(a->text, text, len, len) == holds, "{%s} of:\n%s", a->text,
			      text);
		ck_assert_msg(events_of(a->text, text, len, 7) == holds, "in parts, {%s} of:\n%s",
			      a->text, text);
		held += holds;
		free(text);
	}
	ck_assert_msg(held > 5 && held < 195, "{%s} held %u times of 200", a->text, held);
}
END_TEST

/* Rules together share a look at the first bytes; each says what it says alone. */
START_TEST(rules_together_say_what_each_says_alone)
{
	char *rules = xstrdup("rules:\n");
	struct rng rng;

	for (size_t i = 0; i < ARRAY_LEN(asked); i++) {
		char *more = xasprintf("%s  - rule: r%zu\n    proto: tcp\n    steps:\n"
				       "      - {message: m, from: client, http: {%s}}\n"
				       "    then: {event: evidence}\n",
				       rules, i, asked[i].text);

		free(rules);
		rules = more;
	}
	rng_init(&rng, (uint64_t)_i, "together");
	for (unsigned i = 0; i < 20; i++) {
		struct made m = make(&rng);
		char *text = text_of(&m);
		size_t len = strlen(text), part = _i ? (size_t)_i : len;
		struct feed *f = feed_new(rules);
		uint64_t said = 0;

		feed_open(f, "10.0.0.1:1024", "192.0.2.1:80");
		for (size_t at = 0; at < len; at += part)
			feed_say(f, "10.0.0.1:1024", "192.0.2.1:80", 0, text + at,
				 (uint32_t)(len - at < part ? len - at : part));
		detector_finish(f->d);
		for (size_t k = 0; k < f->n; k++)
			said |= 1ULL << strtoul(f->events[k].rule + 1, NULL, 10);
		for (size_t k = 0; k < ARRAY_LEN(asked); k++)
			ck_assert_msg((said >> k & 1) == asked[k].holds(&m), "{%s} of:\n%s",
				      asked[k].text, text);
		feed_free(f);
		free(text);
	}
	free(rules);
}
END_TEST

/* Of a head that was cut off: what is not there is not so, whatever is asked. */
START_TEST(what_was_not_seen_proves_nothing)
{
	const char *text = "GET http://ui.skype.com/ui/ HTTP/1.0\r\nUser-Agent: Skype\r\n\r\n";
	size_t line = (size_t)(strchr(text, '\n') - text) + 1;

	for (size_t cut = 1; cut < strlen(text); cut++) {
		bool first = cut >= line, second = cut >= strlen(text) - 2;

		ck_assert_uint_eq(events_of("host: skype.com", text, cut, cut), first);
		ck_assert_uint_eq(events_of("user-agent: Skype", text, cut, cut), second);
		ck_assert_uint_eq(events_of("user-agent: none", text, cut, cut), 0);
		ck_assert_uint_eq(events_of("user-agent: Skype, not: yes", text, cut, cut), 0);
		ck_assert_uint_eq(events_of("method: POST, not: yes", text, cut, cut), 0);
	}
}
END_TEST

START_TEST(what_is_no_request_is_none)
{
	static const char *const cases[] = {
		"GET /ui/\r\n\r\n",	     "GET  HTTP/1.0\r\n\r\n",
		"get /ui/ HTTP/1.0\r\n\r\n", " GET /ui/ HTTP/1.0\r\n\r\n",
		"GET /ui/ HTTQ/1.0\r\n\r\n", "GETGETGETGETGETGETGETGET / HTTP/1.0\r\n\r\n",
		"HTTP/1.0 200 OK\r\n\r\n",   "\r\n\r\n",
		"\x16\x03\x01 no\n\n"};

	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		ck_assert_msg(events_of("uri: '/'", cases[i], strlen(cases[i]), 99) == 0, "%s",
			      cases[i]);
		ck_assert_msg(events_of("uri: '/', not: yes", cases[i], strlen(cases[i]), 99) == 1,
			      "%s", cases[i]);
	}
}
END_TEST

UNIT(http)
{
	unit_loop(tc, fields_are_what_the_request_was_made_of, 0, (int)ARRAY_LEN(asked));
	unit_loop(tc, rules_together_say_what_each_says_alone, 0, 12);
	unit_case(tc, what_was_not_seen_proves_nothing);
	unit_case(tc, what_is_no_request_is_none);
}
