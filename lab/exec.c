// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * exec.c - foreign programs inside a node
 *
 * Model: a fork that steps into the node's network namespace and into a mount namespace of its own,
 * where /etc/resolv.conf and /etc/hosts are the lab's and /sys shows the node's interfaces; then
 * exec. Only those two mounts hold the tmpfs with the files, so they disappear with the program. It
 * gets SIGKILL when its parent dies, and the sandbox's PID namespace takes it down if the parent
 * cannot.
 *
 * Limits: /sys and the two files stay the host's when the kernel or a missing file prevents the
 * mount; the program runs all the same.
 */
#include <errno.h>
#include <fcntl.h>
#include <linux/close_range.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <unistd.h>

#include "lab/exec.h"
#include "lab/lab_private.h"
#include "lab/nodes.h"

char *lab_resolv_conf(const struct lab *lab)
{
	const struct plan *p = &lab->plan;
	char text[IP_TEXT_LEN];

	for (size_t i = 0; i < p->n_groups; i++)
		if (!strcmp(p->groups[i].name, "dns") && p->groups[i].n)
			return xasprintf("# skypelab\nnameserver %s\n",
					 ip_text(&p->groups[i].ips[0], text));
	return xstrdup("# skypelab: this lab has no resolver\n");
}

char *lab_hosts_file(const struct lab *lab)
{
	char *out = NULL, text[IP_TEXT_LEN];
	size_t len;
	FILE *f = open_memstream(&out, &len);

	if (!f)
		return xstrdup("127.0.0.1 localhost\n");
	fprintf(f, "# skypelab\n127.0.0.1 localhost\n");
	for (size_t i = 0; i < lab->plan.n_nodes; i++)
		if (lab->plan.nodes[i].ip.family)
			fprintf(f, "%s %s\n", ip_text(&lab->plan.nodes[i].ip, text),
				lab->plan.nodes[i].name);
	fclose(f);
	return out;
}

static int put_file(const char *path, const char *content)
{
	int fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0644);
	ssize_t n;

	if (fd < 0)
		return -1;
	n = write(fd, content, strlen(content));
	close(fd);
	return n == (ssize_t)strlen(content) ? 0 : -1;
}

void node_files(const char *resolv_conf, const char *hosts)
{
	if (unshare(CLONE_NEWNS) < 0 || mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) < 0)
		return;
	mount("sysfs", "/sys", "sysfs", MS_NOSUID | MS_NODEV | MS_NOEXEC | MS_RDONLY, NULL);
	if (mount("skypelab", "/tmp", "tmpfs", MS_NOSUID | MS_NODEV, "size=1m,mode=755") < 0)
		return;
	if (put_file("/tmp/resolv.conf", resolv_conf) == 0)
		mount("/tmp/resolv.conf", "/etc/resolv.conf", NULL, MS_BIND, NULL);
	if (put_file("/tmp/hosts", hosts) == 0)
		mount("/tmp/hosts", "/etc/hosts", NULL, MS_BIND, NULL);
	umount2("/tmp", MNT_DETACH);
}

void node_exec(char *const argv[], char *const envp[])
{
	sigset_t none;

	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
	for (int sig = 1; sig < NSIG; sig++)
		if (sig != SIGKILL && sig != SIGSTOP)
			signal(sig, SIG_DFL);
	close_range(3, ~0U, CLOSE_RANGE_CLOEXEC);
	execvpe(argv[0], argv, envp);
	fprintf(stderr, "skypelab: cannot run %s: %s\n", argv[0], strerror(errno));
	_exit(errno == ENOENT ? 127 : 126);
}

/* The child's side of lab_spawn(). */
static void __attribute__((noreturn))
spawn_child(struct lab *lab, const struct lab_node *node, char *const argv[], char *const envp[],
	    const int fds[3], pid_t parent)
{
	cpu_set_t all;
	char *resolv = lab_resolv_conf(lab), *hosts = lab_hosts_file(lab);

	prctl(PR_SET_PDEATHSIG, SIGKILL);
	if (getppid() != parent)
		_exit(EXIT_ENV);
	/* The loop keeps our thread on one CPU, but the program may use all. */
	memset(&all, 0xff, sizeof(all));
	sched_setaffinity(0, sizeof(all), &all);
	if (setns(node->netns, CLONE_NEWNET) < 0) {
		fprintf(stderr, "skypelab: %s: %s\n", node->name, strerror(errno));
		_exit(EXIT_ENV);
	}
	for (int i = 0; fds && i < 3; i++)
		if (fds[i] >= 0 && dup2(fds[i], i) < 0)
			_exit(EXIT_ENV);
	node_files(resolv, hosts);
	node_exec(argv, envp ? envp : environ);
}

int lab_spawn(struct lab *lab, const char *node, char *const argv[], char *const envp[],
	      const int fds[3], struct err *e)
{
	const struct lab_node *n = lab_node(lab, node);
	pid_t parent = getpid(), pid;

	if (!n)
		return err_set(e, "no node '%s' in this lab", node);
	fflush(NULL);
	pid = fork();
	if (pid < 0)
		return err_env(e, "%s: cannot fork: %s", node, strerror(errno));
	if (!pid)
		spawn_child(lab, n, argv, envp, fds, parent);
	return pid;
}
