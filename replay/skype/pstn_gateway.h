/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef REPLAY_PSTN_GATEWAY_H
#define REPLAY_PSTN_GATEWAY_H

#include "replay/skype/server.h"

/* Handler of ROLE_SKYPEOUT's media port, for struct server_ops. */
void pstn_gateway_media(void *server, const struct endpoint *from, const uint8_t *p, size_t n,
			long flow);

#endif
