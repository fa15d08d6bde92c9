// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * generator.c - the table of background generators
 *
 * A mix names its generators by their names in this table. Generators themselves (gen_*.c) know
 * only sessions and the writer, so nothing they call leads back here.
 */
#include <string.h>

#include "replay/background/generator.h"

static const struct generator *const generators[] = {
	&gen_dns,      &gen_dnscrypt,  &gen_http,	 &gen_connect, &gen_ntp,
	&gen_snmp,     &gen_radius,    &gen_memcached,	 &gen_hsrp,    &gen_fins,
	&gen_capwap,   &gen_tls10,     &gen_tls10_short, &gen_tls,     &gen_quic,
	&gen_teredo,   &gen_stun,      &gen_turn,	 &gen_sip,     &gen_iax2,
	&gen_zoom,     &gen_msn,       &gen_bittorrent,	 &gen_utp,     &gen_dht,
	&gen_kademlia, &gen_game,      &gen_battlenet,	 &gen_openvpn, &gen_wireguard,
	&gen_random,   &gen_near_miss, &gen_near_443,	 &gen_near_80,
};

const struct generator *const *generator_list(size_t *n)
{
	*n = ARRAY_LEN(generators);
	return generators;
}

const struct generator *generator_find(const char *name)
{
	for (size_t i = 0; i < ARRAY_LEN(generators); i++)
		if (!strcmp(generators[i]->name, name))
			return generators[i];
	return NULL;
}
