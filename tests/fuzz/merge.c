// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * merge.c - fuzzes what sensors write
 *
 * The input is the EVE of two sensors, with a zero byte between them. Both are merged to their end;
 * every line of merged events can be read again, and every client is one line of text.
 */
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "operator/merge/eve_reader.h"
#include "operator/merge/merge.h"
#include "operator/picture_lines.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static char *file_of(const uint8_t *data, size_t size, int *fd)
{
	*fd = memfd_create("eve", MFD_CLOEXEC);
	if (write(*fd, data, size) != (ssize_t)size)
		abort();
	return xasprintf("/proc/self/fd/%d", *fd);
}

static size_t lines_in(const char *text)
{
	size_t n = 0;

	for (; (text = strchr(text, '\n')); text++)
		n++;
	return n;
}

static void read_again(char *eve)
{
	char *rest = NULL;

	for (char *line = strtok_r(eve, "\n", &rest); line; line = strtok_r(NULL, "\n", &rest)) {
		struct filter_block b;
		struct sighting s;
		struct err e;

		if (eve_reader_line(line, strlen(line), "again", &s, &b, &e) != EVE_LINE_SIGHTING)
			abort();
	}
}

static void merge_them(struct merge_options *o)
{
	char *eve = NULL, *text = NULL;
	size_t eve_n = 0, n = 0;
	FILE *f = open_memstream(&text, &n);
	struct err e = {0};
	struct merge *m;

	o->eve = open_memstream(&eve, &eve_n);
	m = merge_open(o, &e);
	if (!m)
		abort();
	while (merge_step(m, 0, &e) > 0)
		;
	picture_lines(f, merge_picture(m));
	fclose(f);
	fclose(o->eve);
	if (lines_in(text) != picture_clients(merge_picture(m), NULL, 0) + 1)
		abort();
	read_again(eve);
	merge_close(m);
	free(eve);
	free(text);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const uint8_t *cut = size ? memchr(data, 0, size) : NULL;
	size_t first = cut ? (size_t)(cut - data) : size;
	int fd[2];
	char *paths[2] = {
		file_of(data, first, &fd[0]),
		file_of(data + first + (cut != NULL), size - first - (cut != NULL), &fd[1])};
	struct merge_options o = {
		.inputs = (const char *const *)paths, .input_count = 2, .once = true};

	log_level = 0;
	merge_them(&o);
	for (int i = 0; i < 2; i++) {
		close(fd[i]);
		free(paths[i]);
	}
	return 0;
}
