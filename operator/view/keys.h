/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef OPERATOR_VIEW_KEYS_H
#define OPERATOR_VIEW_KEYS_H

#include <stdint.h>

/* A key as a terminal or a test gives it. */
enum key_kind {
	KEY_KIND_CHARACTER, /* @c is what was typed */
	KEY_KIND_UP,
	KEY_KIND_DOWN,
	KEY_KIND_LEFT,
	KEY_KIND_RIGHT,
	KEY_KIND_PAGE_UP,
	KEY_KIND_PAGE_DOWN,
	KEY_KIND_HOME,
	KEY_KIND_END,
	KEY_KIND_ENTER,
	KEY_KIND_ESCAPE,
	KEY_KIND_ERASE,	    /* the character before the cursor */
	KEY_KIND_ERASE_ALL, /* what was typed: Ctrl-U */
	KEY_KIND_HELP,	    /* F1 */
	KEY_KIND_REDRAW,    /* Ctrl-L, or another size */
	KEY_KIND_OTHER,
};

struct view_key {
	enum key_kind kind;
	uint32_t c; /* Unicode */
};

#endif
