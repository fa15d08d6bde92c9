// SPDX-License-Identifier: GPL-2.0-or-later
/* Any text as a signature file: it is refused with a reason, or it compiles, can be shown, and lets
 * packets through. */
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "detector/language/signature.h"
#include "detector/language/explain.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void quiet(void *arg, const struct detection_event *ev)
{
	(void)arg;
	(void)ev;
}

static void feed(struct signature_set *set)
{
	struct detector_limits l = {.flows = 16, .matches = 8, .streams = 2, .remembered = 4};
	struct detector *d = detector_new(set, &l, quiet, NULL);
	uint8_t payload[64];

	for (unsigned i = 0; i < 48; i++) {
		struct packet p = {.ts_ns = 1000000000ULL * (i + 1),
				   .number = i + 1,
				   .proto = i & 8 ? IPPROTO_TCP : IPPROTO_UDP,
				   .src = {ip4(0x0a000001 + (i & 1)), 5000},
				   .dst = {ip4(0x0a000001 + !(i & 1)), 5000},
				   .tcp_flags = 0x18,
				   .seq = i * 20,
				   .payload = payload,
				   .len = 1 + i * 5 % 64,
				   .caplen = 1 + i * 5 % 64};

		memset(payload, (int)(i * 7), sizeof(payload));
		payload[2] = 2;
		detector_packet(d, &p);
	}
	detector_finish(d);
	detector_free(d);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct signature_set *set = signature_set_new();
	struct err e = {0};

	if (signature_add_text(set, "fuzz.yaml", (const char *)data, size, &e) == 0) {
		FILE *f = fopen("/dev/null", "w");

		signature_set_compile(set);
		for (size_t i = 0; f && i < signatures_count(set); i++)
			signature_show(f, set, i);
		if (f)
			fclose(f);
		feed(set);
	} else if (!e.msg[0]) {
		abort(); /* a refusal has a reason; what it quotes is made one line when it is printed */
	}
	signatures_free(set);
	return 0;
}
