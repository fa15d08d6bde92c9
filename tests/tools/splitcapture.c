// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * splitcapture.c - cuts a capture into many small ones, for measurements of many files
 *
 *	splitcapture FILE.pcap FOLDER PACKETS [MOST]
 *
 * writes FOLDER/000000.pcap and so on, of PACKETS packets each, MOST files at most; FOLDER is made. The capture is one that
 * our tools made: pcap of this machine's byte order.
 */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/err.h"
#include "base/number.h"
#include "base/outfile.h"

#define FILE_HEAD   24U
#define RECORD_HEAD 16U

/* Bytes of the record at @at of @len, its head included; 0 = it is not whole. */
static size_t record(const char *text, size_t len, size_t at)
{
	uint32_t bytes;

	if (len - at < RECORD_HEAD)
		return 0;
	memcpy(&bytes, text + at + 8, sizeof(bytes));
	return bytes <= len - at - RECORD_HEAD ? RECORD_HEAD + bytes : 0;
}

static int write_part(const char *folder, uint64_t number, const char *head, const char *part,
		      size_t n, struct err *e)
{
	char *path = xasprintf("%s/%06llu.pcap", folder, (unsigned long long)number);
	FILE *f = fopen(path, "wbe");
	int rc = f ? 0 : err_sys(e, "%s", path);

	if (f) {
		fwrite(head, 1, FILE_HEAD, f);
		fwrite(part, 1, n, f);
		if (fclose(f))
			rc = err_sys(e, "%s", path);
	}
	free(path);
	return rc;
}

int main(int argc, char **argv)
{
	uint64_t packets = 0, most = UINT64_MAX, files = 0;
	struct err e = {0};
	size_t len = 0, at = FILE_HEAD, next;
	char *text;
	int rc;

	if (argc < 4 || argc > 5 || !number_is_whole(argv[3], &packets) || !packets ||
	    (argc > 4 && !number_is_whole(argv[4], &most))) {
		fputs("usage: splitcapture FILE.pcap FOLDER PACKETS [MOST]\n", stderr);
		return EXIT_USAGE;
	}
	text = read_file(argv[1], &len, &e);
	rc = text && len >= FILE_HEAD ? 0 : -1;
	if (rc == 0)
		(void)mkdir(argv[2], 0777);
	for (; rc == 0 && files < most; files++) {
		size_t begin = at;

		for (uint64_t n = 0; n < packets && (next = record(text, len, at)) != 0; n++)
			at += next;
		if (at == begin)
			break;
		rc = write_part(argv[2], files, text, text + begin, at - begin, &e);
	}
	if (rc < 0)
		fprintf(stderr, "%s\n", *e.msg ? e.msg : "no pcap");
	else
		printf("%llu\n", (unsigned long long)files);
	free(text);
	return rc < 0 ? EXIT_USAGE : 0;
}
