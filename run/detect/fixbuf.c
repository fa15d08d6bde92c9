// SPDX-License-Identifier: GPL-2.0-or-later
/* fixbuf.c - which libraries fixbuf.h loads, and the Debian packages that have them */
#include "run/detect/fixbuf.h"

struct library library_glib = {.file = "libglib-2.0.so.0", .package = "libglib2.0-0"};
struct library library_fixbuf = {.file = "libfixbuf.so.9", .package = "libfixbuf9"};
