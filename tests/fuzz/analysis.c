// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * analysis.c - fuzzes an analysis: packets through talk, field, tape, and all forms of output
 *
 * The input is as that of messages.c: a list of packets (listed.h). Whatever they are,
 * the answer can be made and printed; counts hold together: a statement holds in no more messages than it
 * was tried in, an exchange in no more than were asked, no table has half a row.
 */
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>

#include "analysis/compare/compare.h"
#include "analysis/field/analysis.h"
#include "analysis/message/fan.h"
#include "analysis/page/analysed.h"
#include "analysis/page/as_html.h"
#include "analysis/page/as_json.h"
#include "analysis/page/as_text.h"
#include "analysis/page/as_tsv.h"
#include "tests/fuzz/listed.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define INPUT                                                                                      \
	1024 /* bytes of input that count: classes are searched for anew for each host left out */

static void check(bool right)
{
	if (!right)
		abort();
}

static void feed(struct message_stream *s, const uint8_t *data, size_t size)
{
	struct packet p = {.ts_ns = 1};
	const uint8_t *h;
	size_t at = 0;

	while ((h = listed_next(data, size, &at, &p))) {
		struct endpoint a = {ip4(0x0a000001 + (h[0] >> 6)), (uint16_t)(1000 + (h[0] & 3))};
		struct endpoint b = {ip4(0xc0000201 + (h[0] & 7)), h[0] & 4 ? 443 : 33033};
		bool turned = h[0] & 8;

		p.src = turned ? b : a;
		p.dst = turned ? a : b;
		p.ts_ns += (uint64_t)h[5] * h[5] * 1000000ULL;
		message_stream_packets(s, &p, 1);
	}
	message_stream_end(s);
}

static void check_counts(const struct talk *t, const struct field_map *m)
{
	for (const struct exchange *x = t->exchanges.kinds; x; x = x->hh.next)
		check(x->n && x->n <= x->asked);
	for (uint32_t i = 0; i < m->statements_n; i++)
		check(m->statements[i].held <= m->statements[i].tried);
}

static void print(const struct document *d)
{
	char *text;
	size_t len;
	FILE *f = open_memstream(&text, &len);

	document_as_text(d, f, 3);
	document_as_text(d, f, 0);
	document_as_tsv(d, f);
	document_as_json(d, f);
	document_as_html(d, f, 2);
	fclose(f);
	check(strlen(text) == len);
	free(text);
	for (size_t i = 0; i < d->sections_n; i++)
		for (size_t k = 0; k < d->sections[i].n; k++)
			check(!d->sections[i].items[k].sheet ||
			      d->sections[i].items[k].sheet->n %
					      d->sections[i].items[k].sheet->width ==
				      0);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const char *const names[] = {"a<b>&\"c\".pcap"};
	static const uint32_t config_of[] = {0};
	static const uint16_t ports[] = {443};
	const struct here_usage usage = {ports, 1, names, 1, config_of, 1};
	struct talk *talk = talk_new(&usage);
	const struct field_limits limits = {.samples = 256};
	struct field_analysis *fields = field_analysis_new(&limits);
	struct tape *tape = tape_new(256, 65536);
	struct message_fan fan = {0};
	struct message_user user = message_fan_user(&fan);
	struct message_stream *s;
	struct document d;
	struct analysed a = {.title = "t<",
			     .source = "recorded",
			     .captures = names,
			     .captures_n = 1,
			     .talk = talk,
			     .frame = 1};

	message_fan_add(&fan, talk_user(talk));
	message_fan_add(&fan, (struct message_user){.arg = fields,
						    .message = field_analysis_message,
						    .end = field_analysis_end});
	message_fan_add(&fan, (struct message_user){.arg = tape, .message = tape_message});
	s = message_stream_new(&user, 64);
	feed(s, data, size < INPUT ? size : INPUT);
	talk_finish(talk, NULL);
	a.map = field_analysis_finish(fields);
	a.rests = leave_out_end(leave_out_begin(tape), a.map);
	a.against = compare_maps(a.map, a.map);
	a.against_names = names;
	a.against_n = 1;
	check_counts(talk, a.map);
	check(analysed_document(&a, &d, NULL) == 0);
	print(&d);
	document_clear(&d);
	compare_free((struct compare *)a.against);
	leave_out_free((struct leave_out *)a.rests);
	field_map_free((struct field_map *)a.map);
	message_stream_free(s);
	message_fan_clear(&fan);
	tape_free(tape);
	field_analysis_free(fields);
	talk_free(talk);
	return 0;
}
