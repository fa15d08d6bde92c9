/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef CLI_COMMANDS_H
#define CLI_COMMANDS_H

/*
 * One line per sub-command: X(name, function, arguments, one-line description).
 * Each lives in cli/cmd_<name>.c. argv[0] is the sub-command's name, so getopt_long() works;
 * the return value is the exit code (enum exit_code).
 */
#define COMMANDS(X)                                                                                \
	X(detect, cmd_detect,                                                                      \
	  "[-s SIGNATURE]... [-f FILTER] [--eve FILE|-] [--explain] [--stats] [--progress] "       \
	  "CAPTURE... | -i IFACE...",                                                              \
	  "find Skype in capture files or on live interfaces")                                     \
	X(signature, cmd_signature, "check FILE... | list [--json] [NAME|FILE]... | show NAME|FILE...",    \
	  "check, list and explain signatures")                                                    \
	X(version, cmd_version, "", "program version and the libraries it runs with")

#define X(name, fn, args, help) int fn(int argc, char **argv);
COMMANDS(X)
#undef X

/* Prints "usage: skypelab NAME ARGS" from the table to standard error; returns EXIT_USAGE. */
int usage(const char *command);

#endif
