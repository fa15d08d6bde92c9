// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * main.c - the program: finds the sub-command in the table and runs it
 *
 * Global options stand before the sub-command: -v (more messages, twice for debug), -q (errors
 * only). Help is generated from the table in commands.h. Exit codes are those of base/err.h.
 */
#include <curl/curl.h>
#include <cyaml/cyaml.h>
#include <jansson.h>
#include <nettle/version.h>
#include <pcap/pcap.h>
#include <signal.h>
#include <sqlite3.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <zlib.h>

#include "base/err.h"
#include "cli/commands.h"

static const struct command {
	const char *name;
	int (*fn)(int argc, char **argv);
	const char *args;
	const char *help;
} commands[] = {
#define X(name, fn, args, help) {#name, fn, args, help},
	COMMANDS(X)
#undef X
};

static void help(FILE *f)
{
	fprintf(f, "usage: skypelab [-v|-q] COMMAND [...]\n\n");
	for (size_t i = 0; i < ARRAY_LEN(commands); i++)
		fprintf(f, "  %-10s %s\n", commands[i].name, commands[i].help);
	fprintf(f, "\n`skypelab COMMAND --help` says how to call it; `man skypelab-COMMAND` says "
		   "all.\n"
		   "Exit status: 0 done, 1 the answer is no, 2 usage or bad input, "
		   "3 the environment cannot.\n");
}

static bool print_usage(FILE *f, const char *command)
{
	for (size_t i = 0; i < ARRAY_LEN(commands); i++)
		if (!strcmp(commands[i].name, command)) {
			fprintf(f, "usage: skypelab %s %s\n", command, commands[i].args);
			return true;
		}
	return false;
}

int usage(const char *command)
{
	print_usage(stderr, command);
	return EXIT_USAGE;
}

/* `skypelab COMMAND --help`, `skypelab help COMMAND`: asked for, so on standard output. */
static bool asks_usage(const char *a, const char *b)
{
	if (!b)
		return false;
	if (!strcmp(b, "--help") || !strcmp(b, "-h"))
		return strcmp(a, "lab") != 0 && print_usage(stdout, a); /* lab lists its verbs */
	return !strcmp(a, "help") && strcmp(b, "lab") != 0 && print_usage(stdout, b);
}

int cmd_version(int argc, char **argv)
{
	(void)argc;
	(void)argv;
	printf("skypelab %s\n%s\njansson %s\nSQLite %s\nzlib %s\nlibcyaml %s\nnettle %d.%d\n%s\n",
	       SKYPELAB_VERSION, pcap_lib_version(), JANSSON_VERSION, sqlite3_libversion(),
	       zlibVersion(), cyaml_version_str, nettle_version_major(), nettle_version_minor(),
	       curl_version());
	return EXIT_DONE;
}

int main(int argc, char **argv)
{
	int i = 1;

	signal(SIGPIPE, SIG_IGN);
	for (; i < argc && argv[i][0] == '-'; i++) {
		if (!strcmp(argv[i], "-v"))
			log_level++;
		else if (!strcmp(argv[i], "-q"))
			log_level = 0;
		else if (!strcmp(argv[i], "--help") || !strcmp(argv[i], "-h"))
			return help(stdout), EXIT_DONE;
		else if (!strcmp(argv[i], "--version"))
			return cmd_version(0, NULL);
		else
			return help(stderr), EXIT_USAGE;
	}
	if (i >= argc)
		return help(stderr), EXIT_USAGE;
	if (asks_usage(argv[i], argv[i + 1]))
		return EXIT_DONE;
	if (!strcmp(argv[i], "help"))
		return help(stdout), EXIT_DONE;
	for (size_t k = 0; k < ARRAY_LEN(commands); k++)
		if (!strcmp(argv[i], commands[k].name))
			return commands[k].fn(argc - i, argv + i);
	log_error("no sub-command %s; `skypelab help` lists them", argv[i]);
	return EXIT_USAGE;
}
