// SPDX-License-Identifier: GPL-2.0-or-later
/* packers.c - which libraries packers.h means: those of these interfaces */
#include "base/capture/packers.h"

struct library library_lz4 = {.file = "liblz4.so.1", .package = "liblz4-1"};
struct library library_lzma = {.file = "liblzma.so.5", .package = "liblzma5"};
struct library library_zstd = {.file = "libzstd.so.1", .package = "libzstd1"};
