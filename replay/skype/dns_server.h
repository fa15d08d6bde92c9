/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef REPLAY_DNS_SERVER_H
#define REPLAY_DNS_SERVER_H

#include <stddef.h>
#include <stdint.h>

#include "base/addr.h"

/* Handler of the role ROLE_DNS, for struct server_ops. */
void dns_server_datagram(void *server, const struct endpoint *from, const uint8_t *p, size_t n,
			 long flow);

#endif
