// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * hand.c - files, labels and tuples that tests write by hand
 */
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "results/score/labels_file.h"
#include "tests/unit/hand.h"
#include "tests/unit/unit.h"

char *write_temp(const char *text)
{
	char *path = xstrdup("/tmp/t_hand.XXXXXX");
	int fd = mkstemp(path);

	ck_assert_int_ge(fd, 0);
	ck_assert_int_eq(write(fd, text, strlen(text)), (ssize_t)strlen(text));
	close(fd);
	return path;
}

struct labels *labels_of(const char *text)
{
	char *path = write_temp(text);
	struct err e = {0};
	struct labels *l = labels_read(path, LABEL_SKYPE, &e);

	ck_assert_msg(l != NULL, "%s", e.msg);
	unlink(path);
	free(path);
	return l;
}

struct tuple tuple_of(uint8_t proto, const char *src, const char *dst)
{
	struct tuple t = {.proto = proto};

	ck_assert_int_eq(endpoint_parse(src, &t.src), 0);
	ck_assert_int_eq(endpoint_parse(dst, &t.dst), 0);
	return t;
}
