// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * question.c - asks a running `watch` at its control socket
 *
 * Model. One line of JSON goes, one comes (operator/watch/control.c), and the socket is closed. The answer
 * is as long as the list of blocks, so it has no bound of its own; what listens there is the
 * administrator's.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "base/quote.h"
#include "operator/filter/question.h"

#define PATIENCE_S 10

static int address(const char *path, struct sockaddr_un *a, struct err *e)
{
	*a = (struct sockaddr_un){.sun_family = AF_UNIX};
	if (strlen(path) >= sizeof(a->sun_path))
		return err_set(e, "%s: a socket's name has at most %zu bytes", path,
			       sizeof(a->sun_path) - 1);
	memcpy(a->sun_path, path, strlen(path) + 1);
	return 0;
}

static int socket_with_patience(struct err *e)
{
	struct timeval wait = {.tv_sec = PATIENCE_S};
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

	if (fd < 0)
		return err_sys(e, "cannot make a socket");
	setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &wait, sizeof(wait));
	setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &wait, sizeof(wait));
	return fd;
}

static int connect_to(const char *path, struct err *e)
{
	struct sockaddr_un a;
	int fd;

	if (address(path, &a, e) < 0)
		return -1;
	fd = socket_with_patience(e);
	if (fd < 0)
		return -1;
	if (connect(fd, (struct sockaddr *)&a, sizeof(a)) == 0)
		return fd;
	if (errno == ENOENT || errno == ECONNREFUSED)
		err_env(e,
			"%s: no 'skypelab watch --filter' listens there; --control names another",
			path);
	else
		err_sys(e, "%s: cannot ask there", path);
	close(fd);
	return -1;
}

static json_t *read_answer(FILE *f, struct err *e)
{
	char *text = NULL;
	size_t room = 0;
	ssize_t n = getline(&text, &room, f);
	json_t *o = n > 0 ? json_loadb(text, (size_t)n, 0, NULL) : NULL;
	const char *error = json_string_value(json_object_get(o, "error"));

	free(text);
	if (o && !error && json_is_true(json_object_get(o, "ok")))
		return o;
	if (error)
		err_set(e, "the watch says: %s", quote_terminal(error));
	else
		err_env(e, "the answer is not whole: the watch ended, or is busy");
	json_decref(o);
	return NULL;
}

json_t *question_ask(const char *path, const json_t *request, struct err *e)
{
	char *text = json_dumps(request, JSON_COMPACT);
	int fd = connect_to(path, e);
	json_t *answer = NULL;
	FILE *f;

	if (fd >= 0) {
		f = fdopen(fd, "r+");
		fprintf(f, "%s\n", text);
		fflush(f);
		answer = read_answer(f, e);
		fclose(f);
	}
	free(text);
	return answer;
}
