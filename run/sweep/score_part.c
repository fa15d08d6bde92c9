// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * score_part.c - the scores of a shard of many captures, and what all shards' make together
 *
 * Captures are dealt by a hash of their names, as the cells of a run are (shard.c). A shard writes the
 * scores of each of its captures by itself, so that a merge adds them in the order in which one machine
 * would have scored them: its rows, claims and figures are then the same.
 *
 * Form: the line "skypelab-score-part FORMAT"; a line of JSON, `shard`, `shards`, `captures`, `list` and `subject`; for each
 * capture its number in the list from 0, udp_flows, tcp_flows, packets, bytes, whether a detector
 * failed, how many bytes a fault's text has, as numbers of 64 bits, lowest byte first; the text; the
 * scores (run/cell/transfer.c). At the end the number END.
 *
 * FORMAT is raised when the same bytes mean something else: what transfer.c sends, the units and counts of rows, or
 * what a count counts. So parts of one format may come from several builds of the program; which signatures and
 * detectors they had is in `subject`, by digest. Parts of format 1 named the program's version there at first.
 *
 * Parts of one scoring agree in all but `shard`. What a part says of its captures cannot be proved
 * here: only that the parts are well formed, that they are of one scoring, that each shard is there once
 * and no capture twice, and that none is missing.
 *
 * Limits: SCORE_PARTS_MAX parts, a head of HEAD_BYTES.
 */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/format.h"
#include "base/input.h"
#include "base/outfile.h"
#include "base/quote.h"
#include "run/cell/transfer.h"
#include "run/detect/captures.h"
#include "run/sweep/score_part.h"

#define FIRST_WORD  "skypelab-score-part"
#define PART_FORMAT 1
#define HEAD_BYTES  (1U << 20)
#define FAULT_MAX   4096U
#define END	    UINT64_MAX

/* What is sent as numbers: other ones are another format. */
_Static_assert(UNITS == 10 && COUNTS == 8 && CLAIM_RESULTS == 5, "raise PART_FORMAT");

/* ------------------------------------------------------------------ writing */

void score_part_of(struct score_part *p, const struct shard *s, char *const *list, size_t n)
{
	char *names = NULL;
	size_t len = 0;
	FILE *f = open_memstream(&names, &len);

	*p = (struct score_part){.index = s->index, .of = s->of, .captures = n};
	for (size_t i = 0; i < n; i++)
		fprintf(f, "%s\n", capture_name(list[i]));
	fclose(f);
	bytes_sha256(names, len, p->list);
	free(names);
}

void score_part_begin(FILE *f, const struct score_part *p)
{
	json_t *head = json_pack("{s:I, s:I, s:I, s:s, s:O}", "shard", (json_int_t)p->index,
				 "shards", (json_int_t)p->of, "captures", (json_int_t)p->captures,
				 "list", p->list, "subject", p->subject);

	fprintf(f, FIRST_WORD " %d\n", PART_FORMAT);
	json_dumpf(head, f, JSON_COMPACT | JSON_SORT_KEYS);
	fputc('\n', f);
	json_decref(head);
}

void score_part_put(FILE *f, size_t number, const struct score_part_capture *c,
		    const struct score_table *t)
{
	const char *fault = c->fault ? c->fault : "";
	size_t len = strnlen(fault, FAULT_MAX);

	transfer_put_number(f, number);
	transfer_put_number(f, c->flows.udp_flows);
	transfer_put_number(f, c->flows.tcp_flows);
	transfer_put_number(f, c->flows.packets);
	transfer_put_number(f, c->flows.bytes);
	transfer_put_number(f, c->failed);
	transfer_put_number(f, len);
	fwrite(fault, 1, len, f);
	transfer_send(t, f);
}

void score_part_end(FILE *f)
{
	transfer_put_number(f, END);
}

/* ------------------------------------------------------------------ reading */

/* One part being read. @next: the number of the capture that comes next; END = none */
struct reading {
	const char *path;
	FILE *f;
	struct score_part p;
	uint64_t next;
};

static int not_a_part(const char *path, struct err *e)
{
	return err_set(e, "%s: not what `score --part` writes; run its shard again", path);
}

static int not_whole(const char *path, struct err *e)
{
	return err_set(e, "%s: cut off or damaged; run its shard again", path);
}

static bool unpack(json_t *head, struct score_part *p)
{
	json_int_t shard, shards, captures;
	const char *list;
	json_t *subject;

	if (!head ||
	    json_unpack(head, "{s:I, s:I, s:I, s:s, s:o !}", "shard", &shard, "shards", &shards,
			"captures", &captures, "list", &list, "subject", &subject) < 0 ||
	    shards < 1 || shards > SHARDS_MAX || shard < 1 || shard > shards || captures < 0 ||
	    strlen(list) != 64)
		return false;
	*p = (struct score_part){.index = (unsigned)shard,
				 .of = (unsigned)shards,
				 .captures = (size_t)captures,
				 .subject = json_incref(subject)};
	memcpy(p->list, list, sizeof(p->list));
	return true;
}

/* Reads the first line. 0, or -1 with @e set. */
static int get_format(FILE *f, const char *path, struct err *e)
{
	char line[64] = "", end = '\0';
	long long format = 0;

	if (!fgets(line, sizeof(line), f) ||
	    sscanf(line, FIRST_WORD " %9lld%c", &format, &end) != 2 || end != '\n')
		return not_a_part(path, e);
	return format_check(path, format, PART_FORMAT, e);
}

static bool get_head(FILE *f, struct score_part *p)
{
	char *line = xmalloc(HEAD_BYTES);
	json_t *head =
		fgets(line, HEAD_BYTES, f) ? json_loads(line, JSON_REJECT_DUPLICATES, NULL) : NULL;
	bool ok;

	json_object_del(json_object_get(head, "subject"), "version");
	ok = unpack(head, p);
	json_decref(head);
	free(line);
	return ok;
}

static int open_part(struct reading *r, const char *path, struct err *e)
{
	*r = (struct reading){.path = path, .f = input_open(path, e)};
	if (!r->f)
		return -1;
	if (get_format(r->f, path, e) < 0)
		return -1;
	if (!get_head(r->f, &r->p))
		return not_a_part(path, e);
	return transfer_get_number(r->f, &r->next) ? 0 : not_whole(path, e);
}

/* Two parts of one scoring. */
static int agree(const struct reading *a, const struct reading *b, struct err *e)
{
	if (a->p.of != b->p.of)
		return err_set(e, "%s is one of %u shards, %s of %u; give parts of one scoring",
			       b->path, b->p.of, a->path, a->p.of);
	if (a->p.captures != b->p.captures || strcmp(a->p.list, b->p.list) != 0)
		return err_set(e,
			       "%s is of %zu captures, %s of %zu, or of others; give parts of the "
			       "same captures",
			       b->path, b->p.captures, a->path, a->p.captures);
	if (!json_equal(a->p.subject, b->p.subject))
		return err_set(e,
			       "%s and %s do not score the same with the same signatures and "
			       "detectors; run one of them again",
			       a->path, b->path);
	return 0;
}

static int open_all(struct reading *r, const char *const *paths, size_t n, size_t *opened,
		    struct err *e)
{
	for (*opened = 0; *opened < n;) {
		struct reading *now = &r[(*opened)++];

		if (open_part(now, paths[now - r], e) < 0)
			return -1;
		if (agree(r, now, e) < 0)
			return -1;
		for (const struct reading *other = r; other < now; other++)
			if (other->p.index == now->p.index)
				return err_set(e,
					       "%s and %s are both shard %u of %u; leave one out",
					       other->path, now->path, now->p.index, now->p.of);
	}
	return 0;
}

/* Says which shards are missing; whether any is. */
static bool is_missing(const struct reading *r, size_t n)
{
	bool missing = false;

	for (unsigned k = 1; n < r->p.of && k <= r->p.of; k++) {
		bool there = false;

		for (size_t i = 0; i < n && !there; i++)
			there = r[i].p.index == k;
		if (there)
			continue;
		log_error("shard %u of %u is missing; score it with --shard %u/%u and --part FILE, "
			  "and the same captures",
			  k, r->p.of, k, r->p.of);
		missing = true;
	}
	return missing;
}

static bool get_flows(FILE *f, struct flow_totals *x)
{
	return transfer_get_number(f, &x->udp_flows) && transfer_get_number(f, &x->tcp_flows) &&
	       transfer_get_number(f, &x->packets) && transfer_get_number(f, &x->bytes);
}

/* A capture, from behind its number. */
static bool get_capture(FILE *f, struct score_table *t, struct score_parts *sum)
{
	char fault[FAULT_MAX + 1] = "";
	struct flow_totals x = {0};
	uint64_t failed, len;

	if (!get_flows(f, &x) || !transfer_get_number(f, &failed) ||
	    !transfer_get_number(f, &len) || len > FAULT_MAX || fread(fault, 1, len, f) != len)
		return false;
	if (len) {
		log_error("%s", quote_terminal(fault));
		sum->faults++;
	}
	sum->failed |= failed != 0;
	sum->captures++;
	flow_totals_add(&sum->flows, &x);
	return transfer_add(t, f);
}

bool score_part_get(FILE *f, uint64_t *number, struct score_table *t, struct score_parts *sum)
{
	return transfer_get_number(f, number) && get_capture(f, t, sum);
}

static int add_all(struct score_table *t, struct reading *r, size_t n, struct score_parts *sum,
		   struct err *e)
{
	for (uint64_t number = 0; number < r->p.captures; number++) {
		size_t i = 0;

		while (i < n && r[i].next != number)
			i++;
		if (i == n)
			return err_set(e,
				       "%s: none of the parts has capture %" PRIu64
				       " of %zu; run the shards again",
				       r->path, number + 1, r->p.captures);
		if (!get_capture(r[i].f, t, sum) || !transfer_get_number(r[i].f, &r[i].next))
			return not_whole(r[i].path, e);
	}
	for (size_t i = 0; i < n; i++)
		if (r[i].next != END || fgetc(r[i].f) != EOF)
			return err_set(e,
				       "%s: has a capture twice, or more than its captures; "
				       "run its shard again",
				       r[i].path);
	return 0;
}

enum score_parts_end score_parts_add(struct score_table *t, const char *const *paths, size_t n,
				     struct score_parts *sum, struct err *e)
{
	struct reading *r = xcalloc(n, sizeof(*r));
	enum score_parts_end end = SCORE_PARTS_BAD;
	size_t opened = 0;

	*sum = (struct score_parts){0};
	if (n > SCORE_PARTS_MAX)
		err_set(e, "%zu parts, expected at most %d; make fewer shards", n, SCORE_PARTS_MAX);
	else if (open_all(r, paths, n, &opened, e) == 0)
		end = is_missing(r, n)		     ? SCORE_PARTS_MISSING
		      : add_all(t, r, n, sum, e) < 0 ? SCORE_PARTS_BAD
						     : SCORE_PARTS_DONE;
	sum->subject = opened ? json_incref(r->p.subject) : NULL;
	for (size_t i = 0; i < opened; i++) {
		if (r[i].f)
			fclose(r[i].f);
		json_decref(r[i].p.subject);
	}
	free(r);
	return end;
}
