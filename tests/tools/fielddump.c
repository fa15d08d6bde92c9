// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * fielddump.c - what the analysis says of captures, and the messages that it says it of
 *
 * fielddump [-f KEEP/OF] [-t SECONDS] [-l LIST] CAPTURE...
 *
 * For tests/fieldtest: the map of all captures together, without labels or any other hint, then every
 * message of these with the classes that hold it. Lines of TSV, by their first column:
 *
 *	class      id, text, messages, sampled, parent, edges by field_map_boundaries()
 *	statement  class, kind, offset, width, from-end, to-end, of, of-class, of-offset, shift, second,
 *	           said-in, held, tried, place, text, key
 *	message    capture, frame, time, proto, source, destination, reply, flow, position in its
 *	           direction of the flow, size, broken, classes (separated by commas), first bytes,
 *	           edges of its own by field_map_begins_in()
 *	end        messages, tried, time of the analysis in ms
 *
 * With -f the analysis sees the flows only whose number modulo OF is below KEEP, with -t the
 * messages only of the first SECONDS of each capture, with -l the flows only that LIST has: lines
 * of capture, from 0, and the two ends.
 */
#include <inttypes.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <uthash.h>

#include "analysis/field/analysis.h"
#include "base/capture/capture.h"
#include "base/err.h"

#define SHOWN 16
#define EDGES 16384 /* offsets beyond have no edge here */

struct listed {
	struct {
		uint16_t input;
		struct endpoint_key a, b;
	} key;
	UT_hash_handle hh;
};

static unsigned keep = 1, of = 1;
static struct listed *list;
static bool listing;
static uint64_t began_ns, most_ns = UINT64_MAX;

static int read_all(char **files, const struct message_user *user, struct err *e)
{
	struct message_stream *s = message_stream_new(user, 0);
	int rc = 0;

	for (uint16_t i = 0; files[i] && !rc; i++) {
		const char *one[] = {files[i]};
		struct capture *c = capture_open_files(one, 1, NULL, e);
		struct packet p[16];

		rc = c ? 0 : -1;
		while (c && (rc = capture_batch(c, p, 16, e)) > 0) {
			for (int k = 0; k < rc; k++) {
				began_ns = began_ns ? began_ns : p[k].ts_ns;
				p[k].input = i;
				message_stream_packet(s, &p[k]);
			}
		}
		message_stream_end(s);
		began_ns = 0;
		if (c)
			capture_close(c);
	}
	message_stream_free(s);
	return rc;
}

/* --- the map ------------------------------------------------------------------------------ */

static void list_add(uint16_t input, const char *src, const char *dst)
{
	struct listed *l = xcalloc(1, sizeof(*l));
	struct endpoint a, b;

	if (endpoint_parse(src, &a) < 0 || endpoint_parse(dst, &b) < 0) {
		free(l);
		return;
	}
	l->key.input = input;
	l->key.a = endpoint_key(&a);
	l->key.b = endpoint_key(&b);
	HASH_ADD(hh, list, key, sizeof(l->key), l);
}

static int list_read(const char *path)
{
	char src[64], dst[64];
	unsigned input;
	FILE *f = fopen(path, "r");

	if (!f)
		return -1;
	listing = true;
	while (fscanf(f, "%u %63s %63s", &input, src, dst) == 3) {
		list_add((uint16_t)input, src, dst);
		list_add((uint16_t)input, dst, src);
	}
	fclose(f);
	return 0;
}

static bool wanted(const struct message_flow *f)
{
	struct listed k, *found = NULL;

	if (f->id % of >= keep)
		return false;
	if (!listing)
		return true;
	memset(&k, 0, sizeof(k));
	k.key.input = f->input;
	k.key.a = endpoint_key(&f->tuple.src);
	k.key.b = endpoint_key(&f->tuple.dst);
	HASH_FIND(hh, list, &k.key, sizeof(k.key), found);
	return found;
}

static bool looked_at(const struct message *m)
{
	return wanted(m->flow) && m->ts_ns - began_ns < most_ns;
}

static void seen(void *arg, const struct message *m)
{
	if (looked_at(m))
		field_analysis_message(arg, m);
}

static void ended(void *arg, struct message_flow *f)
{
	if (wanted(f))
		field_analysis_end(arg, f);
}

static const char *const kinds[STATEMENT_KINDS] = {
	[STATEMENT_CONSTANT] = "constant",   [STATEMENT_VALUES] = "values",
	[STATEMENT_MASKED] = "masked",	     [STATEMENT_RANDOM] = "random",
	[STATEMENT_COUNTER] = "counter",     [STATEMENT_ECHO] = "echo",
	[STATEMENT_ADDRESS] = "address",     [STATEMENT_PORT] = "port",
	[STATEMENT_LENGTH] = "length",	     [STATEMENT_CHECKSUM] = "checksum",
	[STATEMENT_TEXT] = "text",	     [STATEMENT_NIBBLE] = "nibble",
	[STATEMENT_GENERATOR] = "generator", [STATEMENT_RESTART] = "restart",
	[STATEMENT_TIME] = "time",	     [STATEMENT_NUMBER] = "number",
	[STATEMENT_STRINGS] = "strings",     [STATEMENT_OPTIONS] = "options",
	[STATEMENT_RECORDS] = "records",
};

static const char *const earlier[OF_KINDS] = {
	[OF_OTHER] = "other", [OF_OTHER_BEFORE] = "other-before",
	[OF_SAME] = "same",   [OF_SAME_BEFORE] = "same-before",
	[OF_HOST] = "host",   [OF_SOCKET] = "socket",
};

static void print_statement(const struct statement *s)
{
	char place[64], text[STATEMENT_TEXT_MAX], key[STATEMENT_TEXT_MAX];
	bool refers = s->kind == STATEMENT_ECHO || s->kind == STATEMENT_COUNTER;

	printf("statement\t%u\t%s\t%u\t%u\t%d\t%d\t%s\t%d\t%u\t%u\t%d\t%d\t%u\t%u\t%s\t%s\t%s\n",
	       s->class, kinds[s->kind], s->offset, s->width, s->from_end, s->to_end,
	       refers ? earlier[s->of] : "-", refers ? s->of_class : -1, s->of_offset, s->shift,
	       s->second, s->said_in, s->held, s->tried, statement_place(s, place),
	       statement_text(s, text), statement_key(s, key));
}

static void print_edges(const struct field_map *m, uint32_t class)
{
	static bool begins[EDGES];
	const char *comma = "";

	field_map_boundaries(m, class, begins, EDGES);
	for (uint32_t i = 1; i < EDGES; i++) {
		if (begins[i]) {
			printf("%s%u", comma, i);
			comma = ",";
		}
	}
	putchar('\n');
}

static void print_map(const struct field_map *m)
{
	char text[CLASS_TEXT_MAX];

	for (uint32_t i = 0; i < m->classes_n; i++) {
		const struct message_class *c = &m->classes[i];

		printf("class\t%u\t%s\t%" PRIu64 "\t%u\t%d\t", c->id, class_text(c, text),
		       c->messages, c->sampled, c->parent);
		print_edges(m, i);
	}
	for (uint32_t i = 0; i < m->statements_n; i++)
		print_statement(&m->statements[i]);
}

/* --- the messages ------------------------------------------------------------------------- */

/* Where a direction of a flow stands. */
struct position {
	uint64_t at[2];
};

static struct class_marks marks_of(const struct field_map *map, const struct message *m)
{
	return (struct class_marks){.proto = m->flow->tuple.proto,
				    .reply = m->reply,
				    .p2p = field_map_p2p(map, &m->flow->tuple),
				    .place = m->nth < CLASS_PLACES - 1 ? (int32_t)m->nth
								       : CLASS_PLACES - 1,
				    .size = m->size,
				    .port = m->flow->tuple.dst.port,
				    .bytes = m->bytes,
				    .kept = m->kept};
}

/* Where fields of this message begin that its class does not have at a fixed place. */
static void print_begins(const struct field_map *map, const struct message *m,
			 const struct class_marks *marks)
{
	static bool of_class[EDGES], here[EDGES];
	const struct message_class *c = NULL;
	const char *comma = "";

	for (uint32_t i = 0; i < map->classes_n; i++)
		if (class_has(&map->classes[i], marks) &&
		    (!c || map->classes[i].messages < c->messages))
			c = &map->classes[i];
	if (!c)
		return;
	field_map_boundaries(map, c->id, of_class, EDGES);
	field_map_begins_in(map, c->id, m->bytes, m->there, m->size, here, EDGES);
	for (uint32_t i = 1; i < EDGES; i++) {
		if (here[i] && !of_class[i]) {
			printf("%s%u", comma, i);
			comma = ",";
		}
	}
}

static void begins(void *arg, struct message_flow *f)
{
	(void)arg;
	f->mine = xcalloc(1, sizeof(struct position));
}

static void print_message(void *arg, const struct message *m)
{
	const struct field_map *map = arg;
	struct position *at = m->flow->mine;
	const struct class_marks marks = marks_of(map, m);
	const struct tuple *t = &m->flow->tuple;
	char src[ENDPOINT_TEXT_LEN], dst[ENDPOINT_TEXT_LEN];
	const char *comma = "";

	if (!looked_at(m))
		return;
	printf("message\t%u\t%" PRIu64 "\t%" PRIu64 "\t%s\t%s\t%s\t%d\t%" PRIu64 "\t%" PRIu64
	       "\t%u\t%d\t",
	       m->flow->input, m->number, m->ts_ns, t->proto == IPPROTO_UDP ? "udp" : "tcp",
	       endpoint_text(&t->src, src), endpoint_text(&t->dst, dst), m->reply, m->flow->id,
	       at->at[m->reply], m->size, m->broken);
	at->at[m->reply] += m->size;
	for (uint32_t i = 0; i < map->classes_n; i++) {
		if (class_has(&map->classes[i], &marks)) {
			printf("%s%u", comma, i);
			comma = ",";
		}
	}
	putchar('\t');
	for (uint32_t i = 0; i < m->kept && i < SHOWN; i++)
		printf("%02x", m->bytes[i]);
	putchar('\t');
	print_begins(map, m, &marks);
	putchar('\n');
}

static void ends(void *arg, struct message_flow *f)
{
	(void)arg;
	free(f->mine);
	f->mine = NULL;
}

static double now_ms(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec * 1e3 + (double)t.tv_nsec / 1e6;
}

int main(int argc, char **argv)
{
	struct field_analysis *a = field_analysis_new(NULL);
	struct message_user first = {.arg = a, .message = seen, .end = ended}, second;
	struct field_map *map = NULL;
	struct err e;
	double began = now_ms();
	char **files = argv + (argc > 0);

	for (; files[0] && files[0][0] == '-' && files[1]; files += 2) {
		if (files[0][1] == 't')
			most_ns = (uint64_t)(strtod(files[1], NULL) * 1e9);
		else if (files[0][1] == 'l' && list_read(files[1]) < 0)
			return perror(files[1]), 2;
		else if (files[0][1] == 'f' && (sscanf(files[1], "%u/%u", &keep, &of) != 2 || !of))
			return fprintf(stderr, "-f KEEP/OF\n"), 2;
	}
	if (!*files) {
		fprintf(stderr,
			"usage: fielddump [-f KEEP/OF] [-t SECONDS] [-l LIST] CAPTURE...\n");
		return 2;
	}
	if (read_all(files, &first, &e) == 0)
		map = field_analysis_finish(a);
	began = now_ms() - began;
	field_analysis_free(a);
	if (!map) {
		fprintf(stderr, "%s\n", e.msg);
		return 2;
	}
	print_map(map);
	second = (struct message_user){
		.arg = map, .begin = begins, .message = print_message, .end = ends};
	if (read_all(files, &second, &e) < 0) {
		fprintf(stderr, "%s\n", e.msg);
		return 2;
	}
	printf("end\t%" PRIu64 "\t%" PRIu64 "\t%.0f\n", map->messages, map->tried, began);
	field_map_free(map);
	return 0;
}
