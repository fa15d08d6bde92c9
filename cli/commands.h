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
	  "[-s SIGNATURE]... [-f FILTER] [--eve FILE|-] [--explain] [--stats] [--progress]\n"      \
	  "                 [--max-flows N] [--threads 1|2] [--snaplen BYTES] CAPTURE... | -i "    \
	  "IFACE...",                                                                              \
	  "find Skype in capture files or on live interfaces")                                     \
	X(signature, cmd_signature,                                                                \
	  "check FILE... | list [--json] [NAME|FILE]... | show NAME|FILE...",                      \
	  "check, list and explain signatures")                                                    \
	X(score, cmd_score,                                                                        \
	  "[-s SIGNATURE]... [--labels FILE] [--traffic-version V] [--by LIST] [--unit LIST]\n"    \
	  "                       [--format text|markdown|tsv|json] [-o FILE] [--claims FILE] "    \
	  "[--errors]\n"                                                                           \
	  "                       [--vantage NAME] [--plots DIR] [--min-recall X] [--max-fp N] "   \
	  "CAPTURE...\n"                                                                           \
	  "       skypelab score --eve FILE --labels FILE [CAPTURE]\n"                             \
	  "       skypelab score --not-skype [-s SIGNATURE]... FILE|DIR...\n"                      \
	  "       skypelab score --matrix [-s SIGNATURE]... [-o FILE] [--baseline FILE] [--plots " \
	  "DIR]",                                                                                  \
	  "precision and recall of signatures on recorded captures")                               \
	X(lab, cmd_lab, "VERB [...]", "build, hold, enter and verify a lab")                       \
	X(run, cmd_run,                                                                            \
	  "[-o DIR] [-j JOBS] [-s SIGNATURE]... [--filter AXIS=VALUE]... [--seed N]\n"             \
	  "                     [--dry-run] [--no-report] SCENARIO\n"                              \
	  "       skypelab run --manifest FILE -o DIR",                                            \
	  "run the cells of a scenario, score them, leave a run directory")                        \
	X(results, cmd_results,                                                                    \
	  "show RUN [--by version,config,vantage,signature] [--unit flow,client,session]\n"        \
	  "                         [--format text|markdown|tsv|json]\n"                           \
	  "       skypelab results compare BASE RUN [--format text|markdown|junit] [-o FILE]\n"    \
	  "                         [--tolerance X] [--vantage V] [-s SIGNATURE] [--force]\n"      \
	  "       skypelab results baseline save NAME RUN [--vantage V] [-s SIGNATURE] | list\n"   \
	  "       skypelab results history [-s SIGNATURE] [--unit U] [--format F] [--plot DIR] "   \
	  "| add RUN...\n"                                                                         \
	  "       skypelab results verify RUN...",                                                 \
	  "tables, baselines, comparisons and history of runs")                                    \
	X(replay, cmd_replay,                                                                      \
	  "-i IFACE [-I IFACE] [-x FACTOR | --pps N | --bps N | --top-speed]\n"                    \
	  "           [--map FROM/BITS=TO] [--port FROM=TO] [--seed N] [--src-mac MAC[,MAC]]\n"    \
	  "           [--dst-mac MAC[,MAC]] [--repair] [--mtu N] [--limit N] [--seconds S]\n"      \
	  "           [--loop N] [--stats] [--progress] CAPTURE...\n"                              \
	  "       skypelab replay --generators",                                                   \
	  "send recorded frames out of an interface")                                              \
	X(corpora, cmd_corpora,                                                                    \
	  "list|fetch|verify [-d DIR] [--mirror URL] [--role ROLE] [NAME|PATTERN]...",             \
	  "recorded captures: what there is, download, check")                                     \
	X(regress, cmd_regress,                                                                    \
	  "[--against NAME|FILE] [--capture FILE|DIR]... [--run RUN]... [--lab SCENARIO]\n"        \
	  "                         [--vary N] [--seed S] [--tolerance X] "                        \
	  "[--format text|markdown|junit]\n"                                                       \
	  "                         [-o FILE] SIGNATURE...",                                       \
	  "hold a new or changed signature against the one it replaces")                           \
	X(capture, cmd_capture,                                                                    \
	  "[-o DIR] [--node NODE] [--label skype|not-skype|unknown] [--version V] [-s SIGNATURE] " \
	  "[--filter AXIS=VALUE] SCENARIO -- PROGRAM [ARGUMENT...]",                               \
	  "run a real program in a scenario's network and keep it as a labelled run")              \
	X(version, cmd_version, "", "program version and the libraries it runs with")

#define X(name, fn, args, help) int fn(int argc, char **argv);
COMMANDS(X)
#undef X

/* Prints "usage: skypelab NAME ARGS" from the table to standard error; returns EXIT_USAGE. */
int usage(const char *command);

#endif
