// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * filter.c - fuzzes what the processes of `watch --filter` say to each other, and to `skypelab blocked`
 *
 * The first byte says which: 0 a message to the filter's process, 1 one from it, 2 bytes as such a message,
 * 3 an answer at the control socket. A message of 0 and 1 is a good one, of the type in the second byte,
 * into which the rest is written: two bytes where, one how many, and these. So the inputs hold nothing of how
 * this machine lays out a struct.
 *
 * A message that is taken is acted upon: by a filter in a dry run, where this kernel lets one be opened; its
 * lines pass the check of the other side. A line becomes text of one line, EVE that can be read again, and
 * a mark in a picture. An answer is printed by the command itself, without anything that a terminal obeys.
 */
#include <ctype.h>
#include <netinet/in.h>
#include <pthread.h>
#include <semaphore.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "base/outfile.h"
#include "base/path.h"
#include "cli/cmd_blocked.h"
#include "operator/filter/line.h"
#include "operator/filter/shown.h"
#include "operator/filter/wire.h"
#include "operator/merge/eve_reader.h"
#include "operator/picture_lines.h"

#define YEAR 31556952000000000ULL

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static int pair[2];
static struct filter_policy *policy;
static struct filter *filter; /* NULL = this kernel lets none be opened */
static struct picture *picture;

static struct wire received(int fd, bool to_filter, int *rc)
{
	struct wire w;

	*rc = wire_receive(fd, &w, to_filter, MSG_DONTWAIT);
	return w;
}

/* ---- lines ---- */

/* One line, in which a terminal obeys nothing. */
static void check_text(const char *text, size_t n, size_t lines)
{
	for (size_t i = 0; i < n; i++) {
		lines -= text[i] == '\n';
		if (iscntrl((unsigned char)text[i]) && text[i] != '\n')
			abort();
	}
	if (lines)
		abort();
}

/* An IPv4 address within IPv6 becomes one when it is read. */
static bool is_same_read(const struct ip *ip)
{
	char text[IP_TEXT_LEN];
	struct ip again;

	return !ip->family || (ip_parse(ip_text(ip, text), &again) == 0 && ip_eq(ip, &again));
}

/* Whether EVE's times and addresses can say it. */
static bool can_be_said(const struct filter_block *b)
{
	return b->now_ns && b->now_ns < 200 * YEAR && b->until_ns < 200 * YEAR &&
	       is_same_read(&b->who.ip) && is_same_read(&b->inside) &&
	       is_same_read(&b->flow.src.ip) && is_same_read(&b->flow.dst.ip);
}

static void check_json(const struct filter_block *b)
{
	json_t *o = filter_line_json(b, "here");
	char *text = json_dumps(o, JSON_COMPACT), one[FILTER_WHO_LEN], two[FILTER_WHO_LEN];
	struct filter_block again;
	struct sighting s;
	enum eve_line is;
	struct err e;

	if (!text)
		abort();
	is = eve_reader_line(text, strlen(text), "x", &s, &again, &e);
	if (is == EVE_LINE_SIGHTING)
		abort();
	if (can_be_said(b)) {
		if (is == EVE_LINE_BAD)
			abort();
		if (is == EVE_LINE_BLOCK &&
		    strcmp(filter_line_who(b, one), filter_line_who(&again, two)) != 0)
			abort();
	}
	free(text);
	json_decref(o);
}

static void check_line(const struct filter_block *b)
{
	char *text = NULL;
	size_t n = 0;
	FILE *f = open_memstream(&text, &n);

	filter_line_text(f, b);
	fclose(f);
	check_text(text, n, 1);
	free(text);
	check_json(b);
	filter_shown(picture, b);
}

/* A line of the filter's, on its way to the other side. */
static void on_line(void *arg, const struct filter_block *b)
{
	struct wire w;
	int rc;

	(void)arg;
	wire_new(&w, WIRE_LINE);
	w.line = *b;
	wire_send(pair[0], &w, 0);
	w = received(pair[1], false, &rc);
	if (rc != 1 || w.type != WIRE_LINE)
		abort();
	check_line(&w.line);
}

/* ---- messages ---- */

static void take(const struct wire *w)
{
	char *text = NULL;
	size_t n = 0;
	FILE *f;

	switch ((enum wire_type)w->type) {
	case WIRE_SIGHTING:
		picture_sighting(picture, &w->sighting);
		if (filter)
			filter_sighting(filter, &w->sighting);
		break;
	case WIRE_UNBLOCK:
	case WIRE_LIST:
		if (filter && w->type == WIRE_LIST)
			filter_blocked(filter);
		else if (filter)
			filter_unblock(filter, w->ip.family ? &w->ip : NULL);
		break;
	case WIRE_LINE:
		check_line(&w->line);
		break;
	case WIRE_FAILED:
		if (w->failure.code != EXIT_USAGE && w->failure.code != EXIT_ENV)
			abort();
		check_text(w->failure.msg, strlen(w->failure.msg), 0);
		break;
	default:
		break;
	}
	f = open_memstream(&text, &n);
	picture_lines(f, picture);
	fclose(f);
	free(text);
}

static void ip_of(struct ip *ip, const char *text)
{
	ip_parse(text, ip);
}

/* A message of that type that says what one may. */
static void good_one(struct wire *w, enum wire_type type)
{
	struct tuple flow = {.proto = IPPROTO_UDP};

	ip_of(&flow.src.ip, "10.0.0.2");
	ip_of(&flow.dst.ip, "192.0.2.9");
	flow.src.port = 6000;
	flow.dst.port = 4000;
	wire_new(w, type);
	if (type == WIRE_SIGHTING) {
		w->sighting = (struct sighting){.ts_ns = 50 * YEAR,
						.kind = EVENT_PROBE_ACCEPTED,
						.application = "skype",
						.signature = "skypelab-2006",
						.rule = "udp probe",
						.flow = flow,
						.answered = true,
						.evidence_count = 1};
	} else if (type == WIRE_LINE) {
		w->line = (struct filter_block){.what = FILTER_FLOW,
						.who = flow.src,
						.proto = IPPROTO_UDP,
						.flow = flow,
						.client = flow.src.ip,
						.inside = flow.src.ip,
						.now_ns = 50 * YEAR,
						.signature = "skypelab-2006",
						.rule = "udp probe",
						.n_frames = 2};
	} else if (type == WIRE_FAILED) {
		err_env(&w->failure, "it failed");
	} else if (type == WIRE_UNBLOCK) {
		w->ip = flow.src.ip;
	}
}

static void write_into(struct wire *w, const uint8_t *data, size_t size)
{
	while (size > 3) {
		size_t at = (data[0] | (size_t)data[1] << 8) % sizeof(*w), n = data[2];

		data += 3;
		size -= 3;
		if (n > size)
			n = size;
		if (n > sizeof(*w) - at)
			n = sizeof(*w) - at;
		memcpy((char *)w + at, data, n);
		data += n;
		size -= n;
	}
}

static void message(bool to_filter, const uint8_t *data, size_t size)
{
	struct wire w;
	int rc;

	if (!size)
		return;
	good_one(&w, data[0] % WIRE_TYPES);
	write_into(&w, data + 1, size - 1);
	if (wire_send(pair[0], &w, 0) < 0)
		abort();
	w = received(pair[1], to_filter, &rc);
	if (rc > 0)
		take(&w);
}

static void bytes(const uint8_t *data, size_t size)
{
	struct wire w;
	int rc;

	if (!size || send(pair[0], data, size, MSG_DONTWAIT) != (ssize_t)size)
		return;
	w = received(pair[1], data[0] & 1, &rc);
	if (rc > 0)
		take(&w);
}

/* ---- answers ---- */

static char dir[] = "/tmp/skypelab-fuzz-XXXXXX";
static char *path;
static int listening;
static sem_t asked, answered;
static struct {
	const uint8_t *data;
	size_t size;
} answer;

/* What listens there: reads a question, gives the answer, hangs up. */
static void *answer_all(void *arg)
{
	char line[256];

	(void)arg;
	for (;;) {
		int fd;

		sem_wait(&asked);
		fd = accept(listening, NULL, NULL);
		if (fd < 0)
			abort();
		while (recv(fd, line, sizeof(line), 0) == (ssize_t)sizeof(line))
			;
		send(fd, answer.data, answer.size, MSG_NOSIGNAL);
		close(fd);
		sem_post(&answered);
	}
	return NULL;
}

/* Runs `skypelab blocked`; what it prints is (owned) by the caller. */
static char *run_blocked(char *json, size_t *n)
{
	char name[] = "blocked", control[] = "--control",
	     *argv[] = {name, control, path, json, NULL};
	struct command_call call;
	FILE *was = stdout;
	struct err e = {0};
	char *text = NULL;
	int rc;

	stdout = open_memstream(&text, n);
	rc = options_parse(&blocked_command, json ? 4 : 3, argv, &call, &e);
	if (rc < 0)
		abort();
	sem_post(&asked);
	if (blocked_command.forms[0].run(&call, &e) == COMMAND_FAILED) {
		if (!e.msg[0])
			abort();
		check_text(e.msg, strlen(e.msg), 0);
	}
	sem_wait(&answered);
	options_free(&blocked_command, &call);
	fclose(stdout);
	stdout = was;
	return text;
}

static void ask(const uint8_t *data, size_t size)
{
	char json[] = "--json", *text;
	size_t n = 0;

	answer.data = data;
	answer.size = size;
	text = run_blocked(NULL, &n);
	for (size_t i = 0; i < n; i++)
		if (iscntrl((unsigned char)text[i]) && text[i] != '\n')
			abort();
	free(text);
	free(run_blocked(json, &n));
}

/* ---- */

static void clear(void)
{
	remove_tree(dir);
}

static void listen_at(void)
{
	struct sockaddr_un a = {.sun_family = AF_UNIX};
	pthread_t thread;

	if (!mkdtemp(dir))
		abort();
	atexit(clear);
	path = path_in(dir, "control");
	snprintf(a.sun_path, sizeof(a.sun_path), "%s", path);
	sem_init(&asked, 0, 0);
	sem_init(&answered, 0, 0);
	listening = socket(AF_UNIX, SOCK_STREAM, 0);
	if (bind(listening, (struct sockaddr *)&a, sizeof(a)) < 0 || listen(listening, 8) < 0 ||
	    pthread_create(&thread, NULL, answer_all, NULL) != 0)
		abort();
}

static void set_up(void)
{
	struct filter_wish wish = {.netns = -1, .dry_run = true, .fn = on_line};
	struct err e;

	log_level = 0;
	signal(SIGPIPE, SIG_IGN); /* as the program does */
	listen_at();
	policy = filter_policy_load(NULL, &e);
	if (!policy || socketpair(AF_UNIX, SOCK_SEQPACKET, 0, pair) < 0)
		abort();
	policy->block = (1 << FILTER_WHATS) - 1;
	policy->rate = 0;
	picture = picture_new(NULL);
	filter = filter_open(policy, &wish, NULL);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	if (!policy)
		set_up();
	if (!size)
		return -1;
	switch (data[0]) {
	case 0:
	case 1:
		message(data[0] == 0, data + 1, size - 1);
		break;
	case 2:
		bytes(data + 1, size - 1);
		break;
	case 3:
		ask(data + 1, size - 1);
		break;
	default:
		return -1;
	}
	if (filter)
		filter_unblock(filter, NULL);
	picture_free(picture);
	picture = picture_new(NULL);
	return 0;
}
