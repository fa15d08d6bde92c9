/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef BASE_SPACE_H
#define BASE_SPACE_H

#include <stddef.h>

/* Address space for @n zeroed bytes; memory comes as it is touched. Pages are small at first and
 * huge where a table has grown, so that a look-up seldom waits for an address translation. Ends
 * the program when there is no address space. Release it with space_free() and the same @n. */
void *space_get(size_t n);
void space_free(void *p, size_t n);

#endif
