/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef TESTS_UNIT_HAND_H
#define TESTS_UNIT_HAND_H

#include "results/score/labels.h"

/* The path of a new file with @text, to unlink and free. */
char *write_temp(const char *text);
/* What labels_read() makes of a file with @text, for Skype; the test fails where it refuses it. */
struct labels *labels_of(const char *text);
/* @src, @dst: ADDRESS:PORT */
struct tuple tuple_of(uint8_t proto, const char *src, const char *dst);

#endif
