/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef BASE_CAPTURE_FILE_PCAP_H
#define BASE_CAPTURE_FILE_PCAP_H

#include "base/capture/file.h"

/* @f stands at the magic number, which says @magic in this machine's byte order. 0; 1: an old
 * variant, for libpcap; -1 with @e set. */
int file_pcap_open(struct file_source *f, uint32_t magic, struct err *e);

#endif
