// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * exec.c - foreign programs inside a node
 *
 * Model: a fork that steps into the node's network namespace and into a mount namespace of its own,
 * where /etc/resolv.conf and /etc/hosts are the lab's and /sys shows the node's interfaces; then
 * exec. The program may do in the node's network what root may, and nothing to the host's kernel:
 * /proc/sys and /sys are read-only, /dev has no disks, and the capabilities that undo this are gone. Only those two mounts hold the tmpfs with the files, so they disappear with the program. It
 * gets SIGKILL when its parent dies, and the sandbox's PID namespace takes it down if the parent
 * cannot.
 *
 * Limits: /sys and the two files stay the host's when the kernel or a missing file prevents the
 * mount; the program runs all the same. Files are the host's: the program may change those that its
 * user may change.
 */
#include <errno.h>
#include <fcntl.h>
#include <linux/capability.h>
#include <linux/close_range.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/stat.h>
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

/* Mounts what is at @path on itself and forbids writing. What is not there stays so. */
static void forbid_writing(const char *path)
{
	const unsigned long flags = MS_NOSUID | MS_NODEV | MS_NOEXEC;

	if (mount(path, path, NULL, MS_BIND | MS_REC, NULL) < 0 ||
	    mount(NULL, path, NULL, MS_BIND | MS_REMOUNT | MS_RDONLY | flags, NULL) < 0)
		log_debug("%s: cannot be made read-only: %s", path, strerror(errno));
}

/* Settings of the host's kernel, which belong to user 0 whatever his capabilities. */
static void protect_kernel(void)
{
	static const char *const settings[] = {
		"/proc/sys", "/proc/sysrq-trigger", "/proc/irq",  "/proc/bus",
		"/proc/fs",  "/proc/acpi",	    "/proc/scsi", "/proc/mtrr"};

	if (mount("sysfs", "/sys", "sysfs", MS_NOSUID | MS_NODEV | MS_NOEXEC | MS_RDONLY, NULL) < 0)
		forbid_writing("/sys");
	for (size_t i = 0; i < ARRAY_LEN(settings); i++)
		if (access(settings[i], F_OK) == 0)
			forbid_writing(settings[i]);
}

/* A /dev without the host's disks and the like. The one that was there stays when it fails. */
static void harmless_devices(void)
{
	static const char *const kept[] = {"null", "zero", "full",    "random", "urandom",
					   "tty",  "pts",  "net/tun", "shm",	"mqueue"};
	static const char *const links[][2] = {{"/proc/self/fd", "fd"},
					       {"/proc/self/fd/0", "stdin"},
					       {"/proc/self/fd/1", "stdout"},
					       {"/proc/self/fd/2", "stderr"},
					       {"pts/ptmx", "ptmx"}};
	char from[64], to[64];
	struct stat st;

	if (mount("skypelab", "/tmp", "tmpfs", MS_NOSUID | MS_NOEXEC, "size=64k,mode=755") < 0)
		return;
	mkdir("/tmp/net", 0755);
	for (size_t i = 0; i < ARRAY_LEN(kept); i++) {
		snprintf(from, sizeof(from), "/dev/%s", kept[i]);
		snprintf(to, sizeof(to), "/tmp/%s", kept[i]);
		if (stat(from, &st) < 0)
			continue;
		if (S_ISDIR(st.st_mode))
			mkdir(to, 0755);
		else
			close(open(to, O_WRONLY | O_CREAT | O_CLOEXEC, 0666));
		if (mount(from, to, NULL, MS_BIND | MS_REC, NULL) < 0)
			log_debug("%s: %s", from, strerror(errno));
	}
	for (size_t i = 0; i < ARRAY_LEN(links); i++) {
		snprintf(to, sizeof(to), "/tmp/%s", links[i][1]);
		(void)!symlink(links[i][0], to);
	}
	if (mount("/tmp", "/dev", NULL, MS_BIND | MS_REC, NULL) < 0)
		log_debug("/dev stays the host's: %s", strerror(errno));
	umount2("/tmp", MNT_DETACH);
}

/* What mounts and looks into other processes could undo the above: not in this program, nor in what
 * it runs. */
static void drop_undoing(void)
{
	prctl(PR_CAPBSET_DROP, CAP_SYS_ADMIN);
	prctl(PR_CAPBSET_DROP, CAP_SYS_PTRACE);
	prctl(PR_CAPBSET_DROP, CAP_MKNOD);
}

void node_confine(const char *resolv_conf, const char *hosts)
{
	if (unshare(CLONE_NEWNS) < 0 || mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) < 0)
		return;
	protect_kernel();
	harmless_devices();
	if (mount("skypelab", "/tmp", "tmpfs", MS_NOSUID | MS_NODEV, "size=1m,mode=755") < 0)
		return drop_undoing();
	if (put_file("/tmp/resolv.conf", resolv_conf) == 0)
		mount("/tmp/resolv.conf", "/etc/resolv.conf", NULL, MS_BIND, NULL);
	if (put_file("/tmp/hosts", hosts) == 0)
		mount("/tmp/hosts", "/etc/hosts", NULL, MS_BIND, NULL);
	umount2("/tmp", MNT_DETACH);
	drop_undoing();
}

void exec_ready(void)
{
	sigset_t none;

	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
	for (int sig = 1; sig < NSIG; sig++)
		if (sig != SIGKILL && sig != SIGSTOP)
			signal(sig, SIG_DFL);
	close_range(3, ~0U, CLOSE_RANGE_CLOEXEC);
}

void node_exec(char *const argv[], char *const envp[])
{
	exec_ready();
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
	node_confine(resolv, hosts);
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
