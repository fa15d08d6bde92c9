// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * verdict.c - what is to be said of an input when all of it was read
 *
 * An input can be read without an error and yet tell nothing: its frames lie in an encapsulation
 * that is not known, are encrypted, or were cut too short. "No Skype found" would then be a lie. The
 * rules:
 *
 *   no frame gave a packet, and some may hold IP:	an error, with the causes
 *   a frame in UNREAD_SHARE or more gave none:		a warning, with the causes
 *   all frames are known to hold no IP (ARP ...):	a warning, with the causes
 *   lengths or times that cannot be:			an error
 *   other things that are strange:			a warning
 *
 * A packet of a tunnel whose inside nobody can see counts as unread. Frames that the filter left out
 * are not counted. A command may read a capture twice: each warning is given once (base/once.h).
 */
#include <stdio.h>
#include <string.h>

#include "base/capture/verdict.h"
#include "base/once.h"

#define UNREAD_SHARE 10 /* one frame in so many */
#define CAUSES_SHOWN 4

static void warn(const struct err *text)
{
	if (once(text->msg))
		log_warn("%s", text->msg);
}

/**
 * struct tally - what became of the frames of a source
 * @causes:	Those of all its links, @n of them
 */
struct tally {
	uint64_t by[DECODE_RESULTS], all, hidden;
	struct decode_cause causes[64];
	size_t n;
};

static void tally_cause(struct tally *t, const struct decode_cause *c)
{
	size_t i = 0;

	while (i < t->n && (strcmp(t->causes[i].what, c->what) || t->causes[i].value != c->value ||
			    t->causes[i].result != c->result))
		i++;
	if (i == ARRAY_LEN(t->causes))
		return;
	if (i == t->n) {
		t->causes[t->n++] = *c;
		return;
	}
	t->causes[i].frames += c->frames;
}

static void tally(struct tally *t, const struct source *s)
{
	memset(t, 0, sizeof(*t));
	for (uint32_t i = 0; i < s->nlinks; i++) {
		const struct decode_cause *c;
		size_t n;

		if (!s->links[i].decoder)
			continue;
		for (int r = 0; r < DECODE_RESULTS; r++) {
			t->by[r] += decoder_counts(s->links[i].decoder)[r];
			t->all += decoder_counts(s->links[i].decoder)[r];
		}
		n = decoder_causes(s->links[i].decoder, &c);
		for (size_t k = 0; k < n; k++) {
			tally_cause(t, &c[k]);
			t->hidden += c[k].result == DECODE_OK ? c[k].frames : 0;
		}
	}
}

/* "12 EtherType 0x88b5, 3 encrypted MACsec", most first. Fragments are a cause only when nothing
 * came of them. */
static const char *cause_text(struct tally *t, bool fragments, char *out, size_t room)
{
	size_t at = 0;

	out[0] = '\0';
	for (int shown = 0; shown <= CAUSES_SHOWN; shown++) {
		struct decode_cause *most = NULL;

		for (struct decode_cause *c = t->causes; c < t->causes + t->n; c++)
			if (c->frames && (fragments || c->result != DECODE_FRAGMENT) &&
			    (!most || c->frames > most->frames))
				most = c;
		if (!most)
			break;
		if (shown == CAUSES_SHOWN) {
			snprintf(out + at, room - at, ", ...");
			break;
		}
		at += (size_t)snprintf(out + at, room - at, "%s%llu %s", shown ? ", " : "",
				       (unsigned long long)most->frames, most->what);
		if (most->value != DECODE_NO_VALUE)
			at += (size_t)snprintf(out + at, room - at, " 0x%04x", most->value);
		most->frames = 0;
	}
	return out;
}

static int judge_frames(const struct source *s, struct err *e)
{
	uint64_t read, unread;
	struct err text;
	struct tally t;
	char why[512];

	tally(&t, s);
	read = t.by[DECODE_OK] - t.hidden;
	unread = t.by[DECODE_UNKNOWN] + t.by[DECODE_ENCRYPTED] + t.by[DECODE_TRUNCATED] +
		 t.by[DECODE_MALFORMED] + t.hidden;
	if (!read && unread + t.by[DECODE_FRAGMENT])
		return err_set(e, "%s: none of its %llu frames gave a packet: %s", s->name,
			       (unsigned long long)t.all, cause_text(&t, true, why, sizeof(why)));
	if (t.all && !read)
		err_set(&text, "%s: none of its %llu frames holds IP: %s", s->name,
			(unsigned long long)t.all, cause_text(&t, true, why, sizeof(why)));
	else if (unread && unread >= t.all / UNREAD_SHARE)
		err_set(&text, "%s: %llu of its %llu frames gave no packet: %s", s->name,
			(unsigned long long)(t.all - read - t.by[DECODE_FRAGMENT]),
			(unsigned long long)t.all, cause_text(&t, false, why, sizeof(why)));
	else
		return 0;
	warn(&text);
	return 0;
}

static int judge_lengths(const struct source *s, struct err *e)
{
	const struct source_oddity *o = &s->odd[ODD_WIRE_LENGTH];

	return o->frames ? err_set(e,
				   "%s: frames with an impossible length on the wire: %llu, the "
				   "first is frame %llu with %lld bytes; what was captured of them "
				   "is used",
				   s->name, (unsigned long long)o->frames,
				   (unsigned long long)o->first, (long long)o->value)
			 : 0;
}

static int judge_times(const struct source *s, struct err *e)
{
	const struct source_oddity *o = &s->odd[ODD_TIME];

	return o->frames ? err_set(e,
				   "%s: frames with a time before 1678 or after 2261: %llu, the "
				   "first is frame %llu in about the year %lld; they are left out",
				   s->name, (unsigned long long)o->frames,
				   (unsigned long long)o->first, (long long)o->value)
			 : 0;
}

static int warn_of_odd(const struct source *s, struct err *e)
{
	static const struct {
		enum source_odd odd;
		const char *what, *then;
	} rows[] = {
		{ODD_NANOSECONDS,
		 "fractions of a second in nanoseconds, though the file says microseconds",
		 "the file is read as one in nanoseconds"},
		{ODD_FRACTION, "time stamps with a fraction of a second or more",
		 "it is used as it stands"},
		{ODD_SNAP, "frames longer than the snap length in the header of the file",
		 "all their bytes are used"},
		{ODD_SHORT, "frames shorter on the wire than what is captured of them",
		 "the captured length is used"},
	};

	(void)e;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		const struct source_oddity *o = &s->odd[rows[i].odd];
		struct err text;

		if (!o->frames)
			continue;
		err_set(&text, "%s: %s: %llu, the first in frame %llu; %s", s->name, rows[i].what,
			(unsigned long long)o->frames, (unsigned long long)o->first, rows[i].then);
		warn(&text);
	}
	return 0;
}

int source_verdict(struct source *s, struct err *e)
{
	static int (*const steps[])(const struct source *s, struct err *e) = {
		judge_frames,
		judge_lengths,
		judge_times,
		warn_of_odd,
	};

	while (s->judged < ARRAY_LEN(steps))
		if (steps[s->judged++](s, e) < 0)
			return -1;
	return 0;
}
