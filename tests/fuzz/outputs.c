// SPDX-License-Identifier: GPL-2.0-or-later
/* The name of a bundled definition in the first line, and any bytes behind it as the file that such a
 * detector wrote: it is refused with a reason, or every record is counted and every detection can be
 * scored. */
#include <stdlib.h>
#include <string.h>

#include "base/outfile.h"
#include "base/path.h"
#include "results/adapter/adapter.h"
#include "results/adapter/read.h"
#include "results/adapter/show.h"
#include "tests/fuzz/kinds.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static char dir[] = "/tmp/skypelab-fuzz-XXXXXX";
static char *file;
static FILE *nowhere;

static void check(const struct adapter_counts *n, const struct detections *list)
{
	if (n->filtered + n->no_flow + n->silent > n->records ||
	    n->detections != detections_count(list) || n->other > n->detections ||
	    n->community_wrong > n->community || (n->detections && !n->flows))
		abort();
	for (size_t i = 0; i < detections_count(list); i++) {
		const struct detection *d = detections_at(list, i);

		if ((d->tuple.proto != 6 && d->tuple.proto != 17) || !*d->application ||
		    d->from_ns > d->to_ns || !d->tuple.src.ip.family ||
		    d->tuple.src.ip.family != d->tuple.dst.ip.family)
			abort();
	}
}

static bool read_by(const struct adapter *a, struct err *e)
{
	struct detections *list = detections_new();
	struct adapter_counts counts;
	int rc;

	rc = adapter_read_file(a, file, list, &counts, e);
	if (rc == 0) {
		check(&counts, list);
		adapter_detections_show(nowhere, list);
		adapter_counts_show(nowhere, &counts);
	} else if (detections_count(list)) {
		abort();
	}
	detections_free(list);
	return rc == 0;
}

#define KIND(function, name)                                                                       \
	static bool function(struct err *e)                                                        \
	{                                                                                          \
		static struct adapter *a;                                                          \
                                                                                                   \
		if (!a && !(a = adapter_load(name, NULL)))                                         \
			abort();                                                                   \
		return read_by(a, e);                                                              \
	}

KIND(read_ndpi, "ndpi")
KIND(read_tshark, "tshark")
KIND(read_suricata, "suricata")
KIND(read_zeek, "zeek")
KIND(read_snort, "snort3")
KIND(read_libprotoident, "libprotoident")

static const struct kind kinds[] = {
	{"ndpi", read_ndpi}, {"tshark", read_tshark}, {"suricata", read_suricata},
	{"zeek", read_zeek}, {"snort3", read_snort},  {"libprotoident", read_libprotoident}};

static void clear(void)
{
	remove_tree(dir);
}

static void set_up(void)
{
	log_level = 0;
	nowhere = fopen("/dev/null", "w");
	if (!nowhere || !mkdtemp(dir))
		abort();
	atexit(clear);
	file = path_in(dir, "file");
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	if (!file)
		set_up();
	return kinds_try(kinds, ARRAY_LEN(kinds), file, data, size);
}
