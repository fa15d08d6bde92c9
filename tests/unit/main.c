// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * main.c - runs the unit tests; each t_*.c registers itself
 *
 *	unit			all
 *	unit NAME...		only the files (t_NAME.c) or cases (START_TEST(NAME)) of these names
 *
 * As many files run at a time as there are processors: workers, forked when all files have been asked
 * for their cases, take the next file from a counter that they share. A case has a process of its own.
 * Under sanitizers a process costs more than most cases do (its memory is searched for leaks when it
 * ends), so there the cases of a file run in one process, but for files that say unit_apart().
 *
 * No test needs a privilege or the network. Some need what a kernel or a machine may refuse: network
 * namespaces, nft, conntrack. Without it they are skipped: not run, not counted as passed, and named
 * with the reason and the remedy. Exit status: 0 all that ran passed, 1 one failed, 2 wrong usage.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/err.h"
#include "base/path.h"
#include "lab/gateway/policies.h"
#include "lab/lab.h"
#include "tests/unit/unit.h"

/* Tools of the administrator, which the PATH of an ordinary user lacks. */
#define SBIN "/usr/local/sbin:/usr/sbin:/sbin"
/* Of a case, and of a file whose cases share a process. A machine with much else to do is no hang. */
#define FILE_SECONDS 400

static struct unit {
	const char *name;
	void (*fill)(TCase *tc);
} units[128];
static size_t unit_count;

static struct {
	char **names; /* asked for; none: all */
	int n_names;
	bool *met;  /* which of them there are */
	bool whole; /* the file at hand was asked for by its name */
	bool apart; /* the file at hand said unit_apart() */
	int cases, skipped;
} ask;

void unit_register(const char *name, void (*fill)(TCase *tc))
{
	if (unit_count < ARRAY_LEN(units))
		units[unit_count++] = (struct unit){name, fill};
}

static bool asked_for(const char *name)
{
	for (int i = 0; i < ask.n_names; i++)
		if (!strcmp(ask.names[i], name))
			return ask.met[i] = true;
	return ask.n_names == 0;
}

bool unit_wanted(const char *test, const char *lack)
{
	if (!ask.whole && !asked_for(test))
		return false;
	if (lack) {
		ask.skipped++;
		printf("SKIP %s: %s\n", test, lack);
		return false;
	}
	ask.cases++;
	return true;
}

void unit_apart(void)
{
	ask.apart = true;
}

void unit_sandbox(void)
{
	struct err e = {0};

	ck_assert_msg(lab_sandbox_enter(&e) == 0, "%s", e.msg);
}

static struct policies policies;

const struct firewall *unit_firewall(const char *name)
{
	struct err e = {0};
	const struct firewall *f = policies_firewall(&policies, name, &e);

	ck_assert_msg(f != NULL, "%s", e.msg);
	return f;
}

const struct nat_policy *unit_nat(const char *name)
{
	struct err e = {0};
	const struct nat_policy *n = policies_nat(&policies, name, &e);

	ck_assert_msg(n != NULL, "%s", e.msg);
	return n;
}

/* The sandbox takes the whole process along, so a child tries it. */
static void try_namespaces(char *lack, size_t size)
{
	struct err e = {0};
	int fd[2], status = -1;
	ssize_t n;
	pid_t child;

	lack[0] = '\0';
	if (pipe(fd) < 0 || (child = fork()) < 0) {
		snprintf(lack, size, "no process to try namespaces in: %m; close some programs");
		return;
	}
	if (child == 0) {
		bool in = lab_sandbox_enter(&e) == 0;

		if (!in && write(fd[1], e.msg, strlen(e.msg)) < 0)
			_exit(EXIT_FAILURE);
		_exit(in ? EXIT_SUCCESS : e.code);
	}
	close(fd[1]);
	n = read(fd[0], lack, size - 1);
	lack[n > 0 ? n : 0] = '\0';
	close(fd[0]);
	waitpid(child, &status, 0);
	/* EXIT_ENV is the machine's refusal; anything else is a fault of ours, and the cases shall fail. */
	if (!WIFEXITED(status) || WEXITSTATUS(status) != EXIT_ENV)
		lack[0] = '\0';
}

const char *unit_lack_of_namespaces(void)
{
	static char lack[sizeof(((struct err *)0)->msg)];
	static bool known;

	unit_apart();
	if (!known)
		try_namespaces(lack, sizeof(lack));
	known = true;
	return lack[0] ? lack : NULL;
}

const char *unit_lack_of(const char *program, const char *package)
{
	char *found;

	if (unit_lack_of_namespaces())
		return unit_lack_of_namespaces();
	found = path_of_program(program, NULL);
	if (found) {
		free(found);
		return NULL;
	}
	return xasprintf("%s is not installed; apt install %s", program, package);
}

static void extend_path(void)
{
	const char *path = getenv("PATH");
	char *longer = xasprintf("%s:%s", path ? path : "/usr/bin:/bin", SBIN);

	setenv("PATH", longer, 1);
	free(longer);
}

/* A file with cases to run. */
struct file {
	const char *name;
	SRunner *runner;
	bool apart;
	char *log; /* (owned) */
};

/* What the workers share. */
struct shared {
	_Atomic size_t next;
	_Atomic int run, failed;
};

static void run_cases(struct shared *all, SRunner *r)
{
	srunner_run_all(r, CK_NORMAL);
	fflush(stdout);
	all->run += srunner_ntests_run(r);
	all->failed += srunner_ntests_failed(r);
}

/* False when a process that is none of a case's did not end as it should. */
static bool run_file(struct shared *all, const struct file *f)
{
	int status = -1;
	pid_t child;

	if (f->apart) {
		run_cases(all, f->runner);
		return true;
	}
	child = fork();
	if (child == 0) {
		alarm(FILE_SECONDS);
		run_cases(all, f->runner);
		exit(EXIT_SUCCESS); /* looks for leaks */
	}
	if (child > 0 && waitpid(child, &status, 0) == child && WIFEXITED(status) &&
	    WEXITSTATUS(status) == EXIT_SUCCESS)
		return true;
	log_error("%s: its cases' process ended early (wait status 0x%x); CK_FORK=yes gives each "
		  "case its own",
		  f->name, (unsigned)status);
	return false;
}

/* Runs files until none is left; false when the process of one ended early. */
static bool work(struct shared *all, const struct file *files, size_t n)
{
	bool well = true;
	size_t i;

	while ((i = all->next++) < n)
		well &= run_file(all, &files[i]);
	return well;
}

/* False when a worker did not end as it should. */
static bool run_all(struct shared *all, const struct file *files, size_t n)
{
	long workers = sysconf(_SC_NPROCESSORS_ONLN);
	bool well = true;
	int status;

	fflush(stdout);
	for (long i = 1; i < workers; i++) {
		pid_t child = fork();

		if (child == 0)
			_exit(work(all, files, n) ? EXIT_SUCCESS : EXIT_FAILURE);
		if (child < 0)
			break; /* the others do it */
	}
	well = work(all, files, n);
	while (wait(&status) > 0)
		well &= WIFEXITED(status) && WEXITSTATUS(status) == EXIT_SUCCESS;
	return well;
}

/* With UNIT_TAP, a folder, check writes there what became of each case: tests/run-unit.sh. The path of
 * that file (owned), which has to live as long as @r; NULL = none. */
static char *log_to(SRunner *r, const char *name)
{
	const char *folder = getenv("UNIT_TAP");
	char *path = folder ? xasprintf("%s/%s.tap", folder, name) : NULL;

	if (path)
		srunner_set_tap(r, path);
	return path;
}

int main(int argc, char **argv)
{
	struct file files[ARRAY_LEN(units)];
	/* Files without a case that was asked for are freed by a runner that never runs. */
	SRunner *idle = srunner_create(NULL);
	struct shared *all =
		mmap(NULL, sizeof(*all), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	const char *forks = getenv("CK_FORK"); /* check's own variable */
	bool apart = forks ? strcmp(forks, "no") != 0 : !UNIT_SANITIZED;
	size_t n = 0;
	int rc = EXIT_USAGE;

	if (all == MAP_FAILED) {
		log_error("no memory to share: %m");
		return EXIT_FAILURE;
	}
	ask.names = argv + 1;
	ask.n_names = argc - 1;
	ask.met = xcalloc((size_t)argc, sizeof(*ask.met));
	extend_path();
	for (size_t i = 0; i < unit_count; i++) {
		int before = ask.cases;
		Suite *s = suite_create(units[i].name);
		TCase *tc = tcase_create(units[i].name);

		ask.whole = asked_for(units[i].name);
		ask.apart = apart;
		tcase_set_timeout(tc, FILE_SECONDS);
		units[i].fill(tc);
		suite_add_tcase(s, tc);
		if (ask.cases > before) {
			files[n] = (struct file){units[i].name, srunner_create(s), ask.apart, NULL};
			files[n].log = log_to(files[n].runner, units[i].name);
			srunner_set_fork_status(files[n].runner, ask.apart ? CK_FORK : CK_NOFORK);
			n++;
		} else
			srunner_add_suite(idle, s);
	}
	for (int i = 0; i < ask.n_names; i++)
		if (!ask.met[i]) {
			log_error("%s is neither a file nor a case of the unit tests",
				  ask.names[i]);
			goto out;
		}
	rc = run_all(all, files, n) && !all->failed ? EXIT_SUCCESS : EXIT_FAILURE;
	printf("unit tests: %d passed, %d failed, %d skipped\n", all->run - all->failed,
	       all->failed, ask.skipped);
out:
	for (size_t i = 0; i < n; i++) {
		srunner_free(files[i].runner);
		free(files[i].log);
	}
	srunner_free(idle);
	free(ask.met);
	munmap(all, sizeof(*all));
	return rc;
}
