// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * cmd_signature.c - `skypelab signature`: checks, lists and explains signature files
 *
 * check reads every file and reports the first fault of each; a fault in one does not keep the
 * others from being checked. list and show take bundled names as well as paths.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <jansson.h>

#include "cli/commands.h"
#include "detector/detector.h"
#include "detector/language/explain.h"

static int check(int n, char **names)
{
	int rc = EXIT_DONE;

	for (int i = 0; i < n; i++) {
		const char *name = names[i];
		struct err e = {0};
		struct signature_set *set = signatures_load(&name, 1, &e);

		if (!set) {
			log_error("%s", e.msg);
			rc = EXIT_USAGE;
			continue;
		}
		for (size_t k = 0; k < signatures_count(set); k++) {
			const struct signature_info *s = signatures_info(set, k);

			printf("%s: %s revision %u, %zu rules: right\n", s->path, s->name,
			       s->revision, s->rules);
		}
		signatures_free(set);
	}
	return rc;
}

static void list_json(const struct signature_set *set)
{
	json_t *all = json_array();

	for (size_t i = 0; i < signatures_count(set); i++) {
		const struct signature_info *s = signatures_info(set, i);

		json_array_append_new(all, json_pack("{s:s,s:i,s:s,s:s,s:s,s:s,s:s,s:I}", "name",
						     s->name, "revision", (int)s->revision, "date",
						     s->date, "title", s->title, "source",
						     s->source, "versions", s->versions, "path",
						     s->path, "rules", (json_int_t)s->rules));
	}
	json_dumpf(all, stdout, JSON_INDENT(2));
	putchar('\n');
	json_decref(all);
}

static int list(int n, char **names, bool json)
{
	const char *all = "all";
	struct err e = {0};
	struct signature_set *set =
		signatures_load(n ? (const char *const *)names : &all, n ? (size_t)n : 1, &e);
	int width = 4;

	if (!set) {
		log_error("%s", e.msg);
		return (int)e.code;
	}
	if (json) {
		list_json(set);
		signatures_free(set);
		return EXIT_DONE;
	}
	for (size_t i = 0; i < signatures_count(set); i++) {
		int len = (int)strlen(signatures_info(set, i)->name);

		width = len > width ? len : width;
	}
	printf("%-*s  rev  date        versions        title\n", width, "name");
	for (size_t i = 0; i < signatures_count(set); i++) {
		const struct signature_info *s = signatures_info(set, i);

		printf("%-*s  %3u  %-10s  %-14s  %s\n", width, s->name, s->revision, s->date,
		       s->versions, s->title);
	}
	signatures_free(set);
	return EXIT_DONE;
}

static int show(int n, char **names)
{
	struct err e = {0};
	struct signature_set *set = signatures_load((const char *const *)names, (size_t)n, &e);

	if (!set) {
		log_error("%s", e.msg);
		return (int)e.code;
	}
	for (size_t i = 0; i < signatures_count(set); i++)
		signature_show(stdout, set, i);
	signatures_free(set);
	return EXIT_DONE;
}

int cmd_signature(int argc, char **argv)
{
	const char *verb = argc > 1 ? argv[1] : "";
	bool json = argc > 2 && !strcmp(argv[2], "--json");

	for (int i = 1; i < argc; i++)
		if (!strcmp(argv[i], "--help") || !strcmp(argv[i], "-h"))
			return usage("signature"), EXIT_DONE;
	for (int i = 2 + json; i < argc; i++)
		if (argv[i][0] == '-')
			return usage("signature");
	if (!strcmp(verb, "list"))
		return list(argc - 2 - json, argv + 2 + json, json);
	if (argc > 2 && !json && !strcmp(verb, "check"))
		return check(argc - 2, argv + 2);
	if (argc > 2 && !json && !strcmp(verb, "show"))
		return show(argc - 2, argv + 2);
	return usage("signature");
}
