// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * fieldmap.c - the map of fields of captures, as text
 *
 *	fieldmap [-c CLASS] [-a] [-b] [-f FILTER] [-n SAMPLES] FILE...
 *
 * -c: only classes whose name holds this; -a: also what is said in a class that holds this one;
 * -b: also the boundaries
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "analysis/field/analysis.h"
#include "base/capture/capture.h"
#include "base/capture/readahead.h"

static struct {
	const char *class, *filter;
	bool all, bounds;
	struct field_limits limits;
} opt;

static void print_statement(const struct field_map *m, const struct statement *s)
{
	char text[STATEMENT_TEXT_MAX], place[64], name[CLASS_TEXT_MAX];

	printf("  %-9s %s%s", statement_place(s, place), s->second ? "also " : "",
	       statement_text(s, text));
	if (s->of_class >= 0)
		printf(" (%s)", class_text(&m->classes[s->of_class], name));
	printf("  %u of %u, %u units, %u > %u hosts, p %.2g, q %.2g, frame %llu", s->held, s->tried,
	       s->units, s->senders, s->receivers, s->p, s->q,
	       (unsigned long long)s->example.number);
	if (s->against.number)
		printf(" not %llu", (unsigned long long)s->against.number);
	if (s->said_in >= 0)
		printf("  [%s]", class_text(&m->classes[s->said_in], name));
	printf("\n");
}

static void print_bounds(const struct field_map *m, uint32_t class)
{
	bool begins[256];

	field_map_boundaries(m, class, begins, 256);
	printf("  boundaries:");
	for (int i = 0; i < 256; i++)
		if (begins[i])
			printf(" %d", i);
	printf("\n");
}

static void print_class(const struct field_map *m, uint32_t i)
{
	const struct message_class *c = &m->classes[i];
	char name[CLASS_TEXT_MAX];
	const struct statement *s;
	uint32_t n, shown = 0;

	if (opt.class && !strstr(class_text(c, name), opt.class))
		return;
	s = field_map_of(m, i, &n);
	for (uint32_t k = 0; k < n; k++)
		shown += opt.all || s[k].said_in < 0;
	if (!shown)
		return;
	printf("%s: %llu messages, %.1f %%, %u flows, %u > %u hosts, %u..%u B\n",
	       class_text(c, name), (unsigned long long)c->messages, 100 * c->share, c->flows,
	       c->senders, c->receivers, c->shortest, c->longest);
	for (uint32_t k = 0; k < n; k++)
		if (opt.all || s[k].said_in < 0)
			print_statement(m, &s[k]);
	if (opt.bounds)
		print_bounds(m, i);
}

static int read_all(struct capture *c, struct message_stream *s, struct err *e)
{
	struct readahead *r = readahead_useful(c) ? readahead_new(c, 0, NULL, NULL, e) : NULL;
	const struct packet *p;
	struct packet one;
	const void *extra;
	int n, bad = 0;

	if (!r) {
		while (capture_next_readable(c, &one, &bad, e))
			message_stream_packet(s, &one);
		return bad;
	}
	while ((n = readahead_next(r, &p, &extra, e)) > 0)
		for (int i = 0; i < n; i++)
			message_stream_packet(s, &p[i]);
	readahead_free(r);
	return n;
}

static int options(int argc, char **argv)
{
	int o;

	while ((o = getopt(argc, argv, "c:abf:n:")) != -1)
		switch (o) {
		case 'c':
			opt.class = optarg;
			break;
		case 'a':
			opt.all = true;
			break;
		case 'b':
			opt.bounds = true;
			break;
		case 'f':
			opt.filter = optarg;
			break;
		case 'n':
			opt.limits.samples = (uint32_t)atoi(optarg);
			break;
		default:
			return -1;
		}
	return optind < argc ? 0 : -1;
}

int main(int argc, char **argv)
{
	struct message_user user = {.message = field_analysis_message, .end = field_analysis_end};
	struct message_stream *s;
	struct field_map *m;
	struct capture *c;
	struct err e = {0};

	if (options(argc, argv)) {
		fprintf(stderr,
			"usage: fieldmap [-c CLASS] [-a] [-b] [-f FILTER] [-n SAMPLES] FILE...\n");
		return 2;
	}
	c = capture_open_files((const char *const *)argv + optind, (size_t)(argc - optind),
			       opt.filter, &e);
	if (!c) {
		fprintf(stderr, "fieldmap: %s\n", e.msg);
		return 2;
	}
	user.arg = field_analysis_new(&opt.limits);
	s = message_stream_new(&user, 0);
	if (read_all(c, s, &e) < 0)
		fprintf(stderr, "fieldmap: %s\n", e.msg);
	message_stream_end(s);
	m = field_analysis_finish(user.arg);
	printf("%llu messages, %u kept, %u classes, %u left out, %u statements, %llu tried\n",
	       (unsigned long long)m->messages, m->sampled, m->classes_n, m->left_out,
	       m->statements_n, (unsigned long long)m->tried);
	for (uint32_t i = 0; i < m->classes_n; i++)
		print_class(m, i);
	field_map_free(m);
	message_stream_free(s);
	field_analysis_free(user.arg);
	capture_close(c);
	return 0;
}
