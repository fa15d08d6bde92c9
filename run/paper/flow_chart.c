// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * flow_chart.c - the observed message flow of one capture, with the names that signatures give
 *
 * What the paper draws as its figures 3 to 8: who sends what to whom when a client logs in. Two
 * readers share one pass: the detector names messages, analysis/talk keeps each flow's first ones. A
 * capture that ends in the middle is drawn up to there; who read it before has said so.
 */
#include "analysis/talk/chart_svg.h"
#include "analysis/talk/talk.h"
#include "base/capture/capture.h"
#include "base/outfile.h"
#include "run/paper/flow_chart.h"

static int read_capture(const char *capture, const struct signature_set *set, struct talk *talk,
			struct message_names *names, struct err *e)
{
	struct message_user user = talk_user(talk);
	struct message_stream *s = message_stream_new(&user, 0);
	struct detector *d = detector_new(set, NULL, message_names_event, names);
	struct capture *c = capture_open_files(&capture, 1, NULL, e);
	struct packet p;
	struct err said;
	int bad;

	while (c && capture_next_readable(c, &p, &bad, &said)) {
		detector_packet(d, &p);
		message_stream_packet(s, &p);
	}
	detector_finish(d);
	message_stream_end(s);
	message_stream_free(s);
	detector_free(d);
	if (c)
		capture_close(c);
	return c ? 0 : -1;
}

static int draw(const struct talk *talk, const struct message_names *names, const char *out,
		struct err *e)
{
	struct chart chart = {0};
	struct outfile o;
	struct ip host;
	uint16_t input;
	uint64_t from_ns;
	int rc;

	if (!message_names_count(names) ||
	    !chart_choose(&talk->flows, NULL, names, &host, &input, &from_ns))
		return 0;
	rc = outfile_open(&o, out, e);
	if (rc < 0)
		return -1;
	chart_of_host(&chart, &talk->flows, &host, input, from_ns, names);
	chart_svg(&chart, o.f);
	chart_clear(&chart);
	return outfile_commit(&o, e) < 0 ? -1 : 1;
}

int flow_chart(const char *capture, const struct signature_set *set, const char *out, struct err *e)
{
	static const struct here_usage none;
	struct talk *talk = talk_new(&none);
	struct message_names *names = message_names_new();
	int rc = read_capture(capture, set, talk, names, e);

	if (rc == 0) {
		talk_finish(talk, names);
		rc = draw(talk, names, out, e);
	}
	message_names_free(names);
	talk_free(talk);
	return rc;
}
