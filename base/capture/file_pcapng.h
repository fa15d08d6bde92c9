/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef BASE_CAPTURE_FILE_PCAPNG_H
#define BASE_CAPTURE_FILE_PCAPNG_H

#include "base/capture/file.h"

/* @f stands at a section header block. 0, or -1 with @e set. */
int file_pcapng_open(struct file_source *f, uint32_t magic, struct err *e);

#endif
