// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * value.c - the small values of the signature language
 *
 * Sets of numbers ("18", "22..29", "58..", "!339", or a list of these), numbers, durations
 * ("10 s"), shares, words out of a list, networks; and lists and mappings of such values. Byte
 * patterns are in pattern.c. Every error names file, line, the value found and what was expected.
 */
#include <ctype.h>
#include <limits.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/number.h"
#include "detector/language/value.h"

int sig_error(struct sigparse *p, const yaml_node_t *n, const char *fmt, ...)
{
	char buf[600];
	va_list ap;

	va_start(ap, fmt);
	/* NOLINTNEXTLINE(clang-analyzer-valist.Uninitialized): it forgets va_start() when inlined
	 */
	vsnprintf(buf, sizeof(buf), fmt, ap);
	va_end(ap);
	for (char *c = buf; *c; c++) /* one line, whatever the file holds */
		if ((unsigned char)*c < ' ' || *c == 0x7f)
			*c = ' ';
	return err_set(p->e, "%s:%zu: %s", p->path, n ? n->start_mark.line + 1 : 1, buf);
}

const char *sig_text(const yaml_node_t *n)
{
	return n && n->type == YAML_SCALAR_NODE ? (const char *)n->data.scalar.value : NULL;
}

const char *sig_show(const yaml_node_t *n)
{
	static char buf[80];

	if (!n)
		return "nothing";
	if (n->type == YAML_MAPPING_NODE)
		return "a mapping";
	if (n->type == YAML_SEQUENCE_NODE)
		return n->data.sequence.items.top > n->data.sequence.items.start ? "a list"
										 : "an empty list";
	snprintf(buf, sizeof(buf), "\"%.70s\"", (const char *)n->data.scalar.value);
	return buf;
}

int sig_only(struct sigparse *p, yaml_node_t *map, const char *const *keys, const char *what)
{
	if (map->type != YAML_MAPPING_NODE)
		return sig_error(p, map, "%s is %s, expected a mapping", what, sig_show(map));
	for (yaml_node_pair_t *a = map->data.mapping.pairs.start; a < map->data.mapping.pairs.top;
	     a++) {
		yaml_node_t *k = yaml_document_get_node(&p->doc, a->key);
		const char *t = sig_text(k);
		char list[400] = "";
		size_t i;

		for (i = 0; t && keys[i] && (*keys[i] != *t || strcmp(keys[i], t) != 0); i++)
			;
		if (t && keys[i])
			continue;
		for (i = 0; keys[i]; i++)
			snprintf(list + strlen(list), sizeof(list) - strlen(list), "%s%s",
				 i ? ", " : "", keys[i]);
		return sig_error(p, k, "unknown key %s in %s, expected one of: %s", sig_show(k),
				 what, list);
	}
	return 0;
}

int sig_list(struct sigparse *p, yaml_node_t *n, const char *what, bool empty_ok,
	     int (*fn)(struct sigparse *, yaml_node_t *))
{
	if (n->type != YAML_SEQUENCE_NODE ||
	    (!empty_ok && n->data.sequence.items.top == n->data.sequence.items.start))
		return sig_error(p, n, "\"%s\" is %s, expected a list", what, sig_show(n));
	for (yaml_node_item_t *it = n->data.sequence.items.start; it < n->data.sequence.items.top;
	     it++) {
		yaml_node_t *v = yaml_document_get_node(&p->doc, *it);

		if (v->type != YAML_MAPPING_NODE)
			return sig_error(p, v, "%s in \"%s\", expected a mapping", sig_show(v),
					 what);
		if (fn(p, v) < 0)
			return -1;
	}
	return 0;
}

static const char *skip(const char *s)
{
	while (*s == ' ')
		s++;
	return s;
}

int sig_numset(struct sigparse *p, yaml_node_t *n, struct numset *out)
{
	size_t items = n->type == YAML_SEQUENCE_NODE
			       ? (size_t)(n->data.sequence.items.top - n->data.sequence.items.start)
			       : 1;
	bool any_positive = false;

	memset(out, 0, sizeof(*out));
	for (int pass = 0; pass < 2; pass++) {
		if (pass == 1 && !any_positive)
			numset_fill(out);
		for (size_t i = 0; i < items; i++) {
			yaml_node_t *v = n;
			int rc;

			if (n->type == YAML_SEQUENCE_NODE)
				v = yaml_document_get_node(&p->doc,
							   n->data.sequence.items.start[i]);
			rc = sig_text(v) ? numset_apply(out, sig_text(v), pass == 1) : -1;
			if (rc == -1)
				return sig_error(p, v,
						 "%s, expected a number, a range such as "
						 "22..29, 58.. or >57, or !339 to leave one out",
						 sig_show(v));
			if (rc == -2)
				return sig_error(p, n, "more than %d ranges, expected fewer",
						 NUMSET_MAX);
			any_positive |= pass == 0 && rc == 0;
		}
	}
	if (!out->n)
		return sig_error(p, n, "%s holds no number at all", sig_show(n));
	numset_tidy(out);
	return 0;
}

/* -1, with the fault at @n, when @s lies below @lo or names a number above @hi; an open end is
 * none. */
static int numset_within(struct sigparse *p, yaml_node_t *n, const struct numset *s, uint32_t lo,
			 uint32_t hi)
{
	if (s->n && numset_max(s) < lo)
		return sig_error(p, n, "\"%u\", expected numbers from %u", numset_max(s), lo);
	for (unsigned i = 0; i < s->n; i++) {
		uint32_t z = s->r[i].hi == UINT32_MAX ? s->r[i].lo : s->r[i].hi;

		if (z > hi)
			return sig_error(p, n, "\"%u\", expected numbers from %u to %u", z, lo, hi);
	}
	return 0;
}

int sig_int(struct sigparse *p, yaml_node_t *n, long lo, long hi, long *out)
{
	const char *t = sig_text(n);
	bool minus = t && *t == '-';
	uint64_t v;

	*out = 0;
	if (t && number_is_whole(t + minus, &v) && v <= LONG_MAX)
		*out = minus ? -(long)v : (long)v;
	else
		t = NULL;
	if (!t || *out < lo || *out > hi)
		return sig_error(p, n, "%s, expected a number from %ld to %ld", sig_show(n), lo,
				 hi);
	return 0;
}

/* The number at the start of @t, "12" or "1.5"; what follows in *end. False = there is none. */
static bool leading_number(const char *t, double *v, const char **end)
{
	size_t n = t ? strspn(t, "0123456789.") : 0;
	char buf[40];

	if (!n || n >= sizeof(buf))
		return false;
	memcpy(buf, t, n);
	buf[n] = '\0';
	*end = skip(t + n);
	return number_is_real(buf, v);
}

int sig_bool(struct sigparse *p, yaml_node_t *n, bool *out)
{
	const char *t = sig_text(n);

	if (t && (!strcmp(t, "true") || !strcmp(t, "yes")))
		*out = true;
	else if (t && (!strcmp(t, "false") || !strcmp(t, "no")))
		*out = false;
	else
		return sig_error(p, n, "%s, expected yes or no", sig_show(n));
	return 0;
}

int sig_duration(struct sigparse *p, yaml_node_t *n, uint64_t *ns)
{
	static const struct {
		const char *unit;
		double ns;
	} units[] = {{"us", 1e3}, {"ms", 1e6}, {"s", 1e9}, {"min", 60e9}, {"h", 3600e9}};
	const char *end;
	double v;

	if (leading_number(sig_text(n), &v, &end)) {
		for (size_t i = 0; i < ARRAY_LEN(units); i++)
			if (!strcmp(end, units[i].unit) && v * units[i].ns <= 1e15 && v > 0) {
				*ns = (uint64_t)(v * units[i].ns);
				return 0;
			}
	}
	return sig_error(p, n, "%s, expected a time such as 500 ms, 10 s, 5 min or 1 h",
			 sig_show(n));
}

int sig_times(struct sigparse *p, yaml_node_t *n, const char *what, uint64_t *least, uint64_t *most)
{
	static const char *const keys[] = {"least", "most", NULL};

	*least = 0;
	*most = UINT64_MAX;
	if (n->type != YAML_MAPPING_NODE ||
	    n->data.mapping.pairs.start == n->data.mapping.pairs.top)
		return sig_error(p, n, "%s is %s, expected such as {least: 1 s, most: 5 min}", what,
				 n->type == YAML_MAPPING_NODE ? "empty" : sig_show(n));
	if (sig_only(p, n, keys, what) < 0 || sig_key_duration(p, n, "least", least) < 0 ||
	    sig_key_duration(p, n, "most", most) < 0)
		return -1;
	if (*least > *most)
		return sig_error(p, n, "\"least\" is more than \"most\", expected at most as much");
	return 0;
}

int sig_permille(struct sigparse *p, yaml_node_t *n, uint32_t *out)
{
	const char *end;
	double v;

	if (!leading_number(sig_text(n), &v, &end) || v > 100 || strcmp(end, "%") != 0)
		return sig_error(p, n, "%s, expected a share such as 90 %%", sig_show(n));
	*out = (uint32_t)(v * 10 + 0.5);
	return 0;
}

int sig_word(struct sigparse *p, yaml_node_t *n, const char *const *words, int *out)
{
	const char *t = sig_text(n);
	char list[300] = "";

	for (int i = 0; t && words[i]; i++)
		if (!strcmp(words[i], t)) {
			*out = i;
			return 0;
		}
	for (int i = 0; words[i]; i++)
		snprintf(list + strlen(list), sizeof(list) - strlen(list), "%s%s", i ? ", " : "",
			 words[i]);
	return sig_error(p, n, "%s, expected one of: %s", sig_show(n), list);
}

int sig_network(const char *t, struct hosts *out)
{
	char buf[IP_TEXT_LEN + 8];
	const char *slash;
	long bits;
	char *end;

	if (out->n == ARRAY_LEN(out->r))
		return -1;
	out->r[out->n].negate = *t == '!';
	t = skip(t + (*t == '!'));
	if (!strcmp(t, "private")) { /* family 0: not a network but ip_is_private() */
		memset(&out->r[out->n].net, 0, sizeof(struct ip));
		out->r[out->n++].bits = 0;
		return 0;
	}
	slash = strchr(t, '/');
	snprintf(buf, sizeof(buf), "%.*s", (int)(slash ? slash - t : (long)strlen(t)), t);
	if (strlen(t) >= sizeof(buf) || ip_parse(buf, &out->r[out->n].net) < 0)
		return -1;
	bits = out->r[out->n].net.family == 4 ? 32 : 128;
	if (slash) {
		long b = strtol(slash + 1, &end, 10);

		if (*end || !isdigit((unsigned char)slash[1]) || b > bits)
			return -1;
		bits = b;
	}
	out->r[out->n++].bits = (uint8_t)bits;
	return 0;
}

int sig_hosts(struct sigparse *p, yaml_node_t *n, struct hosts *out)
{
	size_t items = n->type == YAML_SEQUENCE_NODE
			       ? (size_t)(n->data.sequence.items.top - n->data.sequence.items.start)
			       : 1;

	memset(out, 0, sizeof(*out));
	for (size_t i = 0; i < items; i++) {
		yaml_node_t *v = n;

		if (n->type == YAML_SEQUENCE_NODE)
			v = yaml_document_get_node(&p->doc, n->data.sequence.items.start[i]);
		if (out->n == ARRAY_LEN(out->r))
			return sig_error(p, v, "more than %zu networks", ARRAY_LEN(out->r));
		if (!sig_text(v) || sig_network(sig_text(v), out) < 0)
			return sig_error(p, v,
					 "%s, expected an address or a network such as "
					 "212.72.49.0/24, or private; ! before it leaves it out",
					 sig_show(v));
	}
	return 0;
}

int sig_key_bool(struct sigparse *p, yaml_node_t *map, const char *key, bool *out)
{
	yaml_node_t *v = yaml_get(&p->doc, map, key);

	return v ? sig_bool(p, v, out) : 0;
}

int sig_key_duration(struct sigparse *p, yaml_node_t *map, const char *key, uint64_t *ns)
{
	yaml_node_t *v = yaml_get(&p->doc, map, key);

	return v ? sig_duration(p, v, ns) : 0;
}

int sig_key_numset(struct sigparse *p, yaml_node_t *map, const char *key, struct numset *out)
{
	yaml_node_t *v = yaml_get(&p->doc, map, key);

	return v ? sig_numset(p, v, out) : 0;
}

int sig_key_numset_within(struct sigparse *p, yaml_node_t *map, const char *key, uint32_t lo,
			  uint32_t hi, struct numset *out)
{
	yaml_node_t *v = yaml_get(&p->doc, map, key);

	if (!v)
		return 0;
	return sig_numset(p, v, out) < 0 ? -1 : numset_within(p, v, out, lo, hi);
}

int sig_key_text(struct sigparse *p, yaml_node_t *map, const char *key, char **out)
{
	yaml_node_t *v = yaml_get(&p->doc, map, key);

	if (!v)
		return 0;
	if (!sig_text(v) || !*sig_text(v) || strlen(sig_text(v)) > 60)
		return sig_error(p, v, "%s, expected a text of 1 to 60 characters", sig_show(v));
	*out = xstrdup(sig_text(v));
	return 0;
}
