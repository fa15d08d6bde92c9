// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * privilege.c - gives up privilege before the first foreign packet is read
 *
 * Model: capturing needs root (or two capabilities) to open its sockets and nothing to read them.
 * What parses packets of strangers should be able to read these sockets, write the output that is
 * open, and nothing else. In this order, since each step needs what a later one takes:
 *
 *	1. the bounding set is emptied		needs CAP_SETPCAP
 *	2. groups, group and user are changed	needs CAP_SETUID, CAP_SETGID
 *	3. every capability is given up
 *	4. no_new_privs				lets 5 be done by an ordinary user
 *	5. a filter of system calls		see syscall_filter.c
 *
 * Limits: files that are open stay open and writable. A user namespace in which only root exists
 * (a lab's, of an ordinary user) has no other user to become: root there is that ordinary user, and
 * step 2 is left out. Steps 1 to 4 are the calling thread's: they come before other threads begin; step 5 is
 * all threads'.
 */
#include <errno.h>
#include <grp.h>
#include <linux/capability.h>
#include <pwd.h>
#include <stdint.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/privilege.h"

#define DEFAULT_USER "nobody"

#define BIT(cap) (1ULL << (cap))

/* All but those of @kept. */
static int drop_bounding_set(uint64_t kept, struct err *e)
{
	for (int cap = 0; prctl(PR_CAPBSET_READ, cap) >= 0; cap++)
		if (!(kept & BIT(cap)) && prctl(PR_CAPBSET_READ, cap) > 0 &&
		    prctl(PR_CAPBSET_DROP, cap) < 0 &&
		    errno != EPERM) /* not root: no_new_privs makes the set worthless */
			return err_env(e, "cannot give up capability %d: %s", cap, strerror(errno));
	return 0;
}

/* The numbers of a user by name. 0; 1 = there is none of that name. */
static int look_up(const char *name, uid_t *uid, gid_t *gid)
{
	struct passwd entry, *found = NULL;
	char text[16384];

	if (getpwnam_r(name, &entry, text, sizeof(text), &found) != 0 || !found)
		return 1;
	*uid = found->pw_uid;
	*gid = found->pw_gid;
	return 0;
}

static int change_user(const char *user, struct err *e)
{
	const char *name = user ? user : DEFAULT_USER;
	uid_t uid;
	gid_t gid;

	if (geteuid() != 0)
		return user ? err_env(e, "cannot become user %s: only root can; leave -Z out", user)
			    : 0;
	if (look_up(name, &uid, &gid))
		return err_env(e, "no user '%s' here: name one with -Z", name);
	if (!uid)
		return 0;
	if (setgroups(1, &gid) == 0 && setresgid(gid, gid, gid) == 0 &&
	    setresuid(uid, uid, uid) == 0)
		return 0;
	/* EINVAL: no such user in this namespace; EPERM: its groups are fixed, as an ordinary
	 * user's namespace has them. */
	if (!user && geteuid() == 0 && (errno == EINVAL || errno == EPERM)) {
		log_debug("%s does not exist in this user namespace: user 0 is kept", name);
		return 0;
	}
	return err_env(e, "cannot become user %s: %s", name, strerror(errno));
}

/* All but @kept (-1 = none), which a program that is run keeps, and of those that the process has,
 * @also, which it does not. */
static int drop_capabilities(int kept, uint64_t also, struct err *e)
{
	struct __user_cap_header_struct head = {.version = _LINUX_CAPABILITY_VERSION_3};
	struct __user_cap_data_struct sets[_LINUX_CAPABILITY_U32S_3] = {0};

	prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_CLEAR_ALL, 0, 0, 0);
	if (syscall(SYS_capget, &head, sets) < 0)
		return err_env(e, "cannot read capabilities: %s", strerror(errno));
	for (size_t i = 0; i < ARRAY_LEN(sets); i++) {
		sets[i].permitted &= (uint32_t)(also >> (32 * i));
		sets[i].effective = sets[i].permitted;
		sets[i].inheritable = 0;
	}
	if (kept >= 0) {
		struct __user_cap_data_struct *set = &sets[CAP_TO_INDEX(kept)];

		set->effective = set->permitted = set->inheritable = CAP_TO_MASK(kept);
	}
	if (syscall(SYS_capset, &head, sets) < 0)
		return err_env(e, "cannot give up capabilities: %s", strerror(errno));
	if (kept >= 0 && prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_RAISE, kept, 0, 0) < 0)
		return err_env(e, "cannot keep capability %d: %s", kept, strerror(errno));
	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0)
		return err_env(e, "cannot set no_new_privs: %s", strerror(errno));
	return 0;
}

int privilege_give_up(const char *user, int kept, struct err *e)
{
	if (drop_bounding_set(kept < 0 ? 0 : BIT(kept), e) < 0)
		return -1;
	if (kept >= 0 && prctl(PR_SET_KEEPCAPS, 1, 0, 0, 0) < 0)
		return err_env(e, "cannot keep capability %d: %s", kept, strerror(errno));
	if (change_user(user, e) < 0)
		return -1;
	return drop_capabilities(kept, 0, e);
}

int privilege_keep_files(struct err *e)
{
	const uint64_t kept = BIT(CAP_DAC_OVERRIDE) | BIT(CAP_CHOWN) | BIT(CAP_FOWNER);

	return drop_bounding_set(kept, e) < 0 ? -1 : drop_capabilities(-1, kept, e);
}

int privilege_drop(const char *user, const struct syscall_needs *needs, struct err *e)
{
	return privilege_give_up(user, -1, e) < 0 ? -1 : syscall_filter(needs, e);
}
