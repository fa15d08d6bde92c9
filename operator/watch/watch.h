/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef OPERATOR_WATCH_WATCH_H
#define OPERATOR_WATCH_WATCH_H

#include "detector/detector.h"
#include "operator/watch/opener.h"
#include "operator/watch/readers.h"
#include "operator/watch/sinks.h"

/**
 * struct watch_wish - what is to be watched, and how
 * @read:	Interfaces and readers
 * @signatures:	As signatures_load() has them, @signatures_n; the strings must outlive the watch
 * @max_flows:	0 = the detector's default
 * @checksums:	What becomes of packets with a bad checksum
 * @host:	The sensor's name, for EVE; NULL = the machine's
 * @opener:	Opens signatures anew, for which they are the same
 * @user:	Who reads packets when root started it; NULL = nobody
 */
struct watch_wish {
	struct readers_wish read;
	const char *const *signatures;
	size_t signatures_n;
	size_t max_flows;
	enum checksum_mode checksums;
	const char *host;
	struct opener *opener;
	const char *user;
};

struct watch;

/* Loads the signatures and opens the interfaces. NULL with @e set. */
struct watch *watch_open(const struct watch_wish *wish, struct err *e);
/* Before watch_run(). */
void watch_add(struct watch *w, const struct watch_sink *sink);
/* Those of the start, which stay to the end; and those in force since the last SIGHUP (main thread). */
const struct signature_set *watch_signatures(const struct watch *w);
const struct signature_set *watch_signatures_now(const struct watch *w);
/* Starts the sinks: then everything is open. 0, or -1 with @e set. */
int watch_begin(struct watch *w, struct err *e);
/* Gives up privilege, the user and system calls (base/privilege.h), for good, then reads until
 * SIGINT or SIGTERM, until a sink fails or no interface is left; all pending events are out then.
 * 0, or -1 with @e set. */
int watch_run(struct watch *w, struct err *e);
/* As of the last second; in the main thread. */
const struct watch_stats *watch_stats(const struct watch *w);
void watch_free(struct watch *w);

#endif
