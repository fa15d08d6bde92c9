/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef REPLAY_LOGIN_MODE_H
#define REPLAY_LOGIN_MODE_H

/* How a user logs in. */
enum login_mode {
	LOGIN_MANUAL,	 /* name and password typed: L1 to L4 with a login server */
	LOGIN_AUTOMATIC, /* cached credentials: no login server */
	LOGIN_WRONG,	 /* manual, with a wrong password */
	LOGIN_MODES,
};

const char *login_mode_text(enum login_mode m); /* "manual", "automatic", "wrong" */
/* The mode of that name, or -1. */
int login_mode_parse(const char *text);

#endif
