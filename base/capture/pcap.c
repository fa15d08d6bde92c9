// SPDX-License-Identifier: GPL-2.0-or-later
/* pcap.c - which library pcap.h means: the one of this interface */
#include "base/capture/pcap.h"

struct library library_pcap = {.file = "libpcap.so.0.8", .package = "libpcap0.8"};
