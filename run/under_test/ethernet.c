// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * ethernet.c - captures of all interfaces at once, for programs that read Ethernet only
 *
 * The vantage `core` is a tap on every interface of a node, and the kernel gives such a tap Linux's
 * cooked frames, version 2 (2020). nDPI 4.2 and others read no packet of them and say nothing, which
 * would count as misses. What link layer a tap has is no question about a detector: it gets the same
 * packets, in the same order and number, behind Ethernet headers.
 *
 * Limit: classic pcap files only, which is what taps write.
 */
#include "base/capture/pcap.h"
#include <stdlib.h>
#include <string.h>

#include "base/input.h"
#include "base/outfile.h"
#include "base/path.h"
#include "replay/recorded/frame_read.h"
#include "run/under_test/ethernet.h"

#define NS_PER_S 1000000000ULL

/* By the file's header, in this machine's byte order, as taps write it. */
static bool is_cooked(const char *capture)
{
	static const uint32_t magic[] = {0xa1b2c3d4, 0xa1b23c4d};
	FILE *f = input_open(capture, NULL);
	struct pcap_file_header head;
	bool cooked = f && fread(&head, sizeof(head), 1, f) == 1 &&
		      head.linktype == DLT_LINUX_SLL2 &&
		      (head.magic == magic[0] || head.magic == magic[1]);

	if (f)
		fclose(f);
	return cooked;
}

/* What is wrong with the capture is said by who reads it for its flows. */
static void write_frames(struct frame_reader *r, pcap_dumper_t *out)
{
	struct frame f = {.data = xmalloc(FRAME_MAX)};
	int more;

	while ((more = frame_reader_next(r, &f, NULL)) != 0) {
		struct pcap_pkthdr head = {.caplen = f.len, .len = f.len};

		if (more < 0)
			continue;
		head.ts.tv_sec = (time_t)(f.ts_ns / NS_PER_S);
		head.ts.tv_usec = (suseconds_t)(f.ts_ns % NS_PER_S); /* nanoseconds: see open */
		pcap_dump((u_char *)out, &head, f.data);
	}
	free(f.data);
}

static int copy_to(const char *path, const char *capture, struct err *e)
{
	pcap_t *dead = pcap_open_dead_with_tstamp_precision(DLT_EN10MB, FRAME_MAX,
							    PCAP_TSTAMP_PRECISION_NANO);
	pcap_dumper_t *out = dead ? pcap_dump_open(dead, path) : NULL;
	struct frame_reader *r = out ? frame_reader_open(&capture, 1, e) : NULL;
	int rc = r ? 0 : -1;

	if (r)
		write_frames(r, out);
	if (!out)
		err_set(e, "%s: cannot be written", path);
	else if (rc == 0 && pcap_dump_flush(out) != 0)
		rc = err_sys(e, "%s: cannot be written", path);
	frame_reader_close(r);
	if (out)
		pcap_dump_close(out);
	if (dead)
		pcap_close(dead);
	return rc;
}

int ethernet_copy_of(struct ethernet_copy *c, const char *capture, const char *scratch,
		     struct err *e)
{
	char *folder;

	*c = (struct ethernet_copy){.path = xstrdup(capture)};
	if (!is_cooked(capture))
		return 0;
	folder = path_in(scratch, ".ethernet.XXXXXX");
	if (!mkdtemp(folder)) {
		err_sys(e, "%s", folder);
		free(folder);
		return -1;
	}
	free(c->path);
	c->folder = folder;
	c->path = path_in(folder, "capture.pcap");
	return copy_to(c->path, capture, e);
}

void ethernet_copy_clear(struct ethernet_copy *c)
{
	if (c->folder)
		remove_tree(c->folder);
	free(c->folder);
	free(c->path);
}
