/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef LAB_NFT_DUMP_H
#define LAB_NFT_DUMP_H

#include <stdio.h>

#include "lab/nft/batch.h"

/* The table as the kernel has it, in nft's own language, with counters. */
int nft_dump(struct nft *n, FILE *out, struct err *e);

#endif
