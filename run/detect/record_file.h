/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef RUN_DETECT_RECORD_FILE_H
#define RUN_DETECT_RECORD_FILE_H

#include "base/err.h"
#include "run/detect/record_list.h"

/* Adds the UDP and TCP records of a file, as input number @input: what `nfdump -o json` or `nfdump -o csv`
 * prints; IPFIX (RFC 5655); a capture of export datagrams. By its first bytes, for that of the others. 0, or -1 with @e
 * set: "file:line: what", "file: record N: what" or "file: frame N: what". */
int record_file_read(const char *path, uint16_t input, struct record_list *out, struct err *e);

#endif
