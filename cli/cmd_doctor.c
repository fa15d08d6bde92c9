// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * cmd_doctor.c - `skypelab doctor`: what this machine can do, and how to mend what it cannot
 *
 * Exit 3 when something is missing without which a sub-command does not work.
 */
#include <jansson.h>
#include <stdio.h>

#include "base/quote.h"
#include "cli/cmd_doctor.h"
#include "cli/command/failure.h"
#include "run/doctor/doctor.h"

struct doctor_options {
	bool json;
};

#define AT(field) offsetof(struct doctor_options, field)

static const struct option_row rows[] = {
	OPTION(FLAG, "json", 0, NULL, json, "print the findings as JSON"),
};

static void put_text(const struct doctor *d)
{
	for (size_t i = 0; i < d->n; i++) {
		const struct doctor_finding *f = &d->f[i];

		printf("%-5s  %-12s %s\n",
		       f->good	 ? "good"
		       : f->part ? "part"
				 : "lacks",
		       f->name, quote_terminal(f->says));
		if (f->good)
			continue;
		printf("%20sfor %s%s", "", f->part ? f->part : "", f->part ? ": " : "");
		for (const char *const *s = f->serves; *s; s++)
			printf("%s%s", *s, s[1] ? ", " : "\n");
	}
}

static void put_json(const struct doctor *d)
{
	json_t *all = json_array();

	for (size_t i = 0; i < d->n; i++) {
		const struct doctor_finding *f = &d->f[i];
		json_t *who = json_array();

		for (const char *const *s = f->serves; *s; s++)
			json_array_append_new(who, json_string(*s));
		json_array_append_new(all,
				      json_pack("{s:s, s:b, s:s, s:o, s:s?}", "name", f->name,
						"good", f->good, "says", quote_terminal(f->says),
						"commands", who, "part", f->part));
	}
	json_dumpf(all, stdout, JSON_INDENT(2));
	putchar('\n');
	json_decref(all);
}

static enum command_end doctor(struct command_call *call, struct err *e)
{
	const struct doctor_options *o = call->options;
	const char *command = call->n ? call->arguments[0] : NULL;
	struct doctor d;
	bool lacks;

	doctor_look(&d, command);
	if (!d.n) {
		err_set(e,
			"doctor: nothing that is tried is for %.40s; `skypelab doctor --json` "
			"names the sub-commands",
			command);
		return COMMAND_FAILED;
	}
	if (o->json)
		put_json(&d);
	else
		put_text(&d);
	lacks = doctor_lacks(&d);
	doctor_clear(&d);
	return lacks ? failure_reported(e, EXIT_ENV) : COMMAND_DONE;
}

static const struct command_form forms[] = {{.arguments = "[COMMAND]", .run = doctor}};

const struct command doctor_command = {
	.name = "doctor",
	.help = "what this machine can do, and how to mend what it cannot",
	.forms = forms,
	.form_count = ARRAY_LEN(forms),
	.rows = rows,
	.row_count = ARRAY_LEN(rows),
	.size = sizeof(struct doctor_options),
};
