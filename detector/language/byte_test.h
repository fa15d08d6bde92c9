/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef DETECTOR_BYTE_TEST_H
#define DETECTOR_BYTE_TEST_H

#include "detector/language/value.h"

/* Keys of a message that are tests; NULL at the end. */
extern const char *const sig_test_keys[];

/* Reads the tests of the message @m. 0, or -1 with the parser's error set. */
int sig_tests(struct sigparse *p, yaml_node_t *map, struct message *m);
/* Index of an earlier message of the rule being read, -1 with the error set. */
int sig_message_ref(struct sigparse *p, yaml_node_t *n);
/* Finds a place in the match's saved bytes for @length bytes of an earlier message. 0, or -1 with
 * the error set. */
int sig_save(struct sigparse *p, yaml_node_t *n, int message, int32_t at, uint16_t length,
	     uint16_t *save);

#endif
