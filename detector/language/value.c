// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * value.c - the small values of the signature language
 *
 * Sets of numbers ("18", "22..29", "58..", "!339", or a list of these), durations ("10 s"), byte
 * patterns ("16 03 0?", "07/8f", "02 | 03"), words out of a list, networks. Every refusal names
 * file, line, the value found and what was expected.
 */
#include <ctype.h>
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "detector/language/signature.h"

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
		return "a list";
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

		for (i = 0; t && keys[i] && strcmp(keys[i], t) != 0; i++)
			;
		if (t && keys[i]) {
			for (yaml_node_pair_t *b = map->data.mapping.pairs.start; b < a; b++) {
				const char *u = sig_text(yaml_document_get_node(&p->doc, b->key));

				if (u && !strcmp(u, t))
					return sig_error(p, k,
							 "\"%s\" stands twice in %s, expected "
							 "once",
							 t, what);
			}
			continue;
		}
		for (i = 0; keys[i]; i++)
			snprintf(list + strlen(list), sizeof(list) - strlen(list), "%s%s",
				 i ? ", " : "", keys[i]);
		return sig_error(p, k, "unknown key %s in %s, expected one of: %s", sig_show(k),
				 what, list);
	}
	return 0;
}

static int number(const char **s, uint32_t *out)
{
	char *end;
	unsigned long v;

	if (!isdigit((unsigned char)**s))
		return -1;
	errno = 0;
	v = strtoul(*s, &end, (*s)[0] == '0' && (*s)[1] == 'x' ? 16 : 10);
	if (errno || v > UINT32_MAX)
		return -1;
	*s = end;
	*out = (uint32_t)v;
	return 0;
}

static const char *skip(const char *s)
{
	while (*s == ' ')
		s++;
	return s;
}

/* One item: N, N..M, N.., ..M, >N, <N, !item */
static int range(const char *s, bool *negate, uint32_t *lo, uint32_t *hi)
{
	s = skip(s);
	*negate = *s == '!';
	s = skip(s + *negate);
	*lo = 0;
	*hi = UINT32_MAX;
	if (*s == '>' || *s == '<') {
		uint32_t v;
		char c = *s;

		s = skip(s + 1);
		if (number(&s, &v) || (c == '>' ? v == UINT32_MAX : v == 0))
			return -1;
		*(c == '>' ? lo : hi) = c == '>' ? v + 1 : v - 1;
	} else if (!strncmp(s, "..", 2)) {
		s = skip(s + 2);
		if (number(&s, hi))
			return -1;
	} else {
		if (number(&s, lo))
			return -1;
		s = skip(s);
		*hi = *lo;
		if (!strncmp(s, "..", 2)) {
			s = skip(s + 2);
			*hi = UINT32_MAX;
			if (*s && number(&s, hi))
				return -1;
		}
	}
	return *skip(s) || *lo > *hi ? -1 : 0;
}

static int numset_insert(struct numset *s, uint32_t lo, uint32_t hi)
{
	unsigned i = 0, j;

	while (i < s->n && s->r[i].hi != UINT32_MAX && s->r[i].hi + 1 < lo)
		i++;
	for (j = i; j < s->n && (hi == UINT32_MAX || s->r[j].lo <= hi + 1); j++) {
		if (s->r[j].lo < lo)
			lo = s->r[j].lo;
		if (s->r[j].hi > hi)
			hi = s->r[j].hi;
	}
	if (i == j && s->n == NUMSET_MAX)
		return -1;
	memmove(&s->r[i + 1], &s->r[j], (s->n - j) * sizeof(s->r[0]));
	s->n = (uint8_t)(s->n - (j - i) + 1);
	s->r[i].lo = lo;
	s->r[i].hi = hi;
	return 0;
}

static int numset_remove(struct numset *s, uint32_t lo, uint32_t hi)
{
	struct numset out = {0};

	for (unsigned i = 0; i < s->n; i++) {
		uint32_t a = s->r[i].lo, b = s->r[i].hi;

		if (b < lo || a > hi) {
			if (numset_insert(&out, a, b))
				return -1;
			continue;
		}
		if (a < lo && numset_insert(&out, a, lo - 1))
			return -1;
		if (b > hi && numset_insert(&out, hi + 1, b))
			return -1;
	}
	*s = out;
	return 0;
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
			numset_insert(out, 0, UINT32_MAX);
		for (size_t i = 0; i < items; i++) {
			yaml_node_t *v = n;
			uint32_t lo, hi;
			bool negate;

			if (n->type == YAML_SEQUENCE_NODE)
				v = yaml_document_get_node(&p->doc,
							   n->data.sequence.items.start[i]);
			if (!sig_text(v) || range(sig_text(v), &negate, &lo, &hi))
				return sig_error(p, v,
						 "%s, expected a number, a range such as "
						 "22..29, 58.. or >57, or !339 to leave one out",
						 sig_show(v));
			any_positive |= !negate;
			if (negate == (pass == 0))
				continue;
			if ((negate ? numset_remove(out, lo, hi) : numset_insert(out, lo, hi)))
				return sig_error(p, n, "more than %d ranges, expected fewer",
						 NUMSET_MAX);
		}
	}
	if (!out->n)
		return sig_error(p, n, "%s holds no number at all", sig_show(n));
	return 0;
}

int sig_numset_within(struct sigparse *p, yaml_node_t *n, const struct numset *s, uint32_t lo,
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
	char *end;

	errno = 0;
	*out = t ? strtol(t, &end, 0) : 0;
	if (!t || !*t || *end || errno || *out < lo || *out > hi)
		return sig_error(p, n, "%s, expected a number from %ld to %ld", sig_show(n), lo,
				 hi);
	return 0;
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
	const char *t = sig_text(n);
	char *end;
	double v;

	if (t && isdigit((unsigned char)*t)) {
		v = strtod(t, &end);
		for (size_t i = 0; i < ARRAY_LEN(units); i++)
			if (!strcmp(skip(end), units[i].unit) && v * units[i].ns <= 1e15 && v > 0) {
				*ns = (uint64_t)(v * units[i].ns);
				return 0;
			}
	}
	return sig_error(p, n, "%s, expected a time such as 500 ms, 10 s, 5 min or 1 h",
			 sig_show(n));
}

int sig_permille(struct sigparse *p, yaml_node_t *n, uint32_t *out)
{
	const char *t = sig_text(n);
	char *end = NULL;
	double v = t && isdigit((unsigned char)*t) ? strtod(t, &end) : -1;

	if (!end || v < 0 || v > 100 || strcmp(skip(end), "%") != 0)
		return sig_error(p, n, "%s, expected a share such as 90 %%", sig_show(n));
	*out = (uint32_t)(v * 10 + 0.5);
	return 0;
}

int sig_word(struct sigparse *p, yaml_node_t *n, const char *const *words, int *out)
{
	const char *t = sig_text(n);
	char list[300] = "";

	for (int i = 0; words[i]; i++) {
		if (t && !strcmp(words[i], t)) {
			*out = i;
			return 0;
		}
		snprintf(list + strlen(list), sizeof(list) - strlen(list), "%s%s", i ? ", " : "",
			 words[i]);
	}
	return sig_error(p, n, "%s, expected one of: %s", sig_show(n), list);
}

static int hexdigit(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	if (c >= 'a' && c <= 'f')
		return c - 'a' + 10;
	return c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
}

/* "0? 5d/8f" into bytes and masks; returns the number of bytes, -1 when it cannot be read. */
static int hex(const char *s, size_t len, uint8_t *v, uint8_t *m, size_t max)
{
	const char *end = s + len;
	size_t n = 0;

	for (;;) {
		while (s < end && isspace((unsigned char)*s))
			s++;
		if (s >= end)
			return (int)n;
		if (end - s < 2 || n == max)
			return -1;
		v[n] = m[n] = 0;
		for (int i = 0; i < 2; i++) {
			int d = hexdigit(s[i]);

			if (d < 0 && s[i] != '?')
				return -1;
			v[n] = (uint8_t)(v[n] << 4 | (d < 0 ? 0 : d));
			m[n] = (uint8_t)(m[n] << 4 | (d < 0 ? 0 : 15));
		}
		s += 2;
		if (s < end && *s == '/') {
			if (end - s < 3 || hexdigit(s[1]) < 0 || hexdigit(s[2]) < 0)
				return -1;
			m[n] = (uint8_t)(hexdigit(s[1]) << 4 | hexdigit(s[2]));
			if (v[n] & ~m[n])
				return -1;
			s += 3;
		}
		n++;
	}
}

/* How common a byte is in traffic, roughly; what is searched for begins with the rarest. */
static int commonness(uint8_t b)
{
	if (b == 0 || b == ' ' || b == 'e' || b == 't' || b == 'a')
		return 4;
	if ((b >= 'a' && b <= 'z') || b == '/' || b == '.' || b == '-')
		return 3;
	if ((b >= '0' && b <= '9') || b == ':' || b == '=' || b == 0xff || b == 1)
		return 2;
	return b >= ' ' && b < 0x7f;
}

static void settle_pattern(struct test *t)
{
	t->plain = true;
	for (unsigned i = 0; i < (unsigned)t->alternatives * t->length; i++)
		t->plain &= t->masks[i] == 0xff;
	for (uint16_t i = 1; i < t->length; i++)
		if (commonness(t->values[i]) < commonness(t->values[t->anchor]))
			t->anchor = i;
}

int sig_pattern(struct sigparse *p, yaml_node_t *n, bool text, struct test *t)
{
	const char *s = sig_text(n), *bar;
	uint8_t v[512], m[512];
	int len;

	if (!s || !*s)
		return sig_error(p, n, "%s, expected bytes such as \"16 03 0?\" or \"07/8f\"",
				 sig_show(n));
	for (;; s = bar + 1) {
		bar = text ? NULL : strchr(s, '|');
		if (text) {
			len = (int)strnlen(s, sizeof(v));
			memcpy(v, s, (size_t)len);
			memset(m, 0xff, (size_t)len);
		} else {
			len = hex(s, bar ? (size_t)(bar - s) : strlen(s), v, m, sizeof(v));
		}
		if (len <= 0)
			return sig_error(p, n,
					 "%s, expected bytes as hexadecimal pairs, ? for any "
					 "half, VALUE/MASK, | between alternatives",
					 sig_show(n));
		if (t->alternatives && len != t->length)
			return sig_error(p, n, "%s, expected alternatives of one length",
					 sig_show(n));
		if (t->alternatives == 64)
			return sig_error(p, n, "more than 64 alternatives");
		t->length = (uint16_t)len;
		t->values = xrealloc(t->values, (t->alternatives + 1UL) * (size_t)len);
		t->masks = xrealloc(t->masks, (t->alternatives + 1UL) * (size_t)len);
		memcpy(t->values + t->alternatives * len, v, (size_t)len);
		memcpy(t->masks + t->alternatives * len, m, (size_t)len);
		t->alternatives++;
		if (!bar) {
			settle_pattern(t);
			return 0;
		}
	}
}

static int cidr(const char *t, struct hosts *out)
{
	char buf[IP_TEXT_LEN + 8];
	const char *slash;
	long bits;
	char *end;

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
		if (!sig_text(v) || cidr(sig_text(v), out))
			return sig_error(p, v,
					 "%s, expected an address or a network such as "
					 "212.72.49.0/24, or private; ! before it leaves it out",
					 sig_show(v));
	}
	return 0;
}

void numset_text(const struct numset *s, char *buf, size_t size)
{
	size_t n = 0;

	buf[0] = '\0';
	for (unsigned i = 0; i < s->n && n < size; i++) {
		const char *sep = !i ? "" : i + 1 == s->n ? " or " : ", ";

		if (s->r[i].lo == s->r[i].hi)
			n += (size_t)snprintf(buf + n, size - n, "%s%u", sep, s->r[i].lo);
		else if (s->r[i].hi == UINT32_MAX)
			n += (size_t)snprintf(buf + n, size - n, "%s%u or more", sep, s->r[i].lo);
		else
			n += (size_t)snprintf(buf + n, size - n, "%s%u to %u", sep, s->r[i].lo,
					      s->r[i].hi);
	}
}
