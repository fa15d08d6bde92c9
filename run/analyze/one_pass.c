// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * one_pass.c - packets of captures to all who look at messages, and to the detector for its names
 *
 * Captures are read one after the other, each with flows of its own: flows do not go on from one file
 * to the next. A packet's `input` is the capture's place in the material, in messages as in events. A
 * detector is made for each capture, with room for as many flows as the message stream has.
 *
 * A capture that is bad from some point on is reported and counts as far as it can be read.
 */
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/capture/capture.h"
#include "base/quote.h"
#include "results/score/labels_file.h"
#include "run/analyze/one_pass.h"

#define BATCH	    64
#define FLOWS_LEAST 512
#define FRAME_LEAST 64 /* bytes of a file that a packet needs, about */

/* One pass, while it goes on. */
struct passing {
	const struct flow_choice *choice;
	const struct labels *labels; /* of the capture that is read */
	uint64_t labelled;	     /* its flows with a label */
	struct message_fan fan;
	struct message_stream *stream;
	const struct listeners *to;
	struct pass *out;
};

static bool end_is(const struct endpoint *asked, const struct endpoint *e)
{
	return ip_eq(&asked->ip, &e->ip) && (!asked->port || asked->port == e->port);
}

static bool wants(void *arg, struct message_flow *f)
{
	struct passing *p = arg;
	const struct flow_choice *c = p->choice;
	const struct label *row =
		p->labels ? labels_find_at(p->labels, &f->tuple, f->first_ns) : NULL;

	f->label = row;
	p->labelled += row != NULL;
	if (c->host.ip.family && !end_is(&c->host, &f->tuple.src) &&
	    !end_is(&c->host, &f->tuple.dst))
		return false;
	return !c->application || (row && label_is(row->application, c->application));
}

static void feed(struct passing *p, struct detector *d, struct packet *batch, int n, uint16_t input)
{
	for (int i = 0; i < n; i++)
		batch[i].input = input;
	message_stream_packets(p->stream, batch, (size_t)n);
	if (d)
		detector_packets(d, batch, (size_t)n);
	p->out->packets += (uint64_t)n;
}

/* False when the capture could not be read to its end, which is then reported. */
static bool read_packets(struct passing *p, struct capture *c, struct detector *d, uint16_t input)
{
	struct packet batch[BATCH];
	bool good = true;
	struct err e = {0};
	int n;

	while ((n = capture_batch(c, batch, BATCH, &e)) != 0) {
		if (n > 0) {
			feed(p, d, batch, n, input);
			continue;
		}
		if (n == -1) {
			if (!p->to->again)
				log_error("%s", e.msg);
			good = false;
		}
	}
	return good;
}

static int check_labels(const struct piece *piece, const struct labels *l, uint64_t flows,
			uint64_t labelled, struct err *e)
{
	if (!l || labelled || !flows)
		return 0;
	if (!labels_count(l))
		return err_set(e, "%s: no rows; label the flows of %s, or leave it out",
			       piece->labels, piece->path);
	return err_set(e,
		       "%s: none of its %zu flows is among the %llu of %s at the time the file "
		       "gives; name the label file of this capture",
		       piece->labels, labels_count(l), (unsigned long long)flows, piece->path);
}

/* A detector's tables, for the packets that a file of this size can have: those of a small capture are
 * made anew for each of hundreds. */
static struct detector_limits limits_for(const char *path)
{
	struct stat st;
	size_t flows = MESSAGE_FLOWS;

	if (stat(path, &st) == 0 && S_ISREG(st.st_mode) && st.st_size / FRAME_LEAST < MESSAGE_FLOWS)
		flows = (size_t)(st.st_size / FRAME_LEAST);
	flows = flows < FLOWS_LEAST ? FLOWS_LEAST : flows;
	return (struct detector_limits){.flows = flows,
					.matches = flows < 32768 ? flows : 0,
					.streams = flows < 1024 ? flows : 0,
					.remembered = flows < 49152 ? flows : 0,
					.endings = flows};
}

static int read_piece(struct passing *p, const struct piece *piece, uint16_t input, struct err *e)
{
	const char *path = piece->path;
	struct detector_limits limits = limits_for(path);
	struct labels *l = piece->labels ? labels_read(piece->labels, NULL, e) : NULL;
	struct capture *c;
	struct capture_stats st;
	struct detector *d;
	uint64_t before = p->fan.flows;
	int rc;

	if (piece->labels && !l)
		return -1;
	c = capture_open_files(&path, 1, NULL, e);
	if (!c) {
		labels_free(l);
		return -1;
	}
	p->labels = l;
	p->labelled = 0;
	d = p->to->set ? detector_new(p->to->set, &limits, message_names_event, p->to->names)
		       : NULL;
	p->out->damaged += !read_packets(p, c, d, input);
	message_stream_end(p->stream);
	if (d)
		detector_finish(d);
	detector_free(d);
	capture_stats(c, &st);
	if (!p->to->again)
		capture_warn_of_step_back(&st, path);
	capture_close(c);
	p->out->labelled += p->labelled;
	rc = check_labels(piece, l, p->fan.flows - before, p->labelled, e);
	p->labels = NULL;
	labels_free(l);
	return rc;
}

int one_pass(const struct material *m, const struct flow_choice *choice, const struct listeners *to,
	     struct pass *out, struct err *e)
{
	struct passing p = {.choice = choice, .to = to, .out = out};
	struct message_user user;
	int rc = 0;

	*out = (struct pass){0};
	p.fan.wants = wants;
	p.fan.arg = &p;
	for (size_t i = 0; i < to->n; i++)
		message_fan_add(&p.fan, to->users[i]);
	user = message_fan_user(&p.fan);
	p.stream = message_stream_new(&user, 0);
	for (size_t i = 0; i < m->n && rc == 0; i++)
		rc = read_piece(&p, &m->pieces[i], (uint16_t)i, e);
	out->flows = p.fan.flows;
	out->wanted = p.fan.wanted;
	out->evicted = message_stream_evicted(p.stream);
	message_stream_free(p.stream);
	message_fan_clear(&p.fan);
	return rc;
}
