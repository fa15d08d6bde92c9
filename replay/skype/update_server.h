/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef REPLAY_UPDATE_SERVER_H
#define REPLAY_UPDATE_SERVER_H

#include "replay/skype/server.h"

/* Handler of ROLE_UPDATE, for struct server_ops. */
void update_server_accepted(struct listener *l, struct tcp_conn *c);

#endif
