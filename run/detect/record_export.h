/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef RUN_DETECT_RECORD_EXPORT_H
#define RUN_DETECT_RECORD_EXPORT_H

#include <stdio.h>

#include "base/err.h"
#include "run/detect/record_list.h"

#define RECORD_HEAD 6 /* bytes at the beginning of a file that say what it is */

/* Adds the records of an IPFIX file, of which the first @n bytes, @head, were read already; as record_file_read(). */
int record_ipfix_read(FILE *f, const uint8_t *head, size_t n, const char *path, uint16_t input,
		      struct record_list *out, struct err *e);
/* Adds the records of the export datagrams in a capture; as record_file_read(). @packed: it is compressed, if a capture at all */
int record_capture_read(const char *path, bool packed, uint16_t input, struct record_list *out,
			struct err *e);

#endif
