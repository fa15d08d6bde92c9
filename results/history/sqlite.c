// SPDX-License-Identifier: GPL-2.0-or-later
/* sqlite.c - which library sqlite.h means: the one of this interface */
#include "results/history/sqlite.h"

struct library library_sqlite = {.file = "libsqlite3.so.0", .package = "libsqlite3-0"};
