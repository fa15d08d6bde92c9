/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef LAB_NFT_TABLES_H
#define LAB_NFT_TABLES_H

#include <stdio.h>

#include "lab/nft/batch.h"

/* A line "table FAMILY NAME" for each table of the namespace but the gateway's own. 0, or -1 with @e
 * set. */
int nft_other_tables(struct nft *n, FILE *out, struct err *e);

#endif
