// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * http_test.c - reads a test on the head of an HTTP request
 */
#include <stdlib.h>
#include <string.h>

#include "detector/language/http_test.h"

#define TEXT_MAX 120

static int read_text(struct sigparse *p, yaml_node_t *n, const char *key, char **out)
{
	const char *t = sig_text(n);

	if (!t || !*t || strlen(t) > TEXT_MAX)
		return sig_error(p, n, "%s in \"%s\", expected a text of 1 to %d characters",
				 sig_show(n), key, TEXT_MAX);
	*out = xstrdup(t);
	return 0;
}

/* One text, or a list. */
static int read_texts(struct sigparse *p, yaml_node_t *n, const char *key, char *out[HTTP_TEXTS])
{
	unsigned i = 0;

	if (n->type != YAML_SEQUENCE_NODE)
		return read_text(p, n, key, &out[0]);
	for (yaml_node_item_t *it = n->data.sequence.items.start; it < n->data.sequence.items.top;
	     it++) {
		yaml_node_t *v = yaml_document_get_node(&p->doc, *it);

		if (i == HTTP_TEXTS)
			return sig_error(p, v, "more than %d texts in \"%s\"", HTTP_TEXTS, key);
		if (read_text(p, v, key, &out[i++]) < 0)
			return -1;
	}
	return i ? 0 : sig_error(p, n, "\"%s\" is empty, expected a text", key);
}

static int read_agent(struct sigparse *p, yaml_node_t *n, struct http_test *h)
{
	h->no_agent = sig_text(n) && !strcmp(sig_text(n), "none");
	return h->no_agent ? 0 : read_text(p, n, "user-agent", &h->agent);
}

/* What can never be found in a request: it would be a test that never holds. */
static int possible(struct sigparse *p, yaml_node_t *n, const struct http_test *h)
{
	yaml_node_t *method = yaml_get(&p->doc, n, "method"), *host = yaml_get(&p->doc, n, "host");

	for (unsigned i = 0; i < HTTP_TEXTS && h->methods[i]; i++) {
		if (strlen(h->methods[i]) > HTTP_METHOD_MAX)
			return sig_error(p, method,
					 "\"%.70s\", expected a method of at most %d letters",
					 h->methods[i], HTTP_METHOD_MAX);
		for (const char *c = h->methods[i]; *c; c++)
			if (!http_is_method((uint8_t)*c))
				return sig_error(p, method,
						 "\"%.70s\", expected a method in capital letters "
						 "such as GET",
						 h->methods[i]);
	}
	/* one colon has a port behind it, more are of an IPv6 address */
	if (h->host && (strpbrk(h->host, "/ @") ||
			(strchr(h->host, ':') && strchr(h->host, ':') == strrchr(h->host, ':'))))
		return sig_error(p, host, "%s, expected a host alone, such as skype.com",
				 sig_show(host));
	return 0;
}

int sig_http(struct sigparse *p, yaml_node_t *n, struct test *t)
{
	static const char *const keys[] = {"method",	 "uri",	   "host", "host-is",
					   "user-agent", "nocase", "not",  NULL};
	static const char *const kinds[] = {"address", "name", NULL};
	struct http_test *h = t->http = xcalloc(1, sizeof(*h));
	yaml_node_t *v;
	int word;

	if (sig_only(p, n, keys, "http") < 0 || sig_key_bool(p, n, "not", &t->negate) < 0 ||
	    sig_key_bool(p, n, "nocase", &h->nocase) < 0)
		return -1;
	v = yaml_get(&p->doc, n, "method");
	if (v && read_texts(p, v, "method", h->methods) < 0)
		return -1;
	v = yaml_get(&p->doc, n, "uri");
	if (v && read_texts(p, v, "uri", h->uri) < 0)
		return -1;
	v = yaml_get(&p->doc, n, "host");
	if (v && read_text(p, v, "host", &h->host) < 0)
		return -1;
	v = yaml_get(&p->doc, n, "host-is");
	if (v) {
		if (sig_word(p, v, kinds, &word) < 0)
			return -1;
		h->host_is = word ? HTTP_NAME : HTTP_ADDRESS;
	}
	v = yaml_get(&p->doc, n, "user-agent");
	return v && read_agent(p, v, h) < 0 ? -1 : possible(p, n, h);
}

void http_test_free(struct http_test *h)
{
	if (!h)
		return;
	for (unsigned i = 0; i < HTTP_TEXTS; i++) {
		free(h->methods[i]);
		free(h->uri[i]);
	}
	free(h->host);
	free(h->agent);
	free(h);
}
