/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef ANALYSIS_PAGE_EXAMPLE_H
#define ANALYSIS_PAGE_EXAMPLE_H

#include "analysis/page/analysed.h"

/* "31", with several captures "31 in b.pcap", NULL for no frame. Stays until 8 more were asked for. */
const char *example_text(const struct analysed *a, uint16_t input, uint64_t number);
/* The same of the captures that it is compared with. */
const char *example_against(const struct analysed *a, uint16_t input, uint64_t number);

#endif
