// SPDX-License-Identifier: GPL-2.0-or-later
/* ncurses.c - which library ncurses.h means: the one of this interface */
#include "operator/view/ncurses.h"

struct library library_ncurses = {.file = "libncursesw.so.6", .package = "libncursesw6"};
