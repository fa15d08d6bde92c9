// SPDX-License-Identifier: GPL-2.0-or-later
/* gen.c - the list of background generators */
#include <string.h>

#include "replay/background/generator.h"

const struct gen *const gen_list[] = {
	&gen_dns,    &gen_http,	     &gen_ntp,	    &gen_snmp,	     &gen_radius,
	&gen_tls10,  &gen_tls,	     &gen_quic,	    &gen_stun,	     &gen_turn,
	&gen_sip,    &gen_iax2,	     &gen_msn,	    &gen_bittorrent, &gen_utp,
	&gen_dht,    &gen_kademlia,  &gen_game,	    &gen_openvpn,    &gen_wireguard,
	&gen_random, &gen_near_miss, &gen_near_443, &gen_near_80,    NULL,
};

const struct gen *gen_find(const char *name)
{
	for (size_t i = 0; gen_list[i]; i++)
		if (!strcmp(gen_list[i]->name, name))
			return gen_list[i];
	return NULL;
}

const struct generator_info *generator_list(size_t *n)
{
	static struct generator_info info[ARRAY_LEN(gen_list)];

	*n = 0;
	for (size_t i = 0; gen_list[i]; i++)
		if (!(gen_list[i]->flags & GEN_SPAWNED))
			info[(*n)++] =
				(struct generator_info){gen_list[i]->name, gen_list[i]->about,
							gen_list[i]->proto, gen_list[i]->port};
	return info;
}
