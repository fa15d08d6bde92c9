// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * statistic.c - reads conditions on chi-square and on beliefs, and says them in words
 */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/number.h"
#include "detector/language/statistic.h"

#define WINDOW_MAX 1000

static int tally_of(struct sigparse *p, yaml_node_t *n, uint8_t *out)
{
	const char *t = sig_text(n);

	for (int i = 0; t && i < p->rule->messages_n; i++)
		if (!strcmp(p->rule->messages[i].name, t)) {
			*out = (uint8_t)i;
			return 0;
		}
	return sig_error(p, n, "%s, expected a name under \"tally\"", sig_show(n));
}

/* Gives the rule a statistic, and room for its state. */
static void add(struct rule *r, struct when *w, const struct statistic *s)
{
	size_t room = s->kind == STATISTIC_NIBBLES_OF ? sizeof(struct nibble_state)
						      : sizeof(struct belief_state);
	struct statistic *to;

	r->statistics = xrealloc(r->statistics, (r->statistics_n + 1U) * sizeof(*s));
	to = &r->statistics[r->statistics_n];
	*to = *s;
	to->at = r->gauge_bytes;
	r->gauge_bytes += (uint32_t)(room + 7) / 8 * 8;
	w->gauge = (int8_t)r->statistics_n++;
}

/* Conditions on one count share what they count. */
static void add_nibbles(struct rule *r, struct when *w, const struct statistic *s)
{
	for (unsigned i = 0; i < r->statistics_n; i++)
		if (r->statistics[i].kind == s->kind && r->statistics[i].tally == s->tally) {
			w->gauge = (int8_t)i;
			return;
		}
	add(r, w, s);
}

/* 0 is none: who counts from 0 would get others than meant. */
static int from_one(struct sigparse *p, yaml_node_t *n)
{
	const char *t = sig_text(n);

	if (n->type == YAML_SEQUENCE_NODE) {
		for (yaml_node_item_t *it = n->data.sequence.items.start;
		     it < n->data.sequence.items.top; it++)
			if (from_one(p, yaml_document_get_node(&p->doc, *it)) < 0)
				return -1;
		return 0;
	}
	if (t && *t == '0')
		return sig_error(p, n,
				 "%s, expected half bytes from 1, the higher half of byte 0, to 16",
				 sig_show(n));
	return 0;
}

int sig_chi_square(struct sigparse *p, yaml_node_t *n, yaml_node_t *v, struct when *w)
{
	static const char *const keys[] = {"chi-square", "nibbles", "below", "least", NULL};
	yaml_node_t *below = yaml_get(&p->doc, n, "below"), *least = yaml_get(&p->doc, n, "least");
	struct statistic s = {.kind = STATISTIC_NIBBLES_OF};
	struct numset set = {0};
	long lo = 0, hi = 0;

	if (sig_only(p, n, keys, "a condition on chi-square") < 0 || tally_of(p, v, &s.tally) < 0 ||
	    sig_key_numset_within(p, n, "nibbles", 1, STATISTIC_NIBBLES, &set) < 0 ||
	    (least && sig_int(p, least, 1, 1000000, &lo) < 0) ||
	    (below && sig_int(p, below, 1, 1000000, &hi) < 0))
		return -1;
	if (!set.n)
		return sig_error(p, n,
				 "no \"nibbles\" here, expected which, such as [1..4, 7..16]");
	if (from_one(p, yaml_get(&p->doc, n, "nibbles")) < 0)
		return -1;
	if (!below && !least)
		return sig_error(p, n,
				 "neither \"below\" nor \"least\" here, expected one of them");
	if (below && lo >= hi)
		return sig_error(p, below, "%s, expected more than \"least\"", sig_show(below));
	for (uint32_t k = 1; k <= STATISTIC_NIBBLES; k++)
		w->nibbles |= (uint16_t)(numset_has(&set, k) << (k - 1));
	w->lo = (uint32_t)lo;
	w->hi = (uint32_t)hi;
	add_nibbles(p->rule, w, &s);
	return 0;
}

/* A number, or for gaps a time. */
static int read_measure(struct sigparse *p, yaml_node_t *map, const char *key, bool gap,
			double *out)
{
	yaml_node_t *v = yaml_get(&p->doc, map, key);
	uint64_t ns;

	if (!v)
		return sig_error(p, map, "no \"%s\" in a class, expected {mean, deviation}", key);
	if (gap) {
		if (sig_duration(p, v, &ns) < 0)
			return -1;
		*out = (double)ns / 1e6;
		return 0;
	}
	if (!sig_text(v) || !number_is_real(sig_text(v), out) || *out < 0 || *out > 65535)
		return sig_error(p, v, "%s, expected bytes from 0 to 65535", sig_show(v));
	return 0;
}

static int read_class(struct sigparse *p, yaml_node_t *n, struct statistic *s)
{
	static const char *const keys[] = {"mean", "deviation", NULL};
	struct statistic_class *c = &s->classes[s->classes_n];
	bool gap = s->kind == STATISTIC_GAP_BELIEF;

	if (s->classes_n == STATISTIC_CLASSES_MAX)
		return sig_error(p, n, "more than %d classes", STATISTIC_CLASSES_MAX);
	if (n->type != YAML_MAPPING_NODE)
		return sig_error(p, n, "%s in \"classes\", expected {mean, deviation}",
				 sig_show(n));
	if (sig_only(p, n, keys, "a class") < 0 || read_measure(p, n, "mean", gap, &c->mean) < 0 ||
	    read_measure(p, n, "deviation", gap, &c->deviation) < 0)
		return -1;
	if (c->deviation < 1e-3)
		return sig_error(p, n, "the deviation is too small, expected 0.001 (1 us) or more");
	c->peak = -log10(c->deviation * sqrt(2 * M_PI));
	s->share = log10(++s->classes_n);
	return 0;
}

int sig_belief(struct sigparse *p, yaml_node_t *n, yaml_node_t *v, struct when *w)
{
	static const char *const keys[] = {"belief", "of", "window", "classes", "least", NULL};
	static const char *const words[] = {"size", "gap", NULL};
	yaml_node_t *window = yaml_get(&p->doc, n, "window"), *of = yaml_get(&p->doc, n, "of");
	yaml_node_t *classes = yaml_get(&p->doc, n, "classes"),
		    *least = yaml_get(&p->doc, n, "least");
	struct statistic s = {0};
	long size = 1;
	int word;

	if (sig_only(p, n, keys, "a condition on belief") < 0 || sig_word(p, v, words, &word) < 0)
		return -1;
	s.kind = word ? STATISTIC_GAP_BELIEF : STATISTIC_SIZE_BELIEF;
	if (!of || !classes || !least)
		return sig_error(p, n,
				 "expected \"of\", \"classes\" and \"least\" beside \"belief\"");
	if (tally_of(p, of, &s.tally) < 0 ||
	    (window && sig_int(p, window, 1, WINDOW_MAX, &size) < 0))
		return -1;
	s.window = (uint16_t)size;
	if (!sig_text(least) || !number_is_real(sig_text(least), &s.least) || fabs(s.least) > 100)
		return sig_error(p, least, "%s, expected a logarithm such as -5", sig_show(least));
	if (classes->type != YAML_SEQUENCE_NODE ||
	    classes->data.sequence.items.top == classes->data.sequence.items.start)
		return sig_error(p, classes, "\"classes\" is %s, expected a list",
				 sig_show(classes));
	for (yaml_node_item_t *it = classes->data.sequence.items.start;
	     it < classes->data.sequence.items.top; it++)
		if (read_class(p, yaml_document_get_node(&p->doc, *it), &s) < 0)
			return -1;
	add(p->rule, w, &s);
	return 0;
}

static void show_nibbles(FILE *f, uint16_t nibbles)
{
	const char *between = "";

	for (unsigned i = 0; i < STATISTIC_NIBBLES; i++) {
		unsigned to = i;

		if (!(nibbles >> i & 1))
			continue;
		while (to + 1 < STATISTIC_NIBBLES && (nibbles >> (to + 1) & 1))
			to++;
		fprintf(f, to > i ? "%s%u..%u" : "%s%u", between, i + 1, to + 1);
		between = ", ";
		i = to;
	}
}

void statistic_show(FILE *f, const struct rule *r, const struct when *w)
{
	const struct statistic *s = &r->statistics[w->gauge];
	const char *unit = s->kind == STATISTIC_GAP_BELIEF ? " ms" : "";

	if (w->kind == WHEN_CHI_SQUARE) {
		fputs("chi-square of each of the half bytes ", f);
		show_nibbles(f, w->nibbles);
		fprintf(f, " of %s, against equal shares, is", r->messages[s->tally].name);
		if (w->lo)
			fprintf(f, " at least %u", w->lo);
		if (w->hi)
			fprintf(f, "%s below %u", w->lo ? " and" : "", w->hi);
		return;
	}
	fprintf(f, "the mean belief (log10), in windows of %u, that %s of %s is ", s->window,
		s->kind == STATISTIC_GAP_BELIEF ? "the mean gap" : "the size",
		r->messages[s->tally].name);
	for (unsigned i = 0; i < s->classes_n; i++)
		fprintf(f, "%s%g%s (deviation %g%s)", i ? " or " : "", s->classes[i].mean, unit,
			s->classes[i].deviation, unit);
	fprintf(f, " is at least %g", s->least);
}
