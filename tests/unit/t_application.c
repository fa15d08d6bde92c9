// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Any application: what a label is to a target, what counts for one, and which application is taken
 * for which.
 */
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "detector/detector.h"
#include "results/report/confusion_text.h"
#include "results/score/confusion_tsv.h"
#include "results/score/score.h"
#include "tests/unit/feed.h"
#include "tests/unit/unit.h"

#define S 1000000000ULL

START_TEST(a_label_is_what_it_is_to_a_target)
{
	static const struct {
		const char *label, *target;
		enum label_kind kind;
	} cases[] = {
		{"skype", "skype", KIND_POSITIVE},	{"not-skype", "skype", KIND_NEGATIVE},
		{"unknown", "skype", KIND_UNKNOWN},	{"dns", "skype", KIND_NEGATIVE},
		{"skype", "dns", KIND_NEGATIVE},	{"not-skype", "dns", KIND_UNKNOWN},
		{"unknown", "dns", KIND_UNKNOWN},	{"dns", "dns", KIND_POSITIVE},
		{"dns-over-tls", "dns", KIND_NEGATIVE},
	};
	static const char *const no_labels[] = {
		"",	"-",	 "-dns", "DNS",
		"d ns", "d\tns", "dns.", "0123456789abcdef0123456789abcdef"};

	for (size_t i = 0; i < ARRAY_LEN(cases); i++)
		ck_assert_msg(label_kind(cases[i].label, cases[i].target) == cases[i].kind,
			      "%s to who looks for %s", cases[i].label, cases[i].target);
	for (size_t i = 0; i < ARRAY_LEN(no_labels); i++)
		ck_assert_msg(!label_valid(no_labels[i]), "«%s»", no_labels[i]);
	ck_assert(label_valid("0123456789abcdef0123456789abcde"));
	ck_assert(label_valid("unknown") && !label_names_application("unknown"));
	ck_assert(label_valid("not-skype") && !label_names_application("not-skype"));
	ck_assert(label_names_application("skype") && label_names_application("6to4"));
}
END_TEST

static struct tuple flow(unsigned n)
{
	struct tuple t = {.proto = IPPROTO_UDP};

	t.src = (struct endpoint){ip4(0x0a000001), (uint16_t)(1000 + n)};
	t.dst = (struct endpoint){ip4(0xc6336401), 53};
	return t;
}

static void add(struct labels *l, unsigned n, const char *label, uint64_t from, uint64_t to)
{
	struct label row = {.tuple = flow(n), .opened_ns = from * S, .closed_ns = to * S};

	label_copy(row.application, label);
	labels_add(l, &row);
}

/* Flows 1 to 6, of which 6 is used twice, first by DNS and then by HTTP. */
static struct labels *truth(const char *target)
{
	struct labels *l = labels_new(target);

	add(l, 1, "dns", 0, 0);
	add(l, 2, "dns", 0, 0);
	add(l, 3, "skype", 0, 0);
	add(l, 4, "not-skype", 0, 0);
	add(l, 5, "unknown", 0, 0);
	add(l, 6, "dns", 10, 20);
	add(l, 6, "http", 30, 40);
	return l;
}

static void claim(struct detections *d, unsigned n, const char *application, uint64_t at)
{
	struct detection v = {.tuple = flow(n), .signature = "s", .revision = "1", .ts_ns = at * S};

	v.client = v.tuple.src.ip;
	label_copy(v.application, application);
	detections_add(d, &v);
}

static struct score_table *scored(const char *target, const char *application, bool named,
				  const struct detections *d)
{
	struct labels *l = truth(target), *by_name = named ? truth(NULL) : NULL;
	const char *signature = "s", *revision = "1";
	struct score_table *t = score_table_new();
	struct score_input in = {
		.setting = {.source = SOURCE_EMULATED, .vantage = "v", .cell = "c"},
		.target = target,
		.labels = l,
		.named = by_name,
		.detections = d,
		.signatures = &signature,
		.revisions = &revision,
		.applications = application ? &application : NULL,
		.n = 1};
	struct err e = {0};

	ck_assert_msg(score_cell(t, &in, &e) == 0, "%s", e.msg);
	labels_free(l);
	labels_free(by_name);
	return t;
}

static const struct score_row *row_of(const struct score_table *t, enum score_unit unit)
{
	for (size_t i = 0; i < t->n; i++)
		if (t->rows[i].unit == unit)
			return &t->rows[i];
	ck_abort_msg("no row of %s", score_unit_text(unit));
	return NULL;
}

START_TEST(only_what_says_the_target_counts_for_it)
{
	struct detections *d = detections_new();
	const struct score_row *r;
	struct score_table *t;

	claim(d, 1, "dns", 5);
	claim(d, 3, "dns", 5);
	claim(d, 2, "skype", 5); /* not of DNS */
	claim(d, 4, "dns", 5);	 /* of what is only known to be no Skype */
	claim(d, 6, "dns", 15);
	t = scored("dns", "dns", false, d);
	r = row_of(t, UNIT_FLOW);
	ck_assert_uint_eq(r->tp, 2); /* 1, 6 at its first time */
	ck_assert_uint_eq(r->fn, 1); /* 2 */
	ck_assert_uint_eq(r->fp, 1); /* 3 */
	ck_assert_uint_eq(r->tn, 1); /* 6 at its second time */
	ck_assert_uint_eq(row_of(t, UNIT_CLIENT)->tp, 1);
	ck_assert_uint_eq(t->n, 2);
	score_table_free(t);

	t = scored("skype", NULL, false, d); /* to a detector of several applications */
	r = row_of(t, UNIT_FLOW);
	ck_assert_uint_eq(r->tp, 0);
	ck_assert_uint_eq(r->fn, 1); /* 3 */
	ck_assert_uint_eq(r->fp, 1); /* 2 */
	ck_assert_uint_eq(r->tn, 3); /* 1, 4, and 6, both uses of which are something else */
	score_table_free(t);

	t = scored("skype", "dns", false, d); /* it looks for something else */
	ck_assert_uint_eq(t->n, 0);
	score_table_free(t);
	detections_free(d);
}
END_TEST

/* What Skype's sources report of Skype is nothing to who looks for DNS. */
START_TEST(events_of_skype_are_not_missed_by_others)
{
	struct sent_events *events = sent_events_new();
	struct sent_event start = {.number = 1, .kind = DETECTION_SESSION_START, .ts_ns = 5 * S};
	struct detections *d = detections_new();
	struct labels *l = truth("dns");
	const char *signature = "s";
	struct score_table *t = score_table_new();
	struct score_input in = {.setting = {.source = SOURCE_EMULATED},
				 .target = "dns",
				 .labels = l,
				 .events = events,
				 .detections = d,
				 .signatures = &signature,
				 .n = 1};

	start.tuple = flow(3);
	start.client = start.tuple.src.ip;
	sent_events_add(events, &start);
	ck_assert_int_eq(score_cell(t, &in, NULL), 0);
	ck_assert_uint_eq(t->n, 2); /* flow and client */
	score_table_free(t);
	labels_free(l);
	detections_free(d);
	sent_events_free(events);
}
END_TEST

static char *put(const struct confusion *c, enum table_format format)
{
	char *text;
	size_t size;
	FILE *f = open_memstream(&text, &size);

	confusion_print(c, f, format);
	fclose(f);
	return text;
}

#define LINE(truth, verdict, flows)                                                                \
	"emulated\tskypelab\t-\tv\ts\t1\t" truth "\t" verdict "\t" flows "\n"

START_TEST(flows_are_told_apart_by_application)
{
	struct detections *d = detections_new();
	struct score_table *t;
	struct confusion again = {0};
	char path[] = "/tmp/t_application.XXXXXX", *text, *other;
	struct err e = {0};
	int fd = mkstemp(path);

	claim(d, 1, "dns", 5);
	claim(d, 1, "dns", 6);
	claim(d, 2, "http", 5);
	claim(d, 2, "dns", 6);
	claim(d, 2, DETECTION_OTHER, 7); /* says nothing beside names */
	claim(d, 3, DETECTION_OTHER, 5);
	claim(d, 6, "http", 15);	     /* while it was DNS */
	claim(d, 9, "dns", 5);		     /* of no row */
	t = scored("skype", "dns", true, d); /* whatever is looked for */
	text = put(&t->confusion, TABLE_TSV);
	ck_assert_str_eq(text, "source\tdetector\ttraffic_"
			       "version\tvantage\tsignature\trevision\ttruth\tverdict\tflows\n"
			 /* clang-format off */
		LINE("dns", "dns", "1")
		LINE("dns", "dns+http", "1")
		LINE("dns", "http", "1")
		LINE("http", "-", "1")
		LINE("not-skype", "-", "1")
		LINE("skype", "other", "1")
		LINE("unknown", "-", "1")
		LINE("-", "dns", "1"));
	/* clang-format on */
	ck_assert_uint_eq(confusion_applications(&t->confusion), 3);

	close(fd);
	ck_assert_int_eq(confusion_write(&t->confusion, path, &e), 0);
	ck_assert_int_eq(confusion_read(&again, path, &e), 0);
	confusion_merge(&again, &t->confusion); /* twice as many of each */
	ck_assert_uint_eq(again.n, t->confusion.n);
	for (size_t i = 0; i < again.n; i++)
		ck_assert_uint_eq(again.cells[i].flows, 2);
	unlink(path);

	other = put(&t->confusion, TABLE_TEXT);
	ck_assert_msg(strstr(other, "signature  truth        flows      dns  dns+http     http    "
				    "other        -\n") &&
			      strstr(other, "s@1        dns              3        1         1      "
					    "  1        .        .\n"),
		      "%s", other);
	free(other);
	other = put(&t->confusion, TABLE_MARKDOWN);
	ck_assert_msg(strstr(other, "| emulated | v | s@1 | skype | 1 | 0 | 0 | 0 | 1 | 0 |"), "%s",
		      other);
	free(other);
	other = put(&t->confusion, TABLE_JSON);
	ck_assert_msg(strstr(other, "\"verdict\": \"dns+http\""), "%s", other);
	free(other);
	free(text);
	confusion_clear(&again);
	score_table_free(t);
	detections_free(d);
}
END_TEST

static void refused(const char *line, const char *part)
{
	char path[] = "/tmp/t_application.XXXXXX";
	struct confusion c = {0};
	struct err e = {0};
	FILE *f = fdopen(mkstemp(path), "w");

	fputs("source\tdetector\ttraffic_"
	      "version\tvantage\tsignature\trevision\ttruth\tverdict\tflows\n",
	      f);
	fputs(line, f);
	fclose(f);
	ck_assert_int_eq(confusion_read(&c, path, &e), -1);
	ck_assert_msg(strstr(e.msg, part), "«%s» lacks «%s»", e.msg, part);
	confusion_clear(&c);
	unlink(path);
}

START_TEST(a_bad_confusion_table_is_refused)
{
	refused("made\ts\t-\tv\ts\t1\tdns\t-\t1\n", ":2: source is \"made\"");
	refused("emulated\ts\t-\tv\ts\t1\tdns\t-\tmany\n", ":2: ");
	refused("emulated\ts\t-\tv\ts\t1\tdns\t-\t-1\n", ":2: ");
}
END_TEST

START_TEST(a_signature_says_what_it_looks_for)
{
	static const char *const dns[] = {"all:dns"}, *const every[] = {"all:*"},
				 *const own[] = {"all"}, *const none[] = {"all:gopher"};
	struct signature_set *set = signatures_load(dns, 1, NULL);
	struct err e = {0};
	size_t n;

	ck_assert_uint_eq(signatures_count(set), 1);
	ck_assert_str_eq(signatures_info(set, 0)->name, "dns-example");
	ck_assert_str_eq(signatures_info(set, 0)->application, "dns");
	signatures_free(set);
	set = signatures_load(own, 1, NULL);
	n = signatures_count(set);
	for (size_t i = 0; i < n; i++)
		ck_assert_str_eq(signatures_info(set, i)->application, "skype");
	signatures_free(set);
	set = signatures_load(every, 1, NULL);
	ck_assert_uint_gt(signatures_count(set), n);
	signatures_free(set);
	ck_assert_ptr_null(signatures_load(none, 1, &e));
	ck_assert_msg(strstr(e.msg, "no bundled signature looks for gopher"), "%s", e.msg);
}
END_TEST

START_TEST(an_application_that_no_label_can_have_is_refused)
{
	static const char *const bad[] = {"unknown", "not-skype", "DNS", "\"\"", "[dns]"};

	for (size_t i = 0; i < ARRAY_LEN(bad); i++) {
		char *text =
			xasprintf("application: %s\n" FEED_HEAD
				  "rules:\n  - rule: r\n    proto: udp\n    steps: [{message: m}]\n"
				  "    then: {event: flow}\n",
				  bad[i]);
		struct signature_set *set = signature_set_new();
		struct err e = {0};

		ck_assert_int_eq(signature_add_text(set, "x", text, strlen(text), &e), -1);
		ck_assert_msg(strstr(e.msg, "x:1: \"application\" is "), "%s", e.msg);
		signatures_free(set);
		free(text);
	}
}
END_TEST

UNIT(application)
{
	unit_case(tc, a_label_is_what_it_is_to_a_target);
	unit_case(tc, only_what_says_the_target_counts_for_it);
	unit_case(tc, events_of_skype_are_not_missed_by_others);
	unit_case(tc, flows_are_told_apart_by_application);
	unit_case(tc, a_bad_confusion_table_is_refused);
	unit_case(tc, a_signature_says_what_it_looks_for);
	unit_case(tc, an_application_that_no_label_can_have_is_refused);
}
