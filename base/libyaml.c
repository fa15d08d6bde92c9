// SPDX-License-Identifier: GPL-2.0-or-later
/* libyaml.c - which library libyaml.h means: the one of this interface */
#include "base/libyaml.h"

struct library library_yaml = {.file = "libyaml-0.so.2", .package = "libyaml-0-2"};
