// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * doctor.c - what this machine can do of what the sub-commands need
 *
 * Each row of checks[] is one thing that is tried, not looked up: namespaces are made, a NAT is built and
 * probed, a table of nftables gets its owner, a packet socket is opened. What changes the process that tries it runs in
 * a child. Nothing outlives the look: namespaces go with the child.
 *
 * Limits: names of packages are Debian's. Programs of detectors and of real traffic are looked for in PATH
 * alone. That a check is good says that the thing works now, not for a lab of any size.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/if_ether.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/child.h"
#include "base/datadir.h"
#include "base/path.h"
#include "lab/sandbox.h"
#include "lab/verify/verify.h"
#include "operator/filter/own_table.h"
#include "replay/programs/list.h"
#include "replay/recorded/corpora.h"
#include "results/adapter/adapter.h"
#include "run/doctor/doctor.h"

/* Each returns what to say (owned) and sets *@good. */
typedef char *check_fn(bool *good);

/* ------------------------------------------------------------------ namespaces */

/* What came of something that was tried: @fine, or why it cannot be. */
static char *result(int rc, const struct err *e, const char *fine, bool *good)
{
	*good = rc == 0;
	return xstrdup(*good ? fine : e->msg);
}

static char *check_namespaces(bool *good)
{
	struct err e;
	int rc = lab_sandbox_possible(&e);

	return result(rc, &e, "user, mount, PID and network namespaces can be made", good);
}

static int probe(void *arg, struct err *e)
{
	const struct lab_verify_options nat = {.nats = true, .nat = "full-cone", .seed = 1};
	const struct lab_verify_options firewall = {
		.firewalls = true, .firewall = "inbound-restricted", .seed = 1};
	FILE *f;
	int rc;

	(void)arg;
	if (lab_sandbox_enter(e) < 0)
		return -1;
	f = fopen("/dev/null", "w");
	if (!f)
		return err_sys(e, "/dev/null");
	rc = lab_verify(&nat, f, e);
	if (rc == 0)
		rc = lab_verify(&firewall, f, e);
	fclose(f);
	return rc > 0 ? err_env(e, "a NAT or firewall of the lab does not behave as declared; "
				   "`skypelab lab verify` says where")
		      : rc;
}

static char *check_gateways(bool *good)
{
	struct err e;
	int rc = in_child(probe, NULL, "the process that tried a NAT", &e);

	return result(
		rc, &e,
		"nftables and conntrack over netlink: a NAT and a firewall were built and probed",
		good);
}

static char *check_files(bool *good)
{
	struct rlimit r;

	getrlimit(RLIMIT_NOFILE, &r);
	*good = r.rlim_max >= 1024;
	return xasprintf("%llu open files: labs of up to %llu nodes%s",
			 (unsigned long long)r.rlim_max,
			 r.rlim_max > 64 ? (unsigned long long)(r.rlim_max - 64) / 2 : 0ULL,
			 *good ? "" : "; raise the limit (ulimit -Hn, limits.conf(5))");
}

/* ------------------------------------------------------------------ live */

static char *check_capture(bool *good)
{
	int fd = socket(AF_PACKET, SOCK_RAW | SOCK_CLOEXEC, htons(ETH_P_ALL));

	*good = fd >= 0;
	if (fd < 0)
		return xasprintf("no packet socket: %s; start it with sudo", strerror(errno));
	close(fd);
	return xstrdup("packets of interfaces can be read and sent");
}

static int make_table(void *arg, struct err *e)
{
	const bool *persist = arg;
	struct filter_policy *p = filter_policy_load(NULL, e);
	struct own_table *t;
	int rc;

	if (!p)
		return -1;
	t = lab_sandbox_enter(e) < 0 ? NULL : own_table_open(p, -1, *persist, e);
	rc = t ? own_table_make(t, NULL, 0, e) : -1;
	if (t)
		own_table_close(t);
	filter_policy_free(p);
	return rc;
}

static char *try_table(bool persist, const char *fine, bool *good)
{
	struct err e;
	int rc = in_child(make_table, &persist, "the process that tried a table of nftables", &e);

	return result(rc, &e, fine, good);
}

static char *check_filter(bool *good)
{
	return try_table(false, "nftables has tables with an owner", good);
}

static char *check_fail_closed(bool *good)
{
	return try_table(true, "nftables keeps a table whose owner ended", good);
}

static char *check_tun(bool *good)
{
	int fd = open("/dev/net/tun", O_RDWR | O_CLOEXEC);

	*good = fd >= 0;
	if (fd < 0)
		return xasprintf("/dev/net/tun: %s; as root: modprobe tun; chmod 0666 /dev/net/tun",
				 strerror(errno));
	close(fd);
	return xstrdup("/dev/net/tun can be opened");
}

/* ------------------------------------------------------------------ files and programs */

static char *check_data(bool *good)
{
	struct err e;
	char *path = data_path("detector/signatures/skypelab-2006.yaml", &e);

	*good = path != NULL;
	if (!path)
		return xstrdup(e.msg);
	*strstr(path, "/detector/signatures/") = '\0';
	return path;
}

static char *check_gnuplot(bool *good)
{
	char *path = path_of_program("gnuplot", NULL);

	*good = path != NULL;
	return path ? path : xstrdup("gnuplot is not installed; sudo apt install gnuplot-nox");
}

struct counted {
	size_t there, all;
};

static void count_corpus(void *arg, const struct corpus *c, const struct err *wrong)
{
	struct counted *n = arg;

	(void)wrong;
	for (uint32_t i = 0; c && i < c->captures_count; i++) {
		char *path = path_in(corpora_dir(), c->captures[i].path);

		n->there += access(path, R_OK) == 0;
		n->all++;
		free(path);
	}
}

static char *check_corpora(bool *good)
{
	struct counted n = {0};
	struct err e;

	*good = false;
	if (corpora_each(count_corpus, &n, &e) < 0)
		return xstrdup(e.msg);
	*good = n.there == n.all;
	return xasprintf("%zu of %zu public captures in %s%s%s", n.there, n.all, corpora_dir(),
			 *good ? "" : "; skypelab corpora fetch -d ", *good ? "" : corpora_dir());
}

/* "a, b" of what is missing (owned); *@n of @all are there. */
static char *missing_detectors(struct counted *n)
{
	char **names = data_names("scenarios/detectors", NULL), *missing = xstrdup("");

	for (char **name = names; name && *name; name++) {
		struct adapter *a = adapter_load(*name, NULL);
		char *path = a && a->command.n
				     ? path_of_program(a->command.items[0], "/usr/sbin:/sbin")
				     : NULL;
		char *longer;

		n->all += strcmp(*name, "command") != 0;
		n->there += path != NULL;
		if (!path && strcmp(*name, "command") != 0) {
			longer = xasprintf("%s%s%s", missing, *missing ? ", " : "", *name);
			free(missing);
			missing = longer;
		}
		free(path);
		adapter_free(a);
	}
	data_names_free(names);
	return missing;
}

static char *check_detectors(bool *good)
{
	struct counted n = {0};
	char *missing = missing_detectors(&n), *says;

	*good = n.there == n.all;
	says = xasprintf("%zu of %zu detectors of others are installed%s%s%s", n.there, n.all,
			 *missing ? "; missing: " : "", missing,
			 *missing ? "; `skypelab detector show NAME` says where it comes from"
				  : "");
	free(missing);
	return says;
}

static char *check_programs(bool *good)
{
	struct counted n = {0};
	char *missing = xstrdup(""), *says;

	for (; program_pairs[n.all]; n.all++) {
		char *lacks = program_pair_lacks(program_pairs[n.all]), *longer;

		n.there += !lacks;
		if (lacks) {
			longer =
				xasprintf("%s; %s: %s", missing, program_pairs[n.all]->name, lacks);
			free(missing);
			missing = longer;
		}
		free(lacks);
	}
	*good = n.there == n.all;
	says = xasprintf("%zu of %zu pairs of real programs can run%s", n.there, n.all, missing);
	free(missing);
	return says;
}

static char *check_sweeps(bool *good)
{
	char *sbatch = path_of_program("sbatch", NULL),
	     *parallel = path_of_program("parallel", NULL);
	char *says =
		xasprintf("Slurm %s, GNU parallel %s%s", sbatch ? "is there" : "is not",
			  parallel ? "is there" : "is not",
			  sbatch || parallel ? "" : "; sudo apt install slurm-client or parallel");

	*good = sbatch || parallel;
	free(sbatch);
	free(parallel);
	return says;
}

/* ------------------------------------------------------------------ all */

#define COMMANDS(...) ((const char *const[]){__VA_ARGS__, NULL})
#define LAB	      COMMANDS("capture", "evade", "lab", "run")

static const struct check {
	const char *name;
	check_fn *fn;
	const char *const *serves;
	const char *part;
} checks[] = {
	{"data", check_data,
	 COMMANDS("analyze", "capture", "claims", "corpora", "coverage", "detect", "detector",
		  "drift", "evade", "lab", "late", "paper", "partial", "regress", "results", "run",
		  "score", "signature", "submit", "watch"),
	 NULL},
	{"namespaces", check_namespaces, LAB, NULL},
	{"gateways", check_gateways, LAB, NULL},
	{"fresh-runs", check_namespaces, COMMANDS("regress", "submit"), "runs of their own"},
	{"open-files", check_files, LAB, "labs of many nodes"},
	{"packets", check_capture, COMMANDS("replay"), NULL},
	{"interfaces", check_capture, COMMANDS("detect", "watch"), "-i, live interfaces"},
	{"filter", check_filter, COMMANDS("watch"), "--filter"},
	{"fail-closed", check_fail_closed, COMMANDS("watch"), "--filter --fail-closed"},
	{"gnuplot", check_gnuplot,
	 COMMANDS("analyze", "coverage", "drift", "late", "paper", "partial", "run", "score",
		  "results"),
	 "plots and reports"},
	{"captures", check_corpora,
	 COMMANDS("claims", "drift", "late", "paper", "partial", "regress", "run", "score"),
	 "recorded traffic"},
	{"detectors", check_detectors, COMMANDS("detector", "evade", "regress", "run", "score"),
	 "-D, detectors of others"},
	{"programs", check_programs, COMMANDS("run"), "mixes of real programs"},
	{"tun", check_tun, COMMANDS("run"), "--live, and OpenVPN in mixes of real programs"},
	{"sweeps", check_sweeps, COMMANDS("submit"), "--slurm, --parallel"},
};

static bool serves(const struct check *c, const char *command)
{
	for (const char *const *s = c->serves; *s; s++)
		if (!strcmp(*s, command))
			return true;
	return false;
}

bool doctor_knows(const char *command)
{
	for (size_t i = 0; i < ARRAY_LEN(checks); i++)
		if (serves(&checks[i], command))
			return true;
	return false;
}

void doctor_look(struct doctor *d, const char *command)
{
	*d = (struct doctor){.n = 0};
	for (size_t i = 0; i < ARRAY_LEN(checks); i++) {
		const struct check *c = &checks[i];
		struct doctor_finding *f = &d->f[d->n];

		if (command && !serves(c, command))
			continue;
		*f = (struct doctor_finding){.name = c->name, .serves = c->serves, .part = c->part};
		f->says = c->fn(&f->good);
		d->n++;
	}
}

bool doctor_lacks(const struct doctor *d)
{
	for (size_t i = 0; i < d->n; i++)
		if (!d->f[i].good && !d->f[i].part)
			return true;
	return false;
}

void doctor_clear(struct doctor *d)
{
	for (size_t i = 0; i < d->n; i++)
		free(d->f[i].says);
	*d = (struct doctor){.n = 0};
}
