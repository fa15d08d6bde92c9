// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * What is left to a process that reads strangers' packets (base/privilege.c, syscall_filter.c): from
 * inside, in two threads, everything that opens, starts, names or sends is tried and refused, and what
 * reading needs goes on. Each case is a process of its own.
 */
#include <errno.h>
#include <fcntl.h>
#include <linux/if_packet.h>
#include <net/ethernet.h>
#include <net/if.h>
#include <netinet/in.h>
#include <poll.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/ptrace.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

#include "base/privilege.h"
#include "tests/unit/unit.h"

/* Made before privilege is given up. */
static int made, listening, packets, pair[2];
static struct sockaddr_in somewhere;
static struct sockaddr_ll frame_to;

/* "name, EPERM or 0" of each call; @what is not evaluated before. */
#define REFUSED(what)                                                                              \
	do {                                                                                       \
		errno = 0;                                                                         \
		ck_assert_msg((long)(what) == -1 && errno == EPERM, "%s: %s", #what,               \
			      strerror(errno));                                                    \
	} while (0)

/* What makes something new of the file system, the network or processes. */
static void try_all(void)
{
	char *const argv[] = {"/bin/true", NULL};
	char text[8] = "x";

	REFUSED(syscall(SYS_open, "/etc/passwd", O_RDONLY));
	REFUSED(syscall(SYS_openat, AT_FDCWD, "/etc/passwd", O_RDONLY));
	REFUSED(syscall(SYS_openat, AT_FDCWD, "/tmp/x", O_WRONLY | O_CREAT, 0600));
	REFUSED(syscall(SYS_openat2, AT_FDCWD, "/etc/passwd", text, sizeof(text)));
	REFUSED(syscall(SYS_creat, "/tmp/x", 0600));
	REFUSED(unlink("/tmp/x"));
	REFUSED(rename("/tmp/x", "/tmp/y"));
	REFUSED(link("/tmp/x", "/tmp/y"));
	REFUSED(symlink("/tmp/x", "/tmp/y"));
	REFUSED(mkdir("/tmp/x", 0700));
	REFUSED(chmod("/tmp/x", 0700));
	REFUSED(access("/etc/passwd", R_OK));
	REFUSED(chdir("/"));
	REFUSED(socket(AF_INET, SOCK_STREAM, 0));
	REFUSED(socket(AF_UNIX, SOCK_STREAM, 0));
	REFUSED(connect(made, (struct sockaddr *)&somewhere, sizeof(somewhere)));
	REFUSED(bind(made, (struct sockaddr *)&somewhere, sizeof(somewhere)));
	REFUSED(listen(made, 1));
	REFUSED(setsockopt(made, SOL_SOCKET, SO_REUSEADDR, text, sizeof(text)));
	REFUSED(execve(argv[0], argv, argv + 1));
	REFUSED(syscall(SYS_execveat, AT_FDCWD, argv[0], argv, argv + 1, 0));
	REFUSED(syscall(SYS_fork));
	REFUSED(syscall(SYS_clone, SIGCHLD, 0, 0, 0, 0));
	REFUSED(syscall(SYS_clone3, text, sizeof(text)));
	REFUSED(syscall(SYS_ptrace, PTRACE_ATTACH, 1, NULL, NULL));
	REFUSED(syscall(SYS_process_vm_readv, 1, NULL, 0, NULL, 0, 0));
	REFUSED(kill(1, 0));
	REFUSED(setresuid(0, 0, 0));
	REFUSED(unshare(CLONE_NEWUSER));
	REFUSED(mount("x", "/tmp", "tmpfs", 0, NULL));
	REFUSED(syscall(SYS_bpf, 0, text, sizeof(text)));
	REFUSED(syscall(SYS_io_uring_setup, 1, text));
	REFUSED(syscall(SYS_userfaultfd, 0));
	REFUSED(syscall(SYS_memfd_create, "x", 0));
	REFUSED(syscall(SYS_pidfd_open, 1, 0));
	REFUSED(syscall(SYS_keyctl, 0, 0));
	REFUSED(dup(made));
	REFUSED(fcntl(made, F_DUPFD, 0));
	REFUSED(ioctl(0, TIOCSTI, text));
	REFUSED(ioctl(made, SIOCSIFFLAGS, text));
	REFUSED(mmap(NULL, 4096, PROT_READ | PROT_EXEC, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0));
	REFUSED(mprotect((void *)((uintptr_t)&try_all & ~4095UL), 4096, PROT_READ | PROT_EXEC));
	if (packets >= 0) { /* root: no frame leaves by the socket that packets come from */
		REFUSED(write(packets, text, sizeof(text)));
		REFUSED(syscall(SYS_sendto, packets, text, sizeof(text), 0, &frame_to,
				sizeof(frame_to)));
	}
}

static void works(void)
{
	struct pollfd p = {.fd = pair[0], .events = POLLIN};
	struct timespec t;
	char text[8];
	void *m;

	ck_assert_int_eq(write(pair[1], "packet", 6), 6);
	ck_assert_int_eq(poll(&p, 1, 1000), 1);
	ck_assert_int_eq(read(pair[0], text, sizeof(text)), 6);
	ck_assert_int_eq(clock_gettime(CLOCK_REALTIME, &t), 0);
	m = mmap(NULL, 1 << 20, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	ck_assert(m != MAP_FAILED && munmap(m, 1 << 20) == 0);
	free(malloc(1 << 22));
}

static pthread_barrier_t gate;

static void *beside(void *arg)
{
	pthread_barrier_wait(&gate); /* there before the filter, as a reader is */
	pthread_barrier_wait(&gate);
	try_all();
	works();
	return arg;
}

static void make_all(void)
{
	struct sockaddr_in any = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	socklen_t size = sizeof(somewhere);

	made = socket(AF_INET, SOCK_STREAM, 0);
	listening = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);
	ck_assert(bind(listening, (struct sockaddr *)&any, sizeof(any)) == 0 &&
		  listen(listening, 4) == 0 &&
		  getsockname(listening, (struct sockaddr *)&somewhere, &size) == 0);
	ck_assert_int_eq(socketpair(AF_UNIX, SOCK_STREAM, 0, pair), 0);
	packets = socket(AF_PACKET, SOCK_RAW, htons(ETH_P_ALL));
	frame_to = (struct sockaddr_ll){.sll_family = AF_PACKET,
					.sll_ifindex = (int)if_nametoindex("lo")};
}

static void expect_status(const char *key, const char *value)
{
	char line[256], want[64];
	FILE *f = fopen("/proc/self/status", "r");
	bool found = false;

	snprintf(want, sizeof(want), "%s:\t%s\n", key, value);
	while (fgets(line, sizeof(line), f))
		found |= !strcmp(line, want);
	fclose(f);
	ck_assert_msg(found, "not %s", want);
}

START_TEST(everything_new_is_refused_in_all_threads)
{
	struct syscall_needs needs = {.serves = _i, .receive_only = &packets};
	pthread_t other;
	struct err e;

	make_all();
	needs.receive_only_n = packets >= 0;
	ck_assert_msg(privilege_give_up(NULL, -1, &e) == 0, "%s", e.msg);
	for (size_t i = 0; i < 4; i++)
		expect_status((const char *const[]){"CapPrm", "CapEff", "CapInh", "CapAmb"}[i],
			      "0000000000000000");
	expect_status("NoNewPrivs", "1");
	if (packets >= 0)
		expect_status("CapBnd", "0000000000000000");
	pthread_barrier_init(&gate, NULL, 2);
	ck_assert_int_eq(pthread_create(&other, NULL, beside, NULL), 0);
	pthread_barrier_wait(&gate);
	ck_assert_msg(syscall_filter(&needs, &e) == 0, "%s", e.msg);
	try_all();
	works();
	pthread_barrier_wait(&gate);
	pthread_join(other, NULL);
	errno = 0;
	ck_assert_int_eq(accept4(listening, NULL, NULL, SOCK_NONBLOCK), -1);
	ck_assert_int_eq(errno, needs.serves ? EAGAIN : EPERM);
	fflush(NULL);
	_exit(0); /* a sanitizer's search for leaks starts a thread, which is refused */
}
END_TEST

UNIT(privilege)
{
	unit_apart();
	unit_loop(tc, everything_new_is_refused_in_all_threads, 0, 2);
}
