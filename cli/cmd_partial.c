// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * cmd_partial.c - `skypelab partial`: what is found by who gets a part of the traffic; skypelab-partial(1)
 *
 * Exit 2 when a capture could not be used or not be read to its end; the others were.
 */
#include <stdio.h>

#include "base/listing.h"
#include "cli/cmd_partial.h"
#include "cli/part_command.h"
#include "run/limits/part_curve.h"

#define ONE_IN_MAX 1e9
#define SNAP_MAX   262144 /* bytes: the most that a capture holds of a frame */

static const double default_one_in[] = {1, 2, 5, 10, 20, 50, 100, 1000};
static const double default_bytes[] = {64, 96, 128, 160, 256, 512, 1514, 65535};

struct partial_options {
	const char *out, *vantage;
	struct option_list signatures, packets, flows, snaplen;
	struct option_whole looks, seed;
	int format;
};

enum { FORMAT_TEXT, FORMAT_TSV, FORMAT_JSON };

#define AT(field) offsetof(struct partial_options, field)

static const struct option_row rows[] = {
	OPTION(LIST, "signature", 's', "SIGNATURE", signatures,
	       "a bundled signature or a file; default all"),
	OPTION(LIST, "packets", 0, "NUMBER", packets, "1 packet in so many, may be repeated"),
	OPTION(LIST, "flows", 0, "NUMBER", flows, "1 flow in so many, may be repeated"),
	OPTION(LIST, "snaplen", 0, "BYTES", snaplen,
	       "so many bytes of each frame, may be repeated"),
	OPTION(WHOLE, "looks", 0, "NUMBER", looks,
	       "how many times each trial is sampled; default 5", .low = 1, .high = 1000),
	OPTION(WHOLE, "seed", 0, "NUMBER", seed, "of the samples; default 1", .high = UINT64_MAX),
	OPTION(TEXT, "vantage", 0, "VANTAGE", vantage, "where to look in runs; default caller.lan"),
	OPTION(CHOICE, "format", 'f', "text|tsv|json", format, "default text"),
	OPTION(WORD, "json", 0, NULL, format, "the same as --format json", .low = FORMAT_JSON),
	OPTION(TEXT, "output", 'o', "DIRECTORY", out, "write the table and plots there, too"),
};

static void put_json(const struct part_scores *s)
{
	struct listing_tsv *t = listing_tsv_new();

	partial_tsv(t->f, s);
	listing_tsv_json(t, stdout);
}

static int show(const void *options, const struct part_scores *s, struct err *e)
{
	const struct partial_options *o = options;

	if (o->format == FORMAT_TSV)
		partial_tsv(stdout, s);
	else if (o->format == FORMAT_JSON)
		put_json(s);
	else
		partial_text(stdout, s);
	return o->out ? partial_write(o->out, s, e) : 0;
}

/* Every axis with its own levels where none is named; else those that are. */
static int add_levels(struct part_request *q, const struct partial_options *o, struct err *e)
{
	const struct part_option axes[] = {
		{"--packets", PART_PACKETS, &o->packets, default_one_in, ARRAY_LEN(default_one_in),
		 1, ONE_IN_MAX, true},
		{"--flows", PART_FLOWS, &o->flows, default_one_in, ARRAY_LEN(default_one_in), 1,
		 ONE_IN_MAX, true},
		{"--snaplen", PART_SNAPLEN, &o->snaplen, default_bytes, ARRAY_LEN(default_bytes), 1,
		 SNAP_MAX, true},
	};
	bool all = !o->packets.n && !o->flows.n && !o->snaplen.n;

	for (size_t i = 0; i < ARRAY_LEN(axes); i++)
		if ((all || axes[i].given->n) && part_levels_add(q, &axes[i], e) < 0)
			return -1;
	return 0;
}

static enum command_end partial(struct command_call *call, struct err *e)
{
	const struct partial_options *o = call->options;
	struct part_request q = {
		.vantage = o->vantage, .looks = (unsigned)o->looks.value, .seed = o->seed.value};

	if (add_levels(&q, o, e) < 0)
		return COMMAND_FAILED;
	return part_command(call, &q, &o->signatures, show, e);
}

static const struct partial_options defaults = {
	.vantage = "caller.lan", .looks = {.value = 5}, .seed = {.value = 1}};

static const struct command_form forms[] = {
	{.arguments = "RUN|CAPTURE...", .run = partial},
};

const struct command partial_command = {
	.name = "partial",
	.help = "what is found by who gets a part of the traffic",
	.forms = forms,
	.form_count = ARRAY_LEN(forms),
	.rows = rows,
	.row_count = ARRAY_LEN(rows),
	.size = sizeof(struct partial_options),
	.defaults = &defaults,
};
