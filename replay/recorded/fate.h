/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef REPLAY_RECORDED_FATE_H
#define REPLAY_RECORDED_FATE_H

/* What became of a recorded flow when its conversation was played. */
enum fate {
	FATE_NOT_PLAYED,    /* not begun (yet), or it cannot be played: a note says why */
	FATE_COMPLETE,	    /* every message arrived */
	FATE_CUT,	    /* a message did not arrive, but earlier ones did */
	FATE_NEVER_STARTED, /* nothing arrived; TCP: no connection was made */
	FATE_UNANSWERED,    /* TCP: nobody accepted it in the recording, nor here */
	FATES,
};

/* "not-played", "complete", "cut", "never-started" or "unanswered". */
const char *fate_text(enum fate f);
/* 0, or -1 when @text is none of the names (@out is left alone). */
int fate_parse(const char *text, enum fate *out);

#endif
