/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef OPERATOR_VIEW_HELP_PAGE_H
#define OPERATOR_VIEW_HELP_PAGE_H

#include "operator/view/page.h"

void help_page(struct page *p, const struct canvas *c);

#endif
