/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef OPERATOR_VIEW_CLIENT_PAGE_H
#define OPERATOR_VIEW_CLIENT_PAGE_H

#include "operator/view/page.h"
#include "operator/picture.h"

/* All that is known of a client, and why: its last sightings with their messages. */
void client_page(struct page *p, const struct canvas *c, const struct client *client,
		 uint64_t now_ns);

#endif
