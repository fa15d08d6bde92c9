/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef BASE_CAPTURE_OFFLOAD_H
#define BASE_CAPTURE_OFFLOAD_H

/* How the card or the kernel merges packets of an interface before they can be captured: "gro", "lro",
 * "gro and lro"; NULL = it does not, or it cannot be asked. */
const char *offload_merging(const char *iface);

#endif
