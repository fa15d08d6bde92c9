// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * login_mode.c - the names of the ways to log in, as scenarios, scripts and outcomes.tsv write them
 */
#include <string.h>

#include "replay/skype/login_mode.h"

static const char *const names[LOGIN_MODES] = {"manual", "automatic", "wrong"};

const char *login_mode_text(enum login_mode m)
{
	return names[m];
}

int login_mode_parse(const char *text)
{
	for (int i = 0; i < LOGIN_MODES; i++)
		if (!strcmp(text, names[i]))
			return i;
	return -1;
}
