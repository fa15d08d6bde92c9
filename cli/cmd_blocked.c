// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * cmd_blocked.c - `skypelab blocked` and `skypelab unblock`: ask a running `watch --filter`
 *
 * What the watch answers is its own lines; its text is shown with what is not plain made visible.
 */
#include <stdio.h>
#include <string.h>

#include "base/addr.h"
#include "base/outfile.h"
#include "base/quote.h"
#include "cli/cmd_blocked.h"
#include "cli/command/failure.h"
#include "operator/filter/question.h"

struct blocked_options {
	const char *control;
	bool json;
};

#define AT(field) offsetof(struct blocked_options, field)

static const struct option_row rows[] = {
	OPTION(TEXT, "control", 0, "SOCKET", control, "where the watch listens: its --control",
	       .needed = OPTION_FORM(0)),
	OPTION(FLAG, "json", 0, NULL, json, "print lines of JSON"),
};

static const char *member(const json_t *o, const char *key)
{
	const char *s = json_string_value(json_object_get(o, key));

	return s ? quote_terminal(s) : "";
}

static void print_number(const json_t *o, const char *key, const char *after)
{
	json_int_t n = json_integer_value(json_object_get(o, key));

	if (n)
		printf(", %lld %s", (long long)n, after);
}

/* "client 10.0.0.2 since ... until ...: skypelab-2006 login, frames 3, 5; 17 packets stopped" */
static void print_block(const json_t *line)
{
	const json_t *drop = json_object_get(line, "drop"), *frame;
	const char *until = member(drop, "until"), *signature = member(drop, "signature");
	size_t i;

	printf("%s %s", member(drop, "what"), member(drop, "who"));
	if (!strcmp(member(drop, "what"), "flow"))
		printf(" > %s:%lld", member(line, "dest_ip"),
		       (long long)json_integer_value(json_object_get(line, "dest_port")));
	if (json_object_get(drop, "proto"))
		printf(" %s", member(drop, "proto"));
	printf(" since %s", member(drop, "since"));
	if (*until)
		printf(" until %s", until);
	if (*signature)
		printf(": %s %s", signature, member(drop, "rule"));
	json_array_foreach (json_object_get(drop, "frames"), i, frame)
		printf("%s%lld", i ? " " : ", frame ", (long long)json_integer_value(frame));
	print_number(drop, "pkts_stopped", "packets stopped");
	putchar('\n');
}

static void show(const struct blocked_options *o, const json_t *line)
{
	if (!o->json) {
		print_block(line);
		return;
	}
	json_dumpf(line, stdout, JSON_COMPACT);
	putchar('\n');
}

/* Prints the blocks of the answer. How many, or -1 with @e set. */
static int ask(const struct blocked_options *o, json_t *request, struct err *e)
{
	json_t *answer = question_ask(o->control, request, e);
	const json_t *blocks = json_object_get(answer, "blocks"), *line;
	int n = (int)json_array_size(blocks);
	size_t i;

	json_array_foreach (blocks, i, line)
		show(o, line);
	json_decref(request);
	json_decref(answer);
	return !answer || outfile_flush_standard(e) < 0 ? -1 : n;
}

static enum command_end list(struct command_call *call, struct err *e)
{
	int n = ask(call->options, json_pack("{s:s}", "verb", "blocked"), e);

	return failure_or_done(n < 0 ? -1 : 0);
}

static enum command_end unblock(struct command_call *call, struct err *e)
{
	const char *who = call->arguments[0];
	struct ip ip;
	int n;

	if (strcmp(who, "all") != 0 && ip_parse(who, &ip) < 0) {
		err_set(e, "%s: expected an address, or all", who);
		return COMMAND_FAILED;
	}
	n = ask(call->options, json_pack("{s:s, s:s}", "verb", "unblock", "address", who), e);
	if (n < 0)
		return COMMAND_FAILED;
	return n || !strcmp(who, "all") ? COMMAND_DONE : COMMAND_FINDING;
}

static const struct command_form blocked_forms[] = {{.arguments = "", .run = list}};
static const struct command_form unblock_forms[] = {{.arguments = "ADDRESS", .run = unblock}};

const struct command blocked_command = {
	.name = "blocked",
	.help = "list what a running watch --filter blocks, and why",
	.forms = blocked_forms,
	.form_count = ARRAY_LEN(blocked_forms),
	.rows = rows,
	.row_count = ARRAY_LEN(rows),
	.size = sizeof(struct blocked_options),
};

const struct command unblock_command = {
	.name = "unblock",
	.help = "end what a running watch --filter blocks",
	.forms = unblock_forms,
	.form_count = ARRAY_LEN(unblock_forms),
	.rows = rows,
	.row_count = ARRAY_LEN(rows),
	.size = sizeof(struct blocked_options),
};
